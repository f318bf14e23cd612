// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/backends/omp/affinity/ham_backward_layer.hpp>

/// \file
/// Backward pass, first half: cotangents of weights and distances from those of the layer, tile by tile.

namespace hyspn::detail {

/// The forward operation that a backward operation belongs to, for the stages both need.
template <class T>
ham_forward_op<T, memory::host> forward_of(ham_backward_op<T, memory::host> const& op)
{
    return {op.options, op.x, op.z, op.r, op.c, op.tau, op.kappa, {}, false, {}};
}

/// Loads saved distances of row `row` into the workspace as ham_distance_stage::pairs leaves them.
template <class T>
void load_distances(ham_backward_op<T, memory::host> const& op, ham_workspace<T>& work, ham_tile const& tile,
                    index_t row)
{
    using V = simd::pack<T>;
    auto const& around = op.options.around;
    index_t const height = op.x.extent(2), width = op.x.extent(3), shift = work.margin - tile.left;
    for (index_t h = 0; h < around.half(); ++h) {
        T* const d = work.distance.line(row, h);
        T* const e = work.likeness.line(row, h);
        std::fill_n(d, work.pitch, static_cast<T>(HUGE_VAL));
        std::fill_n(e, work.pitch, T(0));
        index_t const k = around.forward(h), dx = around.column_offset(k);
        if (row + around.row_offset(k) >= height) continue;
        index_t const first = std::max(tile.left, -dx), end = std::min(tile.right, width - dx);
        if (op.options.needs_distances())
            for (index_t x = first; x < end; ++x) d[x + shift] = op.saved.distance(tile.n, h, row, x);
        else
            std::fill(d + first + shift, d + std::max(first, end) + shift, T(0));
        for (index_t u = work.margin; u < work.margin + tile.width(); u += V::size) {
            V const distance = V::load(d + u);
            select<T>(distance < V(static_cast<T>(HUGE_VAL)), simd::exp(-distance / V(op.tau)), V(T(0))).store(e + u);
        }
    }
}

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
          out_(out),
          weight_bar_(op.options.around.count(), work_.pitch),
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
            distance_cotangents(tile, centre, sums);
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
            T* const bar = &weight_bar_(k, 0);
            std::fill(bar + begin, bar + end, T(0));
            if (other < 0 || other >= op_.x.extent(2)) continue;
            T const* const projection =
                work_.projection.line(other) + (dx - work_.margin + work_.halo) * work_.products;
            T const* const radius = work_.radius.line(other) + dx;
            T const* const weight = work_.weight.line(row, k);
            auto const* const rank = work_.rank.line(row, k);
            T const* const d = distance(row, k);
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

    /// Line of the distances to neighbour k of row `row`, which is inside the image; not for the centre.
    T const* distance(index_t row, index_t k)
    {
        auto const& around = op_.options.around;
        if (k == around.centre()) return work_.nothing.data();
        if (k > around.centre()) return work_.distance.line(row, k - around.centre() - 1);
        return work_.distance.line(row + around.row_offset(k), around.centre() - 1 - k) + around.column_offset(k);
    }

    /// In place from ḡ to d̄ (neighbour_weights_vjp_op says how), into the array of all pixels; adds to τ̄.
    void distance_cotangents(ham_tile const& tile, index_t row, ham_tile_sums<T>& sums)
    {
        auto const& around = op_.options.around;
        index_t const begin = first(tile), end = begin + tile.col1 - tile.col0;
        auto const inside = [&](index_t k) {
            index_t const other = row + around.row_offset(k);
            return other >= 0 && other < op_.x.extent(2);
        };
        for (index_t u = begin; u < end; u += V::size) {
            V const zero(T(0)), one(T(1)), far(static_cast<T>(HUGE_VAL));
            V number = zero, mean = zero, mean_distance = zero, greatest = zero, total = zero;
            for (index_t k = 0; k < around.count(); ++k) {
                if (!inside(k)) continue;
                V const d = V::load(distance(row, k) + u), g = V::load(work_.weight.line(row, k) + u);
                auto const is = d < far;
                number = number + select<T>(is, one, zero);
                mean = mean + select<T>(is, g * V::load(&weight_bar_(k, u)), zero);
                mean_distance = mean_distance + select<T>(is, g * d, zero);
                greatest = select<T>(is & (d > greatest), d, greatest);
                total = total + select<T>(is, unnormalised(d), zero);
            }
            if (op_.options.weight == affinity::weighting::linear) total = linear_total(row, u, greatest);
            mean = mean / number;
            mean_distance = mean_distance / number;
            V tau_bar = zero, farthest = zero;
            for (index_t k = 0; k < around.count(); ++k) {
                if (!inside(k)) continue;
                V const d = V::load(distance(row, k) + u), g = V::load(work_.weight.line(row, k) + u);
                auto const is = d < far;
                V const centred = V::load(&weight_bar_(k, u)) - mean, q_bar = number / total * centred;
                V d_bar = zero, share = zero;
                switch (op_.options.weight) {
                    case affinity::weighting::softmax: {
                        V const t = g * centred;
                        d_bar = -t / V(op_.tau);
                        share = t * ((d - mean_distance) / V(op_.tau) / V(op_.tau));
                        break;
                    }
                    case affinity::weighting::linear:
                        d_bar = -q_bar;
                        share = q_bar * d / (greatest + V(op_.tau));
                        farthest = farthest + select<T>(is, share, zero);
                        break;
                    case affinity::weighting::inverse: {
                        V const q = one / (d + V(op_.tau));
                        d_bar = -q_bar * q * q;
                        share = -d_bar * (d / V(op_.tau));
                        break;
                    }
                    case affinity::weighting::uniform:
                        break;
                }
                tau_bar = tau_bar + select<T>(is, share, zero);
                select<T>(is, d_bar, zero).store(&weight_bar_(k, u));
            }
            if (op_.options.weight == affinity::weighting::linear) add_to_farthest(row, u, greatest, farthest);
            sums.tau += sum_of_lanes(tau_bar, std::min(V::size, end - u));
        }
        for (index_t k = 0; k < around.count(); ++k)
            for (index_t x = tile.col0; x < tile.col1; ++x)
                out_.distance(tile.n, k, row, x) = k == around.centre() ? T(0) : weight_bar_(k, begin - tile.col0 + x);
    }

    /// q of a neighbour, except for linear weights, which need the greatest distance first.
    V unnormalised(V d) const
    {
        switch (op_.options.weight) {
            case affinity::weighting::softmax:
                return simd::exp(-d / V(op_.tau));
            case affinity::weighting::inverse:
                return V(T(1)) / (d + V(op_.tau));
            default:
                return V(T(1));
        }
    }

    V linear_total(index_t row, index_t u, V greatest)
    {
        V total(T(0));
        for (index_t k = 0; k < op_.options.around.count(); ++k) {
            index_t const other = row + op_.options.around.row_offset(k);
            if (other < 0 || other >= op_.x.extent(2)) continue;
            V const d = V::load(distance(row, k) + u);
            total = total + select<T>(d < V(static_cast<T>(HUGE_VAL)), (greatest - d) + V(op_.tau), V(T(0)));
        }
        return total;
    }

    /// The cotangent of the greatest distance, to the first neighbour that has it (the centre's is dropped).
    void add_to_farthest(index_t row, index_t u, V greatest, V amount)
    {
        V left = amount;
        for (index_t k = 0; k < op_.options.around.count(); ++k) {
            index_t const other = row + op_.options.around.row_offset(k);
            if (other < 0 || other >= op_.x.extent(2) || k == op_.options.around.centre()) continue;
            auto const is = (V::load(distance(row, k) + u) == greatest) & (greatest > V(T(0)));
            (V::load(&weight_bar_(k, u)) + select<T>(is, left, V(T(0)))).store(&weight_bar_(k, u));
            left = select<T>(is, V(T(0)), left);
        }
    }

    ham_backward_op<T, memory::host> op_;
    ham_forward_op<T, memory::host> forward_;
    ham_workspace<T> work_;
    ham_distance_stage<T> distances_;
    ham_weight_stage<T> weights_;
    ham_layer_stage<T> layer_;
    ham_layer_vjp_stage<T> layer_vjp_;
    ham_cotangents<T>& out_;
    tensor<T, 2> weight_bar_;  ///< K lines
    tensor<T, 2> by_pixel_;    ///< ī with a pixel's outputs side by side
};

}  // namespace hyspn::detail
