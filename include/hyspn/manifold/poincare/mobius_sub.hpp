// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/negated_right.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

namespace hyspn {

namespace detail {

struct poincare_mobius_sub : negated_right<poincare_mobius_add> {
    static constexpr char const* name = "poincare::mobius_sub";
    static constexpr bool on_lanes = true;
};

}  // namespace detail

namespace poincare {

/// Möbius subtraction out = x ⊖ y = x ⊕ (−y) in the Poincaré ball, for two points of any stride; 0 for y = x. Not the
/// inverse of y ↦ x ⊕ y, which is y ↦ −x ⊕ y. out may be x or y. Error ≤ 16 eps, norm-wise, inside the ball.
/// Ganea et al. 2018, §2.2.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_mobius_sub> mobius_sub{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, returns the cotangent of c.
/// dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_mobius_sub> mobius_sub_vjp{};

}  // namespace poincare
}  // namespace hyspn
