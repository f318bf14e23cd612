// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>

#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/nn/loss/elementwise.hpp>
#include <hyspn/nn/loss/regression.hpp>
#include <hyspn/pipeline/stages/stencil.hpp>
#include <hyspn/training/step.hpp>

#include "pipeline/network.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace pipeline_test;

namespace {

auto const net = pipeline{.guidance = one_layer{},
                          .affinity = affinity::hyperbolic{},
                          .propagation = propagation::presets::cspn{.steps = 3},
                          .start = start::correction{},
                          .features = 4};
using network = std::remove_const_t<decltype(net)>;
using training_run = training::run<network, double>;

/// Trains towards a map; returns the losses.
template <class P>
std::vector<double> train(P const& exec, training_run& run, index_t steps, double clip = 1)
{
    auto const data = make_problem(2, 3, 1, 7, 9, 5);
    tensor<double, 4> target(data.maps.extents());
    for (index_t k = 0; k < target.size(); ++k) target.data()[k] = 1.1 * data.maps.data()[k];
    training::workspace<network, double> work;
    std::vector<double> losses;
    for (index_t k = 0; k < steps; ++k)
        losses.push_back(training::take_step(exec, net, {.clip = clip}, 0.02, run, work, data.inputs(),
                                             [&](auto const& e, auto out, auto dout) {
                                                 return nn::loss::value_and_gradient(e, nn::loss::l2{}, out, target,
                                                                                     dout);
                                             })
                             .loss);
    return losses;
}

}  // namespace

TEST_CASE("training lowers the loss, and its mean parameters follow", "[training]")
{
    auto run = training_run::start(net, 3);
    auto const first = flatten(run.parameters);
    auto const losses = train(exec::seq{}, run, 60);
    CHECK(losses.back() < 0.5 * losses.front());
    CHECK(run.steps == 60);
    CHECK(flatten(run.parameters) != first);
    CHECK(flatten(run.averaged) != first);
    CHECK(flatten(run.averaged) != flatten(run.parameters));
}

TEST_CASE("training gives the same bits for any number of threads", "[training]")
{
    auto const trained = [](auto const& exec) {
        auto run = training_run::start(net, 3);
        train(exec, run, 5);
        return flatten(run.averaged);
    };
    auto const one = trained(exec::omp{.threads = 1});
    CHECK(trained(exec::omp{.threads = 2}) == one);
    CHECK(trained(exec::omp{.threads = 3}) == one);
    CHECK(trained(exec::seq{}) == trained(exec::seq{}));
}

TEST_CASE("a step without a finite gradient changes nothing, options out of range are refused", "[training]")
{
    auto run = training_run::start(net, 3);
    auto const first = flatten(run.parameters);
    auto const data = make_problem(1, 3, 1, 4, 5, 5);
    training::workspace<network, double> work;
    auto const step = [&](training::options const& o, double rate, double slope) {
        return training::take_step(exec::seq{}, net, o, rate, run, work, data.inputs(),
                                   [&](auto const&, auto, view<double, 4> dout) {
                                       for_each_element(dout, [&](double& g) { g = slope; });
                                       return 1.0;
                                   });
    };
    CHECK_FALSE(step({}, 0.1, std::numeric_limits<double>::quiet_NaN()).taken);
    CHECK(flatten(run.parameters) == first);
    CHECK(flatten(run.averaged) == first);
    CHECK(run.steps == 1);
    CHECK_THROWS_AS(step({.clip = -1}, 0.1, 1), value_error);
    CHECK_THROWS_AS(step({}, -0.1, 1), value_error);
    CHECK_THROWS_AS(step({.average = {.decay = 1}}, 0.1, 1), value_error);
    CHECK(run.steps == 1);
    auto const report = step({.clip = 1e-3}, 0.1, 1);
    CHECK(report.taken);
    CHECK(report.gradient_norm > 1e-3);
    CHECK(flatten(run.parameters) != first);
}
