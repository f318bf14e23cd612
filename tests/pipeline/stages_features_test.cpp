// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/pipeline/stages/depth_integration.hpp>
#include <hyspn/pipeline/stages/difnet.hpp>
#include <hyspn/pipeline/stages/tree_filter.hpp>
#include <hyspn/pipeline/stages/walks.hpp>

#include "stage_parity.hpp"
#include "support/thrown.hpp"

using namespace pipeline_test;
namespace presets = propagation::presets;

TEMPLATE_TEST_CASE("stages: random walks", "[pipeline]", float, double)
{
    check_stage<TestType>(as_stage(presets::random_walk{.radius = 2, .steps = 2}));
    check_stage<TestType>(
        as_stage(presets::random_walk_closed{.radius = 2, .alpha = 0.6, .tolerance = reachable<TestType>}));
    check_stage<TestType>(as_stage(presets::psa_walk{.radius = 3, .beta = 3, .times = 2}));
    check_stage<TestType>(as_stage(presets::irn_walk{.radius = 3, .beta = 3, .times = 2}));
}

TEMPLATE_TEST_CASE("stages: tree filter", "[pipeline]", float, double)
{
    check_stage<TestType>(as_stage(presets::tree_filter{}));
}

TEMPLATE_TEST_CASE("stages: DifNet", "[pipeline]", float, double)
{
    check_stage<TestType>(difnet_stage{.levels = 2, .features = 5});
}

TEMPLATE_TEST_CASE("stages: depth integration", "[pipeline]", float, double)
{
    check_stage<TestType>(as_stage(presets::depth_integration{.tolerance = reachable<TestType>}), 1);
}

TEST_CASE("stages: depth integration wants one map", "[pipeline]")
{
    auto const stage = as_stage(presets::depth_integration{});
    stage_problem<double> const data(stage, {.maps = 2, .height = 3, .width = 4}, 2);
    CHECK(testing::thrown<shape_error>([&] { results(stage, data, exec::seq{}); }) ==
          "depth_integration_stage::forward: initial must be [N, 1, H, W] = [2, 1, 3, 4], got [2, 2, 3, 4]");
}
