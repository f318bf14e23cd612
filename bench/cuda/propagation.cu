// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Propagation networks of the three kinds on a device: a stencil (CSPN), learned offsets (NLSPN), a scan (SPN).
#include <hyspn/propagation/presets.hpp>
#include <hyspn/propagation/presets/nlspn.hpp>
#include <hyspn/propagation/sampled.hpp>
#include <hyspn/propagation/scan.hpp>
#include <hyspn/propagation/stencil.hpp>

#include "support.cuh"

namespace hyspn::bench {

namespace {

constexpr index_t cspn_steps = 24;

/// One pixel in twenty.
device_array<4> sparse_mask(image const& size)
{
    auto mask = noise<float>(planes(size, 1), 1, 5);
    for (float& m : mask) m = m > 0.9f ? 1.f : 0.f;
    return to_device(exec::cuda{}, mask);
}

void cspn(image const& size, index_t maps)
{
    propagation::stencil const net = propagation::presets::cspn{.steps = cspn_steps};
    std::string const shape = maps == 1 ? "/cuda/f32/k3_t24_" : "/cuda/f32/L" + std::to_string(maps) + "_k3_t24_";
    double const bytes = bytes_of(size, 8 + 4 * maps);
    auto const row = [=](std::string const& name, auto const& body) {
        add_device_row(name + shape + size.name, [=](benchmark::State& state) {
            auto const initial = device_noise(planes(size, maps), 1, 2), gates = device_noise(planes(size, 8), 1, 3);
            auto const measured = device_noise(planes(size, maps), 1, 4), mask = sparse_mask(size);
            body(state, propagation::inputs<float, memory::device>{
                            .initial = initial, .gates = gates, .measured = measured, .confidence = mask});
        });
    };
    row("cspn_forward", [=](benchmark::State& state, auto const& in) {
        device_array<4> out(planes(size, maps));
        time_on_device(
            state, [&] { net.forward(exec::cuda{}, in, out); }, bytes);
    });
    row("cspn_forward_backward", [=](benchmark::State& state, auto const& in) {
        device_array<4> out(planes(size, maps)), d_initial(planes(size, maps)), d_gates(planes(size, 8));
        auto const d_out = device_noise(planes(size, maps), 1, 6);
        propagation::saved<float, memory::device> saved;
        time_on_device(
            state,
            [&] {
                net.forward(exec::cuda{}, in, out, saved);
                net.backward(exec::cuda{}, in, saved, d_out, {.initial = d_initial, .gates = d_gates});
            },
            2 * bytes);
    });
}

void nlspn(image const& size)
{
    propagation::sampled const net = propagation::presets::nlspn{};
    add_device_row("nlspn_forward/cuda/f32/t" + std::to_string(net.steps) + "_" + size.name,
                   [=](benchmark::State& state) {
                       auto const initial = device_noise(planes(size, 1), 1, 2);
                       auto const gates = device_noise(planes(size, net.count()), 1, 3);
                       auto const offsets = device_noise(planes(size, 2 * net.count()), 2, 4);
                       auto const confidence = device_noise(planes(size, 1), 0.5, 5);
                       auto const measured = device_noise(planes(size, 1), 1, 6), mask = sparse_mask(size);
                       tensor<float, 1> four(1);
                       four(0) = 4;
                       auto const gamma = to_device(exec::cuda{}, four);
                       propagation::sampled_inputs<float, memory::device> const in{.initial = initial,
                                                                                   .gates = gates,
                                                                                   .offsets = offsets,
                                                                                   .gamma = gamma,
                                                                                   .confidence = confidence,
                                                                                   .measured = measured,
                                                                                   .mask = mask};
                       device_array<4> out(planes(size, 1));
                       time_on_device(
                           state, [&] { net.forward(exec::cuda{}, in, out); }, bytes_of(size, 5 + 3 * net.count()));
                   });
}

void spn(image const& size)
{
    propagation::scan const net = propagation::presets::spn_if_above_one;
    add_device_row(std::string("spn_forward/cuda/f32/way3_") + size.name, [=](benchmark::State& state) {
        auto const x = device_noise(planes(size, 1), 1, 2);
        device_array<4> const gates[] = {device_noise(planes(size, 3), 1, 3), device_noise(planes(size, 3), 1, 4),
                                         device_noise(planes(size, 3), 1, 5), device_noise(planes(size, 3), 1, 6)};
        propagation::scan_inputs<float, memory::device> const in{
            .x = x, .gates = {as_view(gates[0]), as_view(gates[1]), as_view(gates[2]), as_view(gates[3])}};
        device_array<4> out(planes(size, 1));
        time_on_device(
            state, [&] { net.forward(exec::cuda{}, in, out); }, bytes_of(size, 14));
    });
}

}  // namespace

void register_device_propagation()
{
    for (image const& size : {nyu, kitti}) {
        cspn(size, 1);
        nlspn(size);
        spn(size);
    }
    cspn(nyu, 25);
}

}  // namespace hyspn::bench
