// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/expmap0.hpp>

namespace hyspn {

namespace detail {

/// The same function of its argument as in the Poincaré ball.
struct klein_expmap0 : poincare_expmap0 {
    static constexpr char const* name = "klein::expmap0";
};

}  // namespace detail

namespace klein {

/// Exponential map of the Klein model at its origin: out = tanh(s‖v‖) v/(s‖v‖), s = √c. The formula is that of the
/// Poincaré ball, the meaning is not: lengths at the origin are Euclidean here, and the distance from it is ‖v‖, not
/// 2‖v‖. out may be v. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_expmap0> expmap0{};

/// Vector-Jacobian product: writes dv for the cotangent g of the output, dv may be v, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_expmap0> expmap0_vjp{};

}  // namespace klein
}  // namespace hyspn
