// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/cuda.cuh>

/// \file
/// Operations whose every place is a sum over many pixels: on CUDA a block a place, instead of a thread.

namespace hyspn::detail {

inline constexpr int threads_of_block_sum = 256;

/// Σ f(i) over 0 ≤ i < count, by all threads of a block, which all get it; the same bits every time.
template <class T, class F>
__device__ T block_sum(index_t count, F const& f)
{
    __shared__ T sums[threads_of_block_sum];
    T sum(0);
    for (index_t i = threadIdx.x; i < count; i += threads_of_block_sum) sum += f(i);
    __syncthreads();  // of an earlier sum
    sums[threadIdx.x] = sum;
    __syncthreads();
    for (int width = threads_of_block_sum / 2; width > 0; width /= 2) {
        if (threadIdx.x < width) sums[threadIdx.x] += sums[threadIdx.x + width];
        __syncthreads();
    }
    return sums[0];
}

namespace [[gnu::visibility("hidden")]] kernels {

/// op.by_block(i, j, k) for every place of a shape.
template <class Op>
__global__ void __launch_bounds__(threads_of_block_sum) for_each_block(Op op, dims<3> shape)
{
    index_t const row = blockIdx.x / shape[2];
    op.by_block(row / shape[1], row % shape[1], blockIdx.x % shape[2]);
}

// clang-format off
}  // namespace kernels
// clang-format on

/// Calls op.by_block, a device function in which block_sum may be used, a block a place.
template <class Op>
void parallel_for_blocks(exec::cuda const& exec, dims<3> const& shape, Op const& op)
{
    index_t const places = shape[0] * shape[1] * shape[2];
    if (places == 0) return;
    kernels::for_each_block<Op><<<static_cast<unsigned>(places), threads_of_block_sum, 0, exec.stream>>>(op, shape);
    check_cuda(cudaGetLastError(), "block kernel launch");
}

}  // namespace hyspn::detail
