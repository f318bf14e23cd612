// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// λ_x²⟨u,v⟩ = 4m/A², m = ⟨u,v⟩, A = 1 − c‖x‖²: ū = (4g/A²) v, v̄ = (4g/A²) u, x̄ = (16gcm/A³) x, c̄ = 8gm‖x‖²/A³.
struct poincare_inner {
    static constexpr char const* name = "poincare::inner";
    static constexpr argument inputs[] = {point("x"), tangent("u"), tangent("v")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    template <class T, class X, class U, class V>
    HYSPN_HD static T value(curvature<T> const& k, X x, U u, V v)
    {
        T const lambda = T(2) / complement(k.c(), x);
        return lambda * lambda * cdot(u, v);
    }

    template <class T, class X, class U, class V, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, U u, V v, T g, view<T, 1, M> dx, view<T, 1, M> du,
                          view<T, 1, M> dv)
    {
        T const lambda = T(2) / complement(k.c(), x), factor = g * lambda * lambda;
        T const on_a = factor * lambda * cdot(u, v);  // −A's cotangent
        T const c_bar = on_a * squared_norm(x);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = T(2) * k.c() * on_a * x(i), to_u = factor * v(i), to_v = factor * u(i);
            dx(i) = to_x;
            du(i) = to_u;
            dv(i) = to_v;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Riemannian inner product λ_x²⟨u, v⟩ of two tangent vectors at the point x of the Poincaré ball; of degree 2 in
/// lengths. Any strides. Error ≤ 16 eps of λ_x²|⟨u, v⟩| inside the ball, unless ⟨u, v⟩ cancels by more than 1/eps.
/// Ganea et al. 2018, §2.1.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_inner> inner{};

/// Vector-Jacobian product: writes dx, du and dv for the cotangent g of the value, returns the cotangent of c. dx may
/// be x, du may be u, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_inner> inner_vjp{};

}  // namespace poincare
}  // namespace hyspn
