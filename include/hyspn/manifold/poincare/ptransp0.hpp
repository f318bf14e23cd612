// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// z = Bv, B = 1 − c‖y‖² = λ_0/λ_y. With m = ⟨g,v⟩: v̄ = Bg, ȳ = −2cm y, c̄ = −‖y‖²m.
struct poincare_ptransp0 {
    static constexpr char const* name = "poincare::ptransp0";
    static constexpr argument inputs[] = {point("y"), tangent("v")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class Y, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, Y y, V v, view<T, 1, M> out)
    {
        T const b = complement(k.c(), y);
        for (index_t i = 0; i < y.extent(0); ++i) out(i) = b * v(i);
    }

    template <class T, class Y, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, Y y, V v, G g, view<T, 1, M> dy, view<T, 1, M> dv)
    {
        T const b = complement(k.c(), y), m = cdot(g, v);
        T const c_bar = -squared_norm(y) * m;
        for (index_t i = 0; i < y.extent(0); ++i) {
            T const to_y = T(-2) * k.c() * m * y(i), to_v = b * g(i);
            dy(i) = to_y;
            dv(i) = to_v;
        }
        return c_bar;
    }
};

/// z = v/A, A = 1 − c‖x‖² = λ_0/λ_x. With m = ⟨g,v⟩/A²: v̄ = g/A, x̄ = 2cm x, c̄ = ‖x‖²m.
struct poincare_ptransp0back {
    static constexpr char const* name = "poincare::ptransp0back";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        T const a = complement(k.c(), x);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = v(i) / a;
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        T const a = complement(k.c(), x), m = cdot(g, v) / a / a;
        T const c_bar = squared_norm(x) * m;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = T(2) * k.c() * m * x(i), to_v = g(i) / a;
            dx(i) = to_x;
            dv(i) = to_v;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Parallel transport of the tangent vector v from the origin to the point y of the Poincaré ball:
/// out = (1 − c‖y‖²) v. Any strides; out may be y or v. Error ≤ 16 eps inside the ball, however close to the boundary.
/// Ganea et al. 2018, Th. 4.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_ptransp0> ptransp0{};

/// Vector-Jacobian product: writes dy and dv, returns the cotangent of c. dy may be y, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_ptransp0> ptransp0_vjp{};

/// Parallel transport of the tangent vector v from the point x of the Poincaré ball to the origin, the inverse of
/// ptransp0: out = v/(1 − c‖x‖²). Any strides; out may be x or v. Error ≤ 16 eps inside the ball.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_ptransp0back> ptransp0back{};

/// Vector-Jacobian product: writes dx and dv, returns the cotangent of c. dx may be x, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_ptransp0back> ptransp0back_vjp{};

}  // namespace poincare
}  // namespace hyspn
