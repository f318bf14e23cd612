// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/half_space_point.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// d = (2/s) asinh √ζ, ζ = ‖δ‖²/(4ab), δ = x − y, a and b the heights (last elements) of x and y. With δ̂ = δ/‖δ‖ (0 at
/// 0) and k = g/(s√(1+ζ)√(ab)):
///     x̄ = k δ̂ − k√(b/a)√ζ ê,   ȳ = −k δ̂ − k√(a/b)√ζ ê,   c̄ = −gd/(2c),   ê the vertical unit vector.
struct half_space_dist {
    static constexpr char const* name = "half_space::dist";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    template <class T, class X, class Y>
    HYSPN_HD static T value(curvature<T> const& k, X x, Y y)
    {
        using std::asinh;
        return T(2) / k.sqrt_c() * asinh(root_zeta(norm(difference{x, y}), T(height(x)), T(height(y))));
    }

    template <class T>
    HYSPN_HD static T root_zeta(T length, T a, T b)
    {
        using std::sqrt;
        return length / (T(2) * sqrt(a * b));
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, T g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        using std::asinh;
        using std::sqrt;
        difference const delta{x, y};
        T const length = norm(delta), a = height(x), b = height(y), z = root_zeta(length, a, b);
        T const c_bar = -g * asinh(z) / k.sqrt_c() / k.c();
        T const root = sqrt(T(1) + z * z) * k.sqrt_c(), across = g / (root * sqrt(a * b)), down = g * z / root;
        direction const delta_hat{delta, length};
        index_t const last = x.extent(0) - 1;
        for (index_t i = 0; i < last; ++i) {
            T const step = across * delta_hat(i);
            dx(i) = step;
            dy(i) = -step;
        }
        T const step = across * delta_hat(last);
        dx(last) = step - down / a;
        dy(last) = -step - down / b;
        return c_bar;
    }
};

}  // namespace detail

namespace half_space {

/// Geodesic distance in the upper half-space, (2/s) asinh(‖x−y‖/(2√(x_D y_D))), s = √c, x_D and y_D > 0 the last
/// elements. Any strides. Error ≤ 16 eps; 0 for equal points. Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_dist> dist{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the distance (0 for coincident points), which may
/// be x and y, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_dist> dist_vjp{};

}  // namespace half_space
}  // namespace hyspn
