// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Batched Poincaré operations, planar [C, H, W] as images are and interleaved [N, D] as point sets are.
#include <hyspn/manifold/poincare.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

constexpr index_t channels = 64, side = 512;
constexpr double elements = static_cast<double>(channels * side * side);

/// Small enough that ball points stay well inside the unit ball: ‖x‖ is about 0.05·√(64/3) = 0.23.
constexpr double scale = 0.05;

/// `operands` arrays of the points' size are moved, whatever the formula.
template <std::size_t Rank, class Call>
void row(std::string const& name, dims<Rank> const& points, double operands, Call call)
{
    add(name, [=](benchmark::State& state) {
        auto const x = noise<float>(points, scale, 1), y = noise<float>(points, scale, 2);
        tensor<float, Rank> out(points);
        tensor<float, Rank - 1> numbers(hyspn::detail::without_point_axis(points));
        auto const c = curvature<float>::from_c(1);
        for (auto _ : state) {
            call(c, x, y, out, numbers);
            benchmark::ClobberMemory();
        }
        count(state, operands * 4 * elements);
    });
}

template <std::size_t Rank>
void rows(dims<Rank> const& points, std::string const& shape)
{
    constexpr exec::omp exec{};
    row("expmap0/omp/f32/" + shape, points, 2,
        [=](auto& c, auto& x, auto&, auto& out, auto&) { poincare::expmap0(exec, c, x, out); });
    row("logmap0/omp/f32/" + shape, points, 2,
        [=](auto& c, auto& x, auto&, auto& out, auto&) { poincare::logmap0(exec, c, x, out); });
    row("mobius_add/omp/f32/" + shape, points, 3,
        [=](auto& c, auto& x, auto& y, auto& out, auto&) { poincare::mobius_add(exec, c, x, y, out); });
    row("dist/omp/f32/" + shape, points, 2,
        [=](auto& c, auto& x, auto& y, auto&, auto& numbers) { poincare::dist(exec, c, x, y, numbers); });
    row("expmap/omp/f32/" + shape, points, 3,
        [=](auto& c, auto& x, auto& y, auto& out, auto&) { poincare::expmap(exec, c, x, y, out); });
    row("logmap/omp/f32/" + shape, points, 3,
        [=](auto& c, auto& x, auto& y, auto& out, auto&) { poincare::logmap(exec, c, x, y, out); });
}

}  // namespace

void register_manifold()
{
    rows(dims<3>{channels, side, side}, "64x512x512");
    rows(dims<2>{side * side, channels}, "262144x64");
}

}  // namespace hyspn::bench
