// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/exec/dispatch.hpp>
#include <hyspn/propagation/axes.hpp>

/// \file
/// From raw gates to weights at the destination: gates travel to the pixel they act on, and are normalised there (or at
/// home, before they travel). All arrays are [N, K, H, W]; each operation is followed by its adjoint.

namespace hyspn::detail {

/// to_k(p) = from_k(p + d_k), 0 where that is outside the image. With reversed = true to_k(p) = from_k(p - d_k), which
/// is the adjoint.
template <class T, class M>
struct stencil_arrive_op {
    stencil_neighbours neighbours;
    bool reversed;
    view<T const, 4, M> from;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        auto const [dy, dx] = neighbours[k];
        index_t const v = reversed ? y - dy : y + dy, u = reversed ? x - dx : x + dx;
        to(n, k, y, x) = inside(v, u, to.extent(2), to.extent(3)) ? from(n, k, v, u) : T(0);
    }
};

/// weights = normalised gates, pixel by pixel. May run in place.
template <class T, class M>
struct stencil_normalise_op {
    gate_normaliser kind;
    T epsilon;
    stencil_neighbours neighbours;
    view<T const, 4, M> gates;
    view<T, 4, M> weights;
    view<T const, 4, M> active{};  ///< pixels that take part, or no data: all

    dims<3> shape() const { return {gates.extent(0), gates.extent(2), gates.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        if (kind == gate_normaliser::softmax || kind == gate_normaliser::softmax_present)
            softmax(n, y, x);
        else if (kind == gate_normaliser::minus_mean)
            centre(n, y, x);
        else
            divide(n, y, x);
    }

private:
    HYSPN_HD void centre(index_t n, index_t y, index_t x) const
    {
        T sum = T(0);
        for (index_t k = 0; k < gates.extent(1); ++k) sum += gates(n, k, y, x);
        T const mean = sum / T(gates.extent(1));
        for (index_t k = 0; k < gates.extent(1); ++k) weights(n, k, y, x) = gates(n, k, y, x) - mean;
    }

    HYSPN_HD void divide(index_t n, index_t y, index_t x) const
    {
        using std::abs;
        T sum = epsilon;
        for (index_t k = 0; k < gates.extent(1); ++k) sum += abs(gates(n, k, y, x));
        if (kind == gate_normaliser::none || (kind == gate_normaliser::abs_sum_clamped && sum < T(1))) sum = T(1);
        for (index_t k = 0; k < gates.extent(1); ++k)
            weights(n, k, y, x) = sum == T(0) ? T(0) : gates(n, k, y, x) / sum;
    }

    HYSPN_HD bool counts(index_t n, index_t k, index_t y, index_t x) const
    {
        if (kind == gate_normaliser::softmax) return true;
        auto const [dy, dx] = neighbours[k];
        if (!inside(y + dy, x + dx, gates.extent(2), gates.extent(3))) return false;
        return !active.data_handle() || active(n, 0, y + dy, x + dx) != T(0);
    }

    HYSPN_HD void softmax(index_t n, index_t y, index_t x) const
    {
        using std::exp;
        index_t top = -1;
        for (index_t k = 0; k < gates.extent(1); ++k)
            if (counts(n, k, y, x) && (top < 0 || gates(n, k, y, x) > gates(n, top, y, x))) top = k;
        T const largest = top < 0 ? T(0) : gates(n, top, y, x);
        T sum = T(0);
        for (index_t k = 0; k < gates.extent(1); ++k)
            if (counts(n, k, y, x)) sum += exp(gates(n, k, y, x) - largest);
        for (index_t k = 0; k < gates.extent(1); ++k)
            weights(n, k, y, x) = counts(n, k, y, x) ? exp(gates(n, k, y, x) - largest) / sum : T(0);
    }
};

/// dgates from dweights G and the weights w of the forward pass, with c = Σ_k G_k w_k:
/// division by S = Σ|g| + epsilon gives (G_j - sign(g_j) c) / S; where the clamp holds S at 1 it is constant, and G_j
/// passes as it is; softmax gives w_j (G_j - c); minus_mean gives G_j less the mean of G. S = 0 gives 0. dgates may be
/// dweights.
template <class T, class M>
struct stencil_normalise_adjoint_op {
    gate_normaliser kind;
    T epsilon;
    view<T const, 4, M> gates, weights, dweights;
    view<T, 4, M> dgates;

    dims<3> shape() const { return {gates.extent(0), gates.extent(2), gates.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        using std::abs;
        T sum = epsilon, c = T(0);
        for (index_t k = 0; k < gates.extent(1); ++k) {
            sum += abs(gates(n, k, y, x));
            c += dweights(n, k, y, x) * (kind == gate_normaliser::minus_mean ? T(1) : weights(n, k, y, x));
        }
        for (index_t k = 0; k < gates.extent(1); ++k)
            dgates(n, k, y, x) = adjoint(gates(n, k, y, x), weights(n, k, y, x), dweights(n, k, y, x), sum, c);
    }

private:
    HYSPN_HD T adjoint(T g, T w, T dw, T sum, T c) const
    {
        if (kind == gate_normaliser::none) return dw;
        if (kind == gate_normaliser::minus_mean) return dw - c / T(gates.extent(1));
        if (kind == gate_normaliser::softmax || kind == gate_normaliser::softmax_present) return w * (dw - c);
        if (kind == gate_normaliser::abs_sum_clamped && sum < T(1)) return dw;
        if (sum == T(0)) return T(0);
        T const sign_c = g > T(0) ? c : g < T(0) ? -c : T(0);
        return (dw - sign_c) / sum;
    }
};

/// rest(p) = 1 - Σ_k w_k(p), [N, 1, H, W].
template <class T, class M>
struct stencil_rest_op {
    view<T const, 4, M> weights;
    view<T, 4, M> rest;

    dims<3> shape() const { return {rest.extent(0), rest.extent(2), rest.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T sum = T(0);
        for (index_t k = 0; k < weights.extent(1); ++k) sum += weights(n, k, y, x);
        rest(n, 0, y, x) = T(1) - sum;
    }
};

/// Adjoint of rest: dweights_k(p) -= drest(p).
template <class T, class M>
struct stencil_rest_adjoint_op {
    view<T const, 4, M> drest;
    view<T, 4, M> dweights;

    dims<4> shape() const { return dweights.extents(); }

    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        dweights(n, k, y, x) -= drest(n, 0, y, x);
    }
};

}  // namespace hyspn::detail
