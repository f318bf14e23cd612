// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <hyspn/backends/omp/affinity/ham_backward_features.hpp>
#include <hyspn/backends/omp/tiles.hpp>

/// \file
/// The backward pass of the hyperbolic affinity module on all cores.

namespace hyspn::detail {

/// Specialisation of the module's backward pass: three matrix products (projections again, p̄ᵀz, p̄v), tile by tile.
/// Scratch: O + K + 1 numbers a pixel, and per tile of 24 × 320 pixels K·O·C.
template <class T>
void dispatch(exec::omp const& exec, ham_backward_op<T, memory::host> const& op)
{
    if (!tiles_take(op.options, op.x)) return dispatch<exec::omp, T, memory::host>(exec, op);
    using matrix = typename ham_rows<T>::matrix;
    dims<4> const e = op.x.extents();
    index_t const step = reach(op.options.around), O = op.z.extent(0), K = op.z.extent(1);
    bool const pairs = op.options.needs_distances();
    ham_rows<T> const rows(forward_of(op));
    ham_cotangents<T> between{tensor<T, 4>(op.dy.extents()), tensor<T, 3>(e[0], e[2], e[3]),
                              tensor<T, 4>(e[0], pairs ? K : 0, e[2], e[3])};
    ham_tiling const near(e, step), far(e, 2 * step);
    auto const tiles = static_cast<std::size_t>(near.count());
    std::vector<ham_tile_sums<T>> sums(tiles);
    std::vector<matrix> dz(tiles);
    for_each_tile(
        exec, near.count(),
        [&] { return std::make_unique<ham_weight_vjp_worker<T>>(op, rows, near.largest_width(), between); },
        [&](ham_weight_vjp_worker<T>& worker, index_t t) { worker.run(near[t], sums[static_cast<std::size_t>(t)]); });
    for_each_tile(
        exec, far.count(),
        [&] { return std::make_unique<ham_feature_vjp_worker<T>>(op, rows, far.largest_width(), between); },
        [&](ham_feature_vjp_worker<T>& worker, index_t t) {
            worker.run(far[t], dz[static_cast<std::size_t>(t)], sums[static_cast<std::size_t>(t)]);
        });

    for (std::size_t t = 0; t < tiles; ++t) {
        for (index_t o = 0; o < O; ++o) {
            op.dr(o) += sums[t].bias[static_cast<std::size_t>(o)];
            T const radial = sums[t].radial[static_cast<std::size_t>(o)];
            for (index_t m = 0; m < K; ++m)
                for (index_t c = 0; c < e[1]; ++c) op.dz(o, m, c) += dz[t](m * O + o, c) + radial * op.z(o, m, c);
        }
        *op.dc += sums[t].c;
        *op.dtau += sums[t].tau;
    }
}

}  // namespace hyspn::detail
