// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <vector>

#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/naive.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/pipeline/stages/diffusion.hpp>
#include <hyspn/pipeline/stages/rings.hpp>
#include <hyspn/pipeline/stages/sampled.hpp>
#include <hyspn/pipeline/stages/stencil.hpp>

#include "network.hpp"
#include "support/catch.hpp"

// The gradient of a whole pipeline with respect to every parameter, for every propagation: by the adjoint identity with
// dual numbers, and by central differences on the fast paths.

namespace {

using namespace pipeline_test;
namespace presets = propagation::presets;

/// Which coordinates have no exact derivative by dual numbers: those a network takes for constants on purpose, or
/// computes with in double.
enum class constants { none, alpha, offsets };

/// Whether parameter number k acts through one of the last `side` outputs of the guidance.
bool of_side(std::size_t k, index_t outputs, index_t side)
{
    auto const o = static_cast<index_t>(k);
    index_t const weights = 27 * outputs;
    if (o < weights) return o / 27 >= outputs - side;
    return o < weights + outputs && o - weights >= outputs - side;
}

template <class Propagation, class Affinity, class Start>
auto small_network(Propagation const& net, Affinity const& affinity, Start const& start)
{
    return pipeline{.guidance = one_layer{}, .affinity = affinity, .propagation = net, .start = start, .features = 4};
}

template <class Net>
problem<double> problem_for(Net const& net, bool has_measurements)
{
    auto data = make_problem(1, 3, net.start.inputs(), 5, 6, 7);
    data.has_measurements = has_measurements;
    return data;
}

template <class Net>
void check_exact(Net const& net, bool has_measurements, constants held)
{
    auto const all = flatten(net.template make_params<double>(1));
    std::vector<std::size_t> free;
    for (std::size_t k = 0; k < all.size(); ++k)
        if (held != constants::offsets || !of_side(k, net.heads(), net.stage().side(net.maps()))) free.push_back(k);
    if (held == constants::alpha) free.pop_back();

    auto const full = [&](auto const& some) {
        std::vector<std::decay_t<decltype(some[0])>> x(all.begin(), all.end());
        for (std::size_t k = 0; k < free.size(); ++k) x[free[k]] = some[k];
        return x;
    };
    auto const some = [&](std::vector<double> const& x) {
        std::vector<double> picked;
        for (auto const k : free) picked.push_back(x[k]);
        return picked;
    };
    as_function<Net, exec::seq> const f{net, problem_for(net, has_measurements), {}};
    auto const report = testing::check_adjoint(
        [&](auto const& x) { return f.forward(full(x)); },
        [&](auto const& x, auto const& dy) { return some(f.backward(full(x), dy)); }, some(all), {.floor = 1e-3});
    INFO(report.log);
    CHECK(report.within(1e-6));
}

/// By central differences, on the fast paths.
template <class Net>
void check_differences(Net const& net, bool has_measurements = true)
{
    as_function<Net, exec::omp> const f{net, problem_for(net, has_measurements), exec::omp{.threads = 2}};
    auto const report = testing::check_differences([&](auto const& x) { return f.forward(x); },
                                                   [&](auto const& x, auto const& dy) { return f.backward(x, dy); },
                                                   f.start(), {.step = 1e-6, .floor = 1e-2});
    INFO(report.log);
    CHECK(report.within(1e-6));
}

template <class Propagation, class Affinity, class Start>
void check(Propagation const& propagation, Affinity const& affinity, Start const& start, bool has_measurements = true,
           constants held = constants::none)
{
    auto const net = small_network(propagation, affinity, start);
    check_exact(net, has_measurements, held);
    if (held != constants::offsets) check_differences(net, has_measurements);
}

}  // namespace

TEST_CASE("gradient of a pipeline: windows", "[pipeline]")
{
    affinity::hyperbolic const ham;
    check(presets::cspn{.steps = 3}, ham, start::given{});
    check(presets::cspn{.steps = 2, .form = presets::cspn_form::released}, ham, start::correction{});
    for (auto const& preset : {presets::penet, presets::bpnet, presets::depthprompting, presets::paddle_cspn}) {
        auto net = preset;
        net.steps = 2;
        check(net, affinity::euclidean{}, start::mixture{.candidates = 2});
    }
    check(presets::cspn{.steps = 2}, affinity::naive{}, start::given{.maps = 3}, false);
}

TEST_CASE("gradient of a pipeline: learned offsets", "[pipeline]")
{
    affinity::hyperbolic const ham;
    using propagation::confidence_role;
    for (auto const role : {confidence_role::none, confidence_role::released, confidence_role::legacy})
        check(presets::nlspn{.steps = 2, .confidence = role}, affinity::euclidean{}, start::given{}, true,
              role == confidence_role::none ? constants::none : constants::offsets);
    check(presets::nlspn{.steps = 2}, ham, start::correction{}, true, constants::offsets);
    check(presets::nlspn{.steps = 2}, ham, start::given{.maps = 2}, false, constants::offsets);
    check(presets::completionformer{.steps = 2}, affinity::naive{}, start::correction{}, true, constants::offsets);
    check(presets::dyspn_softmax{.steps = 2}, ham, start::mixture{.candidates = 3});
    check(presets::lrru{.updates = 2}, affinity::euclidean{}, start::given{});
}

TEST_CASE("gradient of a pipeline: rings", "[pipeline]")
{
    check(presets::dyspn_rings{.steps = 2}, affinity::hyperbolic{}, start::correction{});
    check(presets::dyspn_rings{.steps = 2}, affinity::euclidean{}, start::given{.maps = 2}, false);
}

TEST_CASE("gradient of a pipeline: random walks with restart", "[pipeline]")
{
    check(presets::diffusion{.steps = 3, .alpha = 0.3}, affinity::hyperbolic{}, start::correction{}, true,
          constants::alpha);
    check(presets::diffusion{.steps = 3, .alpha = 0.3}, affinity::euclidean{}, start::given{.maps = 2}, false,
          constants::alpha);
    // The solver stops by comparing numbers, which dual numbers cannot follow.
    presets::diffusion_fixed_point const limit{.alpha = 0.3, .tolerance = 1e-14};
    check_differences(small_network(limit, affinity::euclidean{}, start::given{}));
}
