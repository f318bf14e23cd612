// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// A depth edge, one pixel in twenty-five measured, noisy features that know the edge: the refined map, its error, and
// the gradients of that error in the features and the affinity's two parameters.
#include <cstdio>

#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/core/random.hpp>
#include <hyspn/metrics/depth.hpp>
#include <hyspn/propagation/stencil.hpp>

int main()
{
    using namespace hyspn;
    exec::omp const exec{};  // all cores, the same bits on any number; exec::seq{} is the reference
    random_stream random(1);
    tensor<float, 4> v(1, 8, 96, 128), h0(1, 1, 96, 128), s(h0), mask(h0), truth(h0), depth(h0);  // [N, C, H, W]
    for (index_t y = 0; y < 96; ++y)
        for (index_t x = 0; x < 128; ++x) {
            bool const near = x < 60;
            truth(0, 0, y, x) = near ? 2.f : 5.f;  // metres
            h0(0, 0, y, x) = 3.5f;
            mask(0, 0, y, x) = random.uniform() < 0.04 ? 1.f : 0.f;
            s(0, 0, y, x) = mask(0, 0, y, x) * truth(0, 0, y, x);
            for (index_t c = 0; c < 8; ++c)
                v(0, c, y, x) = (near ? 0.5f : -0.5f) + 0.05f * static_cast<float>(random.normal());
        }

    affinity::geodesic const affinity{.kernel = 3};  // features are tangent vectors of the ball: distances to gates
    propagation::stencil const net{.steps = 500, .injection = propagation::injection_time::after};
    affinity::geodesic::params<float> const p{.c = 1.f, .tau = 0.5f};
    affinity::geodesic::saved<float> affinity_saved;
    propagation::saved<float> net_saved;
    tensor<float, 4> gates(1, 8, 96, 128), d_gates(gates), d_v(v), d_depth(h0);
    propagation::inputs<float> const in{.initial = h0, .gates = gates, .measured = s, .confidence = mask};
    affinity.forward(exec, p, v, gates, affinity_saved);
    net.forward(exec, in, depth, net_saved);
    auto const error = [&](auto const& map) { return metrics::depth(exec, map[0][0], truth[0][0]).rmse; };
    std::printf("RMSE before %.3f m, after %.3f m\n", error(h0), error(depth));

    for (index_t i = 0; i < depth.size(); ++i)
        d_depth.data()[i] = depth.data()[i] - truth.data()[i];  // of ½Σ(depth − truth)²
    auto d_p = affinity.zero_gradients(p);
    net.backward(exec, in, net_saved, d_depth, {.gates = d_gates});
    affinity.backward(exec, p, v, affinity_saved, d_gates, d_v, d_p);
    std::printf("dL/dc %.4g, dL/dtau %.4g\n", static_cast<double>(d_p.c), static_cast<double>(d_p.tau));
}
