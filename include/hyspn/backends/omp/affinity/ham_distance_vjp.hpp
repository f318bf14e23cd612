// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <hyspn/backends/omp/affinity/ham_backward_layer.hpp>

/// \file
/// From cotangents of a row's weights to those of its distances, and where the distances come from.

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

/// Cotangents of a row's weights, a line for each neighbour, and what becomes of them.
template <class T>
class ham_distance_vjp_stage {
    using V = simd::pack<T>;

public:
    ham_distance_vjp_stage(ham_backward_op<T, memory::host> const& op, ham_workspace<T>& work, ham_cotangents<T>& out)
        : weight_bar(op.options.around.count(), work.pitch), op_(op), work_(work), out_(out)
    {
    }

    tensor<T, 2> weight_bar;  ///< K lines: ḡ, and after distance_cotangents d̄

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
                mean = mean + select<T>(is, g * V::load(&weight_bar(k, u)), zero);
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
                V const centred = V::load(&weight_bar(k, u)) - mean, q_bar = number / total * centred;
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
                select<T>(is, d_bar, zero).store(&weight_bar(k, u));
            }
            if (op_.options.weight == affinity::weighting::linear) add_to_farthest(row, u, greatest, farthest);
            sums.tau += sum_of_lanes(tau_bar, std::min(V::size, end - u));
        }
        for (index_t k = 0; k < around.count(); ++k)
            for (index_t x = tile.col0; x < tile.col1; ++x)
                out_.distance(tile.n, k, row, x) = k == around.centre() ? T(0) : weight_bar(k, begin - tile.col0 + x);
    }

private:
    index_t first(ham_tile const& tile) const { return work_.margin + tile.col0 - tile.left; }

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
            (V::load(&weight_bar(k, u)) + select<T>(is, left, V(T(0)))).store(&weight_bar(k, u));
            left = select<T>(is, V(T(0)), left);
        }
    }

    ham_backward_op<T, memory::host> const& op_;
    ham_workspace<T>& work_;
    ham_cotangents<T>& out_;
};

}  // namespace hyspn::detail
