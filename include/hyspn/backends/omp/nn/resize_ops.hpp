// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include <hyspn/backends/omp/nn/map_lines.hpp>
#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/core/simd.hpp>
#include <hyspn/nn/detail/resize_ops.hpp>

/// \file
/// Interpolation by rows: first between two rows of the input, whole registers at a time, then along the row.

namespace hyspn::detail {

/// Where the outputs of an axis lie.
template <class T>
struct resize_table {
    resize_axis axis;
    bool doubles;  ///< out = 2·in: quarters and three quarters, no table needed
    std::vector<std::int32_t> low;
    std::vector<T> fraction;

    explicit resize_table(resize_axis const& of) : axis(of), doubles(of.out == 2 * of.in)
    {
        for (index_t j = 0; j < axis.out; ++j) {
            low.push_back(static_cast<std::int32_t>(axis.low(j)));
            fraction.push_back(axis.template fraction<T>(j));
        }
    }

    /// y from a row t of `in` numbers with room for one more.
    void spread(T* t, T* y) const
    {
        t[axis.in] = t[axis.in - 1];
        if (!doubles) {
            for (index_t j = 0; j < axis.out; ++j)
                y[j] = interpolated(fraction[at(j)], t[low[at(j)]], t[low[at(j)] + 1]);
            return;
        }
        y[0] = t[0];
        for (index_t k = 0; k + 1 < axis.in; ++k) {
            y[2 * k + 1] = interpolated(T(0.25), t[k], t[k + 1]);
            y[2 * k + 2] = interpolated(T(0.75), t[k], t[k + 1]);
        }
        y[axis.out - 1] = t[axis.in - 1];
    }

    /// The transpose: dx of `in` numbers from a row g of `out` cotangents.
    void gather(T const* g, T* dx) const
    {
        if (!doubles || axis.in < 2) {
            std::fill(dx, dx + axis.in, T(0));
            for (index_t j = 0; j < axis.out; ++j) {
                index_t const k = low[at(j)];
                dx[k] += (T(1) - fraction[at(j)]) * g[j];
                dx[std::min(k + 1, axis.in - 1)] += fraction[at(j)] * g[j];
            }
            return;
        }
        index_t const last = axis.in - 1;
        dx[0] = g[0] + T(0.75) * g[1] + T(0.25) * g[2];
        for (index_t k = 1; k < last; ++k)
            dx[k] = multiply_add(T(0.25), g[2 * k - 1] + g[2 * k + 2], T(0.75) * (g[2 * k] + g[2 * k + 1]));
        dx[last] = T(0.25) * g[2 * last - 1] + T(0.75) * g[2 * last] + g[2 * last + 1];
    }

private:
    static std::size_t at(index_t j) { return static_cast<std::size_t>(j); }
};

/// to[j] = a[j] + f·(b[j] − a[j]).
template <lane_number T>
void interpolate_rows(T f, T const* a, T const* b, T* to, index_t width)
{
    using V = simd::pack<T>;
    index_t j = 0;
    for (; j + V::size <= width; j += V::size) interpolated(V(f), V::load(a + j), V::load(b + j)).store(to + j);
    for (; j < width; ++j) to[j] = interpolated(f, a[j], b[j]);
}

/// to[j] += f·a[j].
template <lane_number T>
void add_row(T f, T const* a, T* to, index_t width)
{
    using V = simd::pack<T>;
    index_t j = 0;
    for (; j + V::size <= width; j += V::size) multiply_add(V(f), V::load(a + j), V::load(to + j)).store(to + j);
    for (; j < width; ++j) to[j] = multiply_add(f, a[j], to[j]);
}

/// Calls f(row, n, c, i) for all rows of [N, C, H, W] in parallel, with room for `length` numbers a thread.
template <class T, class F>
void for_each_resized_row(exec::omp const& exec, dims<4> const& e, index_t length, F const& f)
{
    for_each_tile(
        exec, e[0] * e[1] * e[2], [&] { return std::make_unique<std::vector<T>>(static_cast<std::size_t>(length)); },
        [&](std::vector<T>& row, index_t job) { f(row.data(), job / e[2] / e[1], job / e[2] % e[1], job % e[2]); }, 1);
}

template <lane_number T>
void dispatch(exec::omp const& exec, resize_bilinear_op<T, memory::host> const& op)
{
    if (op.y.size() == 0) return;
    if (!all_rows_contiguous(op.x, op.y)) return parallel_for(exec, op.shape(), op);
    resize_table<T> const columns(op.columns);
    index_t const width = op.columns.in;
    for_each_resized_row<T>(exec, op.y.extents(), width + 1, [&](T* row, index_t n, index_t c, index_t i) {
        interpolate_rows(op.rows.template fraction<T>(i), &op.x(n, c, op.rows.low(i), 0),
                         &op.x(n, c, op.rows.high(i), 0), row, width);
        columns.spread(row, &op.y(n, c, i, 0));
    });
}

template <lane_number T>
void dispatch(exec::omp const& exec, resize_bilinear_vjp_op<T, memory::host> const& op)
{
    if (op.dx.size() == 0) return;
    if (op.dy.size() == 0 || !all_rows_contiguous(op.dx, op.dy)) return parallel_for(exec, op.shape(), op);
    resize_table<T> const columns(op.columns);
    index_t const width = op.columns.out;
    for_each_resized_row<T>(exec, op.dx.extents(), width, [&](T* row, index_t n, index_t c, index_t a) {
        std::fill(row, row + width, T(0));
        for (index_t i = op.rows.first_to_see(a); i < op.rows.out && op.rows.low(i) <= a; ++i)
            if (T const w = op.rows.template weight<T>(i, a); w != T(0)) add_row(w, &op.dy(n, c, i, 0), row, width);
        columns.gather(row, &op.dx(n, c, a, 0));
    });
}

/// Calls f with the factor, 2 as a constant.
template <class F>
void with_factor(index_t factor, F const& f)
{
    if (factor == 2)
        f(std::integral_constant<index_t, 2>{});
    else
        f(factor);
}

template <lane_number T>
void dispatch(exec::omp const& exec, repeat_pixels_op<T, memory::host> const& op)
{
    if (op.y.size() == 0) return;
    if (!all_rows_contiguous(op.x, op.y)) return parallel_for(exec, op.shape(), op);
    for_each_resized_row<T>(exec, op.y.extents(), 0, [&](T*, index_t n, index_t c, index_t i) {
        T const* const x = &op.x(n, c, i / op.factor, 0);
        T* const y = &op.y(n, c, i, 0);
        with_factor(op.factor, [&](auto factor) {
            for (index_t j = 0; j < op.x.extent(3); ++j)
                for (index_t k = 0; k < factor; ++k) y[j * factor + k] = x[j];
        });
    });
}

template <lane_number T>
void dispatch(exec::omp const& exec, repeat_pixels_vjp_op<T, memory::host> const& op)
{
    if (op.dx.size() == 0) return;
    if (!all_rows_contiguous(op.dx, op.dy)) return parallel_for(exec, op.shape(), op);
    for_each_resized_row<T>(exec, op.dx.extents(), 0, [&](T*, index_t n, index_t c, index_t i) {
        T* const dx = &op.dx(n, c, i, 0);
        std::fill(dx, dx + op.dx.extent(3), T(0));
        for (index_t r = 0; r < op.factor; ++r) {
            T const* const dy = &op.dy(n, c, i * op.factor + r, 0);
            with_factor(op.factor, [&](auto factor) {
                for (index_t j = 0; j < op.dx.extent(3); ++j)
                    for (index_t k = 0; k < factor; ++k) dx[j] += dy[j * factor + k];
            });
        }
    });
}

}  // namespace hyspn::detail
