// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/propagation/stencil.hpp>

/// \file
/// Iterates of a stencil handed out on the way, for networks that mix short and long propagation.

namespace hyspn::propagation {

/// The maps x_t of a stencil after several numbers of steps t. `axes.steps` and `axes.keep` are ignored: the last
/// snapshot ends the propagation, and training keeps every step. With one snapshot this is the stencil itself.
///
///     propagation::snapshots const net{.axes = propagation::presets::penet, .at = {3, 6, 9, 12}};
struct snapshots {
    stencil axes{};
    std::vector<index_t> at{};  ///< ascending, each at least 1

    friend bool operator==(snapshots const&, snapshots const&) = default;

    /// The stencil that runs: as many steps as the last snapshot asks for.
    stencil net() const
    {
        stencil made = axes;
        made.steps = at.empty() ? 0 : at.back();
        made.keep = history::every_step;
        return made;
    }

    /// x_t for each t of `at`, [S, N, L, H, W]. Throws as stencil::forward does, and value_error for `at`.
    template <execution_policy P, class T>
    tensor<T, 5, typename P::memory_space> forward(P const& exec, inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 5, typename P::memory_space> out(
            hyspn::detail::with_steps(in.initial, static_cast<index_t>(at.size())));
        forward(exec, in, out);
        return out;
    }

    /// The same into an array of the caller, which must not overlap the inputs.
    template <execution_policy P, class T, view_of_rank<5> Y>
    void forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out) const;

    /// The same for training: fills `kept`, as stencil::forward would, for backward.
    template <execution_policy P, class T, view_of_rank<5> Y>
    void forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out,
                 saved<T, typename P::memory_space>& kept) const;

    /// Writes the gradients asked for, given dout [S, N, L, H, W], one gradient a snapshot, and what the training
    /// forward of the same inputs kept. Throws as forward does.
    template <execution_policy P, class T, view_of_rank<5> Y>
    void backward(P const& exec, inputs<T, typename P::memory_space> const& in,
                  saved<T, typename P::memory_space> const& kept, Y const& dout,
                  gradients<T, typename P::memory_space> const& d) const;
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

inline void require_options(char const* function, propagation::snapshots const& o)
{
    index_t before = 0;
    for (index_t t : o.at) {
        require_value(t > before, function, "at", "ascending, from 1", static_cast<double>(t));
        before = t;
    }
    require_value(!o.at.empty(), function, "the size of at", "at least 1", 0);
    require_options(function, o.net());
}

/// [S, N, L, H, W] for the snapshots of a map.
template <class T, class M>
dims<5> with_snapshots(view<T, 4, M> const& map, propagation::snapshots const& o)
{
    return with_steps(map, static_cast<index_t>(o.at.size()));
}

/// The whole forward pass; taps and iterates are left empty where nothing is kept.
template <class T, class M>
struct snapshots_forward_op {
    propagation::snapshots const& net;
    propagation::inputs<T, M> in;
    view<T, 5, M> out;
    view<T, 4, M> taps;
    view<T, 5, M> iterates;

    index_t count() const { return out.extent(0); }
    index_t at(index_t s) const { return s < 0 ? 0 : net.at[static_cast<std::size_t>(s)]; }
    /// The steps that lead to snapshot s.
    index_t steps_to(index_t s) const { return at(s) - at(s - 1); }
    view<T const, 4, M> from(index_t s) const { return s == 0 ? in.initial : view<T const, 4, M>(out[s - 1]); }
    /// Where the iterates between snapshot first - 1 and snapshot last go.
    view<T, 5, M> between(index_t first, index_t last) const
    {
        index_t const inner = at(last) - at(first - 1) - 1;
        if (!iterates.data_handle() || inner == 0) return {};
        return ascending(iterates, at(first - 1), inner);
    }
};

/// A snapshot before the last is an iterate that backward reads.
template <execution_policy P, class T, class M>
void keep_snapshots(P const& exec, snapshots_forward_op<T, M> const& op)
{
    if (!op.iterates.data_handle()) return;
    for (index_t s = 0; s + 1 < op.count(); ++s) dispatch(exec, copy_op<T, 4, M>{op.out[s], op.iterates[op.at(s) - 1]});
}

/// Fold once, then iterate from snapshot to snapshot.
template <execution_policy P, class T, class M>
void forward_snapshots(P const& exec, snapshots_forward_op<T, M> const& op)
{
    propagation::stencil const axes = op.net.net();
    tensor<T, 4, M> scratch, bias(op.in.initial.extents());
    auto taps = op.taps;
    if (!taps.data_handle()) {
        scratch = tensor<T, 4, M>(with_channels(op.in.initial, axes.taps().count()));
        taps = as_view(scratch);
    }
    prepare(exec, axes, op.in, taps, as_view(bias));
    for (index_t s = 0; s < op.count(); ++s)
        dispatch(exec, stencil_iterate_op<T, M>{axes.taps(), op.steps_to(s), taps, as_const(bias), op.from(s),
                                                op.out[s], op.between(s, s)});
    keep_snapshots(exec, op);
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, snapshots_forward_op<T, M> const& op)
{
    forward_snapshots(exec, op);
}

}  // namespace hyspn::detail

namespace hyspn::propagation {

template <execution_policy P, class T, view_of_rank<5> Y>
void snapshots::forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out) const
{
    using M = typename P::memory_space;
    char const* const name = "snapshots::forward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, axes, in);
    view<T, 5, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[S, N, L, H, W]", to.extents(),
                                 hyspn::detail::with_snapshots(in.initial, *this));
    if (in.initial.size() == 0) return;
    dispatch(exec, hyspn::detail::snapshots_forward_op<T, M>{*this, in, to, {}, {}});
}

template <execution_policy P, class T, view_of_rank<5> Y>
void snapshots::forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out,
                        saved<T, typename P::memory_space>& kept) const
{
    using M = typename P::memory_space;
    char const* const name = "snapshots::forward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, axes, in);
    view<T, 5, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[S, N, L, H, W]", to.extents(),
                                 hyspn::detail::with_snapshots(in.initial, *this));
    hyspn::detail::fit(kept.taps, hyspn::detail::with_channels(in.initial, axes.taps().count()));
    hyspn::detail::fit(kept.iterates, hyspn::detail::with_steps(in.initial, at.back() - 1));
    if (in.initial.size() == 0) return;
    dispatch(exec,
             hyspn::detail::snapshots_forward_op<T, M>{*this, in, to, as_view(kept.taps), as_view(kept.iterates)});
}

template <execution_policy P, class T, view_of_rank<5> Y>
void snapshots::backward(P const& exec, inputs<T, typename P::memory_space> const& in,
                         saved<T, typename P::memory_space> const& kept, Y const& dout,
                         gradients<T, typename P::memory_space> const& d) const
{
    using M = typename P::memory_space;
    char const* const name = "snapshots::backward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, axes, in);
    hyspn::detail::require_gradients(name, in, d);
    stencil const run = net();
    hyspn::detail::require_kept(name, run, in, kept);
    view<T const, 5, M> const lambda = as_const(dout);
    hyspn::detail::require_shape(name, "dout", "[S, N, L, H, W]", lambda.extents(),
                                 hyspn::detail::with_snapshots(in.initial, *this));

    index_t const last = lambda.extent(0) - 1;
    hyspn::detail::complete_gradients<T, M> const complete(run, in, d);
    tensor<T, 4, M> dtaps(kept.taps.extents()), dbias(in.initial.extents());
    dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), as_view(dtaps)});
    dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), as_view(dbias)});
    dispatch(exec, hyspn::detail::stencil_iterate_adjoint_op<T, M>{run.taps(),
                                                                   run.steps,
                                                                   as_const(kept.taps),
                                                                   in.initial,
                                                                   as_const(kept.iterates),
                                                                   lambda[last],
                                                                   complete.all.initial,
                                                                   as_view(dtaps),
                                                                   as_view(dbias),
                                                                   {lambda, at.data()}});
    hyspn::detail::prepare_adjoint(exec, run, in, as_view(dtaps), as_view(dbias), complete.all);
}

}  // namespace hyspn::propagation

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/snapshots.hpp>
#endif
