// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/propagation/mixture_steps.hpp>
#include <hyspn/propagation/presets.hpp>

/// \file
/// PENet's C2: propagation at dilation 2, then at dilation 1. Gates of half the size, nearest-upsampled, are the same
/// for the four pixels of a cell, and dilation 2 never mixes the four phases (2i + a, 2j + b) of an image. So the first
/// stage runs at half the size, the phases being four maps that share one set of gates: the same values, a quarter of
/// the gates, and nothing upsampled.

namespace hyspn::propagation {

/// Read by penet_dilated. Each stage's `initial` and `lambda` stay empty; given, they are refused.
template <class T, class M = memory::host>
struct dilated_inputs {
    view<T const, 4, M> initial{};  ///< h0 [N, L, 2h, 2w]
    mixture_inputs<T, M> half{};    ///< of dilation 2: gates, sigma, confidence, measured and mask of h x w
    mixture_inputs<T, M> full{};    ///< of dilation 1: those of 2h x 2w
};

/// Written by its backward, in the shapes of the inputs; what is left empty is not wanted. The stages' `initial` and
/// `lambda` stay empty here too.
template <class T, class M = memory::host>
struct dilated_gradients {
    view<T, 4, M> initial{};
    mixture_gradients<T, M> half{};
    mixture_gradients<T, M> full{};
};

/// What its forward leaves for backward: the stages', and the maps they start from.
template <class T, class M = memory::host>
struct dilated_saved {
    mixture_saved<T, M> half{};
    mixture_saved<T, M> full{};
    tensor<T, 4, M> phases{};   ///< h0 [N, 4 L, h, w]
    tensor<T, 4, M> between{};  ///< what the first stage left, [N, L, 2h, 2w]
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// phases(n, 4 l + 2 a + b, i, j) = image(n, l, 2i + a, 2j + b), or back.
template <class T, class M>
struct split_phases_op {
    view<T const, 4, M> image;
    view<T, 4, M> phases;

    dims<4> shape() const { return image.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        phases(n, 4 * l + 2 * (y % 2) + x % 2, y / 2, x / 2) = image(n, l, y, x);
    }
};

template <class T, class M>
struct join_phases_op {
    view<T const, 4, M> phases;
    view<T, 4, M> image;

    dims<4> shape() const { return image.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        image(n, l, y, x) = phases(n, 4 * l + 2 * (y % 2) + x % 2, y / 2, x / 2);
    }
};

/// The least measured value of each 2 x 2 cell, and whether there is one; 0 without.
template <class T, class M>
struct closest_of_cells_op {
    view<T const, 4, M> measured, mask;
    view<T, 4, M> closest, found;

    dims<3> shape() const { return {closest.extent(0), closest.extent(2), closest.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T least = T(0);
        bool any = false;
        for (index_t v = 2 * y; v < 2 * y + 2; ++v)
            for (index_t u = 2 * x; u < 2 * x + 2; ++u) {
                if (!(mask(n, 0, v, u) > T(0)) || (any && measured(n, 0, v, u) >= least)) continue;
                least = measured(n, 0, v, u);
                any = true;
            }
        closest(n, 0, y, x) = least;
        found(n, 0, y, x) = any ? T(1) : T(0);
    }
};

}  // namespace hyspn::detail

namespace hyspn::propagation {

/// Measurements of half the size, as PENet makes them for its dilated stage: the closest of each 2 x 2 cell. Of
/// measured [N, 1, 2h, 2w] and mask [N, 1, 2h, 2w] (positive where measured) writes closest [N, 1, h, w] and its mask
/// (1 or 0). No gradient: measurements are data. Throws shape_error.
template <execution_policy P, view_of_rank<4> S, view_of_rank<4> B, view_of_rank<4> C, view_of_rank<4> F>
void closest_of_cells(P const& exec, S const& measured, B const& mask, C&& closest, F&& found)
{
    using M = typename P::memory_space;
    using T = value_type_of<C>;
    view<T const, 4, M> const s = as_const(measured), m = as_const(mask);
    view<T, 4, M> const to = as_view(closest), there = as_view(found);
    char const* const name = "closest_of_cells";
    dims<4> const e{to.extent(0), 1, to.extent(2), to.extent(3)}, twice{e[0], 1, 2 * e[2], 2 * e[3]};
    hyspn::detail::require_shape(name, "closest", "[N, 1, h, w]", to.extents(), e);
    hyspn::detail::require_shape(name, "found", "[N, 1, h, w]", there.extents(), e);
    hyspn::detail::require_shape(name, "measured", "[N, 1, 2h, 2w]", s.extents(), twice);
    hyspn::detail::require_shape(name, "mask", "[N, 1, 2h, 2w]", m.extents(), twice);
    dispatch(exec, hyspn::detail::closest_of_cells_op<T, M>{s, m, to, there});
}

}  // namespace hyspn::propagation

namespace hyspn::propagation::presets {

/// PENet's dilated, accelerated CSPN++ (Hu et al., ICRA 2021; C2): T steps at dilation 2 with gates, σ and confidence
/// of half the size and measurements from closest_of_cells; then T steps at dilation 1, anchored on the result. Each
/// stage mixes windows of 3, 5 and 7 pixels, propagated as `penet` does, by a softmax over σ [N, 3], and injects with
/// β = mask sigmoid(confidence), one map [N, 1] for all windows. measured [N, 1] serves all L maps. As with `penet`,
/// constants do not stay.
struct penet_dilated {
    index_t steps = 6;  ///< T of each stage, at least 1

    friend constexpr bool operator==(penet_dilated const&, penet_dilated const&) = default;

    /// x [N, L, 2h, 2w]. O(160 T) operations per pixel and map; the same bits for any number of threads. Throws
    /// shape_error, value_error.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   dilated_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.initial.extents());
        forward(exec, in, out);
        return out;
    }

    /// The same into an array of the caller, which must not overlap the inputs.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, dilated_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        using M = typename P::memory_space;
        char const* const name = "penet_dilated::forward";
        view<T, 4, M> const to = as_view(out);
        dims<4> const half = require(name, in, "out", to.extents());
        tensor<T, 4, M> phases(half), mixed(half), between(in.initial.extents());
        dispatch(exec, hyspn::detail::split_phases_op<T, M>{in.initial, as_view(phases)});
        hyspn::detail::forward_mixture(exec, method("half."), from(in.half, as_const(phases)), as_view(mixed));
        dispatch(exec, hyspn::detail::join_phases_op<T, M>{as_const(mixed), as_view(between)});
        hyspn::detail::forward_mixture(exec, method("full."), from(in.full, as_const(between)), to);
    }

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, dilated_inputs<T, typename P::memory_space> const& in, Y&& out,
                 dilated_saved<T, typename P::memory_space>& kept) const
    {
        using M = typename P::memory_space;
        char const* const name = "penet_dilated::forward";
        view<T, 4, M> const to = as_view(out);
        dims<4> const half = require(name, in, "out", to.extents());
        tensor<T, 4, M> mixed(half);
        hyspn::detail::fit(kept.phases, half);
        hyspn::detail::fit(kept.between, in.initial.extents());
        dispatch(exec, hyspn::detail::split_phases_op<T, M>{in.initial, as_view(kept.phases)});
        hyspn::detail::forward_mixture(exec, method("half."), from(in.half, as_const(kept.phases)), as_view(mixed),
                                       kept.half);
        dispatch(exec, hyspn::detail::join_phases_op<T, M>{as_const(mixed), as_view(kept.between)});
        hyspn::detail::forward_mixture(exec, method("full."), from(in.full, as_const(kept.between)), to, kept.full);
    }

    /// Writes the gradients asked for, given dout [N, L, 2h, 2w] and what the training forward of the same inputs kept.
    /// Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, dilated_inputs<T, typename P::memory_space> const& in,
                  dilated_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  dilated_gradients<T, typename P::memory_space> const& d) const
    {
        using M = typename P::memory_space;
        char const* const name = "penet_dilated::backward";
        view<T const, 4, M> const lambda = as_const(dout);
        dims<4> const half = require(name, in, "dout", lambda.extents());
        require_training(name, in, half, kept, d);

        tensor<T, 4, M> dbetween(in.initial.extents()), dmixed(half), dphases(half);
        auto full = d.full, first = d.half;
        full.initial = as_view(dbetween);
        first.initial = as_view(dphases);
        hyspn::detail::backward_mixture(exec, method("full."), from(in.full, as_const(kept.between)), kept.full, lambda,
                                        full);
        dispatch(exec, hyspn::detail::split_phases_op<T, M>{as_const(dbetween), as_view(dmixed)});
        hyspn::detail::backward_mixture(exec, method("half."), from(in.half, as_const(kept.phases)), kept.half,
                                        as_const(dmixed), first);
        if (present(d.initial)) dispatch(exec, hyspn::detail::join_phases_op<T, M>{as_const(dphases), d.initial});
    }

private:
    hyspn::detail::mixture method(char const* stage) const
    {
        return {
            .network = "penet_dilated", .windows = {.axes = penet, .at = {steps}}, .confidences = 1, .stage = stage};
    }

    /// Checks both stages before either writes; returns the extents of the phases, [N, 4 L, h, w].
    template <class T, class M>
    dims<4> require(char const* function, dilated_inputs<T, M> const& in, char const* result, dims<4> const& got) const
    {
        hyspn::detail::require_value(steps > 0, function, "steps", "at least 1", static_cast<double>(steps));
        dims<4> const e = in.initial.extents();
        hyspn::detail::require_value(e[2] % 2 == 0, function, "the height", "even", static_cast<double>(e[2]));
        hyspn::detail::require_value(e[3] % 2 == 0, function, "the width", "even", static_cast<double>(e[3]));
        dims<4> const half{e[0], 1, e[2] / 2, e[3] / 2}, phases{e[0], 4 * e[1], half[2], half[3]};
        hyspn::detail::require_shape(function, "half.measured", "[N, 1, h, w]", in.half.measured.extents(), half);
        hyspn::detail::require_shape(function, "full.measured", "[N, 1, 2h, 2w]", in.full.measured.extents(),
                                     dims<4>{e[0], 1, e[2], e[3]});
        require_absent(function, "half.initial", in.half.initial);
        require_absent(function, "full.initial", in.full.initial);
        hyspn::detail::require_inputs(function, method("half."), from(in.half, of_shape<T, M>(phases)));
        hyspn::detail::require_inputs(function, method("full."), from(in.full, in.initial));
        hyspn::detail::require_shape(function, result, "[N, L, 2h, 2w]", got, e);
        return phases;
    }

    /// What backward reads and writes besides, of both stages.
    template <class T, class M>
    void require_training(char const* function, dilated_inputs<T, M> const& in, dims<4> const& half,
                          dilated_saved<T, M> const& kept, dilated_gradients<T, M> const& d) const
    {
        hyspn::detail::require_shape(function, "kept.phases", "[N, 4 L, h, w]", kept.phases.extents(), half);
        hyspn::detail::require_shape(function, "kept.between", "[N, L, 2h, 2w]", kept.between.extents(),
                                     in.initial.extents());
        hyspn::detail::require_gradient_shape(function, "initial", d.initial, in.initial);
        require_absent(function, "the gradient of half.initial", d.half.initial);
        require_absent(function, "the gradient of full.initial", d.full.initial);
        hyspn::detail::require_training(function, method("half."), from(in.half, as_const(kept.phases)), kept.half,
                                        d.half);
        hyspn::detail::require_training(function, method("full."), from(in.full, as_const(kept.between)), kept.full,
                                        d.full);
    }

    template <class U, class M>
    static void require_absent(char const* function, char const* argument, view<U, 4, M> const& array)
    {
        if (present(array)) hyspn::detail::raise<shape_error>(function, argument, "absent", "an array");
    }

    /// An array nobody reads.
    template <class T, class M>
    static view<T const, 4, M> of_shape(dims<4> const& e)
    {
        return {nullptr, e};
    }

    /// A stage's inputs with the map it starts from.
    template <class T, class M>
    static mixture_inputs<T, M> from(mixture_inputs<T, M> stage, view<T const, 4, M> const& initial)
    {
        stage.initial = initial;
        return stage;
    }
};

}  // namespace hyspn::propagation::presets
