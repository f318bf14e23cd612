// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// One step of a random walk between all pixels of an image, from the similarity of their features, and its adjoint.
/// The matrix of the walk is never whole in memory.

namespace hyspn::detail {

/// walked_l(i) = Σ_j P_ij h_l(j), P_ij = exp(f_i·f_j) / Σ_j exp(f_i·f_j) over the pixels of an image; log_sums(i) is
/// the logarithm of the divisor.
template <class T, class M>
struct dense_walk_op {
    view<T const, 4, M> features;  ///< f [N, C, H, W]
    view<T const, 4, M> h;         ///< [N, L, H, W]
    view<T, 4, M> walked;          ///< [N, L, H, W]
    view<T, 4, M> log_sums;        ///< [N, 1, H, W]

    dims<3> shape() const { return {h.extent(0), h.extent(2), h.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        using std::exp, std::log;
        T const largest = largest_similarity(n, y, x);
        for (index_t l = 0; l < h.extent(1); ++l) walked(n, l, y, x) = T(0);
        T sum(0);
        for (index_t v = 0; v < h.extent(2); ++v)
            for (index_t u = 0; u < h.extent(3); ++u) {
                T const e = exp(similarity(n, y, x, v, u) - largest);
                sum += e;
                for (index_t l = 0; l < h.extent(1); ++l) walked(n, l, y, x) += e * h(n, l, v, u);
            }
        for (index_t l = 0; l < h.extent(1); ++l) walked(n, l, y, x) /= sum;
        log_sums(n, 0, y, x) = largest + log(sum);
    }

    HYSPN_HD T similarity(index_t n, index_t y, index_t x, index_t v, index_t u) const
    {
        T sum(0);
        for (index_t c = 0; c < features.extent(1); ++c) sum += features(n, c, y, x) * features(n, c, v, u);
        return sum;
    }

private:
    HYSPN_HD T largest_similarity(index_t n, index_t y, index_t x) const
    {
        T largest = similarity(n, y, x, y, x);
        for (index_t v = 0; v < h.extent(2); ++v)
            for (index_t u = 0; u < h.extent(3); ++u) {
                T const s = similarity(n, y, x, v, u);
                if (s > largest) largest = s;
            }
        return largest;
    }
};

/// With g = dL/dwalked and D_i = Σ_l g_l(i) walked_l(i): dh_l(i) += Σ_j P_ji g_l(j), and
/// df(i) = Σ_j (P_ij (g_i·h_j - D_i) + P_ji (g_j·h_i - D_j)) f_j, a pixel gathering both of its parts.
template <class T, class M>
struct dense_walk_adjoint_op {
    view<T const, 4, M> features, h, log_sums, g;
    view<T const, 4, M> dots;  ///< D [N, 1, H, W]
    view<T, 4, M> dh;          ///< added to
    view<T, 4, M> dfeatures;

    dims<3> shape() const { return {h.extent(0), h.extent(2), h.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        using std::exp;
        dense_walk_op<T, M> const forward{features, h, {}, {}};
        for (index_t c = 0; c < features.extent(1); ++c) dfeatures(n, c, y, x) = T(0);
        for (index_t v = 0; v < h.extent(2); ++v)
            for (index_t u = 0; u < h.extent(3); ++u) {
                T const s = forward.similarity(n, y, x, v, u);
                T const to = exp(s - log_sums(n, 0, y, x)), from = exp(s - log_sums(n, 0, v, u));
                T there(0), back(0);
                for (index_t l = 0; l < h.extent(1); ++l) {
                    there += g(n, l, y, x) * h(n, l, v, u);
                    back += g(n, l, v, u) * h(n, l, y, x);
                    dh(n, l, y, x) += from * g(n, l, v, u);
                }
                T const ds = to * (there - dots(n, 0, y, x)) + from * (back - dots(n, 0, v, u));
                for (index_t c = 0; c < features.extent(1); ++c) dfeatures(n, c, y, x) += ds * features(n, c, v, u);
            }
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/dense_walk.hpp>
#endif
