// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/radial_map.hpp>

namespace hyspn {

namespace detail {

/// v = S X, S = asinh t/t, t = s‖X‖: f′ = 1/√(1+t²), K′ = S′ = −asinhc_decay(asinh t) S³.
struct lorentz_logmap0 : radial_map<lorentz_logmap0> {
    static constexpr char const* name = "lorentz::logmap0";
    static constexpr argument inputs[] = {point("X")};

    template <class T>
    struct profile {
        T value, radial, slope, norm;

        template <class X>
        HYSPN_HD profile(curvature<T> const& k, X x) : norm(hyspn::norm(x))
        {
            using std::sqrt;
            T const t = k.sqrt_c() * norm;
            value = asinhc(t);
            radial = T(1) / sqrt(T(1) + t * t);
            slope = -asinhc_decay(t * value) * value * value * value;
        }
    };
};

}  // namespace detail

namespace lorentz {

/// Logarithmic map of the hyperboloid at its origin: the space part asinh(s‖X‖) X/(s‖X‖), s = √c, of the tangent vector
/// whose expmap0 is the point with space part X (its time part is 0). Any strides; out may be X. Error ≤ 16 eps,
/// norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_logmap0> logmap0{};

/// Vector-Jacobian product: writes dX for the cotangent g of the output, dX may be X, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_logmap0> logmap0_vjp{};

}  // namespace lorentz
}  // namespace hyspn
