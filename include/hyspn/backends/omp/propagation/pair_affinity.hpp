// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>

#include <hyspn/propagation/pair_affinity.hpp>
#include <hyspn/backends/omp/shifted_columns.hpp>

/// \file
/// Affinities of differences by rows. Included by propagation/pair_affinity.hpp.

namespace hyspn::detail {

template <std::floating_point T>
void dispatch(exec::omp const& exec, pair_logits_op<T, memory::host> const& op)
{
    auto const& f = op.features;
    if (!f.rows_contiguous() || !op.gates.rows_contiguous()) return parallel_for(exec, op.shape(), op);
    dims<4> const e = op.gates.extents();
    if (op.gates.size() == 0) return;
    exec::detail::for_each_index_omp(exec, e[0] * e[1] * e[2], [&](index_t row) {
        index_t const y = row % e[2], k = row / e[2] % e[1], n = row / e[2] / e[1];
        auto const d = op.neighbours[k];
        T* const to = &op.gates(n, k, y, 0);
        std::fill(to, to + e[3], -std::numeric_limits<T>::infinity());
        if (!op.window.within(d) || y + d.dy < 0 || y + d.dy >= e[2]) return;
        shifted_columns const columns(d.dx, e[3]);
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
            if (!op.window.pairs(d, y, x, e[2], e[3])) to[x] = -std::numeric_limits<T>::infinity();
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
    tensor<T, 3> scratch(e[0] * e[1] * e[2], 2, e[3]);
    exec::detail::for_each_index_omp(exec, e[0] * e[1] * e[2], [&](index_t row) {
        index_t const y = row % e[2], c = row / e[2] % e[1], n = row / e[2] / e[1];
        T *const slopes = &scratch(row, 0, 0), *const lengths = &scratch(row, 1, 0);
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
