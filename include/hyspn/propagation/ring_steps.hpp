// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/tensor.hpp>
#include <hyspn/propagation/arrays.hpp>
#include <hyspn/propagation/axes.hpp>

/// \file
/// Propagation whose attention to the rings around a pixel changes from step to step, and its adjoint, pixel by pixel
/// (rings.hpp runs all steps). Gates g_k of the ring r(k) belong to the pixel q = p + d_k that gives. With the sums
/// over a ring, of neighbours inside the image,
///
///     R_r = Σ g_k(q) x_t(q),   S_r = Σ g_k(q),   Q_r = Σ |g_k(q)|,
///
/// attention π_1 ... π_3 to the rings, π_0 to the pixel itself, and D = Σ_r π_r Q_r + π_0 + ε, a step is
///
///     y = [Σ_r π_r R_r + π_0 x_t + (D - Σ_r π_r S_r - π_0) h0] / D,   x_{t+1} = (1 - β) y + β s.

namespace hyspn::propagation {

/// Read by forward and backward of presets::dyspn_rings.
template <class T, class M = memory::host>
struct ring_inputs {
    view<T const, 4, M> initial{};     ///< h0 [N, L, H, W]
    view<T const, 4, M> gates{};       ///< [N, 48, H, W]: rings of 8, 16 and 24, each row-major in reverse
    view<T const, 4, M> attention{};   ///< [N, 4 T, H, W]: per step the three rings, then the pixel itself; raw
    view<T const, 4, M> measured{};    ///< s [N, L, H, W], or [N, 1, H, W] for all maps; NaN too where β is 0
    view<T const, 4, M> confidence{};  ///< β [N, 1, H, W] in [0, 1]: mask times confidence after its sigmoid
};

/// Written by backward, in the shapes of the inputs; a gradient left empty is not wanted.
template <class T, class M = memory::host>
struct ring_gradients {
    view<T, 4, M> initial{};
    view<T, 4, M> gates{};
    view<T, 4, M> attention{};
    view<T, 4, M> measured{};
    view<T, 4, M> confidence{};
};

/// What forward leaves for backward.
template <class T, class M = memory::host>
struct ring_saved {
    tensor<T, 4, M> sums{};      ///< S_1, S_2, S_3, Q_1, Q_2, Q_3 [N, 6, H, W]
    tensor<T, 5, M> rings{};     ///< R_r of map l in channel 3 l + r - 1 [T, N, 3 L, H, W]
    tensor<T, 5, M> iterates{};  ///< x_1 ... x_{T-1} [T - 1, N, L, H, W]
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// Neighbours of three rings around a pixel, 3 x 3, 5 x 5 and 7 x 7, each row-major in reverse.
struct ring_neighbours {
    static constexpr index_t reach = 3;

    HYSPN_HD static constexpr index_t count() { return 48; }
    /// 0, 1 or 2.
    HYSPN_HD static constexpr index_t ring(index_t k) { return k < 8 ? 0 : k < 24 ? 1 : 2; }

    HYSPN_HD constexpr pixel_offset operator[](index_t k) const
    {
        index_t const r = ring(k) + 1, side = 2 * r + 1;
        index_t const cell = 4 * r * (r + 1) - 1 - k;  // counted from the ring's last channel
        if (cell < side) return {-r, cell - r};
        index_t const after_top = cell - side;
        if (after_top < 2 * (side - 2)) return {after_top / 2 + 1 - r, after_top % 2 == 0 ? -r : r};
        return {r, after_top - 2 * (side - 2) - r};
    }
};

/// Sums over rings that no step changes: sums = S_1 ... S_3, Q_1 ... Q_3.
template <class T, class M>
struct ring_sums_op {
    view<T const, 4, M> gates;
    view<T, 4, M> sums;

    dims<3> shape() const { return {sums.extent(0), sums.extent(2), sums.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        using std::abs;
        T s[6] = {T(0), T(0), T(0), T(0), T(0), T(0)};
        for (index_t k = 0; k < ring_neighbours::count(); ++k) {
            auto const [dy, dx] = ring_neighbours{}[k];
            if (!inside(y + dy, x + dx, gates.extent(2), gates.extent(3))) continue;
            T const g = gates(n, k, y + dy, x + dx);
            s[ring_neighbours::ring(k)] += g;
            s[3 + ring_neighbours::ring(k)] += abs(g);
        }
        for (index_t i = 0; i < 6; ++i) sums(n, i, y, x) = s[i];
    }
};

/// What the attention of a step makes of the sums at one pixel.
template <class T>
struct ring_mixture {
    T pi[4];  ///< to the rings, then to the pixel itself
    T divisor;
    T anchor;  ///< what multiplies h0, before the division
};

template <class T, class M>
struct ring_terms {
    propagation::ring_inputs<T, M> in;
    view<T const, 4, M> sums;
    T epsilon;

    HYSPN_HD ring_mixture<T> mixture(index_t t, index_t n, index_t y, index_t x) const
    {
        using std::exp;
        ring_mixture<T> m{};
        for (index_t r = 0; r < 4; ++r) m.pi[r] = T(1) / (T(1) + exp(-in.attention(n, 4 * t + r, y, x)));
        m.divisor = m.pi[3] + epsilon;
        T given = m.pi[3];
        for (index_t r = 0; r < 3; ++r) {
            m.divisor += m.pi[r] * sums(n, 3 + r, y, x);
            given += m.pi[r] * sums(n, r, y, x);
        }
        m.anchor = m.divisor - given;
        return m;
    }

    HYSPN_HD T beta(index_t n, index_t y, index_t x) const
    {
        return in.confidence.data_handle() ? in.confidence(n, 0, y, x) : T(0);
    }
    HYSPN_HD index_t measured_channel(index_t l) const { return in.measured.extent(1) == 1 ? 0 : l; }

    /// Nothing was measured where β is 0 and s is no number.
    HYSPN_HD bool missing(index_t n, index_t l, index_t y, index_t x) const
    {
        T const s = in.measured(n, measured_channel(l), y, x);
        return in.confidence(n, 0, y, x) == T(0) && !(s - s == T(0));
    }
    HYSPN_HD T measured(index_t n, index_t l, index_t y, index_t x) const
    {
        if (!in.measured.data_handle() || missing(n, l, y, x)) return T(0);
        return in.measured(n, measured_channel(l), y, x);
    }

    /// y of map l from its ring sums and x_t.
    HYSPN_HD T value(ring_mixture<T> const& m, T const* rings, T x_t, T h0) const
    {
        T sum = m.anchor * h0 + m.pi[3] * x_t;
        for (index_t r = 0; r < 3; ++r) sum += m.pi[r] * rings[r];
        return sum / m.divisor;
    }
};

/// Step t: to = x_{t+1} of from = x_t. `rings` may have no data.
template <class T, class M>
struct ring_step_op {
    ring_terms<T, M> terms;
    index_t t;
    view<T const, 4, M> from;
    view<T, 4, M> rings, to;

    dims<3> shape() const { return {to.extent(0), to.extent(2), to.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        auto const m = terms.mixture(t, n, y, x);
        T const beta = terms.beta(n, y, x);
        for (index_t l = 0; l < to.extent(1); ++l) {
            T sums[3] = {T(0), T(0), T(0)};
            for (index_t k = 0; k < ring_neighbours::count(); ++k) {
                auto const [dy, dx] = ring_neighbours{}[k];
                if (inside(y + dy, x + dx, to.extent(2), to.extent(3)))
                    sums[ring_neighbours::ring(k)] += terms.in.gates(n, k, y + dy, x + dx) * from(n, l, y + dy, x + dx);
            }
            if (rings.data_handle())
                for (index_t r = 0; r < 3; ++r) rings(n, 3 * l + r, y, x) = sums[r];
            T const made = terms.value(m, sums, from(n, l, y, x), terms.in.initial(n, l, y, x));
            to(n, l, y, x) = (T(1) - beta) * made + beta * terms.measured(n, l, y, x);
        }
    }
};

/// The part of the adjoint of step t that belongs to the pixel that receives. With λ = dL/dx_{t+1}, e = y - h0 and
/// μ = (1 - β) λ / D, sums over maps understood: dβ = λ (s - y), ds = β λ, dπ_r = μ (R_r - S_r h0 - Q_r e),
/// dπ_0 = μ (x_t - y), dh0 = μ (D - Σ π_r S_r - π_0). Leaves μ π for the pixels that gave, and adds μ π_r h0 and
/// μ π_r e to `held`, for their gates.
template <class T, class M>
struct ring_receiver_adjoint_op {
    ring_terms<T, M> terms;
    index_t t;
    view<T const, 4, M> from, rings, lambda;
    view<T, 4, M> shares;                 ///< μ π of map l in channels 4 l ... 4 l + 3 [N, 4 L, H, W]
    view<T, 4, M> held;                   ///< Σ μ π_r h0, then Σ μ π_r e [N, 6, H, W]
    propagation::ring_gradients<T, M> d;  ///< attention is written, the others are added to; gates are not touched

    dims<3> shape() const { return {lambda.extent(0), lambda.extent(2), lambda.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        auto const m = terms.mixture(t, n, y, x);
        T const beta = terms.beta(n, y, x);
        T dpi[4] = {T(0), T(0), T(0), T(0)}, dbeta = T(0);
        bool missing = false;
        for (index_t l = 0; l < lambda.extent(1); ++l) {
            T const own[3] = {rings(n, 3 * l, y, x), rings(n, 3 * l + 1, y, x), rings(n, 3 * l + 2, y, x)};
            T const h0 = terms.in.initial(n, l, y, x), x_t = from(n, l, y, x), received = lambda(n, l, y, x);
            T const made = terms.value(m, own, x_t, h0), e = made - h0;
            T const mu = (T(1) - beta) * received / m.divisor;
            for (index_t r = 0; r < 3; ++r) {
                T const share = mu * m.pi[r];
                dpi[r] += mu * (own[r] - terms.sums(n, r, y, x) * h0 - terms.sums(n, 3 + r, y, x) * e);
                shares(n, 4 * l + r, y, x) = share;
                held(n, r, y, x) += share * h0;
                held(n, 3 + r, y, x) += share * e;
            }
            dpi[3] += mu * (x_t - made);
            shares(n, 4 * l + 3, y, x) = mu * m.pi[3];
            d.initial(n, l, y, x) += mu * m.anchor;
            if (!terms.in.measured.data_handle()) continue;
            missing = missing || terms.missing(n, l, y, x);
            dbeta += received * (terms.measured(n, l, y, x) - made);
            d.measured(n, terms.measured_channel(l), y, x) += beta * received;
        }
        for (index_t r = 0; r < 4; ++r) d.attention(n, 4 * t + r, y, x) = dpi[r] * m.pi[r] * (T(1) - m.pi[r]);
        if (terms.in.measured.data_handle() && !missing) d.confidence(n, 0, y, x) += dbeta;
    }
};

/// dL/dx_t at the pixel q that gives: to(q) = (μ π_0)(q) + Σ_k g_k(q) (μ π_{r(k)})(q - d_k).
/// Rows of `shares` have three zeros before them and after.
template <class T, class M>
struct ring_source_adjoint_op {
    view<T const, 4, M> gates, shares;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        T sum = shares(n, 4 * l + 3, y, x);
        for (index_t k = 0; k < ring_neighbours::count(); ++k) {
            auto const [dy, dx] = ring_neighbours{}[k];
            if (inside(y - dy, x - dx, to.extent(2), to.extent(3)))
                sum += gates(n, k, y, x) * shares(n, 4 * l + ring_neighbours::ring(k), y - dy, x - dx);
        }
        to(n, l, y, x) = sum;
    }
};

/// Gradients of the gates, with p = q - d_k, from some steps, later ones first; the last call has those from step 0 on:
/// dg_k(q) = Σ_t Σ_l (μ π_r)(p) x_t(q) - Σ (μ π_r h0)(p) - sign(g_k(q)) Σ (μ π_r e)(p).
/// Rows of `shares` and `held` have three zeros before them and after.
template <class T, class M>
struct ring_gates_adjoint_op {
    view<T const, 4, M> gates, initial;
    view<T const, 5, M> iterates;
    index_t first;               ///< step
    view<T const, 5, M> shares;  ///< from that step on
    view<T const, 4, M> held;    ///< complete where first is 0, else not looked at
    bool adds;                   ///< later steps have been here
    view<T, 4, M> dgates;

    view<T const, 4, M> x(index_t t) const { return t == 0 ? initial : iterates[t - 1]; }

    dims<4> shape() const { return dgates.extents(); }

    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        auto const [dy, dx] = ring_neighbours{}[k];
        index_t const v = y - dy, u = x - dx, r = ring_neighbours::ring(k);
        T sum = adds ? dgates(n, k, y, x) : T(0);
        if (inside(v, u, dgates.extent(2), dgates.extent(3))) {
            if (first == 0) {
                T const g = gates(n, k, y, x), e = held(n, 3 + r, v, u);
                sum -= held(n, r, v, u) + (g > T(0) ? e : g < T(0) ? -e : T(0));
            }
            for (index_t i = 0; i < shares.extent(0); ++i)
                for (index_t l = 0; l < initial.extent(1); ++l)
                    sum += shares(i, n, 4 * l + r, v, u) *
                           (first + i == 0 ? initial(n, l, y, x) : iterates(first + i - 1, n, l, y, x));
        }
        dgates(n, k, y, x) = sum;
    }
};

}  // namespace hyspn::detail
