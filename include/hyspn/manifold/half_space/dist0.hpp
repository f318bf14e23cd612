// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/half_space/logmap0.hpp>

namespace hyspn {

namespace detail {

/// d = asinh(r)/s, r = ‖ξ‖, with ξ = (x′/x_D, (c‖x‖²−1)/(2s x_D)) of logmap0. With u = ξ/r (0 at 0), the vertical unit
/// vector ê and k = g/(s√(1+r²)):
///     x̄ = g u′ + k (s u_D − r/x_D) ê,     c̄ = (g/(2cs)) (u_D − asinh r).
struct half_space_dist0 {
    static constexpr char const* name = "half_space::dist0";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    /// ξ, element by element.
    template <class T, class X>
    struct place {
        X x;
        T a, rise;  ///< x_D, ξ_D
        HYSPN_HD place(curvature<T> const& k, X x_) : x(x_), a(height(x_)), rise(half_space_logmap0::rise(k, x_)) {}
        HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
        HYSPN_HD T operator()(index_t i) const { return i + 1 < x.extent(0) ? T(x(i) / a) : rise; }
    };

    template <class T, class X>
    HYSPN_HD static T value(curvature<T> const& k, X x)
    {
        using std::asinh;
        return asinh(norm(place<T, X>(k, x))) / k.sqrt_c();
    }

    template <class T, class X, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        using std::asinh;
        using std::sqrt;
        place<T, X> const xi(k, x);
        T const r = norm(xi), s = k.sqrt_c();
        direction const u{xi, r};
        index_t const last = x.extent(0) - 1;
        T const up = u(last), vertical = g / sqrt(T(1) + r * r) * (up - r / (s * xi.a));
        for (index_t i = 0; i < last; ++i) dx(i) = g * u(i);
        dx(last) = vertical;
        return g / s * (up - asinh(r)) / (T(2) * k.c());
    }
};

}  // namespace detail

namespace half_space {

/// Distance of the point x of the upper half-space from its base point (0, …, 0, R), R = 1/√c, as exact as the distance
/// of a point given without rounding. Any stride. Error ≤ 16 eps; 0 at the base point. Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_dist0> dist0{};

/// Vector-Jacobian product: writes dx for the cotangent g of the distance (0 at the base point), dx may be x, returns
/// the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_dist0> dist0_vjp{};

}  // namespace half_space
}  // namespace hyspn
