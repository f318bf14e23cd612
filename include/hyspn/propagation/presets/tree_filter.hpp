// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/arrays.hpp>
#include <hyspn/propagation/spanning_tree.hpp>

/// \file
/// Learnable tree filter (Song et al., NeurIPS 2019): every pixel becomes a mean over the whole image,
///
///     z_i = Σ_j S_ij x_j / Σ_j S_ij,   S_ij = Π w_e over the path from i to j,   w_e = exp(-‖f_u - f_v‖²),
///
/// along a spanning tree of the image, in time linear in its pixels: up the tree U_i = x_i + Σ_children w_c U_c, then
/// down A_i = U_i + w_i (A_parent - w_i U_i), w_i being the edge to the parent; z = A(x) / A(1).

namespace hyspn::propagation {

/// Read by tree_filter.
template <class T, class M = memory::host>
struct tree_filter_inputs {
    view<T const, 4, M> x{};                 ///< [N, L, H, W]
    view<T const, 4, M> embedding{};         ///< f [N, C, H, W]
    spanning_tree<M> const* tree = nullptr;  ///< of the N images, e.g. minimum_spanning_tree of features
};

/// Written by backward, in the shapes of the inputs; what is left empty is not wanted. The choice of the tree has no
/// gradient.
template <class T, class M = memory::host>
struct tree_filter_gradients {
    view<T, 4, M> x{};
    view<T, 4, M> embedding{};
};

/// What forward leaves for backward: w [N, 1, H, W] at the child's pixel, and U and A of x and, last, of 1
/// [N, L + 1, H, W].
template <class T, class M = memory::host>
struct tree_filter_saved {
    tensor<T, 4, M> weights{}, up{}, down{};
};

}  // namespace hyspn::propagation

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

namespace hyspn::propagation::presets {

/// The filter. Constants stay; values are means, so they keep within the range of x; the root does not matter. The
/// released code takes the tree from squared differences of features plus 1, which is the same tree.
struct tree_filter {
    /// Writes z to `out` [N, L, H, W] (not an input) and fills `kept` for backward. O(L H W) operations. A device runs
    /// one kernel for each level of the tree and direction, hundreds for an image; threads share maps, not levels.
    /// Results do not depend on their number. Throws shape_error, value_error where there is no tree.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, tree_filter_inputs<T, typename P::memory_space> const& in, Y&& out,
                 tree_filter_saved<T, typename P::memory_space>& kept) const
    {
        using M = typename P::memory_space;
        char const* const name = "tree_filter::forward";
        require(name, in);
        view<T, 4, M> const to = as_view(out);
        hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.x.extents());
        renew(kept.weights, channels(in, 1));
        renew(kept.up, channels(in, in.x.extent(1) + 1));
        renew(kept.down, kept.up.extents());
        if (to.size() == 0) return;
        hyspn::detail::tree_links<M> const links(*in.tree);
        dispatch(exec, hyspn::detail::tree_weights_op<T, M>{links, in.embedding, as_view(kept.weights)});
        dispatch(exec, hyspn::detail::tree_extend_op<T, M>{in.x, as_view(kept.up)});
        dispatch(exec, hyspn::detail::tree_aggregate_op<T, M>{in.tree, as_const(kept.weights), as_view(kept.up),
                                                              as_view(kept.down)});
        dispatch(exec, hyspn::detail::tree_normalise_op<T, M>{as_const(kept.down), to});
    }

    /// The same for inference: keeps nothing. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, tree_filter_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        tree_filter_saved<T, typename P::memory_space> kept;
        forward(exec, in, out, kept);
    }

    /// Writes the gradients asked for, given dout = dL/dz [N, L, H, W] and what the training forward of the same inputs
    /// kept: the filter over the gradient, and a sum for each edge. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, tree_filter_inputs<T, typename P::memory_space> const& in,
                  tree_filter_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  tree_filter_gradients<T, typename P::memory_space> const& d) const
    {
        using M = typename P::memory_space;
        char const* const name = "tree_filter::backward";
        require(name, in);
        dims<4> const e = in.x.extents(), more = channels(in, e[1] + 1);
        hyspn::detail::require_shape(name, "kept.up", "[N, L + 1, H, W]", kept.up.extents(), more);
        hyspn::detail::require_shape(name, "kept.down", "[N, L + 1, H, W]", kept.down.extents(), more);
        hyspn::detail::require_shape(name, "kept.weights", "[N, 1, H, W]", kept.weights.extents(), channels(in, 1));
        view<T const, 4, M> const lambda = as_const(dout);
        hyspn::detail::require_shape(name, "dout", "[N, L, H, W]", lambda.extents(), e);
        if (present(d.x)) hyspn::detail::require_shape(name, "the gradient of x", "[N, L, H, W]", d.x.extents(), e);
        if (present(d.embedding))
            hyspn::detail::require_shape(name, "the gradient of embedding", "[N, C, H, W]", d.embedding.extents(),
                                         in.embedding.extents());
        if (in.x.size() == 0) return;

        tensor<T, 4, M> up(more), down(more);
        dispatch(exec, hyspn::detail::tree_normalise_adjoint_op<T, M>{lambda, as_const(kept.down), as_view(up)});
        dispatch(exec,
                 hyspn::detail::tree_aggregate_op<T, M>{in.tree, as_const(kept.weights), as_view(up), as_view(down)});
        if (present(d.x)) dispatch(exec, hyspn::detail::copy_op<T, 4, M>{first_maps(as_const(down), e[1]), d.x});
        if (!present(d.embedding)) return;
        hyspn::detail::tree_links<M> const links(*in.tree);
        tensor<T, 4, M> distances(kept.weights.extents());
        dispatch(exec, hyspn::detail::tree_distances_adjoint_op<T, M>{links, as_const(kept.weights), as_const(kept.up),
                                                                      as_const(kept.down), as_const(up), as_const(down),
                                                                      as_view(distances)});
        dispatch(exec,
                 hyspn::detail::tree_embedding_adjoint_op<T, M>{links, in.embedding, as_const(distances), d.embedding});
    }

private:
    template <class T, class M>
    static dims<4> channels(tree_filter_inputs<T, M> const& in, index_t count)
    {
        return {in.x.extent(0), count, in.x.extent(2), in.x.extent(3)};
    }

    template <class T, class M>
    static void renew(tensor<T, 4, M>& array, dims<4> const& e)
    {
        if (!(array.extents() == e)) array = tensor<T, 4, M>(e);
    }

    template <class T, class M>
    static view<T const, 4, M> first_maps(view<T const, 4, M> const& v, index_t count)
    {
        dims<4> e = v.extents();
        e[1] = count;
        return {v.data_handle(), e, v.strides()};
    }

    template <class T, class M>
    static void require(char const* name, tree_filter_inputs<T, M> const& in)
    {
        if (!in.tree) hyspn::detail::raise<value_error>(name, "tree", "given", "none");
        hyspn::detail::require_shape(name, "embedding", "[N, C, H, W]", in.embedding.extents(),
                                     channels(in, in.embedding.extent(1)));
        dims<4> const e = in.x.extents();
        hyspn::detail::require_shape(name, "tree", "of images [N, H, W]",
                                     dims<3>{in.tree->images(), in.tree->height, in.tree->width},
                                     dims<3>{e[0], e[2], e[3]});
    }
};

}  // namespace hyspn::propagation::presets

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/tree_filter.hpp>
#endif
