// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <hyspn/core/parameters.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/options.hpp>
#include <hyspn/propagation/rings.hpp>

namespace hyspn::propagation::presets {

/// Lin, Cheng, Zhong, Zhou, Yang: Dynamic Spatial Propagation Network for Depth Completion (AAAI 2022): 48 gates of
/// three rings, owned by the pixel that gives, one set for all steps; attention of each step to the rings and to the
/// pixel itself; the measurement blended in after each step. The step is in propagation/ring_steps.hpp.
/// Constants stay, and the weights on x_t sum to less than 1 in magnitude, so nothing grows without bound.
/// Quirks of the authors' code kept: attention is raw and passes a sigmoid here, while the confidence comes after its
/// sigmoid, times the mask. Without measured and confidence nothing is blended in.
///
/// O(48 T) operations per pixel and map. Every result is the same bits for any number of threads.
struct dyspn_rings {
    index_t steps = 6;      ///< T, at least 0
    double epsilon = 1e-4;  ///< positive

    friend constexpr bool operator==(dyspn_rings const&, dyspn_rings const&) = default;

    /// x_T [N, L, H, W]. Throws shape_error for arrays that do not fit each other, value_error for options out of
    /// range.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   ring_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.initial.extents());
        forward(exec, in, out);
        return out;
    }

    /// The same into an array of the caller, which must not overlap the inputs.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, ring_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        using M = typename P::memory_space;
        view<T, 4, M> const to = as_view(out);
        require("dyspn_rings::forward", in, to.extents(), "out");
        tensor<T, 4, M> sums(hyspn::detail::with_channels(in.initial, 6));
        run(exec, in, to, sums, {}, {});
    }

    /// The same for training: fills `kept` for backward.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, ring_inputs<T, typename P::memory_space> const& in, Y&& out,
                 ring_saved<T, typename P::memory_space>& kept) const
    {
        using M = typename P::memory_space;
        view<T, 4, M> const to = as_view(out);
        require("dyspn_rings::forward", in, to.extents(), "out");
        hyspn::detail::fit(kept.sums, hyspn::detail::with_channels(in.initial, 6));
        hyspn::detail::fit(kept.rings, rings_extents(in));
        hyspn::detail::fit(kept.iterates, iterates_extents(in));
        run(exec, in, to, kept.sums, as_view(kept.rings), as_view(kept.iterates));
    }

    /// Writes the gradients asked for, given dout = dL/dx_T [N, L, H, W] and what the training forward of the same
    /// inputs kept. Where β is 0 and s, of any map, is infinite or NaN, nothing was measured: the gradients of both are
    /// 0. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, ring_inputs<T, typename P::memory_space> const& in,
                  ring_saved<T, typename P::memory_space> const& kept, Y const& dout,
                  ring_gradients<T, typename P::memory_space> const& d) const
    {
        using M = typename P::memory_space;
        char const* const name = "dyspn_rings::backward";
        view<T const, 4, M> const given = as_const(dout);
        require(name, in, given.extents(), "dout");
        require_kept(name, in, kept);
        require_gradients(name, in, d);
        gradient_arrays<T, M> const arrays(exec, in, d);
        tensor<T, 4, M> lambda(in.initial.extents());
        dispatch(exec, hyspn::detail::copy_op<T, 4, M>{given, as_view(lambda)});
        if (in.initial.size() > 0 && steps > 0)
            steps_back(exec, in, kept, as_view(lambda), arrays.all, d.gates);
        else if (present(d.gates))
            dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), d.gates});
        dispatch(exec, hyspn::detail::add_scaled_op<T, 4, M>{T(1), as_const(lambda), arrays.all.initial});
    }

private:
    static constexpr index_t margin = hyspn::detail::ring_neighbours::reach;

    /// Some steps at a time, counted from the last: what pixels pass on is kept for as many as make up the gates' own
    /// size, so that gradients of gates, the largest array, are touched seldom.
    template <execution_policy P, class T, class M>
    void steps_back(P const& exec, ring_inputs<T, M> const& in, ring_saved<T, M> const& kept,
                    view<T, 4, M> const& lambda, ring_gradients<T, M> const& sums, view<T, 4, M> const& dgates) const
    {
        using namespace hyspn::detail;
        dims<4> const e = in.initial.extents();
        index_t const together = std::clamp<index_t>(ring_neighbours::count() / (4 * e[1]), 1, steps);
        tensor<T, 5, M> shares(dims<5>{together, e[0], 4 * e[1], e[2], e[3] + 2 * margin});
        tensor<T, 4, M> held(dims<4>{e[0], 6, e[2], e[3] + 2 * margin});
        for (index_t end = steps, first; end > 0; end = first) {
            first = end > together ? end - together : 0;
            view<T, 5, M> const passed = ascending(without_margins(shares), index_t{0}, end - first);
            dispatch(exec,
                     ring_adjoint_op<T, M>{terms(in, as_const(kept.sums)), as_const(kept.iterates),
                                           as_const(kept.rings), lambda, first, passed, without_margins(held), sums});
            if (present(dgates))
                dispatch(exec, ring_gates_adjoint_op<T, M>{in.gates, in.initial, as_const(kept.iterates), first,
                                                           as_const(passed), as_const(without_margins(held)),
                                                           end < steps, dgates});
        }
    }

    template <class T, std::size_t Rank, class M>
    static view<T, Rank, M> without_margins(tensor<T, Rank, M>& padded)
    {
        dims<Rank> e = padded.extents();
        dims<Rank> const strides = row_major_strides(e);
        e[Rank - 1] -= 2 * margin;
        return {padded.data() ? padded.data() + margin : nullptr, e, strides};
    }

    template <class T, class M>
    dims<5> rings_extents(ring_inputs<T, M> const& in) const
    {
        dims<4> const e = in.initial.extents();
        return {steps, e[0], 3 * e[1], e[2], e[3]};
    }
    template <class T, class M>
    dims<5> iterates_extents(ring_inputs<T, M> const& in) const
    {
        dims<4> const e = in.initial.extents();
        return {steps > 0 ? steps - 1 : 0, e[0], e[1], e[2], e[3]};
    }

    template <class T, class M>
    hyspn::detail::ring_terms<T, M> terms(ring_inputs<T, M> const& in, view<T const, 4, M> const& sums) const
    {
        return {in, sums, static_cast<T>(epsilon)};
    }

    template <execution_policy P, class T, class M>
    void run(P const& exec, ring_inputs<T, M> const& in, view<T, 4, M> const& to, tensor<T, 4, M>& sums,
             view<T, 5, M> const& rings, view<T, 5, M> const& iterates) const
    {
        dispatch(exec, hyspn::detail::ring_iterate_op<T, M>{terms(in, as_const(sums)), steps, as_view(sums), to, rings,
                                                            iterates});
    }

    /// Gradients with scratch where the caller wants none, at 0.
    template <class T, class M>
    class gradient_arrays {
    public:
        template <execution_policy P>
        gradient_arrays(P const& exec, ring_inputs<T, M> const& in, ring_gradients<T, M> const& wanted) : all(wanted)
        {
            start(exec, all.initial, initial_, in.initial.extents());
            start(exec, all.attention, attention_, in.attention.extents());
            if (!present(in.confidence)) return;
            start(exec, all.measured, measured_, in.measured.extents());
            start(exec, all.confidence, confidence_, in.confidence.extents());
        }

        ring_gradients<T, M> all;

    private:
        template <execution_policy P>
        static void start(P const& exec, view<T, 4, M>& gradient, tensor<T, 4, M>& scratch, dims<4> const& extents)
        {
            if (present(gradient)) return dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), gradient});
            scratch = tensor<T, 4, M>(extents);
            gradient = as_view(scratch);
        }

        tensor<T, 4, M> initial_{}, attention_{}, measured_{}, confidence_{};
    };

    template <class T, class M>
    void require(char const* name, ring_inputs<T, M> const& in, dims<4> const& result, char const* result_name) const
    {
        using namespace hyspn::detail;
        require_value(steps >= 0, name, "steps", "at least 0", static_cast<double>(steps));
        require_value(epsilon > 0 && std::isfinite(epsilon), name, "epsilon", "finite and positive", epsilon);
        require_shape(name, "gates", "[N, 48, H, W]", in.gates.extents(),
                      with_channels(in.initial, ring_neighbours::count()));
        require_shape(name, "attention", "[N, 4 T, H, W]", in.attention.extents(),
                      with_channels(in.initial, 4 * steps));
        if (present(in.confidence) || present(in.measured)) {
            require_shape(name, "confidence", "[N, 1, H, W]", in.confidence.extents(), with_channels(in.initial, 1));
            if (in.measured.extents() != with_channels(in.initial, 1))
                require_shape(name, "measured", "[N, L or 1, H, W]", in.measured.extents(), in.initial.extents());
        }
        require_shape(name, result_name, "[N, L, H, W]", result, in.initial.extents());
    }

    template <class T, class M>
    void require_kept(char const* name, ring_inputs<T, M> const& in, ring_saved<T, M> const& kept) const
    {
        using namespace hyspn::detail;
        require_shape(name, "kept.sums", "[N, 6, H, W]", kept.sums.extents(), with_channels(in.initial, 6));
        require_shape(name, "kept.rings", "[T, N, 3 L, H, W]", kept.rings.extents(), rings_extents(in));
        require_shape(name, "kept.iterates", "[T - 1, N, L, H, W]", kept.iterates.extents(), iterates_extents(in));
    }

    template <class T, class M>
    static void require_gradients(char const* name, ring_inputs<T, M> const& in, ring_gradients<T, M> const& d)
    {
        using hyspn::detail::require_gradient_shape;
        require_gradient_shape(name, "initial", d.initial, in.initial);
        require_gradient_shape(name, "gates", d.gates, in.gates);
        require_gradient_shape(name, "attention", d.attention, in.attention);
        require_gradient_shape(name, "measured", d.measured, in.measured);
        require_gradient_shape(name, "confidence", d.confidence, in.confidence);
    }
};

}  // namespace hyspn::propagation::presets
