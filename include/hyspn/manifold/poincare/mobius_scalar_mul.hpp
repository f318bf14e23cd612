// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/mobius_scaling.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// z = Kx, K = tanh(rm)/t, m = artanh t, t = s‖x‖: mobius_scaling of y = rx, so ρ = |r|. With R = r sech²(rm)/A,
/// M = m/t and x̂ = x/‖x‖ (0 at 0):
///     x̄ = K(g − ⟨g,x̂⟩x̂) + R⟨g,x̂⟩x̂,     r̄ = ⟨g,x⟩ sech²(rm) M,     c̄ = ⟨g,x⟩ (R−K)/(2c).
struct poincare_mobius_scalar_mul {
    static constexpr char const* name = "poincare::mobius_scalar_mul";
    static constexpr argument inputs[] = {number("r"), point("x")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X>
    HYSPN_HD static mobius_scaling<T> scaling(curvature<T> const& k, T r, X x)
    {
        using std::fabs;
        return {k, norm(x), complement(k.c(), x), fabs(r), fabs(r) - T(1)};
    }

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, T r, X x, view<T, 1, M> out)
    {
        T const factor = r * scaling(k, r, x).factor;
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = factor * x(i);
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, T r, X x, G g, T& dr, view<T, 1, M> dx)
    {
        mobius_scaling<T> const z = scaling(k, r, x);
        radial_cotangent<T, X, G> const x_bar(r * z.factor, r * z.radial / z.a, x, norm(x), g);
        T const gx = cdot(g, x);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = x_bar(i);
        T const c_bar = z.to_c(r * gx);
        dr = gx * z.radial * z.quotient;
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Möbius scalar multiplication out = r ⊗ x = tanh(r artanh(s‖x‖)) x/(s‖x‖), s = √c, in the Poincaré ball, for a number
/// r and a point x (any stride); 0 for x = 0. On arrays r is one number a point. out may be x. Error ≤ 16 eps,
/// norm-wise, inside the ball; a product farther out than the last number of the type lies on the boundary.
/// Ganea et al. 2018, Definition 2.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_mobius_scalar_mul> mobius_scalar_mul{};

/// Vector-Jacobian product: writes dr and dx (r·g at x = 0) for the cotangent g of the output, returns the cotangent of
/// c, which is 0 for r = ±1 and r = 0. dr may be r, dx may be x or g. Far out, errors grow as 2|r| artanh(s‖x‖) eps, as
/// they do when r is rounded.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_mobius_scalar_mul> mobius_scalar_mul_vjp{};

}  // namespace poincare
}  // namespace hyspn
