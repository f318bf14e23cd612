// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/naive.hpp>
#include <hyspn/pipeline/stages/scan.hpp>

#include "gradient.hpp"

using namespace pipeline_test;
namespace presets = propagation::presets;

TEST_CASE("gradient of a pipeline: scans in four directions", "[pipeline]")
{
    check(presets::spn, affinity::hyperbolic{}, start::correction{});
    check(presets::spn_one_way, affinity::euclidean{}, start::mixture{.candidates = 2});
    check(presets::spn_two_stage, affinity::euclidean{}, start::given{});
    check(presets::spn_if_above_one, affinity::naive{}, start::given{.maps = 2}, {.has_measurements = false});
}

TEST_CASE("gradient of a pipeline: GSPN", "[pipeline]")
{
    check(presets::gspn{}, affinity::hyperbolic{}, start::correction{});
    check(presets::gspn{.direction = propagation::scan_direction::up, .chunk = 2}, affinity::euclidean{},
          start::given{.maps = 2}, {.has_measurements = false});
}
