// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/parameters.hpp>
#include <hyspn/propagation/arrays.hpp>
#include <hyspn/propagation/tree.hpp>

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

namespace hyspn::propagation::presets {

/// The filter. Constants stay; values are means, so they keep within the range of x; the root does not matter. The
/// released code takes the tree from squared differences of features plus 1, which is the same tree.
struct tree_filter {
    friend constexpr bool operator==(tree_filter const&, tree_filter const&) = default;

    /// z [N, L, H, W]. O(L H W) operations. A device runs one kernel for each level of the tree and direction, hundreds
    /// for an image; threads share maps, not levels. Results do not depend on their number. Throws shape_error, and
    /// value_error where there is no tree or it has no levels.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   tree_filter_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.x.extents());
        forward(exec, in, out);
        return out;
    }

    /// Writes it to `out` (not an input) and fills `kept` for backward. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, tree_filter_inputs<T, typename P::memory_space> const& in, Y&& out,
                 tree_filter_saved<T, typename P::memory_space>& kept) const
    {
        using M = typename P::memory_space;
        char const* const name = "tree_filter::forward";
        require(name, in);
        view<T, 4, M> const to = as_view(out);
        hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.x.extents());
        hyspn::detail::fit(kept.weights, channels(in, 1));
        hyspn::detail::fit(kept.up, channels(in, in.x.extent(1) + 1));
        hyspn::detail::fit(kept.down, kept.up.extents());
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
        hyspn::detail::require_gradient_shape(name, "x", d.x, in.x);
        hyspn::detail::require_gradient_shape(name, "embedding", d.embedding, in.embedding);
        if (in.x.size() == 0) {
            if (present(d.embedding)) dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), d.embedding});
            return;
        }

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
        auto const levels = static_cast<index_t>(in.tree->levels.size());
        hyspn::detail::require_value(levels == e[0], name, "the number of the tree's levels", "that of its images",
                                     static_cast<double>(levels));
    }
};

}  // namespace hyspn::propagation::presets
