// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/fold.hpp>
#include <hyspn/propagation/sampled/cells.hpp>
#include <hyspn/propagation/sampled/transposed.hpp>

/// \file
/// Steps of a network with learned offsets, their repetition, and the adjoints.

namespace hyspn::detail {

/// to(p) = Σ_k w_k(p) X_k(p), with `current` also (1 - Σ_k w_k(p)) from(p).
template <class T, class M>
struct sampled_step_op {
    sample_points<T, M> points;
    view<T const, 4, M> weights;
    bool current;
    view<T const, 4, M> from;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        T sum = T(0), rest = T(1);
        for (index_t k = 0; k < weights.extent(1); ++k) {
            T const w = weights(n, k, y, x);
            sum += w * sample_at(from, n, l, points(n, k, y, x));
            rest -= w;
        }
        to(n, l, y, x) = current ? sum + rest * from(n, l, y, x) : sum;
    }
};

/// From λ, the adjoint of a step's result: dw_k += Σ_l λ_l (X_kl - [current] x_l) and dΔ_k += Σ_l λ_l w_k ∇X_kl. A
/// doffsets without data is left out.
template <class T, class M>
struct sampled_step_gradient_op {
    sample_points<T, M> points;
    view<T const, 4, M> weights;
    bool current;
    view<T const, 4, M> from, lambda;
    view<T, 4, M> dweights, doffsets;

    dims<4> shape() const { return dweights.extents(); }

    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        auto const cell = points(n, k, y, x);
        sample_slope<T> sum{T(0), T(0), T(0)};
        for (index_t l = 0; l < from.extent(1); ++l) {
            T const d = lambda(n, l, y, x);
            auto const at = slope_at(from, n, l, cell);
            sum.value += d * (current ? at.value - from(n, l, y, x) : at.value);
            sum.dy += d * at.dy;
            sum.dx += d * at.dx;
        }
        dweights(n, k, y, x) += sum.value;
        if (!doffsets.data_handle() || points.stays(k)) return;
        doffsets(n, 2 * k, y, x) += weights(n, k, y, x) * sum.dy;
        doffsets(n, 2 * k + 1, y, x) += weights(n, k, y, x) * sum.dx;
    }
};

/// The maps of an injection, as folding uses them.
template <class T, class M>
stencil_terms<T, M> injection_terms(propagation::sampled_inputs<T, M> const& in, view<T const, 4, M> const& beta)
{
    return {centre_term::none, {}, {}, {}, in.initial, in.measured, beta};
}

/// to = (1 - β) from + β s. May run in place.
template <class T, class M>
struct blend_op {
    stencil_terms<T, M> terms;
    view<T const, 4, M> from;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        to(n, l, y, x) = (T(1) - terms.beta(n, y, x)) * from(n, l, y, x) + terms.injected(n, l, y, x);
    }
};

/// Its adjoint at what was blended: dβ += Σ_l d_l (s_l - from_l), ds += β d, d *= 1 - β. Without data dβ and ds are
/// left out.
template <class T, class M>
struct blend_adjoint_op {
    stencil_terms<T, M> terms;
    view<T const, 4, M> from;
    view<T, 4, M> d, dmeasured, dbeta;

    dims<3> shape() const { return {d.extent(0), d.extent(2), d.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T const beta = terms.beta(n, y, x);
        T sum = T(0);
        for (index_t l = 0; l < d.extent(1); ++l) {
            T const g = d(n, l, y, x);
            if (dbeta.data_handle()) sum += g * (terms.value(n, l, y, x) - from(n, l, y, x));
            if (dmeasured.data_handle()) dmeasured(n, terms.measured_channel(l), y, x) += beta * g;
            d(n, l, y, x) = (T(1) - beta) * g;
        }
        if (dbeta.data_handle()) dbeta(n, 0, y, x) += terms.gradient_of_beta(n, y, x, sum);
    }
};

/// All steps. beta has data where something is injected; iterates, where it has data, receives x_1 ... x_{T-1}.
template <class T, class M>
struct sampled_iterate_op {
    propagation::sampled axes;
    propagation::sampled_inputs<T, M> in;
    view<T const, 4, M> beta, weights;
    view<T, 4, M> out;
    view<T, 5, M> iterates;

    bool current() const { return axes.centre == centre_term::current; }
    bool before() const { return axes.injection == propagation::injection_time::before; }
    bool after() const { return axes.injection == propagation::injection_time::after; }
    view<T const, 4, M> weights_of(index_t t) const
    {
        return channels_of(weights, axes.gates_per_step ? t * axes.count() : 0, axes.count());
    }
    sampled_step_op<T, M> step(index_t t, view<T const, 4, M> from, view<T, 4, M> to) const
    {
        return {points_of(axes, in.offsets, t), weights_of(t), current(), from, to};
    }
    blend_op<T, M> blend(view<T const, 4, M> from, view<T, 4, M> to) const
    {
        return {injection_terms(in, beta), from, to};
    }
    /// Steps first ... first + count - 1 alone.
    sampled_iterate_op part(index_t first, index_t count, view<T const, 4, M> from, view<T, 4, M> to,
                            view<T, 5, M> between) const
    {
        index_t const K = axes.count();
        auto made = *this;
        made.axes.steps = count;
        made.in.initial = from;
        if (axes.offsets_per_step) made.in.offsets = channels_of(in.offsets, 2 * first * K, 2 * count * K);
        if (axes.gates_per_step) made.weights = channels_of(weights, first * K, count * K);
        made.out = to;
        made.iterates = between;
        return made;
    }
    /// Some maps alone, where they may be run apart.
    sampled_iterate_op of_maps(index_t first, index_t count) const
    {
        auto made = *this;
        made.in.initial = channels_of(in.initial, first, count);
        made.out = channels_of(out, first, count);
        made.iterates = channels_of(iterates, first, count);
        return made;
    }
    /// Whether maps may be run apart, their gradients added up: they must share what is measured, if anything is, since
    /// a confidence has no gradient where one of them was not measured.
    bool maps_stand_alone() const { return in.measured.extent(1) <= 1; }
};

/// Step by step, one launch each.
template <execution_policy P, class T, class M>
void iterate_samples(P const& exec, sampled_iterate_op<T, M> const& op)
{
    index_t const steps = op.axes.steps;
    if (steps == 0) return dispatch(exec, copy_op<T, 4, M>{op.in.initial, op.out});
    bool const keep = op.iterates.data_handle() != nullptr;
    tensor<T, 4, M> blended(op.before() ? op.out.extents() : dims<4>{});
    tensor<T, 4, M> scratch(keep || steps == 1 ? dims<4>{} : op.out.extents());
    view<T const, 4, M> from = op.in.initial;
    for (index_t t = 0; t < steps; ++t) {
        bool const into_out = (steps - 1 - t) % 2 == 0;
        view<T, 4, M> const to = t == steps - 1 ? op.out : keep ? op.iterates[t] : into_out ? op.out : as_view(scratch);
        if (op.before()) dispatch(exec, op.blend(from, as_view(blended)));
        dispatch(exec, op.step(t, op.before() ? as_const(blended) : from, to));
        if (op.after()) dispatch(exec, op.blend(to, to));
        from = to;
    }
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, sampled_iterate_op<T, M> const& op)
{
    iterate_samples(exec, op);
}

/// Adjoint of the iteration. Writes dinitial and dweights, and, where they have data, doffsets, dmeasured and dbeta.
template <class T, class M>
struct sampled_iterate_adjoint_op {
    sampled_iterate_op<T, M> of;  ///< with nothing to write
    view<T const, 5, M> iterates;
    view<T const, 4, M> dout;
    view<T const, 5, M> diterates;  ///< no data: the loss does not look at them
    view<T, 4, M> dinitial, dweights, doffsets, dmeasured, dbeta;
    bool adds = false;       ///< sums over the steps hold the parts of later steps
    bool adds_maps = false;  ///< and those of earlier maps

    /// x_t.
    view<T const, 4, M> iterate(index_t t) const { return t == 0 ? of.in.initial : iterates[t - 1]; }

    view<T, 4, M> dweights_of(index_t t) const
    {
        index_t const K = of.axes.count();
        return channels_of(dweights, of.axes.gates_per_step ? t * K : 0, K);
    }
    view<T, 4, M> doffsets_of(index_t t) const
    {
        index_t const K = of.axes.count();
        return channels_of(doffsets, of.axes.offsets_per_step ? 2 * t * K : 0, 2 * K);
    }
    blend_adjoint_op<T, M> unblend(view<T const, 4, M> from, view<T, 4, M> d) const
    {
        return {injection_terms(of.in, of.beta), from, d, dmeasured, dbeta};
    }
    sampled_step_gradient_op<T, M> gradient(index_t t, view<T const, 4, M> from, view<T const, 4, M> lambda) const
    {
        auto const step = of.step(t, from, {});
        return {step.points, step.weights, step.current, from, lambda, dweights_of(t), doffsets_of(t)};
    }
    sampled_transposed_op<T, M> transposed(index_t t, view<T const, 4, M> from, view<T, 4, M> to) const
    {
        auto const step = of.step(t, from, {});
        return {step.points, step.weights, step.current, from, to};
    }
    /// That of some steps alone, the later ones being done.
    sampled_iterate_adjoint_op part(segment_adjoint<T, M> const& segment) const
    {
        index_t const K = of.axes.count(), first = segment.begin, count = segment.count;
        auto made = *this;
        made.of = of.part(first, count, segment.initial, {}, {});
        made.iterates = segment.iterates;
        made.dout = segment.dout;
        made.diterates = {};
        made.dinitial = segment.dinitial;
        if (of.axes.gates_per_step) made.dweights = channels_of(dweights, first * K, count * K);
        if (of.axes.offsets_per_step) made.doffsets = channels_of(doffsets, 2 * first * K, 2 * count * K);
        made.adds = first + count < of.axes.steps;
        return made;
    }
    /// That of some maps alone, the earlier ones being done.
    sampled_iterate_adjoint_op of_maps(index_t first, index_t count) const
    {
        auto made = *this;
        made.of = of.of_maps(first, count);
        made.iterates = channels_of(iterates, first, count);
        made.dout = channels_of(dout, first, count);
        made.diterates = channels_of(diterates, first, count);
        made.dinitial = channels_of(dinitial, first, count);
        made.adds_maps = adds_maps || first > 0;
        return made;
    }
};

/// Zero where gradients are summed up, unless the parts of later steps or of other maps are there.
template <execution_policy P, class T, class M>
void clear_sums(P const& exec, sampled_iterate_adjoint_op<T, M> const& op)
{
    auto const clear = [&](view<T, 4, M> const& sum, bool own_steps) {
        if (sum.data_handle() && (own_steps || !op.adds) && !op.adds_maps) dispatch(exec, fill_op<T, 4, M>{T(0), sum});
    };
    clear(op.dweights, op.of.axes.gates_per_step);
    clear(op.doffsets, op.of.axes.offsets_per_step);
    clear(op.dmeasured, false);
    clear(op.dbeta, false);
}

/// Calls f(part) for parts of the maps to be run one after the other, each through all steps: a whole, unless a backend
/// has reason to cut it.
template <execution_policy P, class Op, class F>
void for_map_ranges(P const&, Op const& op, F const& f)
{
    f(op);
}

/// Step by step.
template <execution_policy P, class T, class M>
void iterate_samples_back(P const& exec, sampled_iterate_adjoint_op<T, M> const& op)
{
    auto const& of = op.of;
    dims<4> const e = op.dout.extents();
    clear_sums(exec, op);
    tensor<T, 4, M> lambdas[2] = {tensor<T, 4, M>(e), tensor<T, 4, M>(e)}, scratch(e);
    view<T, 4, M> lambda = as_view(lambdas[0]), earlier = as_view(lambdas[1]);
    sample_transposer<P, T, M> transposer(exec);
    dispatch(exec, copy_op<T, 4, M>{op.dout, lambda});
    for (index_t t = of.axes.steps - 1; t >= 0; --t) {
        view<T const, 4, M> const start = op.iterate(t);
        view<T const, 4, M> from = start;
        if (of.before()) {
            dispatch(exec, of.blend(start, as_view(scratch)));
            from = as_const(scratch);
        }
        if (of.after()) {
            if (op.dbeta.data_handle()) dispatch(exec, of.step(t, from, as_view(scratch)));
            dispatch(exec, op.unblend(as_const(scratch), lambda));
        }
        dispatch(exec, op.gradient(t, from, lambda));
        if (of.axes.detach) {
            dispatch(exec, fill_op<T, 4, M>{T(0), earlier});
        } else {
            auto const transposed = op.transposed(t, lambda, earlier);
            if (t == of.axes.steps - 1 || of.axes.offsets_per_step) transposer.measure(transposed.points);
            transposer.run(transposed);
            if (of.before()) dispatch(exec, op.unblend(start, earlier));
        }
        if (t > 0 && op.diterates.data_handle())
            dispatch(exec, add_scaled_op<T, 4, M>{T(1), op.diterates[t - 1], earlier});
        std::swap(lambda, earlier);
    }
    dispatch(exec, copy_op<T, 4, M>{lambda, op.dinitial});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, sampled_iterate_adjoint_op<T, M> const& op)
{
    iterate_samples_back(exec, op);
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/sampled_steps.hpp>
#endif
