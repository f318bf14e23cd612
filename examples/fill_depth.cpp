// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The program on the first page of the README: one pixel in twenty-five is measured, and features know where the near
// thing ends.

// [readme]
#include <cstdio>

#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/propagation/stencil.hpp>

int main()
{
    using namespace hyspn;
    tensor<double, 4> v(1, 8, 96, 128), h0(1, 1, 96, 128), s(h0), mask(h0);  // [N, C, H, W]
    for (index_t y = 0; y < 96; ++y)
        for (index_t x = 0; x < 128; ++x) {
            bool const near = x < 60;
            for (index_t c = 0; c < 8; ++c) v(0, c, y, x) = near ? 0.5 : -0.5;  // tangent vectors of the ball
            h0(0, 0, y, x) = 3.5;                                               // metres
            mask(0, 0, y, x) = y % 5 == 2 && x % 5 == 2 ? 1 : 0;
            s(0, 0, y, x) = near ? 2 : 5;  // counts where the mask is 1
        }
    exec::omp const exec{};  // all cores, the same bits on any number; exec::seq{} is the reference
    affinity::geodesic const affinity{.kernel = 3};
    propagation::stencil const net{.steps = 500, .injection = propagation::injection_time::after};
    auto const gates = affinity.forward(exec, affinity::geodesic::params<double>{.c = 1, .tau = 0.5}, v);
    propagation::inputs<double> const in{.initial = h0, .gates = gates, .measured = s, .confidence = mask};
    auto const depth = net.forward(exec, in);
    std::printf("at the edge %.3f m | %.3f m\n", depth(0, 0, 48, 59), depth(0, 0, 48, 60));
}
// [readme]
