// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/cuda/block_sums.cuh>
#include <hyspn/nn/detail/norm_ops.hpp>

/// \file
/// Statistics of normalisations on CUDA, and the sums of their gradients.

namespace hyspn::detail {

/// Σ f(i, j) over a stretch of a plane, by a block.
template <class T, class F>
__device__ T stretch_block_sum(plane_stretches const& s, index_t k, F const& f)
{
    return block_sum<T>(s.pixels(k), [&](index_t p) {
        index_t const row = small_quotient(p, s.width);
        return f(s.first(k) + row, p - row * s.width);
    });
}

template <class T>
struct stretch_moments_block_op {
    stretch_moments_op<T, memory::device> of;

    __device__ void by_block(index_t n, index_t c, index_t k) const
    {
        auto const& stretches = of.stretches;
        T const sum = stretch_block_sum<T>(stretches, k, [&](index_t i, index_t j) { return of.x(n, c, i, j); });
        T const mean = sum / T(static_cast<double>(stretches.pixels(k)));
        T const squares = stretch_block_sum<T>(stretches, k, [&](index_t i, index_t j) {
            T const d = of.x(n, c, i, j) - mean;
            return d * d;
        });
        if (threadIdx.x > 0) return;
        of.moments(n, c, k, 0) = mean;
        of.moments(n, c, k, 1) = squares;
    }
};

template <class T>
struct norm_vjp_sums_block_op {
    norm_vjp_sums_op<T, memory::device> of;

    __device__ void by_block(index_t n, index_t c, index_t k) const
    {
        plane_norm<T> const norm(of.values, n, c);
        auto const g = [&](index_t i, index_t j) {
            return norm.passed(of.x(n, c, i, j) - norm.mean, of.dy(n, c, i, j));
        };
        T const all = stretch_block_sum<T>(of.stretches, k, g);
        T const along = stretch_block_sum<T>(
            of.stretches, k, [&](index_t i, index_t j) { return g(i, j) * (of.x(n, c, i, j) - norm.mean); });
        if (threadIdx.x > 0) return;
        of.sums(n, c, k, 0) = all;
        of.sums(n, c, k, 1) = along;
    }
};

template <class T>
void dispatch(exec::cuda const& exec, stretch_moments_op<T, memory::device> const& op)
{
    parallel_for_blocks(exec, op.shape(), stretch_moments_block_op<T>{op});
}

template <class T>
void dispatch(exec::cuda const& exec, norm_vjp_sums_op<T, memory::device> const& op)
{
    parallel_for_blocks(exec, op.shape(), norm_vjp_sums_block_op<T>{op});
}

}  // namespace hyspn::detail
