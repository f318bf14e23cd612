// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>

#include <hyspn/backends/omp/image_rows.hpp>
#include <hyspn/propagation/pair_affinity.hpp>

/// \file
/// Affinities of differences by rows. Included by propagation/pair_affinity.hpp.

namespace hyspn::detail {

/// Row y of channel k: differences of the pairs, -∞ elsewhere.
template <class T>
void pair_logits_row(pair_logits_op<T, memory::host> const& op, index_t n, index_t k, index_t y)
{
    auto const& f = op.features;
    index_t const height = op.gates.extent(2), width = op.gates.extent(3);
    auto const d = op.neighbours[k];
    T* const to = &op.gates(n, k, y, 0);
    std::fill(to, to + width, -op.infinity);
    if (!op.window.within(d) || y + d.dy < 0 || y + d.dy >= height) return;
    shifted_columns const columns(d.dx, width);
    std::fill(to + columns.begin, to + columns.end, T(0));
    for (index_t c = 0; c < f.extent(1); ++c) {
        T const *const own = &f(n, c, y, 0), *const other = &f(n, c, y + d.dy, 0) + d.dx;
        T const weight = op.weight(c);
#pragma omp simd
        for (index_t x = columns.begin; x < columns.end; ++x) to[x] += weight * std::abs(own[x] - other[x]);
    }
    for (index_t x = columns.begin; x < columns.end; ++x) to[x] *= op.scale;
    if (op.window.margin == 0) return;
    for (index_t x = columns.begin; x < columns.end; ++x)
        if (!op.window.pairs(d, y, x, height, width)) to[x] = -op.infinity;
}

/// Row y of channel k from the channel that leads back, of the other pixel.
template <class T>
void mirror_logits_row(pair_logits_op<T, memory::host> const& op, index_t n, index_t k, index_t y)
{
    index_t const height = op.gates.extent(2), width = op.gates.extent(3);
    auto const d = op.neighbours[k];
    T* const to = &op.gates(n, k, y, 0);
    std::fill(to, to + width, -op.infinity);
    if (y + d.dy < 0 || y + d.dy >= height) return;
    shifted_columns const columns(d.dx, width);
    T const* const from = &op.gates(n, op.gates.extent(1) - 1 - k, y + d.dy, 0) + d.dx;
    std::copy(from + columns.begin, from + columns.end, to + columns.begin);
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, pair_logits_op<T, memory::host> const& op)
{
    if (!op.features.rows_contiguous() || !op.gates.rows_contiguous()) return parallel_for(exec, op.shape(), op);
    if (op.gates.size() == 0) return;
    index_t const N = op.gates.extent(0), K = op.gates.extent(1), H = op.gates.extent(2);
    index_t const computed = K / 2 + 1;  // half of the window and the centre; the rest is the same pairs again
    exec::detail::for_each_index_omp(exec, N * computed * H, [&](index_t row) {
        pair_logits_row(op, row / H / computed, row / H % computed, row % H);
    });
    index_t const mirrored = K - computed;
    exec::detail::for_each_index_omp(exec, N * mirrored * H, [&](index_t row) {
        mirror_logits_row(op, row / H / mirrored, computed + row / H % mirrored, row % H);
    });
}

/// Pairs that a margin excludes have weight 0, so their gradient is 0 and they need no test.
template <std::floating_point T>
void dispatch(exec::omp const& exec, pair_logits_adjoint_op<T, memory::host> const& op)
{
    auto const& f = op.forward.features;
    if (!f.rows_contiguous() || !op.dgates.rows_contiguous() || f.size() == 0)
        return parallel_for(exec, op.shape(), op);
    dims<4> const e = f.extents();
    index_t const K = op.dgates.extent(1);
    exec::detail::for_each_index_omp(exec, e[0] * e[1] * e[2], [&](index_t row) {
        index_t const y = row % e[2], c = row / e[2] % e[1], n = row / e[2] / e[1];
        tensor<T, 2> sums(2, e[3]);
        T *const slopes = sums.data(), *const lengths = slopes + e[3];
        for (index_t k = 0; k < K; ++k) {
            auto const d = op.forward.neighbours[k];
            if (!op.forward.window.within(d) || y + d.dy < 0 || y + d.dy >= e[2]) continue;
            shifted_columns const columns(d.dx, e[3]);
            T const *const from = &f(n, c, y, 0), *const to = &f(n, c, y + d.dy, 0) + d.dx;
            T const *const own = &op.dgates(n, k, y, 0), *const back = &op.dgates(n, K - 1 - k, y + d.dy, 0) + d.dx;
#pragma omp simd
            for (index_t x = columns.begin; x < columns.end; ++x) {
                T const difference = from[x] - to[x], both = own[x] + back[x];
                slopes[x] += difference > T(0) ? both : difference < T(0) ? -both : T(0);
                lengths[x] += own[x] * std::abs(difference);
            }
        }
        T const scale = op.forward.scale, slope_scale = scale * op.forward.weight(c);
        for (index_t x = 0; op.to.data_handle() && x < e[3]; ++x) op.to(n, c, y, x) = slope_scale * slopes[x];
        for (index_t x = 0; op.theta_terms.data_handle() && x < e[3]; ++x)
            op.theta_terms(n, c, y, x) = scale * lengths[x];
    });
}

}  // namespace hyspn::detail
