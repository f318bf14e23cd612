// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// d = asinh(t)/s = S r, r = ‖X‖, t = sr: with w = sd and L(w) = w coth w − 1,
///     X̄ = g X̂/√(1+t²),     c̄ = (g/(2cs)) (t/√(1+t²) − asinh t) = −(g/(2cs)) tanh(w) L(w).
struct lorentz_dist0 {
    static constexpr char const* name = "lorentz::dist0";
    static constexpr argument inputs[] = {point("X")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    template <class T, class X>
    HYSPN_HD static T value(curvature<T> const& k, X x)
    {
        using std::asinh;
        return asinh(k.sqrt_c() * norm(x)) / k.sqrt_c();
    }

    template <class T, class X, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        using std::asinh;
        using std::sqrt;
        T const r = norm(x), t = k.sqrt_c() * r, root = sqrt(T(1) + t * t), w = asinh(t);
        direction const x_hat{x, r};
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = g / root * x_hat(i);
        return -g * (r / root) * (tcoth_minus_1(w) / k.c()) / T(2);
    }
};

}  // namespace detail

namespace lorentz {

/// Distance of the point of the hyperboloid with space part X from the origin: asinh(s‖X‖)/s, s = √c. Any stride. Error
/// ≤ 16 eps.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_dist0> dist0{};

/// Vector-Jacobian product: writes dX for the cotangent g of the distance (0 at X = 0), dX may be X, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_dist0> dist0_vjp{};

}  // namespace lorentz
}  // namespace hyspn
