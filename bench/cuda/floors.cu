// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// What the device allows: its own copy, a sum of arrays through parallel_for, an empty launch.
#include "support.cuh"

namespace hyspn::bench {

namespace {

constexpr index_t n = 64 * 512 * 512;

struct sum_at {
    float const *x, *y;
    float* z;
    HYSPN_HD void operator()(index_t i) const { z[i] = x[i] + y[i]; }
};

/// Reads 9 weights and a value at every pixel and writes one: what a step of an unblocked stencil moves.
struct sum_planes_at {
    float const* x;
    float* y;
    index_t plane;
    HYSPN_HD void operator()(index_t i) const
    {
        float sum = 0;
        for (index_t j = 0; j < 10; ++j) sum += x[j * plane + i];
        y[i] = sum;
    }
};

}  // namespace

void register_device_floors()
{
    add_device_row("floor_copy/cuda/f32/64x512x512", [](benchmark::State& state) {
        auto const x = device_noise(dims<1>{n}, 1);
        device_array<1> y(n);
        time_on_device(
            state,
            [&] {
                detail::check_cuda(cudaMemcpyAsync(y.data(), x.data(), n * sizeof(float), cudaMemcpyDeviceToDevice),
                                   "cudaMemcpyAsync");
            },
            8.0 * n);
    });
    add_device_row("floor_sum/cuda/f32/64x512x512", [](benchmark::State& state) {
        auto const x = device_noise(dims<1>{n}, 1), y = device_noise(dims<1>{n}, 1, 2);
        device_array<1> z(n);
        sum_at const op{x.data(), y.data(), z.data()};
        time_on_device(
            state, [&] { exec::parallel_for(exec::cuda{}, dims<1>{n}, op); }, 12.0 * n);
    });
    add_device_row("floor_launch/cuda", [](benchmark::State& state) {
        device_array<1> x(1);
        sum_at const op{x.data(), x.data(), x.data()};
        time_on_device(
            state, [&] { exec::parallel_for(exec::cuda{}, dims<1>{1}, op); }, 12);
    });
    for (image const& size : {nyu, kitti})
        add_device_row(std::string("floor_stencil_traffic/cuda/f32/") + size.name, [=](benchmark::State& state) {
            constexpr index_t steps = 24;
            index_t const plane = size.height * size.width;
            auto const x = device_noise(dims<1>{10 * plane}, 1);
            device_array<1> y(plane);
            sum_planes_at const op{x.data(), y.data(), plane};
            time_on_device(
                state,
                [&] {
                    for (index_t t = 0; t < steps; ++t) exec::parallel_for(exec::cuda{}, dims<1>{plane}, op);
                },
                44.0 * static_cast<double>(steps * plane));
        });
}

}  // namespace hyspn::bench
