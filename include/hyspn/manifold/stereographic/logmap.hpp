// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/logmap.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>
#include <hyspn/manifold/stereographic/dist.hpp>

namespace hyspn {

namespace detail {

/// v = f u, f = AM/D, with u, A, D, M, ρ of stereographic::dist: the direction of −x ⊕ y times d(x, y)/λ_x.
///
/// With χ² = P/D, b = atan t, V = (1/M + χ²)/2, W = χ²(1 + Mℓ(b))/2 where ℓ(b) = (1 − b cot b)/b², γ = fg, m = ⟨γ,u⟩ and
/// k = ⟨γ,x⟩ + mW/P:
///     ȳ = Aγ + 2κkδ − 2κ(mV/B) y,     x̄ = −(A − κ‖δ‖²)γ − 2κkδ + 2κ(⟨γ,δ⟩ + m(1−V)/A) x,
///     κ̄ = −(⟨γ,δ⟩ (⟨δ,x+y⟩ − ‖δ‖²WN) − ‖δ‖²⟨γ,x⟩ (1 − B(1−V)N))/B,  N = 1/A + 1/B − 1.
struct spherical_logmap {
    /// The scalars of the formula.
    template <class T, class X, class Y>
    struct terms {
        T kappa, x2, y2, xy, length, d, ratio, m, factor;
        arc<T> t;
        spherical_chord<T, X, Y> chord;

        HYSPN_HD terms(sectional_curvature<T> const& k, X x, Y y)
            : kappa(k.kappa()),
              x2(squared_norm(x)),
              y2(squared_norm(y)),
              xy(cdot(x, y)),
              length(norm(difference{y, x})),
              d(mobius_denominator(kappa, x, scaled{T(-1), y})),
              chord(kappa, x, y, x2, y2, xy, length * length)
        {
            using std::sqrt;
            ratio = length / sqrt(d);
            t = arc_of(k, ratio);
            m = atanc(t);
            factor = chord.a * m / d;
        }
    };

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(sectional_curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        terms const t{k, x, y};
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = t.factor * t.chord(i);
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        terms const t{k, x, y};
        difference const delta{y, x};
        T const kappa = t.kappa, a = t.chord.a, b = T(1) + kappa * t.y2, p = a * b, chi2 = p / t.d;
        T const delta2 = t.chord.delta2, n = T(1) / a + T(1) / b - T(1);
        T const residue = cotangent_residue(arc<T>{t.t.root * t.m, t.t.square * t.m * t.m});
        T const v = (T(1) / t.m + chi2) / T(2), w = chi2 * (T(1) + t.m * residue) / T(2);
        T const zw = -kappa * delta2 / p * w;
        T const gamma_x = t.factor * cdot(g, x), gamma_delta = t.factor * cdot(g, delta);
        T const m = t.factor * cdot(g, t.chord), q = gamma_x + m * w / p;
        T const kappa_bar = -(gamma_delta * (cdot(delta, sum{x, y}) - delta2 * w * n) -
                              delta2 * gamma_x * (T(1) - b * zw * n)) /
                            b;
        T const on_x = T(2) * kappa * (gamma_delta + m * zw / a), on_y = T(2) * kappa * (m * v / b);
        T const on_delta = T(2) * kappa * q;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const gamma = t.factor * g(i), step = delta(i);
            T const to_x = -t.chord.on_x * gamma - on_delta * step + on_x * x(i);
            T const to_y = a * gamma + on_delta * step - on_y * y(i);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return kappa_bar;
    }
};

struct stereographic_logmap : by_sign<poincare_logmap, spherical_logmap> {
    static constexpr char const* name = "stereographic::logmap";
};

}  // namespace detail

namespace stereographic {

/// Logarithmic map at the point x: the tangent vector at x whose expmap is the point y,
/// out = (2/λ_x) tan_κ⁻¹(‖u‖) u/‖u‖ with u = −x ⊕ y; y − x for κ = 0, 0 for y = x. Any strides; out may be x or y. For
/// κ > 0 not defined for antipodes. Bachmann et al. 2020, eq. 6.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_logmap> logmap{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, returns the cotangent of κ.
/// dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_logmap> logmap_vjp{};

}  // namespace stereographic
}  // namespace hyspn
