// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/expmap.hpp>

namespace hyspn {

namespace detail {

/// φ = θ/√(1+θ²), tanh θ up to θ³/6, in place of it.
struct algebraic_step {
    template <class T>
    HYSPN_HD static T factor(T theta)
    {
        using std::hypot;
        return T(1) / hypot(T(1), theta);
    }
    template <class T>
    HYSPN_HD static T complement(T theta)
    {
        T const f = factor(theta);
        return f * f;
    }
    template <class T>
    HYSPN_HD static T slope(T theta)
    {
        T const f = factor(theta);
        return f * f * f;
    }
    template <class T>
    HYSPN_HD static T decay(T)
    {
        return T(0.5);
    }
};

struct poincare_retr : poincare_step<algebraic_step> {
    static constexpr char const* name = "poincare::retr";
};

}  // namespace detail

namespace poincare {

/// Retraction at the point x of the Poincaré ball: out = x ⊕ v/√(A² + c‖v‖²), A = 1 − c‖x‖², the exponential map with
/// θ/√(1+θ²) in place of tanh θ, no transcendental function. It goes along the geodesic of v, agrees with expmap to
/// second order (the distance between the two is of third order in ‖v‖), and stays in the ball for v of any length, up
/// to the rounding of points next to the boundary. x + v, which other libraries follow by a projection, does not.
/// Any strides; out may be x or v. Error ≤ 16 eps, norm-wise, for x inside the ball.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_retr> retr{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, returns the cotangent of c. dx may be
/// x, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_retr> retr_vjp{};

}  // namespace poincare
}  // namespace hyspn
