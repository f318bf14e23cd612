// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/lambda_x.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>

namespace hyspn {

namespace detail {

/// λ_x = 2/A, A = 1 + κ‖x‖²: x̄ = −gκλ²x, κ̄ = −gλ²‖x‖²/2.
struct spherical_lambda_x {
    template <class T, class X>
    HYSPN_HD static T value(sectional_curvature<T> const& k, X x)
    {
        return T(2) / complement(k.c(), x);
    }

    template <class T, class X, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        T const l = value(k, x), gl2 = g * l * l;
        T const kappa_bar = -gl2 * squared_norm(x) / T(2);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = -gl2 * k.kappa() * x(i);
        return kappa_bar;
    }
};

struct stereographic_lambda_x : by_sign<poincare_lambda_x, spherical_lambda_x> {
    static constexpr char const* name = "stereographic::lambda_x";
};

}  // namespace detail

namespace stereographic {

/// The conformal factor λ_x = 2/(1 + κ‖x‖²) at the point x (any stride): lengths at x are λ_x times those of
/// coordinates; 2 everywhere for κ = 0. Bachmann et al. 2020, §2.2.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_lambda_x> lambda_x{};

/// Vector-Jacobian product: writes dx for the cotangent g of the value, returns the cotangent of κ. dx may be x.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_lambda_x> lambda_x_vjp{};

}  // namespace stereographic
}  // namespace hyspn
