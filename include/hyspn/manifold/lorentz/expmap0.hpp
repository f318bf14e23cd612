// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/radial_map.hpp>

namespace hyspn {

namespace detail {

/// X = Φ v, Φ = sinh t/t, t = s‖v‖: f′ = cosh t, K′ = Φ′ = Φℓ/2.
struct lorentz_expmap0 : radial_map<lorentz_expmap0> {
    static constexpr char const* name = "lorentz::expmap0";
    static constexpr argument inputs[] = {tangent("v")};

    template <class T>
    struct profile {
        T value, radial, slope, norm;

        template <class X>
        HYSPN_HD profile(curvature<T> const& k, X x) : norm(hyspn::norm(x))
        {
            using std::cosh;
            T const t = k.sqrt_c() * norm;
            value = sinhc(t);
            radial = cosh(t);
            slope = sinhc_slope(t);
        }
    };
};

}  // namespace detail

namespace lorentz {

/// Exponential map of the hyperboloid at its origin (space part 0): the space part sinh(s‖v‖) v/(s‖v‖), s = √c, for a
/// tangent vector v given by its space part (its time part is 0). The distance from the origin is ‖v‖, where the
/// Poincaré ball has 2‖v‖. Any strides; out may be v. Error ≤ 16 eps, norm-wise, up to where sinh overflows.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_expmap0> expmap0{};

/// Vector-Jacobian product: writes dv for the cotangent g of the output, dv may be v, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_expmap0> expmap0_vjp{};

}  // namespace lorentz
}  // namespace hyspn
