// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// d = (2/s) artanh t, t = s‖x‖, from the complement A = 1 − t²: d = (2‖x‖/A) asinhc(2t/A), w = s d = asinh(2t/A). With
/// x̂ = x/‖x‖ (0 at 0):
///     x̄ = (2g/A) x̂,     c̄ = g (sinh w − w)/(2sc), sinh w = 2t/A; for small w the same as g d³ (sinh w − w)/(2w³).
struct poincare_dist0 {
    static constexpr char const* name = "poincare::dist0";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    template <class T, class X>
    HYSPN_HD static T value(curvature<T> const& k, X x)
    {
        T const ratio = T(2) * norm(x) / complement(k.c(), x);
        return ratio * asinhc(k.sqrt_c() * ratio);
    }

    /// w = s d from A and r = ‖x‖.
    template <class T>
    HYSPN_HD static T scaled_distance(curvature<T> const& k, T a, T r)
    {
        using std::asinh;
        return asinh(T(2) * k.sqrt_c() * r / a);
    }

    template <class T, class X, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        T const a = complement(k.c(), x), r = norm(x), w = scaled_distance(k, a, r), d = w / k.sqrt_c();
        T const residue =
            select(w < T(math_traits<T>::series_limit), d * d * d * sinh_residue(w), (T(2) * r / a - d) / k.c());
        direction const x_hat{x, r};
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = T(2) * g / a * x_hat(i);
        return g * residue / T(2);
    }
};

}  // namespace detail

namespace poincare {

/// Distance from the origin of the Poincaré ball, d = (2/s) artanh(s‖x‖), s = √c, for a point x (any stride).
/// Error ≤ 16 eps inside the ball, however close to the boundary; infinite on it, meaningless outside.
/// Ganea et al. 2018, eq. 6.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_dist0> dist0{};

/// Vector-Jacobian product: writes dx for the cotangent g of the distance (0 at x = 0), returns the cotangent of c.
/// dx may be x.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_dist0> dist0_vjp{};

}  // namespace poincare
}  // namespace hyspn
