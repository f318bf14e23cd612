// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <vector>

#include <hyspn/affinity/detail/pair_similarity.hpp>
#include <hyspn/backends/omp/image_rows.hpp>

/// \file
/// Comparisons of neighbours by rows: one column range per neighbour, all of it inside the image. Included by
/// affinity/detail/pair_similarity.hpp.

namespace hyspn::detail {

template <std::floating_point T>
void dispatch(exec::omp const& exec, pair_products_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.x, op.products)) return parallel_for(exec, op.shape(), op);
    index_t const N = op.x.extent(0), C = op.x.extent(1), H = op.x.extent(2), W = op.x.extent(3);
    exec::detail::for_each_index_omp(exec, N * H, [&](index_t row) {
        index_t const n = row / H, i = row % H;
        for (index_t h = 0; h < op.products.extent(1); ++h) {
            index_t const k = h < op.around.half() ? op.around.forward(h) : op.around.centre();
            index_t const y = i + op.around.row_offset(k), d = op.around.column_offset(k);
            T* const to = &op.products(n, h, i, 0);
            std::fill_n(to, W, T(0));
            if (y >= H) continue;
            shifted_columns const at(d, W);
            for (index_t c = 0; c < C; ++c) {
                T const *const a = &op.x(n, c, i, 0), *const b = &op.x(n, c, y, 0) + d;
                if (op.squares) {
#pragma omp simd
                    for (index_t j = at.begin; j < at.end; ++j) to[j] += (a[j] - b[j]) * (a[j] - b[j]);
                } else {
#pragma omp simd
                    for (index_t j = at.begin; j < at.end; ++j) to[j] += a[j] * b[j];
                }
            }
        }
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, pair_products_adjoint_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.x, op.dproducts, op.dx)) return parallel_for(exec, op.shape(), op);
    index_t const N = op.x.extent(0), C = op.x.extent(1), H = op.x.extent(2), W = op.x.extent(3);
    exec::detail::for_each_index_omp(exec, N * H, [&](index_t row) {
        index_t const n = row / H, i = row % H;
        for (index_t c = 0; c < C; ++c) {
            T* const to = &op.dx(n, c, i, 0);
            T const* const own = &op.x(n, c, i, 0);
            std::fill_n(to, W, T(0));
            for (index_t k = 0; k < op.around.count(); ++k) {
                index_t const y = i + op.around.row_offset(k), d = op.around.column_offset(k);
                if (k == op.around.centre() || y < 0 || y >= H) continue;
                bool const kept_here = k > op.around.centre();
                T const* const m = kept_here ? &op.dproducts(n, k - op.around.centre() - 1, i, 0)
                                             : &op.dproducts(n, op.around.centre() - 1 - k, y, 0) + d;
                T const* const other = &op.x(n, c, y, 0) + d;
                shifted_columns const at(d, W);
                if (op.squares) {
#pragma omp simd
                    for (index_t j = at.begin; j < at.end; ++j) to[j] += m[j] * (T(2) * (own[j] - other[j]));
                } else {
#pragma omp simd
                    for (index_t j = at.begin; j < at.end; ++j) to[j] += m[j] * other[j];
                }
            }
            if (op.squares || op.dproducts.extent(1) == op.around.half()) continue;
            T const* const m = &op.dproducts(n, op.around.half(), i, 0);
#pragma omp simd
            for (index_t j = 0; j < W; ++j) to[j] += T(2) * m[j] * own[j];
        }
    });
}

/// Plain sums of squares, which suffice for all but features near the ends of the type's range.
template <std::floating_point T>
void dispatch(exec::omp const& exec, unit_features_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.x, op.unit, op.length)) return parallel_for(exec, op.shape(), op);
    index_t const N = op.x.extent(0), C = op.x.extent(1), H = op.x.extent(2), W = op.x.extent(3);
    T const least = std::numeric_limits<T>::min() / std::numeric_limits<T>::epsilon(), most = T(1) / least;
    exec::detail::for_each_index_omp(exec, N * H, [&](index_t row) {
        index_t const n = row / H, i = row % H;
        T* const length = &op.length(n, i, 0);
        std::vector<T> square(static_cast<std::size_t>(W)), inverse(square);
        for (index_t c = 0; c < C; ++c) {
            T const* const f = &op.x(n, c, i, 0);
#pragma omp simd
            for (index_t j = 0; j < W; ++j) square[static_cast<std::size_t>(j)] += f[j] * f[j];
        }
        for (index_t j = 0; j < W; ++j) {
            length[j] = std::sqrt(square[static_cast<std::size_t>(j)]);
            inverse[static_cast<std::size_t>(j)] = T(1) / length[j];
        }
        for (index_t c = 0; c < C; ++c) {
            T const* const f = &op.x(n, c, i, 0);
            T* const u = &op.unit(n, c, i, 0);
#pragma omp simd
            for (index_t j = 0; j < W; ++j) u[j] = f[j] * inverse[static_cast<std::size_t>(j)];
        }
        for (index_t j = 0; j < W; ++j)
            if (!(square[static_cast<std::size_t>(j)] > least && square[static_cast<std::size_t>(j)] < most))
                op(n, i, j);
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, unit_features_adjoint_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.unit, op.length, op.dx)) return parallel_for(exec, op.shape(), op);
    index_t const N = op.dx.extent(0), C = op.dx.extent(1), H = op.dx.extent(2), W = op.dx.extent(3);
    exec::detail::for_each_index_omp(exec, N * H, [&](index_t row) {
        index_t const n = row / H, i = row % H;
        T const* const length = &op.length(n, i, 0);
        std::vector<T> along(static_cast<std::size_t>(W)), inverse(along);
        for (index_t c = 0; c < C; ++c) {
            T const *const d = &op.dx(n, c, i, 0), *const u = &op.unit(n, c, i, 0);
#pragma omp simd
            for (index_t j = 0; j < W; ++j) along[static_cast<std::size_t>(j)] += d[j] * u[j];
        }
        for (index_t j = 0; j < W; ++j)
            inverse[static_cast<std::size_t>(j)] = length[j] == T(0) ? T(0) : T(1) / length[j];
        for (index_t c = 0; c < C; ++c) {
            T* const d = &op.dx(n, c, i, 0);
            T const* const u = &op.unit(n, c, i, 0);
#pragma omp simd
            for (index_t j = 0; j < W; ++j) {
                std::size_t const s = static_cast<std::size_t>(j);
                d[j] = (d[j] - along[s] * u[j]) * inverse[s];
            }
        }
    });
}

}  // namespace hyspn::detail
