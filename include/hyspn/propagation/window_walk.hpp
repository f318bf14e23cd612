// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/parameters.hpp>
#include <hyspn/propagation/stencil.hpp>

/// \file
/// Many steps over a wide window from one set of weights, without anchor or injection.

namespace hyspn::detail {

/// `steps` steps x_{t+1} = C x_t from initial to out, and the iterates between where they have data: stencil_iterate_op
/// without a bias, and so run, but for back ends that know better.
template <class T, class M>
struct window_walk_op {
    stencil_neighbours neighbours;
    index_t steps;
    view<T const, 4, M> taps, initial;
    view<T, 4, M> out;
    view<T, 5, M> iterates;
};

template <execution_policy P, class T, class M>
void iterate_walk(P const& exec, window_walk_op<T, M> const& op)
{
    tensor<T, 4, M> const bias(op.out.extents());
    dispatch(exec, stencil_iterate_op<T, M>{op.neighbours, op.steps, op.taps, as_const(bias), op.initial, op.out,
                                            op.iterates});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, window_walk_op<T, M> const& op)
{
    iterate_walk(exec, op);
}

/// What stencil::forward does with such axes. `kept` is filled where iterates are wanted, else it holds the weights.
template <execution_policy P, class T, class M>
void walk(char const* function, P const& exec, propagation::stencil const& axes, propagation::inputs<T, M> const& in,
          view<T, 4, M> out, propagation::saved<T, M>& kept, bool keep_iterates)
{
    require_options(function, axes);
    require_inputs(function, axes, in);
    require_shape(function, "out", "[N, L, H, W]", out.extents(), in.initial.extents());
    dims<4> const e = out.extents();
    dims<5> const between{keep_iterates && axes.steps > 0 ? axes.steps - 1 : 0, e[0], e[1], e[2], e[3]};
    fit(kept.taps, with_channels(in.initial, axes.taps().count()));
    fit(kept.iterates, between);
    tensor<T, 4, M> bias(e);  // 0: nothing is anchored or injected
    prepare(exec, axes, in, as_view(kept.taps), as_view(bias));
    view<T, 5, M> const iterates = keep_iterates ? as_view(kept.iterates) : view<T, 5, M>{};
    dispatch(exec, window_walk_op<T, M>{axes.taps(), axes.steps, as_const(kept.taps), in.initial, out, iterates});
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/window_walk.hpp>
#endif
