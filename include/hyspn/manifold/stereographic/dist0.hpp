// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/dist0.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>
#include <hyspn/manifold/stereographic/logmap0.hpp>

namespace hyspn {

namespace detail {

/// d = 2M‖x‖ with M = atan t/t, t = √κ‖x‖. With A = 1 + t², x̂ = x/‖x‖ (0 at 0) and M′ the slope in t²:
///     x̄ = (2g/A) x̂,     κ̄ = 2g‖x‖³M′.
struct spherical_dist0 {
    template <class T, class X>
    HYSPN_HD static T value(sectional_curvature<T> const& k, X x)
    {
        T const r = norm(x);
        return T(2) * r * atanc(arc_of(k, r));
    }

    template <class T, class X, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        T const r = norm(x), a = complement(k.c(), x);
        T const kappa_bar = T(2) * g * r * spherical_log_slope(k, arc_of(k, r), a, r);
        direction const x_hat{x, r};
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = T(2) * g / a * x_hat(i);
        return kappa_bar;
    }
};

struct stereographic_dist0 : by_sign<poincare_dist0, spherical_dist0> {
    static constexpr char const* name = "stereographic::dist0";
};

}  // namespace detail

namespace stereographic {

/// Distance from the origin, d = 2 tan_κ⁻¹(‖x‖), for a point x (any stride): 2‖x‖ for κ = 0, below π/√κ for κ > 0.
/// Bachmann et al. 2020, §2.2.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_dist0> dist0{};

/// Vector-Jacobian product: writes dx for the cotangent g of the distance (0 at x = 0), returns the cotangent of κ.
/// dx may be x.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_dist0> dist0_vjp{};

}  // namespace stereographic
}  // namespace hyspn
