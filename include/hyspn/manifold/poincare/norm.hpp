// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// λ_x‖v‖ = 2r/A, r = ‖v‖, A = 1 − c‖x‖². With v̂ = v/r (0 at 0):
///     v̄ = (2g/A) v̂, x̄ = (4gcr/A²) x, c̄ = 2gr‖x‖²/A².
struct poincare_norm {
    static constexpr char const* name = "poincare::norm";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    template <class T, class X, class V>
    HYSPN_HD static T value(curvature<T> const& k, X x, V v)
    {
        return T(2) / complement(k.c(), x) * hyspn::norm(v);
    }

    template <class T, class X, class V, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, T g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        T const lambda = T(2) / complement(k.c(), x), r = hyspn::norm(v), on_a = g * lambda * (lambda * r);
        T const c_bar = on_a * squared_norm(x) / T(2);
        direction const v_hat{v, r};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = k.c() * on_a * x(i), to_v = g * lambda * v_hat(i);
            dx(i) = to_x;
            dv(i) = to_v;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Riemannian length λ_x‖v‖ of the tangent vector v at the point x of the Poincaré ball (any strides). With it the
/// distance from x to expmap(x, v) is norm(x, v). Error ≤ 16 eps inside the ball, no overflow in ‖v‖². Ganea et al.
/// 2018, §2.1.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_norm> norm{};

/// Vector-Jacobian product: writes dx and dv (0 for v = 0, where the length has no derivative) for the cotangent g of
/// the value, returns the cotangent of c. dx may be x, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_norm> norm_vjp{};

}  // namespace poincare
}  // namespace hyspn
