// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/presets/random_walk.hpp>

namespace hyspn::propagation {

/// Read by irn_walk.
template <class T, class M = memory::host>
struct irn_walk_inputs {
    view<T const, 4, M> x{};     ///< [N, L, H, W]
    view<T const, 4, M> edge{};  ///< [N, 1, H, W] in [0, 1]
};

/// Written by backward, in the shapes of the inputs; what is left empty is not wanted.
template <class T, class M = memory::host>
struct irn_walk_gradients {
    view<T, 4, M> x{};
    view<T, 4, M> edge{};
};

/// What forward leaves for backward: the walk's, and the maps x (1 - edge) it starts from [N, L, H, W].
template <class T, class M = memory::host>
struct irn_walk_saved {
    tensor<T, 4, M> start{}, gates{};
    saved<T, M> walk{};
};

}  // namespace hyspn::propagation

namespace hyspn::propagation::presets {

/// IRN's walk (random_walk.hpp) from x (1 - edge). Every pair in the image counts; the released code pads the edges
/// with 1 to the same effect. Backward is ours: of equal edges on a way, the first by rows has the gradient.
struct irn_walk {
    index_t radius = 5;  ///< pairs nearer than this (that of random_walk: at most this far), at least 1
    double beta = 10;    ///< at least 1
    index_t times = 8;   ///< squarings: 2^times steps, each kept for backward

    friend constexpr bool operator==(irn_walk const&, irn_walk const&) = default;

    /// x (1 - edge) T^(2^times) [N, L, H, W]. Throws shape_error, value_error.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   irn_walk_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.x.extents());
        forward(exec, in, out);
        return out;
    }

    /// Writes it to `out` [N, L, H, W] and fills `kept` for backward. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, irn_walk_inputs<T, typename P::memory_space> const& in, Y&& out,
                 irn_walk_saved<T, typename P::memory_space>& kept) const
    {
        char const* const name = "irn_walk::forward";
        require(name, in);
        prepare(exec, in, kept);
        hyspn::detail::walk(name, exec, axes(name), engine(kept), as_view(out), kept.walk, true);
    }

    /// The same for inference: keeps nothing. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, irn_walk_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        char const* const name = "irn_walk::forward";
        require(name, in);
        irn_walk_saved<T, typename P::memory_space> made;
        prepare(exec, in, made);
        hyspn::detail::walk(name, exec, axes(name), engine(made), as_view(out), made.walk, false);
    }

    /// Writes the gradients asked for, given dout [N, L, H, W] and what the training forward of the same inputs kept.
    /// Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, irn_walk_inputs<T, typename P::memory_space> const& in,
                  irn_walk_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  irn_walk_gradients<T, typename P::memory_space> const& d) const
    {
        using M = typename P::memory_space;
        using namespace hyspn::detail;
        char const* const name = "irn_walk::backward";
        require(name, in);
        require_gradient_shape(name, "x", d.x, in.x);
        require_gradient_shape(name, "edge", d.edge, in.edge);
        require_shape(name, "kept.start", "[N, L, H, W]", kept.start.extents(), in.x.extents());
        require_walked(name, axes(name), engine(kept), kept.walk, as_const(dout));
        tensor<T, 4, M> dstart(in.x.extents()), dgates(kept.gates.extents());
        axes(name).backward(exec, engine(kept), kept.walk, dout,
                            {.initial = as_view(dstart), .gates = as_view(dgates)});
        if (present(d.x)) dispatch(exec, fade_op<T, M>{as_const(dstart), in.edge, d.x});
        if (!present(d.edge)) return;
        dispatch(exec, fade_adjoint_op<T, M>{in.x, as_const(dstart), d.edge});
        dispatch(exec, path_affinity_adjoint_op<T, M>{affinity(in, {}), as_const(dgates), d.edge});
    }

private:
    hyspn::detail::pair_window window() const { return {radius * radius - 1}; }

    stencil axes(char const* name) const
    {
        return hyspn::detail::walk_axes(window(), false, hyspn::detail::steps_of_squarings(name, times));
    }

    template <class T, class M>
    hyspn::detail::path_affinity_op<T, M> affinity(irn_walk_inputs<T, M> const& in, view<T, 4, M> gates) const
    {
        return {window(), window().neighbours(), static_cast<T>(beta), in.edge, gates};
    }

    template <execution_policy P, class T, class M>
    void prepare(P const& exec, irn_walk_inputs<T, M> const& in, irn_walk_saved<T, M>& made) const
    {
        hyspn::detail::fit(made.start, in.x.extents());
        hyspn::detail::fit(made.gates, hyspn::detail::with_channels(in.x, window().neighbours().count()));
        dispatch(exec, hyspn::detail::fade_op<T, M>{in.x, in.edge, as_view(made.start)});
        dispatch(exec, affinity(in, as_view(made.gates)));
    }

    template <class T, class M>
    static inputs<T, M> engine(irn_walk_saved<T, M> const& made)
    {
        return {.initial = made.start, .gates = made.gates};
    }

    template <class T, class M>
    void require(char const* name, irn_walk_inputs<T, M> const& in) const
    {
        hyspn::detail::require_walk(name, static_cast<double>(radius), 1);
        hyspn::detail::require_value(beta >= 1 && std::isfinite(beta), name, "beta", "finite and at least 1", beta);
        hyspn::detail::require_shape(name, "edge", "[N, 1, H, W]", in.edge.extents(),
                                     hyspn::detail::with_channels(in.x, 1));
    }
};

}  // namespace hyspn::propagation::presets
