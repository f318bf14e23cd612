// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/gyro_rotation.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// gyro_rotation and gyro_rotation_vjp with Sign = 1.
struct poincare_gyration {
    static constexpr char const* name = "poincare::gyration";
    static constexpr argument inputs[] = {point("x"), point("y"), tangent("v")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class Y, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, V v, view<T, 1, M> out)
    {
        gyro_rotation<1, T, X, Y> const z(k.c(), x, y);
        auto const w = z.turn(v), kw = z.turn(w);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = v(i) + z.k * (z.kappa * w(i) + z.c * kw(i));
    }

    template <class T, class X, class Y, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, V v, G g, view<T, 1, M> dx, view<T, 1, M> dy,
                          view<T, 1, M> dv)
    {
        gyro_rotation<1, T, X, Y> const z(k.c(), x, y);
        gyro_rotation_vjp<1, T, X, Y, V, G> const back(z, v, g);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = back.to_x(i), to_y = back.to_y(i), to_v = back.to_v(i);
            dx(i) = to_x;
            dy(i) = to_y;
            dv(i) = to_v;
        }
        return back.c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Gyration out = gyr[x, y]v = −(x⊕y) ⊕ (x⊕(y⊕v)) in the Poincaré ball: a rotation in the plane of the points x and y,
/// of any vector v, by the angle that keeps ⊕ from being associative. Computed as the rotation it is, not by additions,
/// so ‖out‖ = ‖v‖ and v need not lie in the ball. Any strides; out may be x, y or v. Error ≤ 16 eps, norm-wise, inside
/// the ball. Ungar, Analytic Hyperbolic Geometry, 2005, eq. 1.27.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_gyration> gyration{};

/// Vector-Jacobian product: writes dx, dy and dv (the inverse rotation of g) for the cotangent g of the output, returns
/// the cotangent of c. dx may be x, dy may be y, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_gyration> gyration_vjp{};

}  // namespace poincare
}  // namespace hyspn
