// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/parameters.hpp>
#include <hyspn/propagation/sampled/active.hpp>
#include <hyspn/propagation/sampled/gates.hpp>
#include <hyspn/propagation/sampled/options.hpp>
#include <hyspn/propagation/sampled/steps.hpp>
#include <hyspn/propagation/settle.hpp>

/// \file
/// Forward and backward of propagation::sampled.

namespace hyspn::detail {

/// β = mask · confidence, 0 where the mask is, infinite or NaN as the confidence may be there.
template <class T, class M>
struct masked_confidence_op {
    view<T const, 4, M> mask, confidence;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t y, index_t x) const
    {
        T const m = mask(n, c, y, x), s = confidence(n, c, y, x);
        bool const finite = s - s == T(0);
        to(n, c, y, x) = m == T(0) && !finite ? T(0) : m * s;
    }
};

/// Its adjoint. A gradient without data is left out; that of the mask is 0 where mask and confidence give NaN.
template <class T, class M>
struct masked_confidence_adjoint_op {
    view<T const, 4, M> mask, confidence, dbeta;
    view<T, 4, M> dmask, dconfidence;

    dims<4> shape() const { return dbeta.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t y, index_t x) const
    {
        T const d = dbeta(n, c, y, x), s = confidence(n, c, y, x);
        bool const finite = s - s == T(0);
        if (dmask.data_handle()) dmask(n, c, y, x) = finite ? d * s : T(0);
        if (dconfidence.data_handle()) dconfidence(n, c, y, x) = d * mask(n, c, y, x);
    }
};

/// β of the inputs: the mask, or the mask times confidence in an array of its own; empty where nothing is injected.
template <class T, class M>
class injected_share {
public:
    template <execution_policy P>
    injected_share(P const& exec, propagation::sampled const& axes, propagation::sampled_inputs<T, M> const& in)
        : beta(in.mask)
    {
        if (axes.confidence != confidence_role::injection) return;
        product_ = tensor<T, 4, M>(in.mask.extents());
        dispatch(exec, masked_confidence_op<T, M>{in.mask, in.confidence, as_view(product_)});
        beta = as_const(product_);
    }

    view<T const, 4, M> beta;

private:
    tensor<T, 4, M> product_{};
};

template <execution_policy P, class T, class M>
void steps_of_maps(P const& exec, sampled_iterate_op<T, M> const& whole)
{
    auto const& axes = whole.axes;
    if (axes.keep == propagation::history::every_step || !whole.iterates.data_handle()) return dispatch(exec, whole);
    run_segments<T, M>(axes.kept_steps(), whole.in.initial, whole.iterates, whole.out,
                       [&](index_t first, index_t count, auto const& from, auto const& to, auto const& between) {
                           dispatch(exec, whole.part(first, count, from, to, between));
                       });
}

/// All steps; iterates, where they have data, are those to keep.
template <execution_policy P, class T, class M>
void steps_of_samples(P const& exec, sampled_iterate_op<T, M> const& whole)
{
    for_map_ranges(exec, whole, [&](sampled_iterate_op<T, M> const& part) { steps_of_maps(exec, part); });
}

/// Both forward passes; iterates are left empty where nothing is kept.
template <execution_policy P, class T, class M>
void forward_samples(P const& exec, propagation::sampled const& axes, propagation::sampled_inputs<T, M> const& in,
                     view<T, 4, M> const& out, view<T, 4, M> const& weights, view<T, 5, M> const& iterates)
{
    active_samples<T, M> const of(exec, in);
    injected_share<T, M> const share(exec, axes, of.kept);
    of.weigh(exec, axes, weights);
    steps_of_samples(exec, sampled_iterate_op<T, M>{axes, of.kept, share.beta, weights, out, iterates});
    of.restore_initial(exec, out);
}

template <execution_policy P, class T, class M>
void steps_of_maps_back(P const& exec, sampled_iterate_adjoint_op<T, M> const& whole)
{
    auto const& axes = whole.of.axes;
    if (axes.keep == propagation::history::every_step) return dispatch(exec, whole);
    retrace_segments<T, M>(
        axes.kept_steps(), whole.of.in.initial, whole.iterates, whole.dout, whole.dinitial,
        [&](index_t first, index_t count, auto const& from, auto const& to, auto const& between) {
            dispatch(exec, whole.of.part(first, count, from, to, between));
        },
        [&](segment_adjoint<T, M> const& segment) { dispatch(exec, whole.part(segment)); });
}

/// The adjoint of all steps, whose iterates may be those between segments alone. Ranges of maps go through all segments
/// one after the other, so that sums have the same order whatever is kept.
template <execution_policy P, class T, class M>
void steps_of_samples_back(P const& exec, sampled_iterate_adjoint_op<T, M> const& whole)
{
    for_map_ranges(exec, whole, [&](sampled_iterate_adjoint_op<T, M> const& part) { steps_of_maps_back(exec, part); });
}

/// dβ to the gradients of mask and confidence.
template <execution_policy P, class T, class M>
void share_adjoint(P const& exec, propagation::sampled const& axes, propagation::sampled_inputs<T, M> const& in,
                   view<T const, 4, M> const& dbeta, propagation::sampled_gradients<T, M> const& d)
{
    if (!dbeta.data_handle()) return;
    if (axes.confidence == confidence_role::injection)
        dispatch(exec, masked_confidence_adjoint_op<T, M>{in.mask, in.confidence, dbeta, d.mask, d.confidence});
    else
        dispatch(exec, copy_op<T, 4, M>{dbeta, d.mask});
}

template <execution_policy P, class T, class M>
void backward_samples(P const& exec, propagation::sampled const& axes, propagation::sampled_inputs<T, M> const& in,
                      propagation::sampled_saved<T, M> const& kept, view<T const, 4, M> const& dout,
                      view<T const, 5, M> const& diterates, propagation::sampled_gradients<T, M> const& d)
{
    bool const needs_beta =
        d.mask.data_handle() || (axes.confidence == confidence_role::injection && d.confidence.data_handle());
    tensor<T, 4, M> dinitial(propagation::present(d.initial) ? dims<4>{} : in.initial.extents());
    tensor<T, 4, M> dgates(propagation::present(d.gates) ? dims<4>{} : in.gates.extents());
    // Without a sampled confidence, gradients of weights turn into those of gates in place.
    bool const in_place = d.gates.data_handle() && d.gates.contiguous() && !samples_confidence(axes);
    tensor<T, 4, M> own_dweights(in_place ? dims<4>{} : kept.weights.extents());
    view<T, 4, M> const dweights = in_place ? d.gates : as_view(own_dweights);
    tensor<T, 4, M> dbeta(needs_beta ? in.mask.extents() : dims<4>{});
    active_samples<T, M> const of(exec, in);
    injected_share<T, M> const share(exec, axes, of.kept);
    view<T, 4, M> const to_initial = propagation::present(d.initial) ? d.initial : as_view(dinitial);
    sampled_iterate_op<T, M> const forward{axes, of.kept, share.beta, as_const(kept.weights), {}, {}};
    steps_of_samples_back(
        exec, sampled_iterate_adjoint_op<T, M>{forward, as_const(kept.iterates), dout, diterates, to_initial, dweights,
                                               d.offsets, d.measured, as_view(dbeta)});
    of.restore(exec, to_initial, dout);
    of.clear(exec, as_view(dbeta));
    of.clear(exec, dweights);
    share_adjoint(exec, axes, of.kept, as_const(dbeta), d);
    dispatch(exec,
             sampled_weights_adjoint_op<T, M>{sampled_weights_op<T, M>{axes, of.kept, {}}, as_const(kept.weights),
                                              dweights, propagation::present(d.gates) ? d.gates : as_view(dgates),
                                              d.gamma, samples_confidence(axes) ? d.confidence : view<T, 4, M>{}});
    of.clear(exec, d.confidence);
}

/// Refuses what the forward pass of these inputs did not leave, and gradients of other shapes.
template <class T, class M>
void require_backward(char const* function, propagation::sampled const& axes,
                      propagation::sampled_inputs<T, M> const& in, propagation::sampled_saved<T, M> const& kept,
                      view<T const, 4, M> const& dout, propagation::sampled_gradients<T, M> const& d)
{
    require_options(function, axes);
    require_inputs(function, axes, in);
    require_gradients(function, in, d);
    dims<4> const e = in.initial.extents();
    require_shape(function, "kept.weights", "the shape of gates", kept.weights.extents(), in.gates.extents());
    require_shape(function, "kept.iterates", kept_pattern(axes.keep), kept.iterates.extents(),
                  with_steps(in.initial, axes.kept_steps().kept()));
    require_shape(function, "dout", "[N, L, H, W]", dout.extents(), e);
}

}  // namespace hyspn::detail

namespace hyspn::propagation {

template <execution_policy P, class T>
tensor<T, 4, typename P::memory_space> sampled::forward(P const& exec,
                                                        sampled_inputs<T, typename P::memory_space> const& in) const
{
    tensor<T, 4, typename P::memory_space> out(in.initial.extents());
    forward(exec, in, out);
    return out;
}

template <execution_policy P, class T, view_of_rank<4> Y>
void sampled::forward(P const& exec, sampled_inputs<T, typename P::memory_space> const& in, Y&& out) const
{
    using M = typename P::memory_space;
    char const* const name = "sampled::forward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    view<T, 4, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.initial.extents());
    tensor<T, 4, M> weights(in.gates.extents());
    hyspn::detail::forward_samples(exec, *this, in, to, as_view(weights), {});
}

template <execution_policy P, class T, view_of_rank<4> Y>
void sampled::forward(P const& exec, sampled_inputs<T, typename P::memory_space> const& in, Y&& out,
                      sampled_saved<T, typename P::memory_space>& kept) const
{
    using M = typename P::memory_space;
    char const* const name = "sampled::forward";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    view<T, 4, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.initial.extents());
    hyspn::detail::fit(kept.iterates, hyspn::detail::with_steps(in.initial, kept_steps().kept()));
    hyspn::detail::fit(kept.weights, in.gates.extents());
    hyspn::detail::forward_samples(exec, *this, in, to, as_view(kept.weights), as_view(kept.iterates));
}

template <execution_policy P, class T, view_of_rank<4> Y>
settling sampled::forward_until(P const& exec, sampled_inputs<T, typename P::memory_space> const& in, Y&& out,
                                double tolerance) const
{
    using M = typename P::memory_space;
    char const* const name = "sampled::forward_until";
    hyspn::detail::require_options(name, *this);
    hyspn::detail::require_inputs(name, *this, in);
    hyspn::detail::require_value(tolerance >= 0, name, "tolerance", "at least 0", tolerance);
    if (gates_per_step || offsets_per_step)
        hyspn::detail::raise<value_error>(name, "gates_per_step and offsets_per_step", "false", "true");
    view<T, 4, M> const to = as_view(out);
    hyspn::detail::require_shape(name, "out", "[N, L, H, W]", to.extents(), in.initial.extents());
    tensor<T, 4, M> weights(in.gates.extents());
    hyspn::detail::active_samples<T, M> const of(exec, in);
    hyspn::detail::injected_share<T, M> const share(exec, *this, of.kept);
    of.weigh(exec, *this, as_view(weights));
    hyspn::detail::sampled_iterate_op<T, M> const all{*this, of.kept, share.beta, as_const(weights), to, {}};
    settling const report = hyspn::detail::iterate_until(
        exec, steps, of.kept.initial, to, tolerance,
        [&](view<T const, 4, M> const& x, view<T, 4, M> const& next) { dispatch(exec, all.part(0, 1, x, next, {})); });
    of.restore_initial(exec, to);
    return report;
}

template <execution_policy P, class T, view_of_rank<4> Y>
void sampled::backward(P const& exec, sampled_inputs<T, typename P::memory_space> const& in,
                       sampled_saved<T, typename P::memory_space> const& kept, Y const& dout,
                       sampled_gradients<T, typename P::memory_space> const& d) const
{
    using M = typename P::memory_space;
    view<T const, 4, M> const lambda = as_const(dout);
    hyspn::detail::require_backward("sampled::backward", *this, in, kept, lambda, d);
    hyspn::detail::backward_samples(exec, *this, in, kept, lambda, {}, d);
}

template <execution_policy P, class T, view_of_rank<4> Y, view_of_rank<5> Z>
void sampled::backward(P const& exec, sampled_inputs<T, typename P::memory_space> const& in,
                       sampled_saved<T, typename P::memory_space> const& kept, Y const& dout, Z const& diterates,
                       sampled_gradients<T, typename P::memory_space> const& d) const
{
    using M = typename P::memory_space;
    view<T const, 4, M> const lambda = as_const(dout);
    view<T const, 5, M> const lambdas = as_const(diterates);
    hyspn::detail::require_backward("sampled::backward", *this, in, kept, lambda, d);
    if (keep == history::checkpoints)
        hyspn::detail::raise<value_error>("sampled::backward", "keep",
                                          "every_step where the loss looks at the iterates", "checkpoints");
    hyspn::detail::require_shape("sampled::backward", "diterates", "the shape of kept.iterates", lambdas.extents(),
                                 kept.iterates.extents());
    hyspn::detail::backward_samples(exec, *this, in, kept, lambda, lambdas, d);
}

}  // namespace hyspn::propagation
