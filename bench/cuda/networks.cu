// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Convolution and the guidance network on a device.
#include <hyspn/nn/conv2d.hpp>
#include <hyspn/nn/guidance_unet.hpp>

#include "support.cuh"

namespace hyspn::bench {

namespace {

void convolution(char const* name, dims<4> const& e, nn::conv2d const& layer)
{
    dims<4> const out = layer.output_extents(e);
    double const flops = 2.0 * static_cast<double>(out[0] * out[1] * out[2] * out[3] * e[1] / layer.groups *
                                                   layer.kernel[0] * layer.kernel[1]);
    double const bytes = 4.0 * static_cast<double>(e[0] * e[1] * e[2] * e[3] + out[0] * out[1] * out[2] * out[3]);
    auto const params = [=] {
        auto p = layer.make_params<float, memory::device>(e[1]);
        p.weight = device_noise(p.weight.extents(), 0.1, 3);
        return p;
    };
    add_device_row(std::string("conv2d_forward/cuda/f32/") + name, [=](benchmark::State& state) {
        auto const p = params();
        auto const x = device_noise(e, 1);
        device_array<4> y(out);
        time_on_device(
            state, [&] { layer.forward(exec::cuda{}, p, x, y); }, bytes, flops);
    });
    add_device_row(std::string("conv2d_backward/cuda/f32/") + name, [=](benchmark::State& state) {
        auto const p = params();
        auto const x = device_noise(e, 1), dy = device_noise(out, 1, 2);
        device_array<4> dx(e);
        auto dp = layer.zero_gradients(p);
        time_on_device(
            state, [&] { layer.backward(exec::cuda{}, p, x, nn::conv2d::saved<float, memory::device>{}, dy, dx, dp); },
            2 * bytes, 2 * flops);
    });
}

void guidance(dims<4> const& e)
{
    nn::guidance_unet const net{.inputs = e[1], .outputs = 16, .width = 32, .levels = 3};
    std::string const name = std::string("w32_l3_") + std::to_string(e[0]) + "x" + std::to_string(e[1]) + "x" +
                             std::to_string(e[2]) + "x" + std::to_string(e[3]);
    dims<4> const out = net.output_extents(e);
    double const bytes = 4.0 * static_cast<double>((e[1] + out[1]) * e[0] * e[2] * e[3]);
    add_device_row("guidance_unet_inference/cuda/f32/" + name, [=](benchmark::State& state) {
        auto const p = net.zero_params<float, memory::device>();
        auto const x = device_noise(e, 1);
        device_array<4> y(out);
        time_on_device(
            state, [&] { net.forward(exec::cuda{}, p, x, y); }, bytes);
    });
    add_device_row("guidance_unet_training/cuda/f32/" + name, [=](benchmark::State& state) {
        auto const p = net.zero_params<float, memory::device>();
        auto const x = device_noise(e, 1), dy = device_noise(out, 1, 2);
        device_array<4> y(out), dx(e);
        nn::guidance_unet::saved<float, memory::device> saved;
        auto dp = net.zero_gradients(p);
        time_on_device(
            state,
            [&] {
                net.forward(exec::cuda{}, p, x, y, saved);
                net.backward(exec::cuda{}, p, x, saved, dy, dx, dp);
            },
            2 * bytes);
    });
}

}  // namespace

void register_device_networks()
{
    convolution("C32_O32_k3_4x96x128", {4, 32, 96, 128}, {.padding = {1, 1}, .outputs = 32});
    convolution("C64_O64_k3_114x152", {1, 64, 114, 152}, {.padding = {1, 1}, .outputs = 64});
    convolution("C64_O64_k1_114x152", {1, 64, 114, 152}, {.kernel = {1, 1}, .outputs = 64});
    guidance({4, 16, 96, 128});
    guidance({1, 16, 228, 304});
}

}  // namespace hyspn::bench
