// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/logmap0.hpp>

namespace hyspn {

namespace detail {

/// The same function of its argument as in the Poincaré ball.
struct klein_logmap0 : poincare_logmap0 {
    static constexpr char const* name = "klein::logmap0";
};

}  // namespace detail

namespace klein {

/// Logarithmic map of the Klein model at its origin: out = artanh(s‖x‖) x/(s‖x‖), s = √c, the inverse of
/// klein::expmap0. out may be x. Error ≤ 16 eps, norm-wise, for points inside the ball.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_logmap0> logmap0{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_logmap0> logmap0_vjp{};

}  // namespace klein
}  // namespace hyspn
