// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The affinities of kernels/affinity.cpp on a device: 64 channels to 8 gates over 3 x 3 neighbours.
#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/naive.hpp>

#include "support.cuh"

namespace hyspn::bench {

namespace {

constexpr index_t channels = 64, outputs = 8;
constexpr index_t moved = channels + outputs;  // maps: reads the features and writes the logits once

template <class Affinity>
auto device_params(Affinity const& affinity)
{
    auto p = affinity.template make_params<float, memory::device>(channels);
    if constexpr (requires { p.z; }) p.z = device_noise(p.z.extents(), 0.05, 10);
    if constexpr (requires { p.r; }) p.r = device_noise(p.r.extents(), 0.05, 11);
    if constexpr (requires { p.bias; }) p.bias = device_noise(p.bias.extents(), 0.05, 11);
    return p;
}

template <class Affinity>
void rows(std::string const& name, Affinity const& affinity, image const& size)
{
    std::string const shape = std::string("/cuda/f32/C64_O8_k3_") + size.name;
    constexpr exec::cuda exec{};
    add_device_row(name + "_forward" + shape, [=](benchmark::State& state) {
        auto const p = device_params(affinity);
        auto const x = device_noise(dims<4>{1, channels, size.height, size.width}, 0.1);
        device_array<4> y(1, outputs, size.height, size.width);
        time_on_device(
            state, [&] { affinity.forward(exec, p, x, y); }, bytes_of(size, moved));
    });
    add_device_row(name + "_backward" + shape, [=](benchmark::State& state) {
        auto const p = device_params(affinity);
        auto const x = device_noise(dims<4>{1, channels, size.height, size.width}, 0.1);
        device_array<4> y(1, outputs, size.height, size.width), dx(x.extents());
        auto const dy = device_noise(y.extents(), 1, 7);
        typename Affinity::template saved<float, memory::device> saved;
        affinity.forward(exec, p, x, y, saved);
        auto dp = affinity.zero_gradients(p);
        time_on_device(
            state, [&] { affinity.backward(exec, p, x, saved, dy, dx, dp); }, 2 * bytes_of(size, moved));
    });
}

}  // namespace

void register_device_affinity()
{
    for (image const& size : {nyu, kitti}) {
        rows("ham", affinity::hyperbolic{}, size);
        rows("naive", affinity::naive{}, size);
        rows("euclidean", affinity::euclidean{}, size);
        rows("geodesic", affinity::geodesic{}, size);
    }
}

}  // namespace hyspn::bench
