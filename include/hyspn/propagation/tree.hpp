// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/spanning_tree.hpp>

/// \file
/// Sums along spanning trees and the steps around them, of which presets::tree_filter is made; its file has the
/// formulas.

namespace hyspn::detail {

/// Dense [N, C, H, W] as [N, C, H W].
template <class T, class M>
view<T, 3, M> by_pixels(view<T, 4, M> const& v)
{
    return {v.data_handle(), {v.extent(0), v.extent(1), v.extent(2) * v.extent(3)}};
}

/// w = exp(-‖f - f_parent‖²), 0 at the root.
template <class T, class M>
struct tree_weights_op {
    tree_links<M> links;
    view<T const, 4, M> embedding;
    view<T, 4, M> weights;

    dims<3> shape() const { return {weights.extent(0), weights.extent(2), weights.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        using std::exp;
        index_t const p = y * links.width + x;
        auto const [v, u] = links.position(links.parent(n, p), y, x).values;
        T square(0);
        for (index_t c = 0; c < embedding.extent(1); ++c) {
            T const d = embedding(n, c, y, x) - embedding(n, c, v, u);
            square += d * d;
        }
        weights(n, 0, y, x) = links.is_root(n, p) ? T(0) : exp(-square);
    }
};

/// One level on the way up: U_i = x_i + Σ_children w_c U_c, in place. Arrays by pixels.
template <class T, class M>
struct tree_up_op {
    tree_links<M> links;
    index_t n, first, count;
    view<T const, 3, M> weights;
    view<T, 3, M> up;

    dims<2> shape() const { return {up.extent(1), count}; }

    HYSPN_HD void operator()(index_t l, index_t i) const
    {
        index_t const p = links.order(n, first + i);
        T sum = up(n, l, p);
        links.for_each_child(n, p, p % links.width, add_child{*this, l, sum});
        up(n, l, p) = sum;
    }

private:
    /// Not a lambda: device compilers restrict them.
    struct add_child {
        tree_up_op const& op;
        index_t l;
        T& sum;
        HYSPN_HD void operator()(index_t q) const { sum += op.weights(op.n, 0, q) * op.up(op.n, l, q); }
    };
};

/// One level on the way down.
template <class T, class M>
struct tree_down_op {
    tree_links<M> links;
    index_t n, first, count;
    view<T const, 3, M> weights, up;
    view<T, 3, M> down;

    dims<2> shape() const { return {down.extent(1), count}; }

    HYSPN_HD void operator()(index_t l, index_t i) const
    {
        index_t const p = links.order(n, first + i);
        T const w = weights(n, 0, p), own = up(n, l, p);
        T const above = links.is_root(n, p) ? T(0) : down(n, l, links.parent(n, p));
        down(n, l, p) = own + w * (above - w * own);
    }
};

/// Both ways: `up` holds x and becomes U, `down` becomes A. Dense arrays [N, L, H, W].
template <class T, class M>
struct tree_aggregate_op {
    propagation::spanning_tree<M> const* tree;
    view<T const, 4, M> weights;
    view<T, 4, M> up, down;
};

/// Level by level, one launch each.
template <execution_policy P, class T, class M>
void dispatch(P const& exec, tree_aggregate_op<T, M> const& op)
{
    tree_links<M> const links(*op.tree);
    view<T const, 3, M> const weights = by_pixels(op.weights);
    auto const up = by_pixels(op.up), down = by_pixels(op.down);
    for (index_t n = 0; n < op.up.extent(0); ++n) {
        auto const& levels = op.tree->levels[static_cast<std::size_t>(n)];
        for (std::size_t d = levels.size(); d-- > 1;)
            dispatch(exec, tree_up_op<T, M>{links, n, levels[d - 1], levels[d] - levels[d - 1], weights, up});
        for (std::size_t d = 1; d < levels.size(); ++d)
            dispatch(exec, tree_down_op<T, M>{links, n, levels[d - 1], levels[d] - levels[d - 1], weights, up, down});
    }
}

/// The maps, and a last one of 1.
template <class T, class M>
struct tree_extend_op {
    view<T const, 4, M> x;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t u) const
    {
        to(n, l, y, u) = l < x.extent(1) ? x(n, l, y, u) : T(1);
    }
};

/// z = A(x) / A(1); the latter is at least 1.
template <class T, class M>
struct tree_normalise_op {
    view<T const, 4, M> down;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        to(n, l, y, x) = down(n, l, y, x) / down(n, to.extent(1), y, x);
    }
};

/// Its adjoint: g / A(1), and for A(1) itself -Σ_l (g_l / A(1)) z_l.
template <class T, class M>
struct tree_normalise_adjoint_op {
    view<T const, 4, M> dout, down;
    view<T, 4, M> to;

    dims<3> shape() const { return {to.extent(0), to.extent(2), to.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        index_t const maps = dout.extent(1);
        T const sum = down(n, maps, y, x);
        T last(0);
        for (index_t l = 0; l < maps; ++l) {
            T const g = dout(n, l, y, x) / sum;
            to(n, l, y, x) = g;
            last -= g * (down(n, l, y, x) / sum);
        }
        to(n, maps, y, x) = last;
    }
};

/// dL/d‖f - f_parent‖² = -w dL/dw with dL/dw = Σ_l Û (A_parent - w U) + U (Â_parent - w Û), where the hats are the
/// passes over the gradient; 0 at the root.
template <class T, class M>
struct tree_distances_adjoint_op {
    tree_links<M> links;
    view<T const, 4, M> weights, up, down, gradient_up, gradient_down;
    view<T, 4, M> to;

    dims<3> shape() const { return {to.extent(0), to.extent(2), to.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        index_t const p = y * links.width + x;
        auto const [v, u] = links.position(links.parent(n, p), y, x).values;
        T const w = weights(n, 0, y, x);
        T sum(0);
        for (index_t l = 0; l < up.extent(1); ++l) {
            T const own = up(n, l, y, x), g = gradient_up(n, l, y, x);
            sum += g * (down(n, l, v, u) - w * own) + own * (gradient_down(n, l, v, u) - w * g);
        }
        to(n, 0, y, x) = links.is_root(n, p) ? T(0) : -w * sum;
    }
};

/// dL/df: two ends for each edge, gathered.
template <class T, class M>
struct tree_embedding_adjoint_op {
    tree_links<M> links;
    view<T const, 4, M> embedding, distances;
    view<T, 4, M> to;

    dims<3> shape() const { return {to.extent(0), to.extent(2), to.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        index_t const p = y * links.width + x;
        auto const parent = links.position(links.parent(n, p), y, x);
        for (index_t c = 0; c < to.extent(1); ++c)
            to(n, c, y, x) =
                T(2) * distances(n, 0, y, x) * (embedding(n, c, y, x) - embedding(n, c, parent[0], parent[1]));
        links.for_each_child(n, p, x, add_child{*this, n, y, x});
    }

private:
    struct add_child {
        tree_embedding_adjoint_op const& op;
        index_t n, y, x;
        HYSPN_HD void operator()(index_t q) const
        {
            auto const child = op.links.position(q, y, x);
            T const twice = T(2) * op.distances(n, 0, child[0], child[1]);
            for (index_t c = 0; c < op.to.extent(1); ++c)
                op.to(n, c, y, x) += twice * (op.embedding(n, c, y, x) - op.embedding(n, c, child[0], child[1]));
        }
    };
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/tree_filter.hpp>
#endif
