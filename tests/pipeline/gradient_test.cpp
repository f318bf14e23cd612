// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "gradient.hpp"

#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/naive.hpp>
#include <hyspn/pipeline/stages/diffusion.hpp>
#include <hyspn/pipeline/stages/rings.hpp>
#include <hyspn/pipeline/stages/sampled.hpp>
#include <hyspn/pipeline/stages/stencil.hpp>

// The gradient of a whole pipeline with respect to every parameter, for windows, learned offsets, rings and diffusions.

using namespace pipeline_test;
namespace presets = propagation::presets;

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
    check(presets::cspn{.steps = 2}, affinity::naive{}, start::given{.maps = 3}, {.has_measurements = false});
}

TEST_CASE("gradient of a pipeline: learned offsets", "[pipeline]")
{
    affinity::hyperbolic const ham;
    using propagation::confidence_role;
    for (auto const role : {confidence_role::none, confidence_role::released, confidence_role::legacy})
        check(presets::nlspn{.steps = 2, .confidence = role}, affinity::euclidean{}, start::given{},
              {.held = role == confidence_role::none ? constants::none : constants::offsets});
    check(presets::nlspn{.steps = 2}, ham, start::correction{}, {.held = constants::offsets});
    check(presets::nlspn{.steps = 2}, ham, start::given{.maps = 2},
          {.has_measurements = false, .held = constants::offsets});
    check(presets::completionformer{.steps = 2}, affinity::naive{}, start::correction{}, {.held = constants::offsets});
    check(presets::dyspn_softmax{.steps = 2}, ham, start::mixture{.candidates = 3});
    check(presets::lrru{.updates = 2}, affinity::euclidean{}, start::given{});
}

TEST_CASE("gradient of a pipeline: rings", "[pipeline]")
{
    check(presets::dyspn_rings{.steps = 2}, affinity::hyperbolic{}, start::correction{});
    check(presets::dyspn_rings{.steps = 2}, affinity::euclidean{}, start::given{.maps = 2},
          {.has_measurements = false});
}

TEST_CASE("gradient of a pipeline: random walks with restart", "[pipeline]")
{
    check(presets::diffusion{.steps = 3, .alpha = 0.3}, affinity::hyperbolic{}, start::correction{},
          {.held = constants::alpha});
    check(presets::diffusion{.steps = 3, .alpha = 0.3}, affinity::euclidean{}, start::given{.maps = 2},
          {.has_measurements = false, .held = constants::alpha});
    // The solver stops by comparing numbers, which dual numbers cannot follow.
    presets::diffusion_fixed_point const limit{.alpha = 0.3, .tolerance = 1e-14};
    check_differences(small_network(limit, affinity::euclidean{}, start::given{}));
}
