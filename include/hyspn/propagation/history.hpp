// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/core/parameters.hpp>
#include <hyspn/propagation/active.hpp>
#include <hyspn/propagation/options.hpp>
#include <hyspn/propagation/step.hpp>

/// \file
/// Training with few iterates in memory: every s-th is kept, and backward takes the s - 1 steps after each of them
/// again, from the last to the first.

namespace hyspn::detail {

/// What backward was given is what forward kept.
template <class T, class M>
void require_kept(char const* function, propagation::stencil const& o, propagation::inputs<T, M> const& in,
                  propagation::saved<T, M> const& kept)
{
    require_shape(function, "kept.taps", "[N, J, H, W]", kept.taps.extents(),
                  with_channels(in.initial, o.taps().count()));
    bool const all = o.keep == propagation::history::every_step;
    require_shape(function, "kept.iterates", all ? "[T - 1, N, L, H, W]" : "[checkpoints, N, L, H, W]",
                  kept.iterates.extents(), with_steps(in.initial, o.kept_iterates()));
    if (!all) require_shape(function, "kept.bias", "[N, L, H, W]", kept.bias.extents(), in.initial.extents());
}

/// The training forward: from checkpoint to checkpoint.
template <execution_policy P, class T, class M>
void iterate_between_checkpoints(P const& exec, propagation::stencil const& o, propagation::inputs<T, M> const& in,
                                 propagation::saved<T, M>& kept, view<T, 4, M> out)
{
    fit(kept.bias, in.initial.extents());
    prepare(exec, o, in, as_view(kept.taps), as_view(kept.bias));
    view<T const, 4, M> from = in.initial;
    for (index_t i = 0; i <= o.kept_iterates(); ++i) {
        index_t const count = std::min(o.kept_every(), o.steps - i * o.kept_every());
        view<T, 4, M> const to = i < o.kept_iterates() ? as_view(kept.iterates)[i] : out;
        dispatch(exec,
                 stencil_iterate_op<T, M>{o.taps(), count, as_const(kept.taps), as_const(kept.bias), from, to, {}});
        from = to;
    }
}

/// The adjoint of all steps, `whole`, whose iterates are every `stride`-th alone.
template <execution_policy P, class T, class M>
void retrace(P const& exec, index_t stride, view<T const, 4, M> bias, stencil_iterate_adjoint_op<T, M> const& whole)
{
    index_t const segments = whole.iterates.extent(0) + 1;
    index_t const longest = std::min(stride, whole.steps);
    tensor<T, 5, M> between(with_steps(whole.initial, std::max<index_t>(longest - 1, 0)));
    tensor<T, 4, M> lambda(whole.dout.extents());
    view<T const, 4, M> dout = whole.dout;
    for (index_t s = segments - 1; s >= 0; --s) {
        index_t const count = std::min(stride, whole.steps - s * stride);
        auto part = whole;
        part.steps = count;
        part.initial = s == 0 ? whole.initial : whole.iterates[s - 1];
        part.iterates = {};
        if (count > 1) {
            auto const again = ascending(as_view(between), 0, count - 1);
            dispatch(exec, stencil_iterate_op<T, M>{whole.neighbours, count - 1, whole.taps, bias, part.initial,
                                                    again[count - 2], ascending(again, 0, count - 2)});
            part.iterates = as_const(again);
        }
        part.dout = dout;
        part.dinitial = s == 0 ? whole.dinitial : as_view(lambda);
        dispatch(exec, part);
        dout = as_const(lambda);
    }
}

}  // namespace hyspn::detail
