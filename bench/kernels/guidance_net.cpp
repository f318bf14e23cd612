// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The guidance U-Net, inference and a training step's forward and backward, and the passes over memory beside its
// convolutions.

#include <string>

#include <hyspn/nn/activations.hpp>
#include <hyspn/nn/guidance_unet.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

std::string shape_name(dims<4> const& e)
{
    return std::to_string(e[0]) + "x" + std::to_string(e[1]) + "x" + std::to_string(e[2]) + "x" + std::to_string(e[3]);
}

double bytes_of(dims<4> const& e)
{
    return 4.0 * static_cast<double>(e[0] * e[1] * e[2] * e[3]);
}

void network(dims<4> const& e)
{
    nn::guidance_unet const net{.inputs = e[1], .outputs = 16, .width = 32, .levels = 3};
    exec::omp const exec{};
    std::string const name = "omp/f32/w32_l3_" + shape_name(e);
    add("guidance_unet_inference/" + name, [=](benchmark::State& state) {
        auto const p = net.make_params<float>(1);
        auto const x = noise<float>(e, 1);
        tensor<float, 4> y(net.output_extents(e));
        for (auto _ : state) {
            net.forward(exec, p, x, y);
            benchmark::DoNotOptimize(y.data());
        }
        count(state, bytes_of(e) + bytes_of(y.extents()));
    });
    add("guidance_unet_training/" + name, [=](benchmark::State& state) {
        auto const p = net.make_params<float>(1);
        auto const x = noise<float>(e, 1), dy = noise<float>(net.output_extents(e), 1, 2);
        tensor<float, 4> y(dy.extents()), dx(e);
        nn::guidance_unet::saved<float> saved;
        auto dp = net.zero_gradients(p);
        for (auto _ : state) {
            net.forward(exec, p, x, y, saved);
            net.backward(exec, p, x, saved, dy, dx, dp);
            benchmark::DoNotOptimize(dx.data());
        }
        count(state, 2 * bytes_of(e) + 2 * bytes_of(y.extents()));
    });
}

void memory_passes(dims<4> const& e)
{
    exec::omp const exec{};
    std::string const name = "/omp/f32/" + shape_name(e);
    add("batch_norm_relu_training" + name, [=](benchmark::State& state) {
        nn::batch_norm2d const norm{.relu = true};
        auto const p = norm.make_params<float>(e[1]);
        auto const x = noise<float>(e, 1), dy = noise<float>(e, 1, 2);
        tensor<float, 4> y(e), dx(e);
        nn::batch_norm2d::saved<float> saved;
        auto dp = norm.zero_gradients(p);
        for (auto _ : state) {
            norm.forward(exec, p, x, y, saved);
            norm.backward(exec, p, x, saved, dy, dx, dp);
            benchmark::DoNotOptimize(dx.data());
        }
        count(state, 8 * bytes_of(e));  // x twice, y; x and dy twice, dx
    });
    add("relu_forward" + name, [=](benchmark::State& state) {
        auto const x = noise<float>(e, 1);
        tensor<float, 4> y(e);
        for (auto _ : state) {
            nn::relu{}.forward(exec, x, y);
            benchmark::DoNotOptimize(y.data());
        }
        count(state, 2 * bytes_of(e));
    });
    dims<4> const half{e[0], e[1], (e[2] + 1) / 2, (e[3] + 1) / 2};
    add("resize_bilinear_training" + name, [=](benchmark::State& state) {
        auto const x = noise<float>(half, 1), dy = noise<float>(e, 1, 2);
        tensor<float, 4> y(e), dx(half);
        for (auto _ : state) {
            nn::resize_bilinear{}.forward(exec, x, y);
            nn::resize_bilinear{}.backward(exec, dy, dx);
            benchmark::DoNotOptimize(dx.data());
        }
        count(state, 2 * bytes_of(e) + 2 * bytes_of(half));
    });
}

}  // namespace

void register_guidance_net()
{
    for (dims<4> const& e : {dims<4>{1, 16, 228, 304}, dims<4>{4, 16, 96, 128}}) network(e);
    memory_passes({1, 64, 228, 304});
}

}  // namespace hyspn::bench
