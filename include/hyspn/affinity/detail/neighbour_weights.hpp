// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include <hyspn/affinity/detail/ham_ops.hpp>
#include <hyspn/affinity/detail/tangent_distance.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/manifold/detail/point_field.hpp>

/// \file
/// From features to distances, weights and order, and the cotangents back to the distances: the part of the module that
/// needs no learned layer.

namespace hyspn::detail {

/// r = ‖v‖.
template <class T, class M>
struct radius_op {
    view<T const, 4, M> x;
    view<T, 3, M> radius;

    dims<3> shape() const { return radius.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const { radius(n, i, j) = norm(pixel(x, n, i, j)); }
};

/// Distances of all pairs, each once; keeps their geometry when asked to.
template <class T, class M>
struct pair_distance_op {
    affinity::neighbourhood around;
    view<T const, 4, M> x;
    view<T const, 3, M> radius;
    T s;
    bool keep;
    view<T, 4, M> chord, radial;  ///< written when keep
    view<T, 4, M> distance;

    dims<4> shape() const { return distance.extents(); }
    HYSPN_HD void operator()(index_t n, index_t h, index_t i, index_t j) const
    {
        index_t const k = around.forward(h);
        if (!around.present(k, i, j, x.extent(2), x.extent(3))) return;
        index_t const y = i + around.row_offset(k), z = j + around.column_offset(k);
        T const r1 = radius(n, i, j), r2 = radius(n, y, z);
        auto const g = geometry_of(pixel(x, n, i, j), pixel(x, n, y, z), r1, r2);
        distance(n, h, i, j) = tangent_distance(s, r1, r2, g);
        if (!keep) return;
        chord(n, h, i, j) = g.chord;
        radial(n, h, i, j) = g.radial;
    }
};

/// Value of a symmetric pair array between pixel (i, j) and its present neighbour k, which is not the centre.
template <class T, class M>
HYSPN_HD T pair_value(affinity::neighbourhood const& around, view<T, 4, M> const& pairs, index_t n, index_t k,
                      index_t i, index_t j)
{
    if (k > around.centre()) return pairs(n, k - around.centre() - 1, i, j);
    return pairs(n, around.centre() - 1 - k, i + around.row_offset(k), j + around.column_offset(k));
}

/// Distances from one pixel to its neighbours.
template <class T, class M>
struct pixel_distances {
    affinity::neighbourhood around;
    view<T const, 4, M> distance;
    index_t n, i, j;

    HYSPN_HD bool present(index_t k) const { return around.present(k, i, j, distance.extent(2), distance.extent(3)); }
    HYSPN_HD T operator()(index_t k) const
    {
        return k == around.centre() ? T(0) : pair_value(around, distance, n, k, i, j);
    }
    /// Whether present neighbour k comes before present neighbour l, k ≠ l.
    HYSPN_HD bool before(index_t k, index_t l) const
    {
        if (k == around.centre() || l == around.centre()) return k == around.centre();
        T const dk = (*this)(k), dl = (*this)(l);
        return dk < dl || (dk == dl && k < l);
    }
    HYSPN_HD index_t rank(index_t k) const
    {
        index_t smaller = 0;
        for (index_t l = 0; l < around.count(); ++l) {
            if (l == k) continue;
            bool const first = present(l) == present(k) ? (present(k) ? before(l, k) : l < k) : present(l);
            smaller += first ? 1 : 0;
        }
        return smaller;
    }
};

/// Unnormalised weights q_j of one pixel, their sum and number.
template <class T, class M>
struct pixel_weights {
    affinity::weighting weight;
    T tau;
    pixel_distances<T, M> d;
    T greatest = T(0);  ///< largest distance
    T total = T(0);     ///< Σ q
    index_t number = 0;
    index_t farthest = 0;

    HYSPN_HD pixel_weights(affinity::weighting weight_, T tau_, pixel_distances<T, M> const& d_)
        : weight(weight_), tau(tau_), d(d_), farthest(d_.around.centre())
    {
        for (index_t k = 0; k < d.around.count(); ++k)
            if (d.present(k) && d(k) > greatest) greatest = d(k), farthest = k;
        for (index_t k = 0; k < d.around.count(); ++k) {
            if (!d.present(k)) continue;
            total += unnormalised(k);
            ++number;
        }
    }
    HYSPN_HD T unnormalised(index_t k) const
    {
        using std::exp;
        switch (weight) {
            case affinity::weighting::softmax:
                return exp(-d(k) / tau);
            case affinity::weighting::linear:
                return (greatest - d(k)) + tau;
            case affinity::weighting::inverse:
                return T(1) / (d(k) + tau);
            case affinity::weighting::uniform:
                break;
        }
        return T(1);
    }
    HYSPN_HD T operator()(index_t k) const
    {
        return weight == affinity::weighting::uniform ? T(1) : static_cast<T>(number) * (unnormalised(k) / total);
    }
};

/// Weight, rank and order of every neighbour of every pixel, as the module uses them. When `raster` holds there are
/// no arrays: weights are 1 and the order is that of the image.
template <class T, class M>
struct neighbour_arrays {
    affinity::neighbourhood around;
    bool raster;
    view<T, 4, M> weight;            ///< [N, K, H, W] g, 0 where absent
    view<std::int32_t, 4, M> rank;   ///< [N, K, H, W] place of neighbour j in the concatenation
    view<std::int32_t, 4, M> order;  ///< [N, K, H, W] neighbour at place m: the inverse permutation

    HYSPN_HD T weight_of(index_t n, index_t k, index_t i, index_t j) const
    {
        return raster ? T(1) : weight(n, k, i, j);
    }
    HYSPN_HD index_t rank_of(index_t n, index_t k, index_t i, index_t j) const { return raster ? k : rank(n, k, i, j); }
    HYSPN_HD index_t at_place(index_t n, index_t m, index_t i, index_t j) const
    {
        return raster ? m : order(n, m, i, j);
    }
};

template <class T, class M>
struct neighbour_weights_op {
    ham_options options;
    T tau;
    view<T const, 4, M> distance;
    neighbour_arrays<T, M> out;

    dims<3> shape() const { return {distance.extent(0), distance.extent(2), distance.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        pixel_distances<T, M> const d{options.around, distance, n, i, j};
        pixel_weights<T, M> const g(options.weight, tau, d);
        for (index_t k = 0; k < options.around.count(); ++k) {
            index_t const rank = options.beta_priority ? d.rank(k) : k;
            out.weight(n, k, i, j) = d.present(k) ? g(k) : T(0);
            out.rank(n, k, i, j) = static_cast<std::int32_t>(rank);
            out.order(n, rank, i, j) = static_cast<std::int32_t>(k);
        }
    }
};

/// Cotangents of the weights, in place, to those of the distances; τ̄ of each pixel is added to `tau_bar`.
/// With m = Σ g_jḡ_j/n and q̄_j = (n/Σq)(ḡ_j − m):
///   softmax  d̄_j = −u_j/τ, u_j = g_j(ḡ_j − m); τ̄ = Σ u_j(d_j − Σ g_l d_l/n)/τ², centred: exact for equal large d
///   linear   d̄_j = −q̄_j + [j is the farthest] Σ q̄;  τ̄ = Σ q̄_j = Σ q̄_j d_j/(max d + τ)
///   inverse  d̄_j = −q̄_j q_j²;  τ̄ = −Σ q̄_j q_j² = Σ q̄_j q_j² d_j/τ
/// The last forms use Σ q̄_j q_j = 0: plain sums cancel where all distances are small beside τ.
/// The centre's distance is constant: its cotangent is set to 0, as are those of absent neighbours.
template <class T, class M>
struct neighbour_weights_vjp_op {
    ham_options options;
    T tau;
    view<T const, 4, M> distance;
    view<T, 4, M> cotangent;
    view<T, 3, M> tau_bar;

    dims<3> shape() const { return tau_bar.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        pixel_distances<T, M> const d{options.around, distance, n, i, j};
        pixel_weights<T, M> const g(options.weight, tau, d);
        index_t const K = options.around.count();
        T mean(0), mean_distance(0), scale_bar(0);
        for (index_t k = 0; k < K; ++k) {
            if (!d.present(k)) continue;
            mean += g(k) * cotangent(n, k, i, j);
            mean_distance += g(k) * d(k);
        }
        mean /= static_cast<T>(g.number);
        mean_distance /= static_cast<T>(g.number);
        for (index_t k = 0; k < K; ++k) {
            T distance_bar(0);
            if (d.present(k)) {
                T const centred = cotangent(n, k, i, j) - mean;
                T const q_bar = static_cast<T>(g.number) / g.total * centred, q = g.unnormalised(k);
                switch (options.weight) {
                    case affinity::weighting::softmax: {
                        T const u = g(k) * centred;
                        distance_bar = -u / tau;
                        scale_bar += u * ((d(k) - mean_distance) / tau / tau);
                        break;
                    }
                    case affinity::weighting::linear:
                        distance_bar = -q_bar;
                        scale_bar += q_bar * d(k) / (g.greatest + tau);
                        break;
                    case affinity::weighting::inverse:
                        distance_bar = -q_bar * q * q;
                        scale_bar -= distance_bar * d(k) / tau;
                        break;
                    case affinity::weighting::uniform:
                        break;
                }
            }
            cotangent(n, k, i, j) = distance_bar;
        }
        if (options.weight == affinity::weighting::linear) cotangent(n, g.farthest, i, j) += scale_bar;
        cotangent(n, options.around.centre(), i, j) = T(0);
        tau_bar(n, i, j) = scale_bar;
    }
};

/// Adds to dx, in gather form, what reaches pixel j through all distances it is part of, and to c_bar the pairs'
/// share of the curvature's cotangent (each pair once, at its first pixel).
template <class T, class M>
struct pair_distance_vjp_op {
    affinity::neighbourhood around;
    view<T const, 4, M> x;
    view<T const, 3, M> radius;
    view<T const, 4, M> chord, radial;
    T s;
    view<T const, 4, M> distance_bar;  ///< [N, K, H, W]
    view<T, 4, M> dx;
    view<T, 3, M> c_bar;

    dims<3> shape() const { return c_bar.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        auto const v = pixel(x, n, i, j);
        auto const dv = pixel(dx, n, i, j);
        T const r1 = radius(n, i, j);
        for (index_t k = 0; k < around.count(); ++k) {
            if (k == around.centre() || !around.present(k, i, j, x.extent(2), x.extent(3))) continue;
            index_t const y = i + around.row_offset(k), z = j + around.column_offset(k);
            T const g = distance_bar(n, k, i, j) + distance_bar(n, around.opposite(k), y, z);
            auto const u = pixel(x, n, y, z);
            T const r2 = radius(n, y, z), from_here = pair_value(around, radial, n, k, i, j);
            pair_geometry<T> const pair{pair_value(around, chord, n, k, i, j),
                                        k > around.centre() ? from_here : -from_here};
            distance_terms<T> const d(s, r1, r2, pair);
            auto const slope = tangent_distance_slope(d);
            if (r1 > T(0))
                for (index_t c = 0; c < v.extent(0); ++c) dv(c) += g * slope.along * (v(c) / r1);
            if (pair.chord > T(0)) {
                auto const e = make_unit_combination(v, u, T(-1), r1, r2, pair.radial);
                for (index_t c = 0; c < v.extent(0); ++c) dv(c) += g * slope.across * e(c);
                if (k > around.centre())
                    c_bar(n, i, j) += g * tangent_distance_c(d, chord_complement(v, u, r1, r2, pair));
            }
        }
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_CUDA
#include <hyspn/backends/cuda/affinity/pair_distance.cuh>
#endif
