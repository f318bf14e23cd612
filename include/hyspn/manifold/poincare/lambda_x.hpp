// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// λ_x = 2/A, A = 1 − c‖x‖². With l = λ_x: x̄ = g·c·l²·x, c̄ = g·l²‖x‖²/2.
struct poincare_lambda_x {
    static constexpr char const* name = "poincare::lambda_x";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    template <class T, class X>
    HYSPN_HD static T value(curvature<T> const& k, X x)
    {
        return T(2) / complement(k.c(), x);
    }

    template <class T, class X, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        T const l = value(k, x), gl2 = g * l * l;
        T const c_bar = gl2 * squared_norm(x) / T(2);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = gl2 * k.c() * x(i);
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// The conformal factor λ_x = 2/(1 − c‖x‖²) of the Poincaré ball at the point x (any stride): lengths at x are λ_x
/// times Euclidean ones. Error ≤ 16 eps for points inside the ball, however close to the boundary; outside it is
/// negative, on it infinite. Ganea et al. 2018, §2.1.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_lambda_x> lambda_x{};

/// Vector-Jacobian product: writes dx for the cotangent g of the value, returns the cotangent of c. dx may be x.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_lambda_x> lambda_x_vjp{};

}  // namespace poincare
}  // namespace hyspn
