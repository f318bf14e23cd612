// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/pipeline/stages/depth_integration.hpp>
#include <hyspn/pipeline/stages/difnet.hpp>
#include <hyspn/pipeline/stages/tree_filter.hpp>

#include "gradient.hpp"

using namespace pipeline_test;
namespace presets = propagation::presets;

TEST_CASE("gradient of a pipeline: tree filter", "[pipeline]")
{
    check(presets::tree_filter{}, affinity::hyperbolic{}, start::correction{});
    check(tree_filter_stage{.features = 3}, affinity::euclidean{}, start::given{.maps = 2},
          {.has_measurements = false});
}

TEST_CASE("gradient of a pipeline: DifNet", "[pipeline]")
{
    check(difnet_stage{.levels = 2, .features = 3}, affinity::hyperbolic{}, start::correction{});
    check(presets::difnet{}, affinity::euclidean{}, start::given{.maps = 2}, {.has_measurements = false});
}

TEST_CASE("gradient of a pipeline: depth integration", "[pipeline]")
{
    // The solver stops by comparing numbers, which dual numbers cannot follow.
    presets::depth_integration const layer{.alpha = 2, .tolerance = 1e-14};
    check_differences(small_network(layer, affinity::hyperbolic{}, start::correction{}));
    check_differences(small_network(layer, affinity::euclidean{}, start::mixture{.candidates = 2}),
                      {.has_measurements = false});
}
