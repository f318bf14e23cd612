// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/pipeline/stages/diffusion.hpp>
#include <hyspn/pipeline/stages/rings.hpp>
#include <hyspn/pipeline/stages/sampled.hpp>
#include <hyspn/pipeline/stages/scan.hpp>
#include <hyspn/pipeline/stages/stencil.hpp>

#include "stage_parity.hpp"

// Every stage alone, on every policy: here those which run few steps over gates; stages_features_test.cpp and
// stages_mixtures_test.cpp have the others.

using namespace pipeline_test;
namespace presets = propagation::presets;

TEMPLATE_TEST_CASE("stages: windows", "[pipeline]", float, double)
{
    check_stage<TestType>(as_stage(presets::cspn{.steps = 3}));
    for (auto net : {presets::penet, presets::bpnet, presets::depthprompting, presets::paddle_cspn}) {
        net.steps = 2;
        check_stage<TestType>(as_stage(net));
    }
}

TEMPLATE_TEST_CASE("stages: learned offsets", "[pipeline]", float, double)
{
    check_stage<TestType>(as_stage(presets::nlspn{.steps = 3}));
    check_stage<TestType>(as_stage(presets::completionformer{.steps = 2}));
    check_stage<TestType>(as_stage(presets::dyspn_softmax{.steps = 2}));
    check_stage<TestType>(as_stage(presets::lrru{.updates = 2}));
}

TEMPLATE_TEST_CASE("stages: rings", "[pipeline]", float, double)
{
    check_stage<TestType>(as_stage(presets::dyspn_rings{.steps = 3}));
}

TEMPLATE_TEST_CASE("stages: diffusion", "[pipeline]", float, double)
{
    check_stage<TestType>(as_stage(presets::diffusion{.steps = 3, .alpha = 0.3}));
    check_stage<TestType>(as_stage(presets::diffusion_fixed_point{.alpha = 0.4, .tolerance = reachable<TestType>}));
}

TEMPLATE_TEST_CASE("stages: scans", "[pipeline]", float, double)
{
    for (auto const& net : {presets::spn, presets::spn_if_above_one, presets::spn_one_way, presets::spn_two_stage})
        check_stage<TestType>(as_stage(net));
    check_stage<TestType>(as_stage(presets::gspn{}));
    check_stage<TestType>(as_stage(presets::gspn{.direction = propagation::scan_direction::up, .chunk = 3}));
}
