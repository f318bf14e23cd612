// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
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

template <class Propagation, class Affinity, class Start>
void check(Propagation const& net, Affinity const& affinity, Start const& start, bool has_measurements = true)
{
    pipeline const whole{.guidance = one_layer{}, .affinity = affinity, .propagation = net, .start = start, .features = 4};
    auto data = make_problem(1, 3, start.inputs(), 5, 6, 7);
    data.has_measurements = has_measurements;
    as_function<decltype(whole), exec::seq> const plain{whole, data, {}};
    auto const x = plain.start();
    auto const forward = [&](auto const& p) { return plain.forward(p); };
    auto const backward = [&](auto const& p, auto const& dy) { return plain.backward(p, dy); };
    auto const exact = testing::check_adjoint(forward, backward, x, {.floor = 1e-3});
    INFO(exact.log);
    CHECK(exact.within(1e-6));
    as_function<decltype(whole), exec::omp> const fast{whole, data, exec::omp{.threads = 2}};
    auto const differences = testing::check_differences(
        [&](auto const& p) { return fast.forward(p); },
        [&](auto const& p, auto const& dy) { return fast.backward(p, dy); }, x, {.step = 1e-6, .floor = 1e-2});
    INFO(differences.log);
    CHECK(differences.within(1e-6));
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
        check(presets::nlspn{.steps = 2, .confidence = role}, affinity::euclidean{}, start::given{});
    check(presets::nlspn{.steps = 2}, ham, start::given{.maps = 2}, false);
    check(presets::completionformer{.steps = 2}, affinity::naive{}, start::correction{});
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
    check(presets::diffusion{.steps = 3, .alpha = 0.3}, affinity::hyperbolic{}, start::correction{});
    check(presets::diffusion{.steps = 3, .alpha = 0.3}, affinity::euclidean{}, start::given{.maps = 2}, false);
}
