// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/omp/propagation/fold_rows.hpp>
#include <hyspn/backends/omp/propagation/unfold_rows.hpp>
#include <hyspn/backends/omp/propagation/wavefront.hpp>
#include <hyspn/propagation/stencil.hpp>

/// \file
/// Whole passes of propagation::stencil on the processor's cores: gates are folded by rows as the wavefront of steps
/// reaches them, so that the image's weights are never stored. Included by propagation/stencil.hpp.

namespace hyspn::detail {

template <std::floating_point T>
void dispatch(exec::omp const& exec, stencil_prepare_op<T, memory::host> const& op)
{
    if (!row_folder<T>::serves(op.axes, op.in) || !all_rows_contiguous(op.taps, op.bias) || op.bias.size() == 0)
        return prepare_stencil(exec, op);
    index_t const N = op.taps.extent(0), H = op.taps.extent(2), W = op.taps.extent(3);
    row_folder<T> const fold(exec, op.axes, op.in);
    exec::detail::for_each_index_omp(exec, N * H, [&](index_t row) {
        index_t const n = row / H, y = row % H;
        fold(n, y, 0, W, {&op.taps(n, 0, y, 0), op.taps.stride(1), &op.bias(n, 0, y, 0), op.bias.stride(1)});
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, stencil_iterate_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.taps, op.bias, op.initial, op.out, op.iterates)) return iterate_stencil(exec, op);
    wavefront_job<T> const job{op.neighbours, op.steps, op.initial, op.out, op.iterates, {}};
    if (!run_wavefront(exec, job, row_copier<T>(op.neighbours, op.taps, op.bias))) iterate_stencil(exec, op);
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, stencil_forward_op<T, memory::host> const& op)
{
    if (propagation::present(op.in.active) || !row_folder<T>::serves(op.axes, op.in) ||
        !all_rows_contiguous(op.out, op.taps, op.iterates))
        return forward_stencil(exec, op);
    wavefront_job<T> const job{op.axes.taps(), op.axes.steps, op.in.initial, op.out, op.iterates, op.taps};
    if (!run_wavefront(exec, job, row_folder<T>(exec, op.axes, op.in))) forward_stencil(exec, op);
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, stencil_prepare_adjoint_op<T, memory::host> const& op)
{
    auto const& d = op.d;
    if (!row_unfolder<T>::serves(op.axes, op.in) ||
        !all_rows_contiguous(op.dtaps, op.dbias, d.initial, d.gates, d.measured, d.confidence))
        return unfold_stencil(exec, op);
    if (op.dbias.size() == 0) return unfold_stencil(exec, op);
    index_t const N = op.in.gates.extent(0), H = op.in.gates.extent(2);
    row_unfolder<T> rows(exec, op);
    exec::detail::for_each_index_omp(exec, N * H, [&](index_t i) { rows.at_destination(i / H, i % H); });
    if (rows.gates_travel())
        exec::detail::for_each_index_omp(exec, N * H, [&](index_t i) { rows.at_source(i / H, i % H); });
    if (op.injects_initial()) dispatch(exec, add_scaled_op<T, 4, memory::host>{T(1), d.measured, d.initial});
}

}  // namespace hyspn::detail
