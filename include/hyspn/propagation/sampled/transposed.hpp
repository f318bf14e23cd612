// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/elementwise.hpp>
#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/propagation/sampled/cells.hpp>

/// \file
/// The transpose of sampling: what every pixel gave is collected where it was read.

namespace hyspn::detail {

/// Parts of max over the pixels and neighbours of a stretch of how far, in whole rows or columns, a sample lies from
/// its pixel. Samples outside the image do not count.
template <class T, class M>
struct sampled_reach_op {
    sample_points<T, M> points;
    pixel_chunks chunks;
    view<index_t, 1, M> partial;

    dims<1> shape() const { return partial.extents(); }

    HYSPN_HD void operator()(index_t chunk) const
    {
        index_t reach = 0;
        for (index_t p = chunks.first(chunk); p < chunks.end(chunk); ++p)
            for (index_t k = 0; k < points.count(); ++k) {
                index_t const y = chunks.row(p), x = chunks.column(p);
                auto const c = points(chunks.batch(p), k, y, x);
                if (!c.present) continue;
                reach = larger(reach, larger(distance(c.y, y), distance(c.x, x)));
            }
        partial(chunk) = reach;
    }

private:
    HYSPN_HD static index_t larger(index_t a, index_t b) { return a < b ? b : a; }
    /// From position i to the farther of cell and cell + 1.
    HYSPN_HD static index_t distance(index_t cell, index_t i) { return cell < i ? i - cell : cell + 1 - i; }
};

/// reach(0) = max of the parts.
template <class M>
struct sampled_reach_of_parts_op {
    view<index_t const, 1, M> partial;
    view<index_t, 1, M> reach;

    dims<1> shape() const { return reach.extents(); }
    HYSPN_HD void operator()(index_t) const
    {
        index_t most = 0;
        for (index_t i = 0; i < partial.extent(0); ++i) most = partial(i) < most ? most : partial(i);
        reach(0) = most;
    }
};

/// to(q) = Σ_p Σ_k w_k(p) b_k(p, q) from(p), b the bilinear weight of q in sample k of p; with `current` also
/// (1 - Σ_k w_k(q)) from(q). A `from` without data counts as 1. Run it by transpose_samples.
template <class T, class M>
struct sampled_transposed_op {
    sample_points<T, M> points;
    view<T const, 4, M> weights;  ///< [N, K, H, W]
    bool current;
    view<T const, 4, M> from;
    view<T, 4, M> to;  ///< [N, L, H, W]
    view<index_t const, 1, M> reach{};

    dims<4> shape() const { return to.extents(); }

    /// Gathers from every pixel that may have read q: looks at (2R + 1)² K samples, R the farthest of any in the image.
    /// Those of other cells are left out, not weighed with 0, which would make NaN of what is infinite.
    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        index_t const R = reach(0), H = points.height(), W = points.width();
        index_t const first_row = y > R ? y - R : 0, last_row = y + R < H ? y + R : H - 1;
        index_t const first_column = x > R ? x - R : 0, last_column = x + R < W ? x + R : W - 1;
        T sum = own(n, l, y, x);
        for (index_t v = first_row; v <= last_row; ++v)
            for (index_t u = first_column; u <= last_column; ++u) {
                T const given = value(n, l, v, u);
                for (index_t k = 0; k < points.count(); ++k) {
                    auto const c = points(n, k, v, u);
                    if (c.around(y, x)) sum += weights(n, k, v, u) * given * c.row_weight(y) * c.column_weight(x);
                }
            }
        to(n, l, y, x) = sum;
    }

    HYSPN_HD T value(index_t n, index_t l, index_t y, index_t x) const
    {
        return from.data_handle() ? from(n, l, y, x) : T(1);
    }

    /// The part of the centre's current value.
    HYSPN_HD T own(index_t n, index_t l, index_t y, index_t x) const
    {
        if (!current) return T(0);
        T rest = T(1);
        for (index_t k = 0; k < weights.extent(1); ++k) rest -= weights(n, k, y, x);
        return rest * value(n, l, y, x);
    }
};

/// By gathering; finds the reach first.
template <execution_policy P, class T, class M>
void transpose_samples(P const& exec, sampled_transposed_op<T, M> op)
{
    if (op.to.size() == 0) return;
    pixel_chunks const chunks(op.weights.extents(), 4096);
    tensor<index_t, 1, M> partial(chunks.count), reach(1);
    dispatch(exec, sampled_reach_op<T, M>{op.points, chunks, as_view(partial)});
    dispatch(exec, sampled_reach_of_parts_op<M>{as_const(partial), as_view(reach)});
    op.reach = as_const(reach);
    dispatch(exec, op);
}

/// Adds w b from to the four corners of each sample.
template <class T>
void scatter_samples(sampled_transposed_op<T, memory::host> const& op, index_t n, index_t l, index_t y, index_t x)
{
    T const given = op.value(n, l, y, x);
    for (index_t k = 0; k < op.points.count(); ++k) {
        auto const c = op.points(n, k, y, x);
        if (!c.present) continue;
        for (index_t v = c.y; v <= c.y + 1; ++v)
            for (index_t u = c.x; u <= c.x + 1; ++u)
                if (inside(v, u, op.to.extent(2), op.to.extent(3)))
                    op.to(n, l, v, u) += op.weights(n, k, y, x) * given * c.row_weight(v) * c.column_weight(u);
    }
}

/// On one thread a scatter is as deterministic, and costs no search.
template <class T>
void transpose_samples(exec::seq const&, sampled_transposed_op<T, memory::host> const& op)
{
    auto const e = op.to.extents();
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t l = 0; l < e[1]; ++l) {
            for (index_t y = 0; y < e[2]; ++y)
                for (index_t x = 0; x < e[3]; ++x) op.to(n, l, y, x) = op.own(n, l, y, x);
            for (index_t y = 0; y < e[2]; ++y)
                for (index_t x = 0; x < e[3]; ++x) scatter_samples(op, n, l, y, x);
        }
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/sampled_scatter.hpp>
#endif
