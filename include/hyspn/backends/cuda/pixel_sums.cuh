// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/cuda/block_sums.cuh>
#include <hyspn/exec/pixel_sums.hpp>

/// \file
/// Sums over pixels on CUDA.

namespace hyspn::detail {

template <class T>
struct plane_block_sum_op {
    plane_sum_op<T, memory::device> of;

    __device__ void by_block(index_t, index_t chunk, index_t o) const
    {
        auto const& chunks = of.chunks;
        index_t const first = chunks.first(chunk);
        T const sum = block_sum<T>(chunks.end(chunk) - first, [&](index_t i) {
            index_t const p = first + i;
            return of.planes(chunks.batch(p), o, chunks.row(p), chunks.column(p));
        });
        if (threadIdx.x == 0) of.partial(chunk, o) = sum;
    }
};

template <class T>
void dispatch(exec::cuda const& exec, plane_sum_op<T, memory::device> const& op)
{
    dims<2> const e = op.shape();
    parallel_for_blocks(exec, dims<3>{1, e[0], e[1]}, plane_block_sum_op<T>{op});
}

}  // namespace hyspn::detail
