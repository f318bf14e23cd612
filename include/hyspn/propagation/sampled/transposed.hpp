// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/sampled/far.hpp>

/// \file
/// The transpose of sampling: what every pixel gave is collected where it was read.

namespace hyspn::detail {

/// to(q) = Σ_p Σ_k w_k(p) b_k(p, q) from(p), b the bilinear weight of q in sample k of p; with `current` also
/// (1 - Σ_k w_k(q)) from(q). A `from` without data counts as 1. Run it by transpose_samples.
template <class T, class M>
struct sampled_transposed_op {
    sample_points<T, M> points;
    view<T const, 4, M> weights;  ///< [N, K, H, W]
    bool current;
    view<T const, 4, M> from;
    view<T, 4, M> to;  ///< [N, L, H, W]
    sample_lists<M> lists{};

    dims<4> shape() const { return to.extents(); }

    /// That of some maps alone.
    sampled_transposed_op of_maps(index_t first, index_t count) const
    {
        auto made = *this;
        made.from = channels_of(from, first, count);
        made.to = channels_of(to, first, count);
        return made;
    }

    /// Gathers from every sample that may have read q.
    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        to(n, l, y, x) = own(n, l, y, x) + near(n, l, y, x) + far(n, l, y, x);
    }

    /// From the pixels around, (2R + 1)² of them.
    HYSPN_HD T near(index_t n, index_t l, index_t y, index_t x) const
    {
        index_t const R = lists.reach(n), H = points.height(), W = points.width();
        index_t const first_row = y > R ? y - R : 0, last_row = y + R < H ? y + R : H - 1;
        index_t const first_column = x > R ? x - R : 0, last_column = x + R < W ? x + R : W - 1;
        T sum = T(0);
        for (index_t v = first_row; v <= last_row; ++v)
            for (index_t u = first_column; u <= last_column; ++u)
                for (index_t k = 0; k < points.count(); ++k) {
                    auto const c = points(n, k, v, u);
                    if (c.around(y, x) && sample_distance(c, v, u) <= near_samples) sum += part(n, l, y, x, k, v, u, c);
                }
        return sum;
    }

    /// From the lists of the rows above and below.
    HYSPN_HD T far(index_t n, index_t l, index_t y, index_t x) const
    {
        index_t const K = points.count(), W = points.width();
        T sum = T(0);
        for (index_t i = lists.starts(n, y); i < lists.starts(n, y + 2); ++i) {
            index_t const place = lists.order(n, i), k = place % K, u = place / K % W, v = place / K / W;
            auto const c = points(n, k, v, u);
            if (c.around(y, x)) sum += part(n, l, y, x, k, v, u, c);
        }
        return sum;
    }

    /// What sample k of the pixel (v, u) gives to (y, x), which is around it. Other pixels are left out, not weighed
    /// with 0, which would make NaN of what is infinite.
    HYSPN_HD T part(index_t n, index_t l, index_t y, index_t x, index_t k, index_t v, index_t u,
                    sample_cell<T> const& c) const
    {
        return weights(n, k, v, u) * value(n, l, v, u) * c.row_weight(y) * c.column_weight(x);
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

/// Transposes by gathering: measure finds where samples lie, run serves these until the next call.
template <execution_policy P, class T, class M>
class sample_gatherer {
public:
    explicit sample_gatherer(P const& exec) : exec_(exec) {}

    void measure(sample_points<T, M> const& points) { lists_.locate(exec_, points); }
    void run(sampled_transposed_op<T, M> op) const
    {
        op.lists = lists_.lists();
        dispatch(exec_, op);
    }

private:
    P exec_;
    located_lists<M> lists_{};
};

template <execution_policy P, class T, class M>
void transpose_samples(P const& exec, sampled_transposed_op<T, M> op)
{
    if (op.to.size() == 0) return;
    sample_gatherer<P, T, M> gatherer(exec);
    gatherer.measure(op.points);
    gatherer.run(op);
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

/// Nothing to measure where samples are scattered: transpose_samples is all there is to it.
template <class P, class T>
class host_transposer {
public:
    explicit host_transposer(P const& exec) : exec_(exec) {}

    void measure(sample_points<T, memory::host> const&) {}
    void run(sampled_transposed_op<T, memory::host> const& op) const { transpose_samples(exec_, op); }

private:
    P exec_;
};

/// What runs the transpose of step after step.
template <class P, class T, class M>
using sample_transposer =
    std::conditional_t<std::is_same_v<M, memory::host>, host_transposer<P, T>, sample_gatherer<P, T, M>>;

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/sampled_scatter.hpp>
#endif
