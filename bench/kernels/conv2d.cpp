// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Plain convolution at the sizes of a guidance network: four crops to train on, one whole image, and the same after
// halving.
#include <string>

#include <hyspn/nn/conv2d.hpp>

#include "../support.hpp"

namespace hyspn::bench {
namespace {

struct convolution {
    char const* name;
    dims<4> image;  ///< [N, C, H, W]
    nn::conv2d layer;
};

convolution const convolutions[] = {
    {"C14_O32_k3_4x96x128", {4, 14, 96, 128}, {.padding = {1, 1}, .outputs = 32}},
    {"C32_O32_k3_4x96x128", {4, 32, 96, 128}, {.padding = {1, 1}, .outputs = 32}},
    {"C64_O64_k3_4x48x64", {4, 64, 48, 64}, {.padding = {1, 1}, .outputs = 64}},
    {"C3_O16_k3_228x304", {1, 3, 228, 304}, {.padding = {1, 1}, .outputs = 16}},
    {"C32_O32_k3_228x304", {1, 32, 228, 304}, {.padding = {1, 1}, .outputs = 32}},
    {"C64_O64_k3_114x152", {1, 64, 114, 152}, {.padding = {1, 1}, .outputs = 64}},
    {"C32_O64_k3_s2_228x304", {1, 32, 228, 304}, {.stride = {2, 2}, .padding = {1, 1}, .outputs = 64}},
    {"C32_O32_k3_s2_4x96x128", {4, 32, 96, 128}, {.stride = {2, 2}, .padding = {1, 1}, .outputs = 32}},
    {"C64_O64_k1_114x152", {1, 64, 114, 152}, {.kernel = {1, 1}, .outputs = 64}},
    {"C32_O32_k3_depthwise_4x96x128", {4, 32, 96, 128}, {.padding = {1, 1}, .groups = 32, .outputs = 32}},
};

struct problem {
    nn::conv2d layer;
    nn::conv2d::params<float> p, dp;
    tensor<float, 4> x, dx, y, dy;

    explicit problem(convolution const& c)
        : layer(c.layer),
          p(layer.make_params<float>(c.image[1])),
          dp(layer.zero_gradients(p)),
          x(noise<float>(c.image, 1)),
          dx(c.image),
          y(layer.output_extents(c.image)),
          dy(noise<float>(y.extents(), 1, 2))
    {
        random_stream stream(3);
        layer.init(p, stream);
    }
    double bytes() const { return 4.0 * static_cast<double>(x.size() + y.size() + p.weight.size()); }
    double flops() const
    {
        return 2.0 * static_cast<double>(y.size() * p.weight.extent(1) * p.weight.extent(2) * p.weight.extent(3));
    }
};

}  // namespace

void register_convolutions()
{
    for (convolution const& c : convolutions) {
        std::string const shape = std::string("/omp/f32/") + c.name;
        add("conv2d_forward" + shape, [=](benchmark::State& state) {
            problem s(c);
            for (auto _ : state) {
                s.layer.forward(exec::omp{}, s.p, s.x, s.y);
                benchmark::ClobberMemory();
            }
            count(state, s.bytes(), s.flops());
        });
        add("conv2d_backward" + shape, [=](benchmark::State& state) {
            problem s(c);
            for (auto _ : state) {
                s.layer.backward(exec::omp{}, s.p, s.x, nn::conv2d::saved<float>{}, s.dy, s.dx, s.dp);
                benchmark::ClobberMemory();
            }
            count(state, 2 * s.bytes(), 2 * s.flops());
        });
    }
}

}  // namespace hyspn::bench
