// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Batched Poincaré operations, planar [C, H, W] and interleaved [N, D]; the rows of kernels/manifold.cpp on a device.
#include <hyspn/manifold/poincare.hpp>

#include "support.cuh"

namespace hyspn::bench {

namespace {

constexpr index_t channels = 64, side = 512;
constexpr double bytes_per_operand = 4.0 * channels * side * side, scale = 0.05;

template <std::size_t Rank, class Call>
void row(std::string const& name, dims<Rank> const& points, double operands, Call call)
{
    add_device_row(name, [=](benchmark::State& state) {
        auto const x = device_noise(points, scale, 1), y = device_noise(points, scale, 2);
        device_array<Rank> out(points), more(points);
        device_array<Rank - 1> numbers(hyspn::detail::without_point_axis(points));
        auto const c = curvature<float>::from_c(1);
        time_on_device(
            state, [&] { call(c, x, y, out, more, numbers); }, operands * bytes_per_operand);
    });
}

template <std::size_t Rank>
void rows(dims<Rank> const& points, std::string const& shape)
{
    constexpr exec::cuda exec{};
    row("expmap0/cuda/f32/" + shape, points, 2,
        [=](auto& c, auto& x, auto&, auto& out, auto&, auto&) { poincare::expmap0(exec, c, x, out); });
    row("logmap0/cuda/f32/" + shape, points, 2,
        [=](auto& c, auto& x, auto&, auto& out, auto&, auto&) { poincare::logmap0(exec, c, x, out); });
    row("mobius_add/cuda/f32/" + shape, points, 3,
        [=](auto& c, auto& x, auto& y, auto& out, auto&, auto&) { poincare::mobius_add(exec, c, x, y, out); });
    row("dist/cuda/f32/" + shape, points, 2,
        [=](auto& c, auto& x, auto& y, auto&, auto&, auto& numbers) { poincare::dist(exec, c, x, y, numbers); });
    row("expmap/cuda/f32/" + shape, points, 3,
        [=](auto& c, auto& x, auto& y, auto& out, auto&, auto&) { poincare::expmap(exec, c, x, y, out); });
    row("logmap/cuda/f32/" + shape, points, 3,
        [=](auto& c, auto& x, auto& y, auto& out, auto&, auto&) { poincare::logmap(exec, c, x, y, out); });
    row("mobius_add_vjp/cuda/f32/" + shape, points, 5, [=](auto& c, auto& x, auto& y, auto& out, auto& more, auto&) {
        poincare::mobius_add_vjp(exec, c, x, y, x, out, more);
    });
}

}  // namespace

void register_device_manifold()
{
    rows(dims<3>{channels, side, side}, "64x512x512");
    rows(dims<2>{side * side, channels}, "262144x64");
}

}  // namespace hyspn::bench
