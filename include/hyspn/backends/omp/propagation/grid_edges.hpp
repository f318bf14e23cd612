// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/propagation/grid_edges.hpp>

/// \file
/// The system of the 4-grid by rows. Included by propagation/grid_edges.hpp.

namespace hyspn::detail {

template <std::floating_point T>
void dispatch(exec::omp const& exec, grid_system_op<T, memory::host> const& op)
{
    bool const rows = op.weights.rows_contiguous() && op.pull.rows_contiguous() && op.from.rows_contiguous() &&
                      op.to.rows_contiguous();
    if (!rows) return parallel_for(exec, op.shape(), op);
    auto const [N, L, H, W] = op.to.extents().values;
    if (W == 0) return;
    index_t const height = H, width = W, maps = L;
    exec::detail::for_each_index_omp(exec, N * maps * height, [&](index_t row) {
        index_t const y = row % height, l = row / height % maps, n = row / height / maps;
        // A missing neighbour is the pixel itself, whose difference is 0.
        index_t const up = y > 0 ? y - 1 : y, below = y + 1 < height ? y + 1 : y;
        T const *const from = &op.from(n, l, y, 0), *const above = &op.from(n, l, up, 0),
                       *const under = &op.from(n, l, below, 0);
        T const *const side = &op.weights(n, 0, y, 0), *const over = &op.weights(n, 1, y, 0),
                       *const down = &op.weights(n, 1, below, 0), *const pull = &op.pull(n, 0, y, 0);
        T* const to = &op.to(n, l, y, 0);
#pragma omp simd
        for (index_t x = 1; x < width - 1; ++x)
            to[x] = pull[x] * from[x] + side[x] * (from[x] - from[x - 1]) + side[x + 1] * (from[x] - from[x + 1]) +
                    over[x] * (from[x] - above[x]) + down[x] * (from[x] - under[x]);
        op(n, l, y, 0);
        if (width > 1) op(n, l, y, width - 1);
    });
}

}  // namespace hyspn::detail
