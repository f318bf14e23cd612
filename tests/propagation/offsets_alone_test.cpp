// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// A preset's header is all that running it takes. No other test runs these networks in long double, so that none of
// them can lend the linker what this header would lack.

#include <hyspn/propagation/presets/nlspn.hpp>

#include "support/catch.hpp"

TEST_CASE("offsets: the header of a preset runs it, and the example of the documentation compiles")
{
    using namespace hyspn;
    using number = long double;
    exec::seq const exec{};
    tensor<number, 4> const h0(1, 1, 3, 4), g(1, 8, 3, 4), o(1, 16, 3, 4), c(1, 1, 3, 4), s(1, 1, 3, 4), m(1, 1, 3, 4);
    tensor<number, 1> gamma(1);
    gamma(0) = 4;
    propagation::sampled const net = propagation::presets::nlspn{.steps = 18};
    propagation::sampled_inputs<number> const in{
        .initial = h0, .gates = g, .offsets = o, .gamma = gamma, .confidence = c, .measured = s, .mask = m};
    tensor<number, 4> const depth = net.forward(exec, in);
    CHECK(depth.extents() == h0.extents());
}
