// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/parameters.hpp>
#include <hyspn/propagation/active.hpp>
#include <hyspn/propagation/options.hpp>
#include <hyspn/propagation/step.hpp>

/// \file
/// Training of stencils with few iterates in memory.

namespace hyspn::detail {

/// What backward was given is what forward kept.
template <class T, class M>
void require_kept(char const* function, propagation::stencil const& o, propagation::inputs<T, M> const& in,
                  propagation::saved<T, M> const& kept)
{
    require_shape(function, "kept.taps", "[N, J, H, W]", kept.taps.extents(),
                  with_channels(in.initial, o.taps().count()));
    bool const all = o.keep == propagation::history::every_step;
    require_shape(function, "kept.iterates", kept_pattern(o.keep), kept.iterates.extents(),
                  with_steps(in.initial, o.kept_iterates()));
    if (!all) require_shape(function, "kept.bias", "[N, L, H, W]", kept.bias.extents(), in.initial.extents());
}

/// The training forward.
template <execution_policy P, class T, class M>
void iterate_between_checkpoints(P const& exec, propagation::stencil const& o, propagation::inputs<T, M> const& in,
                                 propagation::saved<T, M>& kept, view<T, 4, M> out)
{
    fit(kept.bias, in.initial.extents());
    prepare(exec, o, in, as_view(kept.taps), as_view(kept.bias));
    run_segments<T, M>(o.kept_steps(), in.initial, as_view(kept.iterates), out,
                       [&](index_t, index_t count, auto const& from, auto const& to, auto const& iterates) {
                           dispatch(exec, stencil_iterate_op<T, M>{o.taps(), count, as_const(kept.taps),
                                                                   as_const(kept.bias), from, to, iterates});
                       });
}

/// The adjoint of all steps, `whole`, whose iterates are those between segments alone.
template <execution_policy P, class T, class M>
void retrace(P const& exec, step_segments const& segments, view<T const, 4, M> bias,
             stencil_iterate_adjoint_op<T, M> const& whole)
{
    retrace_segments<T, M>(
        segments, whole.initial, whole.iterates, whole.dout, whole.dinitial,
        [&](index_t, index_t count, auto const& from, auto const& to, auto const& iterates) {
            dispatch(exec, stencil_iterate_op<T, M>{whole.neighbours, count, whole.taps, bias, from, to, iterates});
        },
        [&](segment_adjoint<T, M> const& segment) {
            auto part = whole;
            part.steps = segment.count;
            part.initial = segment.initial;
            part.iterates = segment.iterates;
            part.dout = segment.dout;
            part.dinitial = segment.dinitial;
            dispatch(exec, part);
        });
}

}  // namespace hyspn::detail
