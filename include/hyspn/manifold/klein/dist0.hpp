// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/dist0.hpp>

namespace hyspn {

namespace detail {

/// Half the function of the Poincaré ball: d = artanh(s‖x‖)/s.
struct klein_dist0 {
    static constexpr char const* name = "klein::dist0";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    template <class T, class X>
    HYSPN_HD static T value(curvature<T> const& k, X x)
    {
        return poincare_dist0::value(k, x) / T(2);
    }

    template <class T, class X, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        return poincare_dist0::vjp(k, x, T(g / T(2)), dx);
    }
};

}  // namespace detail

namespace klein {

/// Distance of the point x of the Klein model from its origin: artanh(s‖x‖)/s, s = √c. Any stride. Error ≤ 16 eps
/// inside the ball, however close to the boundary.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_dist0> dist0{};

/// Vector-Jacobian product: writes dx for the cotangent g of the distance (0 at x = 0), dx may be x, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_dist0> dist0_vjp{};

}  // namespace klein
}  // namespace hyspn
