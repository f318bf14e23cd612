// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/expmap.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>
#include <hyspn/manifold/stereographic/mobius_add.hpp>

namespace hyspn {

namespace detail {

/// z = x ⊕ w with w = (T/A) v, T = tan θ/θ, θ = √κ‖v‖/A, A = 1 + κ‖x‖². With w̄, the first part of x̄ and D from
/// spherical_sum_vjp, q = 1 − κ²‖x‖²‖w‖², η = ⟨w̄,v̂⟩, ρ = T‖v‖/A and ψρ² = (2−A)(‖v‖/A)²T′/T, T′ the slope in θ²:
///     v̄ = (T/A)(w̄ − ηv̂) + (sec²θ/A) ηv̂,     x̄ = part − 2κη‖v‖ (sec²θ/A²) x,
///     κ̄ = −[ ⟨g,x⟩ {ρ²q + 2ψρ²κρ² (1 − κρ⟨x,v̂⟩)} − ⟨g,v̂⟩ {2⟨x,v̂⟩ρ² + ρ (−2κ‖x‖²ρ² + ψρ²q)} ]/D²,
/// and for κρ² > 1, where these terms grow and cancel, by Euler's law 2κκ̄ = ⟨x,x̄⟩ + ⟨v,v̄⟩ − ⟨z,g⟩, which is of use only
/// there.
struct spherical_expmap {
    /// w and what else depends on ‖v‖.
    template <class T, class V>
    struct increment {
        T length, a, factor;
        arc<T> theta;
        scaled<T, V> vector;

        template <class X>
        HYSPN_HD increment(sectional_curvature<T> const& k, X x, V v)
            : length(norm(v)), a(T(1) + k.kappa() * squared_norm(x)), theta(arc_of(k, length / a))
        {
            factor = tanc(theta) / a;
            vector = {factor, v};
        }
    };

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(sectional_curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        increment<T, V> const w{k, x, v};
        spherical_sum const z{k.kappa(), x, w.vector};
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = z(i);
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        increment<T, V> const w{k, x, v};
        spherical_sum const z{k.kappa(), x, w.vector};
        spherical_sum_vjp const w_bar{z, g};
        T const kappa = z.kappa, a = w.a, r = w.length, rho = w.factor * r, rho2 = rho * rho;
        T const q = T(1) - kappa * z.x2 * (kappa * rho2), arc_length = r / a;
        T const psi_rho2 = (T(2) - a) * arc_length * arc_length * tanc_slope(w.theta) / (w.factor * a);
        T const g_v = r > T(0) ? cdot(g, v) / r : T(0), x_v = r > T(0) ? cdot(z.x, v) / r : T(0);
        T const kappa_bar = (g_v * (T(2) * x_v * rho2 + rho * (T(-2) * kappa * z.x2 * rho2 + psi_rho2 * q)) -
                             w_bar.gx * (rho2 * q + T(2) * psi_rho2 * kappa * rho2 * (T(1) - kappa * x_v * rho))) /
                            (z.d * z.d);
        direction const v_hat{v, r};
        T const along = dot(w_bar, v_hat), radial = sec2(w.theta) / a;
        T euler(0);  // 2κκ̄
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = w_bar.to_x(i) - T(2) * kappa * along * (r * radial) / a * x(i);
            T const to_v = w.factor * (w_bar(i) - along * v_hat(i)) + radial * along * v_hat(i);
            euler += to_x * x(i) + to_v * v(i) - z(i) * g(i);
            dx(i) = to_x;
            dv(i) = to_v;
        }
        return kappa * rho2 > T(1) ? euler / (T(2) * kappa) : kappa_bar;
    }
};

struct stereographic_expmap : by_sign<poincare_expmap, spherical_expmap> {
    static constexpr char const* name = "stereographic::expmap";
};

}  // namespace detail

namespace stereographic {

/// Exponential map at the point x: out = x ⊕ tan_κ(λ_x‖v‖/2) v/‖v‖; x + v for κ = 0, x for v = 0. Any strides; out may
/// be x or v. For κ > 0 the way goes round the sphere: λ_x‖v‖ = 2π/√κ leads back to x. Bachmann et al. 2020, eq. 5.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_expmap> expmap{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, returns the cotangent of κ.
/// dx may be x, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_expmap> expmap_vjp{};

}  // namespace stereographic
}  // namespace hyspn
