// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/ring_steps.hpp>

/// \file
/// All steps of a propagation with attention to rings, and their adjoint.

namespace hyspn::detail {

/// All steps, from x_0 = h0 to out; the sums are made first. Arrays to keep may have no data.
template <class T, class M>
struct ring_iterate_op {
    ring_terms<T, M> terms;
    index_t steps;
    view<T, 4, M> sums;  ///< what terms.sums sees
    view<T, 4, M> out;
    view<T, 5, M> rings, iterates;

    bool keeps() const { return rings.data_handle() != nullptr; }
    /// Of one map, for two results to take turns.
    dims<4> scratch_extents() const { return keeps() || steps < 2 ? dims<4>{} : out.extents(); }

    ring_sums_op<T, M> sum() const { return {terms.in.gates, sums}; }
    ring_step_op<T, M> step(index_t t, view<T, 4, M> const& scratch) const
    {
        view<T const, 4, M> const from = t == 0 ? terms.in.initial : as_const(result(t - 1, scratch));
        return {terms, t, from, keeps() ? rings[t] : view<T, 4, M>{}, result(t, scratch)};
    }

private:
    view<T, 4, M> result(index_t t, view<T, 4, M> const& scratch) const
    {
        if (t == steps - 1) return out;
        if (keeps()) return iterates[t];
        return (steps - 1 - t) % 2 == 0 ? out : scratch;
    }
};

/// Step by step, one launch each.
template <execution_policy P, class T, class M>
void iterate_rings(P const& exec, ring_iterate_op<T, M> const& op)
{
    dispatch(exec, op.sum());
    if (op.steps == 0) return dispatch(exec, copy_op<T, 4, M>{op.terms.in.initial, op.out});
    tensor<T, 4, M> scratch(op.scratch_extents());
    for (index_t t = 0; t < op.steps; ++t) dispatch(exec, op.step(t, as_view(scratch)));
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, ring_iterate_op<T, M> const& op)
{
    iterate_rings(exec, op);
}

/// Adjoint of some steps but for the gates, step `first` the earliest of them: λ comes as the gradient of what they
/// end with and leaves as that of what they start from. Leaves shares, adds to held.
template <class T, class M>
struct ring_adjoint_op {
    ring_terms<T, M> terms;
    view<T const, 5, M> iterates, rings;
    view<T, 4, M> lambda;
    index_t first;
    view<T, 5, M> shares;  ///< of those steps [G, N, 4 L, H, W]
    view<T, 4, M> held;
    propagation::ring_gradients<T, M> d;

    index_t end() const { return first + shares.extent(0); }
    ring_receiver_adjoint_op<T, M> receiver(index_t t) const
    {
        view<T const, 4, M> const from = t == 0 ? terms.in.initial : iterates[t - 1];
        return {terms, t, from, rings[t], as_const(lambda), shares[t - first], held, d};
    }
    ring_source_adjoint_op<T, M> source(index_t t) const
    {
        return {terms.in.gates, as_const(shares[t - first]), lambda};
    }
};

template <execution_policy P, class T, class M>
void iterate_rings_back(P const& exec, ring_adjoint_op<T, M> const& op)
{
    for (index_t t = op.end() - 1; t >= op.first; --t) {
        dispatch(exec, op.receiver(t));
        dispatch(exec, op.source(t));
    }
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, ring_adjoint_op<T, M> const& op)
{
    iterate_rings_back(exec, op);
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/rings.hpp>
#endif
