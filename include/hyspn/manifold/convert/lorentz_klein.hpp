// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/radial_map.hpp>

namespace hyspn {

namespace detail {

/// K = 1/ω, ω = √(1+z): f′ = 1/ω³, K′ = −1/(2ω³), f″/(cr) = −3/ω⁵.
struct lorentz_to_klein : radial_map<lorentz_to_klein> {
    static constexpr char const* name = "lorentz_to_klein";
    static constexpr argument inputs[] = {point("X")};

    template <class T>
    struct profile {
        T value, radial, slope, bend, norm;

        template <class X>
        HYSPN_HD profile(curvature<T> const& k, X x) : norm(hyspn::norm(x))
        {
            using std::sqrt;
            T const omega = sqrt(T(1) + k.c() * norm * norm);
            value = T(1) / omega;
            radial = value * value * value;
            slope = -radial / T(2);
            bend = T(-3) * radial * value * value;
        }
    };
};

struct lorentz_to_klein_tangent : radial_tangent<lorentz_to_klein> {
    static constexpr char const* name = "lorentz_to_klein_tangent";
    static constexpr argument inputs[] = {point("X"), tangent("V")};
};

/// K = 1/a, a = √(1−z): f′ = 1/a³, K′ = 1/(2a³), f″/(cr) = 3/a⁵.
struct klein_to_lorentz : radial_map<klein_to_lorentz> {
    static constexpr char const* name = "klein_to_lorentz";
    static constexpr argument inputs[] = {point("x")};

    template <class T>
    struct profile {
        T value, radial, slope, bend, norm;

        template <class X>
        HYSPN_HD profile(curvature<T> const& k, X x) : norm(hyspn::norm(x))
        {
            using std::sqrt;
            T const a = sqrt(complement(k.c(), x));
            value = T(1) / a;
            radial = value * value * value;
            slope = radial / T(2);
            bend = T(3) * radial * value * value;
        }
    };
};

struct klein_to_lorentz_tangent : radial_tangent<klein_to_lorentz> {
    static constexpr char const* name = "klein_to_lorentz_tangent";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
};

}  // namespace detail

/// The point of the Klein model that a point of the hyperboloid with space part X stands for: X/√(1+c‖X‖²), the
/// projection from the origin of the ambient space. Any strides; out may be X. Error ≤ 16 eps, norm-wise; far out the
/// result is rounded onto the boundary, from s‖X‖ of about 1/√eps on. Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_to_klein> lorentz_to_klein{};

/// Vector-Jacobian product: writes dX for the cotangent g of the output, dX may be X, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_to_klein> lorentz_to_klein_vjp{};

/// The tangent vector with space part V at the point X of the hyperboloid as one at lorentz_to_klein(X); V itself at 0.
/// out may be X or V. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_to_klein_tangent> lorentz_to_klein_tangent{};

/// Vector-Jacobian product: writes dX and dV for the cotangent g of the output, which may be X and V, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_to_klein_tangent> lorentz_to_klein_tangent_vjp{};

/// The point of the hyperboloid that a point x of the Klein model stands for, by its space part x/√(1−c‖x‖²). Any
/// strides; out may be x. Error ≤ 16 eps, norm-wise, inside the ball. Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_to_lorentz> klein_to_lorentz{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_to_lorentz> klein_to_lorentz_vjp{};

/// The tangent vector v at the point x of the Klein model as one at klein_to_lorentz(x), by its space part; v itself at
/// 0. out may be x or v. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_to_lorentz_tangent> klein_to_lorentz_tangent{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_to_lorentz_tangent> klein_to_lorentz_tangent_vjp{};

}  // namespace hyspn
