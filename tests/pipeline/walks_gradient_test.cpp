// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/pipeline/stages/walks.hpp>

#include "gradient.hpp"

using namespace pipeline_test;
namespace presets = propagation::presets;

TEST_CASE("gradient of a pipeline: random walks over features", "[pipeline]")
{
    check(presets::random_walk{.radius = 2, .steps = 2}, affinity::hyperbolic{}, start::correction{});
    check(presets::random_walk{.radius = 1.5, .steps = 1}, affinity::euclidean{}, start::given{.maps = 2},
          {.has_measurements = false});
    // The solver stops by comparing numbers, which dual numbers cannot follow.
    presets::random_walk_closed const limit{.radius = 2, .alpha = 0.7, .tolerance = 1e-14};
    check_differences(small_network(limit, affinity::euclidean{}, start::correction{}));
    check_differences(small_network(limit, affinity::hyperbolic{}, start::given{.maps = 2}),
                      {.has_measurements = false});
}

TEST_CASE("gradient of a pipeline: walk of AffinityNet", "[pipeline]")
{
    check(feature_walk_stage<presets::psa_walk>{.net = {.radius = 2, .beta = 3, .times = 2}, .features = 5},
          affinity::hyperbolic{}, start::correction{});
    check(presets::psa_walk{.radius = 2, .times = 1}, affinity::euclidean{}, start::given{.maps = 2},
          {.has_measurements = false});
}

TEST_CASE("gradient of a pipeline: walk of IRN", "[pipeline]")
{
    check(presets::irn_walk{.radius = 2, .beta = 3, .times = 2}, affinity::hyperbolic{}, start::correction{});
    check(presets::irn_walk{.radius = 3, .beta = 2, .times = 1}, affinity::euclidean{}, start::given{.maps = 2},
          {.has_measurements = false});
}
