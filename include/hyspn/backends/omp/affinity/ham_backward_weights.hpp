// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/backends/omp/affinity/ham_distance_vjp.hpp>

/// \file
/// Backward pass, first half: cotangents of weights and distances from those of the layer, tile by tile.

namespace hyspn::detail {

template <class T>
class ham_weight_vjp_worker {
    using V = simd::pack<T>;

public:
    ham_weight_vjp_worker(ham_backward_op<T, memory::host> const& op, ham_rows<T> const& rows, index_t width,
                          ham_cotangents<T>& out)
        : op_(op),
          forward_(forward_of(op)),
          work_(op.options.around, op.x.extent(1), op.z.extent(0), width, reach(op.options.around)),
          distances_(forward_, work_),
          weights_(forward_, work_),
          layer_(forward_, rows, work_),
          layer_vjp_(op_, rows, work_),
          distances_vjp_(op_, work_, out),
          out_(out),
          by_pixel_(work_.pitch, op.z.extent(0))
    {
    }
    ham_weight_vjp_worker(ham_weight_vjp_worker const&) = delete;
    ham_weight_vjp_worker& operator=(ham_weight_vjp_worker const&) = delete;

    void run(ham_tile const& tile, ham_tile_sums<T>& sums)
    {
        sums.bias.assign(static_cast<std::size_t>(op_.z.extent(0)), T(0));
        sums.radial = sums.bias;
        index_t const height = op_.x.extent(2), halo = work_.halo;
        bool const pairs = op_.options.needs_distances();
        for (index_t row = std::max<index_t>(0, tile.row0 - halo); row < tile.row1 + halo; ++row) {
            if (pairs && row < height) {
                distances_.enter(tile, row);
                layer_.project(tile, row);
                load_distances(op_, work_, tile, row);
            }
            index_t const centre = row - halo;
            if (centre < tile.row0) continue;
            layer_vjp_.run(tile, centre, sums);
            put_layer(tile, centre);
            if (!pairs) continue;
            weights_.run(tile, centre);
            weight_cotangents(tile, centre);
            distances_vjp_.distance_cotangents(tile, centre, sums);
        }
    }

private:
    index_t first(ham_tile const& tile) const { return work_.margin + tile.col0 - tile.left; }

    void put_layer(ham_tile const& tile, index_t row)
    {
        index_t const from = first(tile) - tile.col0;
        for (index_t x = tile.col0; x < tile.col1; ++x) out_.norm(tile.n, row, x) = layer_vjp_.norm_bar(from + x);
        for (index_t o = 0; o < op_.z.extent(0); ++o)
            for (index_t x = tile.col0; x < tile.col1; ++x) {
                T const inner = layer_vjp_.inner_bar(o, from + x);
                out_.inner(tile.n, o, row, x) = inner;
                by_pixel_(from + x, o) = inner;
            }
    }

    /// ḡ_j = κ Σ_o ī_o p_{o,rank_j}(j) + κ²τ_t g_j r_j².
    void weight_cotangents(ham_tile const& tile, index_t row)
    {
        auto const& around = op_.options.around;
        index_t const outputs = op_.z.extent(0), begin = first(tile), end = begin + tile.col1 - tile.col0;
        T const *const by_pixel = by_pixel_.data(), *const norm_bar = layer_vjp_.norm_bar.data();
        for (index_t k = 0; k < around.count(); ++k) {
            index_t const other = row + around.row_offset(k), dx = around.column_offset(k);
            T* const bar = &distances_vjp_.weight_bar(k, 0);
            std::fill(bar + begin, bar + end, T(0));
            if (other < 0 || other >= op_.x.extent(2)) continue;
            T const* const projection =
                work_.projection.line(other) + (dx - work_.margin + work_.halo) * work_.products;
            T const* const radius = work_.radius.line(other) + dx;
            T const* const weight = work_.weight.line(row, k);
            auto const* const rank = work_.rank.line(row, k);
            T const* const d = distances_vjp_.distance(row, k);
            for (index_t u = begin; u < end; ++u) {
                if (!(d[u] < static_cast<T>(HUGE_VAL))) continue;  // absent
                T const* const p = projection + u * work_.products + rank[u] * outputs;
                T const* const inner = by_pixel + u * outputs;
                T sum = 0;
                for (index_t o = 0; o < outputs; ++o) sum += inner[o] * p[o];
                T const length = op_.kappa * radius[u];
                bar[u] = op_.kappa * sum + norm_bar[u] * length * (weight[u] * length);
            }
        }
    }

    ham_backward_op<T, memory::host> op_;
    ham_forward_op<T, memory::host> forward_;
    ham_workspace<T> work_;
    ham_distance_stage<T> distances_;
    ham_weight_stage<T> weights_;
    ham_layer_stage<T> layer_;
    ham_layer_vjp_stage<T> layer_vjp_;
    ham_distance_vjp_stage<T> distances_vjp_;
    ham_cotangents<T>& out_;
    tensor<T, 2> by_pixel_;  ///< ī with a pixel's outputs side by side
};

}  // namespace hyspn::detail
