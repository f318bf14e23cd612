// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/pipeline/stages/mixture.hpp>
#include <hyspn/pipeline/stages/penet_dilated.hpp>

#include "gradient.hpp"

using namespace pipeline_test;
namespace presets = propagation::presets;

TEST_CASE("gradient of a pipeline: CSPN++", "[pipeline]")
{
    check(presets::cspn_pp{.steps = 4}, affinity::hyperbolic{}, start::correction{}, {.every = 11});
    check(presets::cspn_pp{.steps = 4}, affinity::euclidean{}, start::given{.maps = 2},
          {.has_measurements = false, .every = 11});
}

TEST_CASE("gradient of a pipeline: post-processing of BP-Net", "[pipeline]")
{
    check(presets::bpnet_post{.steps = 2}, affinity::euclidean{}, start::mixture{.candidates = 2},
          {.every = 11, .step = 5e-6});
    check(presets::bpnet_post{.steps = 4}, affinity::hyperbolic{}, start::given{.maps = 2},
          {.has_measurements = false, .every = 11, .step = 5e-6});
}

TEST_CASE("gradient of a pipeline: PENet's two dilations", "[pipeline]")
{
    check(presets::penet_dilated{.steps = 2}, affinity::euclidean{}, start::correction{},
          {.size = {4, 6}, .every = 11});
    check(presets::penet_dilated{.steps = 1}, affinity::hyperbolic{}, start::given{.maps = 2},
          {.has_measurements = false, .size = {6, 4}, .every = 11});
}
