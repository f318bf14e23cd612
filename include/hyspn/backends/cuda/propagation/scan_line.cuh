// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/scan_line.hpp>

/// \file
/// Scans on CUDA: one block walks all lines of one map in one direction, instead of a launch for every line.

namespace hyspn::detail {

inline constexpr index_t most_threads_of_line = 1024;

namespace [[gnu::visibility("hidden")]] kernels {

/// Lines first, first + by, ... of the map and direction of this block.
template <class Op>
__global__ void __launch_bounds__(most_threads_of_line)
    walk_scan(__grid_constant__ Op const op, index_t first, index_t count, index_t by, dims<3> shape)
{
    index_t const map = blockIdx.x % shape[1], scan = blockIdx.x / shape[1];
    for (index_t s = 0; s < count; ++s) {
        for (index_t i = threadIdx.x; i < shape[2]; i += blockDim.x) op.at(first + s * by, scan, map, i);
        __syncthreads();
    }
}

// clang-format off
}  // namespace kernels
// clang-format on

template <class Op>
void walk_scans(exec::cuda const& exec, Op const& op, index_t first, index_t count, index_t by)
{
    dims<3> const shape = op.line_shape();
    if (count <= 0 || shape[0] * shape[1] * shape[2] == 0) return;
    index_t const warps = (shape[2] + 31) / 32 * 32;
    auto const threads = static_cast<unsigned>(warps < most_threads_of_line ? warps : most_threads_of_line);
    auto const blocks = static_cast<unsigned>(shape[0] * shape[1]);
    kernels::walk_scan<Op><<<blocks, threads, 0, exec.stream>>>(op, first, count, by, shape);
    check_cuda(cudaGetLastError(), "scan kernel launch");
}

template <class T>
void dispatch(exec::cuda const& exec, scan_op<T, memory::device> const& op)
{
    walk_scans(exec, op, 0, op.lines(), 1);
}

template <class T>
void dispatch(exec::cuda const& exec, scan_adjoint_op<T, memory::device> const& op)
{
    walk_scans(exec, op, op.lines() - 2, op.lines() - 1, -1);
    dispatch(exec, scan_adjoint_pixel_op<T, memory::device>{op});
}

}  // namespace hyspn::detail
