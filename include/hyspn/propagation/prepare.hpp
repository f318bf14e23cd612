// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/fold.hpp>
#include <hyspn/propagation/normalise.hpp>
#include <hyspn/propagation/options.hpp>
#include <hyspn/propagation/step.hpp>

/// \file
/// From inputs to the affine step: gates -> weights -> taps and bias, and the adjoint of that chain.

namespace hyspn::detail {

/// Weights at the destination [N, K, H, W] and what they leave to the centre, [N, 1, H, W] or empty.
template <class T, class M>
struct stencil_weights {
    tensor<T, 4, M> arrived{};  ///< gates as the normaliser saw them, where they had to travel first
    tensor<T, 4, M> own{};      ///< gates normalised at their source, where they travel afterwards
    tensor<T, 4, M> weights{};
    tensor<T, 4, M> rest{};
};

/// How the axes order the three operations arrive, normalise, rest.
struct stencil_weight_plan {
    propagation::stencil axes;

    bool travels() const { return axes.owner == propagation::gate_owner::source; }
    bool normalises_first() const { return axes.normaliser == gate_normaliser::abs_sum_at_source; }
    bool has_rest() const { return axes.centre == centre_term::anchor || axes.centre == centre_term::current; }
    /// The anchor of source-normalised gates is what a pixel kept for itself.
    bool rest_of_own() const { return travels() && normalises_first() && axes.centre == centre_term::anchor; }

    template <class T, class M>
    stencil_arrive_op<T, M> arrive(view<T const, 4, M> from, view<T, 4, M> to, bool reversed = false) const
    {
        return {axes.neighbours(), reversed, from, to};
    }

    template <class T, class M>
    stencil_normalise_op<T, M> normalise(view<T const, 4, M> gates, view<T, 4, M> weights,
                                         view<T const, 4, M> active) const
    {
        return {axes.normaliser, static_cast<T>(axes.epsilon), axes.neighbours(), gates, weights, active};
    }
};

template <execution_policy P, class T, class M>
stencil_weights<T, M> weights_of(P const& exec, propagation::stencil const& axes, propagation::inputs<T, M> const& in)
{
    auto const gates = in.gates;
    stencil_weight_plan const plan{axes};
    stencil_weights<T, M> made;
    made.weights = tensor<T, 4, M>(gates.extents());
    auto const weights = as_view(made.weights);
    if (!plan.travels()) {
        dispatch(exec, plan.normalise(gates, weights, in.active));
    } else if (plan.normalises_first()) {
        made.own = tensor<T, 4, M>(gates.extents());
        dispatch(exec, plan.normalise(gates, as_view(made.own), in.active));
        dispatch(exec, plan.arrive(as_const(made.own), weights));
    } else {
        made.arrived = tensor<T, 4, M>(gates.extents());
        dispatch(exec, plan.arrive(gates, as_view(made.arrived)));
        dispatch(exec, plan.normalise(as_const(made.arrived), weights, in.active));
    }
    if (plan.has_rest()) {
        made.rest = tensor<T, 4, M>(with_channels(gates, 1));
        dispatch(exec,
                 stencil_rest_op<T, M>{as_const(plan.rest_of_own() ? made.own : made.weights), as_view(made.rest)});
    }
    return made;
}

/// Adjoint of weights_of; dweights and drest are consumed.
template <execution_policy P, class T, class M>
void weights_adjoint(P const& exec, propagation::stencil const& axes, view<T const, 4, M> gates,
                     stencil_weights<T, M> const& made, tensor<T, 4, M>& dweights, tensor<T, 4, M> const& drest,
                     view<T, 4, M> dgates)
{
    stencil_weight_plan const plan{axes};
    T const epsilon = static_cast<T>(axes.epsilon);
    stencil_rest_adjoint_op<T, M> take_rest{as_const(drest), as_view(dweights)};
    if (plan.has_rest() && !plan.rest_of_own()) dispatch(exec, take_rest);
    if (!plan.travels()) {
        dispatch(exec, stencil_normalise_adjoint_op<T, M>{axes.normaliser, epsilon, gates, as_const(made.weights),
                                                          as_const(dweights), dgates});
    } else if (plan.normalises_first()) {
        dispatch(exec, plan.arrive(as_const(dweights), dgates, true));
        take_rest.dweights = dgates;
        if (plan.rest_of_own()) dispatch(exec, take_rest);
        dispatch(exec, stencil_normalise_adjoint_op<T, M>{axes.normaliser, epsilon, gates, as_const(made.own),
                                                          as_const(dgates), dgates});
    } else {
        dispatch(exec,
                 stencil_normalise_adjoint_op<T, M>{axes.normaliser, epsilon, as_const(made.arrived),
                                                    as_const(made.weights), as_const(dweights), as_view(dweights)});
        dispatch(exec, plan.arrive(as_const(dweights), dgates, true));
    }
}

template <class T, class M>
stencil_terms<T, M> terms_of(propagation::stencil const& axes, propagation::inputs<T, M> const& in,
                             stencil_weights<T, M> const& made)
{
    bool const initial = axes.injected == propagation::injected_value::initial;
    return {axes.centre,         axes.taps(), as_const(made.weights),
            as_const(made.rest), in.initial,  initial ? in.initial : in.measured,
            in.confidence};
}

/// Writes taps [N, J, H, W] and bias [N, L, H, W] of the affine step.
template <class T, class M>
struct stencil_prepare_op {
    propagation::stencil axes;
    propagation::inputs<T, M> in;
    view<T, 4, M> taps, bias;
};

/// Operation by operation.
template <execution_policy P, class T, class M>
void prepare_stencil(P const& exec, stencil_prepare_op<T, M> const& op)
{
    auto const made = weights_of(exec, op.axes, op.in);
    auto const terms = terms_of(op.axes, op.in, made);
    if (op.axes.injection == propagation::injection_time::before)
        dispatch(exec, stencil_fold_before_op<T, M>{terms, op.taps, op.bias});
    else
        dispatch(exec, stencil_fold_after_op<T, M>{terms, op.taps, op.bias});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, stencil_prepare_op<T, M> const& op)
{
    prepare_stencil(exec, op);
}

/// Its adjoint: from dtaps (consumed) and dbias to the gradients of the inputs; d.initial, which holds the part of x_0,
/// is added to. d must be complete.
template <class T, class M>
struct stencil_prepare_adjoint_op {
    propagation::stencil axes;
    propagation::inputs<T, M> in;
    view<T, 4, M> dtaps;
    view<T const, 4, M> dbias;
    propagation::gradients<T, M> d;

    bool injects_initial() const
    {
        return axes.injection != propagation::injection_time::none &&
               axes.injected == propagation::injected_value::initial;
    }
};

/// Operation by operation.
template <execution_policy P, class T, class M>
void unfold_stencil(P const& exec, stencil_prepare_adjoint_op<T, M> const& op)
{
    auto const made = weights_of(exec, op.axes, op.in);
    auto const terms = terms_of(op.axes, op.in, made);
    tensor<T, 4, M> dweights(made.weights.extents()), drest(made.rest.extents());
    auto const dw = as_view(dweights), dr = as_view(drest);
    view<T const, 4, M> const dtaps = op.dtaps;
    if (op.axes.injection == propagation::injection_time::before) {
        dispatch(exec,
                 stencil_fold_before_source_adjoint_op<T, M>{terms, dtaps, op.dbias, op.d.measured, op.d.confidence});
        dispatch(exec, stencil_fold_before_adjoint_op<T, M>{terms, dtaps, op.dbias, dw, dr, op.d.initial});
    } else {
        dispatch(exec, stencil_fold_after_adjoint_op<T, M>{terms, dtaps, op.dbias, dw, dr, op.d.initial, op.d.measured,
                                                           op.d.confidence});
    }
    if (op.injects_initial()) dispatch(exec, add_scaled_op<T, 4, M>{T(1), op.d.measured, op.d.initial});
    weights_adjoint(exec, op.axes, op.in.gates, made, dweights, drest, op.d.gates);
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, stencil_prepare_adjoint_op<T, M> const& op)
{
    unfold_stencil(exec, op);
}

}  // namespace hyspn::detail
