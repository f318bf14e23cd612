// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/pipeline/stages/mixture.hpp>
#include <hyspn/pipeline/stages/penet_dilated.hpp>

#include "stage_parity.hpp"
#include "support/thrown.hpp"

using namespace pipeline_test;
namespace presets = propagation::presets;

TEMPLATE_TEST_CASE("stages: mixtures of windows", "[pipeline]", float, double)
{
    check_stage<TestType>(as_stage(presets::cspn_pp{.steps = 4}));
    check_stage<TestType>(as_stage(presets::bpnet_post{.steps = 2}), 3, false);
}

TEMPLATE_TEST_CASE("stages: PENet's two dilations", "[pipeline]", float, double)
{
    check_stage<TestType>(as_stage(presets::penet_dilated{.steps = 2}), 3, false, image_sizes::whole);
}

TEST_CASE("stages: two dilations want even sizes", "[pipeline]")
{
    auto const stage = as_stage(presets::penet_dilated{});
    for (auto const& size : {dims<2>{5, 6}, dims<2>{6, 5}}) {
        stage_problem<double> const data(stage, {.height = size[0], .width = size[1]}, 1);
        CHECK(testing::thrown<shape_error>([&] { results(stage, data, exec::seq{}); }) ==
              "penet_dilated_stage::forward: the maps must be of even height and width, got " +
                  std::to_string(size[0]) + " x " + std::to_string(size[1]));
    }
}
