// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The hyperbolic affinity module against 40-digit values of the textbook formulas, forward and backward.
#include "affinity/golden_replay.hpp"

using namespace hyspn;

TEST_CASE("hyperbolic affinity replays the golden file, float", "[golden]")
{
    testing::replay_all_ham<float>(exec::seq{});
}

TEST_CASE("hyperbolic affinity replays the golden file, double", "[golden]")
{
    testing::replay_all_ham<double>(exec::seq{});
}
