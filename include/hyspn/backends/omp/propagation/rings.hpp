// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/backends/omp/propagation/ring_rows.hpp>
#include <hyspn/backends/omp/propagation/rows_in_time.hpp>
#include <hyspn/propagation/rings.hpp>

/// \file
/// Ring propagation on the processor's cores, all steps in one pass over the gates, which are the largest array by far.
/// Included by propagation/rings.hpp.

namespace hyspn::detail {

/// Whether rows of everything the steps read lie in one piece.
template <class T>
bool ring_rows_contiguous(ring_terms<T, memory::host> const& terms)
{
    auto const& in = terms.in;
    return all_rows_contiguous(in.initial, in.gates, in.attention, in.measured, in.confidence, terms.sums);
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, ring_iterate_op<T, memory::host> const& op)
{
    if (op.steps == 0 || op.out.size() == 0 || !ring_rows_contiguous(op.terms) ||
        !all_rows_contiguous(op.out, op.rings, op.iterates))
        return iterate_rings(exec, op);
    tensor<T, 4> scratch(op.scratch_extents());
    for_rows_in_time(exec, op.out.extent(0), op.out.extent(2), op.steps, ring_neighbours::reach,
                     [&](index_t n, index_t t, index_t y) {
                         if (t == 0) sum_row(op.sum(), n, y);
                         step_row(op.step(t, as_view(scratch)), n, y);
                     });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, ring_adjoint_op<T, memory::host> const& op)
{
    auto const& d = op.d;
    if (op.lambda.size() == 0 || !ring_rows_contiguous(op.terms) ||
        !all_rows_contiguous(op.iterates, op.rings, op.lambda, op.shares, op.held, d.initial, d.attention, d.measured,
                             d.confidence))
        return iterate_rings_back(exec, op);
    ring_offsets const offsets;
    // Stage j: dL/dx_t of t = end - j, then what its pixels received in the step before.
    for_rows_in_time(exec, op.lambda.extent(0), op.lambda.extent(2), op.shares.extent(0) + 1, ring_neighbours::reach,
                     [&](index_t n, index_t stage, index_t y) {
                         index_t const t = op.end() - stage;
                         if (t < op.end()) source_row(offsets, op.source(t), n, y);
                         if (t > op.first) receiver_row(op.receiver(t - 1), n, y);
                     });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, ring_gates_adjoint_op<T, memory::host> const& op)
{
    index_t const height = op.dgates.extent(2);
    if (op.dgates.size() == 0 || !all_rows_contiguous(op.gates, op.initial, op.iterates, op.shares, op.held, op.dgates))
        return parallel_for(exec, op.shape(), op);
    ring_offsets const offsets;
    exec::detail::for_each_index_omp(exec, op.dgates.extent(0) * height,
                                     [&](index_t i) { gates_row(offsets, op, i / height, i % height); });
}

}  // namespace hyspn::detail
