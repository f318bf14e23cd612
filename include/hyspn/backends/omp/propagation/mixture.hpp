// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/backends/omp/propagation/row_gates.hpp>
#include <hyspn/propagation/mixture.hpp>

/// \file
/// Mixing by rows: the operations' own arithmetic on whole vectors of columns. Included by propagation/mixture.hpp.

namespace hyspn::detail {

template <std::floating_point T>
void dispatch(exec::omp const& exec, mixture_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.sigma, op.lambda, op.initial, op.maps, op.out))
        return parallel_for(exec, op.shape(), op);
    index_t const H = op.out.extent(2), W = op.out.extent(3);
    exec::detail::for_each_index_omp(exec, op.out.extent(0) * H, [&](index_t row) {
        for_columns<T>(W, [&]<class V>(index_t x) { op.template columns<V>(row / H, row % H, x); });
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, mixture_adjoint_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.sigma, op.lambda, op.initial, op.maps, op.dout, op.dmaps, op.dinitial, op.dsigma,
                             op.dlambda))
        return parallel_for(exec, op.shape(), op);
    index_t const H = op.dout.extent(2), W = op.dout.extent(3);
    exec::detail::for_each_index_omp(exec, op.dout.extent(0) * H, [&](index_t row) {
        for_columns<T>(W, [&]<class V>(index_t x) { op.template columns<V>(row / H, row % H, x); });
    });
}

/// Rows of an operation on [N, C, H, W].
template <class T, class Op>
void run_rows(exec::omp const& exec, dims<4> const& e, Op const& op)
{
    exec::detail::for_each_index_omp(exec, e[0] * e[1] * e[2], [&](index_t row) {
        index_t const y = row % e[2], c = row / e[2] % e[1], n = row / e[2] / e[1];
        for_columns<T>(e[3], [&]<class V>(index_t x) { op.template columns<V>(n, c, y, x); });
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, mixture_confidence_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.raw, op.mask, op.beta)) return parallel_for(exec, op.shape(), op);
    run_rows<T>(exec, op.shape(), op);
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, mixture_confidence_adjoint_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.raw, op.mask, op.dbeta, op.draw)) return parallel_for(exec, op.shape(), op);
    run_rows<T>(exec, op.shape(), op);
}

}  // namespace hyspn::detail
