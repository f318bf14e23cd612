// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/exact.hpp>
#include <hyspn/manifold/detail/gyro_rotation.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// z = (B/A) gyr[y,−x]v, A = 1 − c‖x‖², B = 1 − c‖y‖², by gyro_rotation with Sign = −1. With its cotangents j_x, j_y,
/// j_c and j = ⟨g, gyr[y,−x]v⟩:
///     v̄ = (B/A) gyr[x,−y]g,  x̄ = (B/A) j_x + (2cjB/A²) x,  ȳ = (B/A) j_y − (2cj/A) y,
///     c̄ = (B/A) j_c − j⟨y−x,x+y⟩/A².
struct poincare_ptransp {
    static constexpr char const* name = "poincare::ptransp";
    static constexpr argument inputs[] = {point("x"), point("y"), tangent("v")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class Y, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, V v, view<T, 1, M> out)
    {
        gyro_rotation<-1, T, X, Y> const z(k.c(), x, y);
        auto const w = z.turn(v), kw = z.turn(w);
        T const stretch = z.b / z.a;
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = stretch * (v(i) + z.k * (z.kappa * w(i) + z.c * kw(i)));
    }

    template <class T, class X, class Y, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, V v, G g, view<T, 1, M> dx, view<T, 1, M> dy,
                          view<T, 1, M> dv)
    {
        gyro_rotation<-1, T, X, Y> const z(k.c(), x, y);
        gyro_rotation_vjp<-1, T, X, Y, V, G> const back(z, v, g);
        T const c = z.c, a = z.a, b = z.b, stretch = b / a;
        T const j = cdot(g, v) + back.psi_on_e * z.d / (T(2) * c) * z.k;
        T const c_bar = stretch * back.c_bar - j * difference_of_squares(y, x) / (a * a);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = stretch * (back.to_x(i) + T(2) * c * j / a * x(i));
            T const to_y = stretch * back.to_y(i) - T(2) * c * j / a * y(i);
            T const to_v = stretch * back.to_v(i);
            dx(i) = to_x;
            dy(i) = to_y;
            dv(i) = to_v;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Parallel transport of the tangent vector v from the point x to the point y, along their geodesic, in the Poincaré
/// ball: out = (λ_x/λ_y) gyr[y, −x]v, computed as the rotation and the stretch it is; v itself, to the bit, for y = x.
/// Any strides; out may be x, y or v. Error ≤ 16 eps, norm-wise, inside the ball. Ungar 2008, Th. 7.2; Ganea et al.
/// 2018, Th. 4, at any base point.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_ptransp> ptransp{};

/// Vector-Jacobian product: writes dx, dy and dv (the rotation back of g, stretched alike), returns the cotangent of c.
/// dx may be x, dy may be y, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_ptransp> ptransp_vjp{};

}  // namespace poincare
}  // namespace hyspn
