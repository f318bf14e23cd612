// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/mobius_scalar_mul.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>
#include <hyspn/manifold/stereographic/detail/sine_change.hpp>

namespace hyspn {

namespace detail {

/// z = Kx, K = tan(rm)/t, m = atan t = Mt, t = √κ‖x‖. With A = 1 + t², w = rm, R = r sec²w/A and x̂ = x/‖x‖ (0 at 0):
///     x̄ = K(g − ⟨g,x̂⟩x̂) + R⟨g,x̂⟩x̂,     r̄ = ⟨g,x⟩ sec²w M,     κ̄ = ⟨g,x⟩ (R−K)/(2κ).
/// R − K = sec²w F/(2t), F = r sin u − sin ru, u = 2m (sine_change), which vanishes for r = ±1 and, as t², for small t.
struct spherical_mobius_scalar_mul {
    template <class T>
    struct scaling {
        arc<T> t, m, w;
        T quotient, factor;  ///< M, K

        HYSPN_HD scaling(sectional_curvature<T> const& k, T r, T x_norm)
            : t(arc_of(k, x_norm)), m(atan_of(t)), w(times(r, m)), quotient(atanc(t))
        {
            factor = r * tanc(w) * quotient;
        }
    };

    template <class T, class X, class M>
    HYSPN_HD static void forward(sectional_curvature<T> const& k, T r, X x, view<T, 1, M> out)
    {
        T const factor = scaling<T>(k, r, norm(x)).factor;
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = factor * x(i);
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, T r, X x, G g, T& dr, view<T, 1, M> dx)
    {
        T const length = norm(x), a = complement(k.c(), x);
        scaling<T> const z(k, r, length);
        T const gx = cdot(g, x), slope = sec2(z.w), change = sine_change(r, times(T(2), z.m)),
                m3 = z.quotient * z.quotient * z.quotient;
        // Beyond t = 1 without ‖x‖², so that no finite x overflows.
        T const kappa_bar = z.t.root < T(1)
                                ? T(2) * gx * slope * length * length * m3 * change
                                : T(2) * gx * (slope / k.kappa()) * (z.m.root * z.m.square / z.t.root) * change;
        radial_cotangent<T, X, G> const x_bar(z.factor, r * slope / a, x, length, g);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = x_bar(i);
        dr = gx * slope * z.quotient;
        return kappa_bar;
    }
};

struct stereographic_mobius_scalar_mul : by_sign<poincare_mobius_scalar_mul, spherical_mobius_scalar_mul> {
    static constexpr char const* name = "stereographic::mobius_scalar_mul";
};

}  // namespace detail

namespace stereographic {

/// Scalar multiplication out = r ⊗ x = tan_κ(r tan_κ⁻¹(‖x‖)) x/‖x‖ for a number r and a point x (any stride); r x for
/// κ = 0, 0 for x = 0. On arrays r is one number a point. For κ > 0 the way goes round the sphere, and is infinite
/// where it meets the antipode of the origin. out may be x. Bachmann et al. 2020, §2.2.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_mobius_scalar_mul> mobius_scalar_mul{};

/// Vector-Jacobian product: writes dr and dx (r·g at x = 0) for the cotangent g of the output, returns the cotangent of
/// κ, which is 0 for r = ±1 and r = 0. dr may be r, dx may be x or g.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_mobius_scalar_mul> mobius_scalar_mul_vjp{};

}  // namespace stereographic
}  // namespace hyspn
