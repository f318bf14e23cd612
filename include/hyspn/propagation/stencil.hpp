// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/active.hpp>
#include <hyspn/propagation/history.hpp>
#include <hyspn/propagation/options.hpp>
#include <hyspn/propagation/settle.hpp>
#include <hyspn/propagation/step.hpp>

/// \file
/// Forward and backward of propagation::stencil: fold the axes into an affine step, repeat it.

namespace hyspn::detail {

/// The affine step of some inputs.
template <class T, class M>
struct stencil_affine {
    tensor<T, 4, M> taps, bias;
};

template <execution_policy P, class T, class M>
stencil_affine<T, M> fold(P const& exec, propagation::stencil const& axes, propagation::inputs<T, M> const& in)
{
    stencil_affine<T, M> folded{tensor<T, 4, M>(with_channels(in.initial, axes.taps().count())),
                                tensor<T, 4, M>(in.initial.extents())};
    prepare(exec, axes, in, as_view(folded.taps), as_view(folded.bias));
    return folded;
}

/// The whole forward pass. taps and iterates are left empty where nothing is kept.
template <class T, class M>
struct stencil_forward_op {
    propagation::stencil axes;
    propagation::inputs<T, M> in;
    view<T, 4, M> out;
    view<T, 4, M> taps;
    view<T, 5, M> iterates;
};

/// Fold, then iterate.
template <execution_policy P, class T, class M>
void forward_stencil(P const& exec, stencil_forward_op<T, M> const& op)
{
    tensor<T, 4, M> scratch, bias(op.out.extents());
    auto taps = op.taps;
    if (!taps.data_handle()) {
        scratch = tensor<T, 4, M>(with_channels(op.in.initial, op.axes.taps().count()));
        taps = as_view(scratch);
    }
    prepare(exec, op.axes, op.in, taps, as_view(bias));
    dispatch(exec, stencil_iterate_op<T, M>{op.axes.taps(), op.axes.steps, taps, as_const(bias), op.in.initial, op.out,
                                            op.iterates});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, stencil_forward_op<T, M> const& op)
{
    forward_stencil(exec, op);
}

/// Gradients with scratch where the caller wants none, so that kernels always have somewhere to write.
template <class T, class M>
class complete_gradients {
public:
    complete_gradients(propagation::stencil const& axes, propagation::inputs<T, M> const& in,
                       propagation::gradients<T, M> const& wanted)
        : all(wanted)
    {
        bool const from_initial = axes.injected == propagation::injected_value::initial;
        fill(all.initial, initial_, in.initial.extents());
        fill(all.gates, gates_, in.gates.extents());
        if (axes.injection == propagation::injection_time::none) return;
        fill(all.measured, measured_, from_initial ? in.initial.extents() : in.measured.extents());
        fill(all.confidence, confidence_, in.confidence.extents());
    }

    propagation::gradients<T, M> all;

private:
    static void fill(view<T, 4, M>& gradient, tensor<T, 4, M>& scratch, dims<4> const& extents)
    {
        if (propagation::present(gradient)) return;
        scratch = tensor<T, 4, M>(extents);
        gradient = as_view(scratch);
    }

    tensor<T, 4, M> initial_{}, gates_{}, measured_{}, confidence_{};
};

}  // namespace hyspn::detail

namespace hyspn::propagation {

template <execution_policy P, class T>
tensor<T, 4, typename P::memory_space> stencil::forward(P const& exec,
                                                        inputs<T, typename P::memory_space> const& in) const
{
    tensor<T, 4, typename P::memory_space> out(in.initial.extents());
    forward(exec, in, out);
    return out;
}

template <execution_policy P, class T, view_of_rank<4> Y>
void stencil::forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out) const
{
    using M = typename P::memory_space;
    char const* const name = "stencil::forward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    view<T, 4, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.initial.extents());
    dispatch(exec, hyspn::detail::stencil_forward_op<T, M>{*this, in, to, {}, {}});
}

template <execution_policy P, class T, view_of_rank<4> Y>
void stencil::forward(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out,
                      saved<T, typename P::memory_space>& kept) const
{
    using M = typename P::memory_space;
    char const* const name = "stencil::forward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    view<T, 4, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.initial.extents());
    hyspn::detail::fit(kept.taps, hyspn::detail::with_channels(in.initial, taps().count()));
    hyspn::detail::fit(kept.iterates, hyspn::detail::with_steps(in.initial, kept_iterates()));
    if (keep == history::checkpoints)
        hyspn::detail::iterate_between_checkpoints(exec, *this, in, kept, to);
    else
        dispatch(exec,
                 hyspn::detail::stencil_forward_op<T, M>{*this, in, to, as_view(kept.taps), as_view(kept.iterates)});
}

template <execution_policy P, class T, view_of_rank<4> Y>
settling stencil::forward_until(P const& exec, inputs<T, typename P::memory_space> const& in, Y&& out,
                                double tolerance) const
{
    using M = typename P::memory_space;
    char const* const name = "stencil::forward_until";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    hyspn::detail::require_value(tolerance >= 0, name, "tolerance", "at least 0", tolerance);
    view<T, 4, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.initial.extents());
    auto const folded = hyspn::detail::fold(exec, *this, in);
    return hyspn::detail::iterate_until(
        exec, steps, in.initial, to, tolerance, [&](view<T const, 4, M> const& x, view<T, 4, M> const& next) {
            dispatch(exec, hyspn::detail::stencil_step_op<T, M>{taps(), as_const(folded.taps), as_const(folded.bias), x,
                                                                next});
        });
}

template <execution_policy P, class T, view_of_rank<4> Y>
void stencil::backward(P const& exec, inputs<T, typename P::memory_space> const& in,
                       saved<T, typename P::memory_space> const& kept, Y const& dout,
                       gradients<T, typename P::memory_space> const& d) const
{
    using M = typename P::memory_space;
    char const* const name = "stencil::backward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    hyspn::detail::require_gradients(name, in, d);
    hyspn::detail::require_kept(name, *this, in, kept);
    view<T const, 4, M> const lambda = as_const(dout);
    hyspn::detail::require_shape(name, "dout", "[N, L, H, W]", lambda.extents(), in.initial.extents());

    hyspn::detail::complete_gradients<T, M> const complete(*this, in, d);
    tensor<T, 4, M> dtaps(kept.taps.extents()), dbias(lambda.extents());
    dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), as_view(dtaps)});
    dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(0), as_view(dbias)});
    hyspn::detail::stencil_iterate_adjoint_op<T, M> const whole{taps(),
                                                                steps,
                                                                as_const(kept.taps),
                                                                in.initial,
                                                                as_const(kept.iterates),
                                                                lambda,
                                                                complete.all.initial,
                                                                as_view(dtaps),
                                                                as_view(dbias)};
    if (keep == history::checkpoints)
        hyspn::detail::retrace(exec, kept_steps(), as_const(kept.bias), whole);
    else
        dispatch(exec, whole);
    hyspn::detail::prepare_adjoint(exec, *this, in, as_view(dtaps), as_view(dbias), complete.all);
}

}  // namespace hyspn::propagation

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/stencil.hpp>
#endif
