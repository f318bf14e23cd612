// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/affinity/detail/neighbour_weights.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// From products of feature vectors to the gates of affinity::pairwise, and back.

namespace hyspn::affinity {

/// How two feature vectors are compared; see pairwise.
enum class similarity { gaussian, cosine, dot_product };

}  // namespace hyspn::affinity

namespace hyspn::detail {

/// Scores s of a pixel's neighbours, from the products kept once for each pair. Channels are the neighbours in raster
/// order, with or without the pixel itself.
template <class T, class M>
struct pair_scores {
    affinity::neighbourhood around;
    bool centre;
    affinity::similarity similarity;
    T tau;
    view<T const, 4, M> products;  ///< [N, half, H, W], with the centre [N, half + 1, H, W]

    HYSPN_HD index_t count() const { return around.count() - (centre ? 0 : 1); }
    /// Number of channel g among all K neighbours.
    HYSPN_HD index_t position(index_t g) const { return centre || g < around.centre() ? g : g + 1; }
    HYSPN_HD bool present(index_t g, index_t i, index_t j) const
    {
        return around.present(position(g), i, j, products.extent(2), products.extent(3));
    }

    /// s(product) and its derivatives.
    HYSPN_HD T score(T product) const
    {
        using std::exp;
        return similarity == affinity::similarity::gaussian ? exp(-product / (T(2) * tau * tau)) : product / tau;
    }
    HYSPN_HD T by_product(T product) const
    {
        return similarity == affinity::similarity::gaussian ? -score(product) / (T(2) * tau * tau) : T(1) / tau;
    }
    HYSPN_HD T by_tau(T product) const
    {
        return similarity == affinity::similarity::gaussian ? score(product) * product / (tau * tau * tau)
                                                            : -product / (tau * tau);
    }

    /// The product of a pixel with the neighbour of channel g.
    HYSPN_HD T product(index_t n, index_t g, index_t i, index_t j) const
    {
        index_t const k = position(g);
        return k == around.centre() ? products(n, around.half(), i, j) : pair_value(around, products, n, k, i, j);
    }
};

/// Gates of one pixel.
template <class T, class M>
struct pair_gates_op {
    pair_scores<T, M> pair;
    bool softmax;
    view<T, 4, M> gates;

    dims<3> shape() const { return {gates.extent(0), gates.extent(2), gates.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        for (index_t g = 0; g < pair.count(); ++g)
            gates(n, g, i, j) = pair.present(g, i, j) ? pair.score(pair.product(n, g, i, j)) : T(0);
        if (softmax) exponentiate(n, i, j);
    }

private:
    HYSPN_HD void exponentiate(index_t n, index_t i, index_t j) const
    {
        using std::exp;
        index_t top = -1;
        for (index_t g = 0; g < pair.count(); ++g)
            if (pair.present(g, i, j) && (top < 0 || gates(n, g, i, j) > gates(n, top, i, j))) top = g;
        T const greatest = top < 0 ? T(0) : gates(n, top, i, j);
        T total(0);
        for (index_t g = 0; g < pair.count(); ++g) {
            if (!pair.present(g, i, j)) continue;
            T const e = exp(gates(n, g, i, j) - greatest);
            gates(n, g, i, j) = e;
            total += e;
        }
        for (index_t g = 0; g < pair.count(); ++g)
            if (pair.present(g, i, j)) gates(n, g, i, j) = gates(n, g, i, j) / total;
    }
};

/// Cotangents of the scores from those of the gates, 0 where absent: of a softmax w_g (G_g − Σ w G).
template <class T, class M>
struct pair_scores_adjoint_op {
    pair_scores<T, M> pair;
    bool softmax;
    view<T const, 4, M> dgates;
    view<T, 4, M> dscores;  ///< holds the gates first, where they are a softmax

    dims<3> shape() const { return {dgates.extent(0), dgates.extent(2), dgates.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        T mean(0);
        if (softmax) {
            pair_gates_op<T, M>{pair, true, dscores}(n, i, j);
            for (index_t g = 0; g < pair.count(); ++g) mean += dscores(n, g, i, j) * dgates(n, g, i, j);
        }
        for (index_t g = 0; g < pair.count(); ++g) {
            T const weight = softmax ? dscores(n, g, i, j) : T(1);
            dscores(n, g, i, j) = pair.present(g, i, j) ? weight * (dgates(n, g, i, j) - mean) : T(0);
        }
    }
};

/// Cotangents of the products: both pixels of a pair have a gate for it.
template <class T, class M>
struct pair_gather_op {
    pair_scores<T, M> pair;
    view<T const, 4, M> dscores;
    view<T, 4, M> dproducts;

    dims<4> shape() const { return dproducts.extents(); }
    HYSPN_HD void operator()(index_t n, index_t h, index_t i, index_t j) const
    {
        dproducts(n, h, i, j) = dscore(n, h, i, j) * pair.by_product(pair.products(n, h, i, j));
    }

private:
    HYSPN_HD T dscore(index_t n, index_t h, index_t i, index_t j) const
    {
        auto const& around = pair.around;
        if (h == around.half()) return dscores(n, around.centre(), i, j);
        index_t const k = around.forward(h), back = around.opposite(k);
        if (!around.present(k, i, j, dproducts.extent(2), dproducts.extent(3))) return T(0);
        return dscores(n, channel(k), i, j) +
               dscores(n, channel(back), i + around.row_offset(k), j + around.column_offset(k));
    }
    HYSPN_HD index_t channel(index_t k) const { return pair.centre || k < pair.around.centre() ? k : k - 1; }
};

/// Term p of dL/dτ = Σ_p Σ_g dscore ∂s/∂τ.
template <class T, class M>
struct tau_term {
    pair_scores<T, M> pair;
    view<T const, 4, M> dscores;

    HYSPN_HD T operator()(index_t at) const
    {
        index_t const width = dscores.extent(3), height = dscores.extent(2);
        index_t const j = at % width, i = at / width % height, n = at / width / height;
        T sum(0);
        for (index_t g = 0; g < pair.count(); ++g)
            if (pair.present(g, i, j)) sum += dscores(n, g, i, j) * pair.by_tau(pair.product(n, g, i, j));
        return sum;
    }
};

template <execution_policy P, class T, class M>
T tau_gradient(P const& exec, pair_scores<T, M> const& pair, view<T const, 4, M> dscores)
{
    index_t const pixels = dscores.extent(0) * dscores.extent(2) * dscores.extent(3);
    return reduce(exec, pixels, tau_term<T, M>{pair, dscores});
}

}  // namespace hyspn::detail
