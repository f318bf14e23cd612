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

/// As row, for vector-Jacobian products of vectors.
template <std::size_t Rank, class Call>
void gradient_row(std::string const& name, dims<Rank> const& points, double operands, Call call)
{
    add(name, [=](benchmark::State& state) {
        auto const x = noise<float>(points, scale, 1), y = noise<float>(points, scale, 2),
                   g = noise<float>(points, 1, 3);
        tensor<float, Rank> dx(points), dy(points);
        auto const c = curvature<float>::from_c(1);
        for (auto _ : state) {
            call(c, x, y, g, dx, dy);
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
    row("ptransp0/omp/f32/" + shape, points, 3,
        [=](auto& c, auto& x, auto& y, auto& out, auto&) { poincare::ptransp0(exec, c, x, y, out); });
    row("midpoint/omp/f32/" + shape, points, 3,
        [=](auto& c, auto& x, auto& y, auto& out, auto&) { poincare::midpoint(exec, c, x, y, out); });
    gradient_row("expmap0_vjp/omp/f32/" + shape, points, 3,
                 [=](auto& c, auto& x, auto&, auto& g, auto& dx, auto&) { poincare::expmap0_vjp(exec, c, x, g, dx); });
    gradient_row("mobius_add_vjp/omp/f32/" + shape, points, 5,
                 [=](auto& c, auto& x, auto& y, auto& g, auto& dx, auto& dy) {
                     poincare::mobius_add_vjp(exec, c, x, y, g, dx, dy);
                 });
    gradient_row("logmap_vjp/omp/f32/" + shape, points, 5, [=](auto& c, auto& x, auto& y, auto& g, auto& dx, auto& dy) {
        poincare::logmap_vjp(exec, c, x, y, g, dx, dy);
    });
}

/// Midpoints of sets of nine points, as a 3×3 window has.
void midpoints()
{
    add("weighted_midpoint/omp/f32/29127x9x64", [](benchmark::State& state) {
        constexpr index_t sets = side * side / 9;
        auto const x = noise<float>(dims<3>{sets, 9, channels}, scale, 1);
        auto const w = noise<float>(dims<2>{sets, 9}, 1, 2);
        tensor<float, 2> out(sets, channels);
        auto const c = curvature<float>::from_c(1);
        for (auto _ : state) {
            poincare::weighted_midpoint(exec::omp{}, c, w, x, out);
            benchmark::ClobberMemory();
        }
        count(state, 4. * static_cast<double>(x.size() + w.size() + out.size()));
    });
    add("weighted_midpoint_vjp/omp/f32/29127x9x64", [](benchmark::State& state) {
        constexpr index_t sets = side * side / 9;
        auto const x = noise<float>(dims<3>{sets, 9, channels}, scale, 1);
        auto const w = noise<float>(dims<2>{sets, 9}, 1, 2);
        auto const g = noise<float>(dims<2>{sets, channels}, 1, 3);
        tensor<float, 3> dx(x.extents());
        tensor<float, 2> dw(w.extents());
        auto const c = curvature<float>::from_c(1);
        for (auto _ : state) {
            benchmark::DoNotOptimize(poincare::weighted_midpoint_vjp(exec::omp{}, c, w, x, g, dw, dx));
            benchmark::ClobberMemory();
        }
        count(state, 4. * static_cast<double>(2 * x.size() + 2 * w.size() + g.size()));
    });
}

/// One matrix for all points.
void products()
{
    add("mobius_matvec/omp/f32/262144x64x64", [](benchmark::State& state) {
        auto const x = noise<float>(dims<2>{side * side, channels}, scale, 1);
        auto const m = noise<float>(dims<2>{channels, channels}, 0.1, 2);
        tensor<float, 2> out(x.extents());
        auto const c = curvature<float>::from_c(1);
        for (auto _ : state) {
            poincare::mobius_matvec(exec::omp{}, c, m, x, out);
            benchmark::ClobberMemory();
        }
        count(state, 4. * static_cast<double>(x.size() + out.size()));
    });
}

}  // namespace

void register_manifold()
{
    rows(dims<3>{channels, side, side}, "64x512x512");
    rows(dims<2>{side * side, channels}, "262144x64");
    midpoints();
    products();
}

}  // namespace hyspn::bench
