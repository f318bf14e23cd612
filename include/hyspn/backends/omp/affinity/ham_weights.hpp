// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <vector>

#include <hyspn/backends/omp/affinity/ham_tile.hpp>

/// \file
/// Middle stages of a tile: weights and ranks of a row's neighbours from the distances around it, a pixel a lane.

namespace hyspn::detail {

template <class T>
class ham_weight_stage {
    using V = simd::pack<T>;
    using integers = typename V::mask;
    using integer = typename V::integer;

public:
    ham_weight_stage(ham_forward_op<T, memory::host> const& op, ham_workspace<T>& work)
        : op_(op),
          work_(work),
          K_(op.options.around.count()),
          distance_(static_cast<std::size_t>(K_)),
          likeness_(static_cast<std::size_t>(K_)),
          radius_(static_cast<std::size_t>(K_)),
          d_(static_cast<std::size_t>(K_)),
          q_(static_cast<std::size_t>(K_))
    {
    }

    /// Weights, ranks and ‖t‖ of the tile's own pixels of row `row`.
    void run(ham_tile const& tile, index_t row)
    {
        row_ = row;
        gather_lines(row);
        index_t const first = work_.margin + tile.col0 - tile.left, end = first + tile.col1 - tile.col0;
        for (index_t u = first; u < end; u += V::size) {
            load(u);
            weigh(u);
            if (op_.options.beta_priority)
                order(u);
            else
                for (index_t k = 0; k < K_; ++k) store_rank(k, u, integers{} + static_cast<integer>(k));
        }
    }

private:
    std::size_t at(index_t k) const { return static_cast<std::size_t>(k); }

    /// Where to read distance, likeness and radius of neighbour k of element 0; constant lines for rows outside.
    void gather_lines(index_t row)
    {
        auto const& around = op_.options.around;
        for (index_t k = 0; k < K_; ++k) {
            index_t const dy = around.row_offset(k), dx = around.column_offset(k), other = row + dy;
            if (other < 0 || other >= op_.x.extent(2)) {
                distance_[at(k)] = work_.nowhere.data();
                likeness_[at(k)] = radius_[at(k)] = work_.nothing.data();
                continue;
            }
            bool const forward = k > around.centre();
            index_t const h = forward ? k - around.centre() - 1 : around.centre() - 1 - k;
            index_t const from = forward ? row : other, shift = forward ? 0 : dx;
            radius_[at(k)] = work_.radius.line(other) + dx;
            if (k == around.centre()) continue;
            distance_[at(k)] = work_.distance.line(from, h) + shift;
            likeness_[at(k)] = work_.likeness.line(from, h) + shift;
        }
    }

    void load(index_t u)
    {
        for (index_t k = 0; k < K_; ++k)
            d_[at(k)] = k == op_.options.around.centre() ? V(T(0)) : V::load(distance_[at(k)] + u);
    }

    /// g_j = n·q_j/Σq over present neighbours, 0 for absent ones; ‖t‖ = κ √Σ g²r².
    void weigh(index_t u)
    {
        using affinity::weighting;
        V const zero(T(0)), one(T(1)), far(static_cast<T>(HUGE_VAL)), tau(op_.tau);
        V greatest = zero, total = zero, number = zero;
        if (op_.options.weight == weighting::linear)
            for (V const& d : d_) greatest = select<T>((d < far) & (d > greatest), d, greatest);
        for (index_t k = 0; k < K_; ++k) {
            V const d = d_[at(k)];
            V q = one;
            switch (op_.options.weight) {
                case weighting::softmax:
                    q = k == op_.options.around.centre() ? one : V::load(likeness_[at(k)] + u);
                    break;
                case weighting::linear:
                    q = (greatest - d) + tau;
                    break;
                case weighting::inverse:
                    q = one / (d + tau);
                    break;
                case weighting::uniform:
                    break;
            }
            auto const present = d < far;
            q_[at(k)] = select<T>(present, q, zero);
            total = total + q_[at(k)];
            number = number + select<T>(present, one, zero);
        }
        V const scale = op_.options.weight == weighting::uniform ? one : number;
        V const share = op_.options.weight == weighting::uniform ? one : total;
        V longest = zero, square = zero;
        for (index_t k = 0; k < K_; ++k) {
            V const g = scale * (q_[at(k)] / share);
            g.store(work_.weight.line(row_, k) + u);
            q_[at(k)] = g * V::load(radius_[at(k)] + u);
            longest = max(longest, q_[at(k)]);
        }
        // In units of the longest, so that squares neither underflow nor overflow.
        V const unit = select<T>(longest > zero, one / longest, zero);
        for (V const& length : q_) square = fma(length * unit, length * unit, square);
        (V(op_.kappa) * longest * sqrt(square)).store(&work_.norm(u));
    }

    /// Rank by counting, one comparison a pair: the centre first, then by d, ties in raster order, absent ones last.
    void order(index_t u)
    {
        d_[at(op_.options.around.centre())] = V(T(-1));
        std::fill(rank_.begin(), rank_.end(), integers{});
        rank_.resize(at(K_));
        for (index_t k = 0; k < K_; ++k)
            for (index_t l = k + 1; l < K_; ++l) {
                auto const later = d_[at(k)] <= d_[at(l)];  // l comes after k: all ones, which is −1
                rank_[at(l)] -= later;
                rank_[at(k)] -= ~later;
            }
        for (index_t k = 0; k < K_; ++k) store_rank(k, u, rank_[at(k)]);
    }

    void store_rank(index_t k, index_t u, integers const& rank)
    {
        std::memcpy(work_.rank.line(row_, k) + u, &rank, simd::register_bytes);
    }

    ham_forward_op<T, memory::host> const& op_;
    ham_workspace<T>& work_;
    index_t K_;
    index_t row_ = 0;
    std::vector<T const*> distance_, likeness_, radius_;
    std::vector<V> d_, q_;
    std::vector<integers> rank_;
};

}  // namespace hyspn::detail
