// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/radial_map.hpp>

namespace hyspn {

namespace detail {

/// K = 2/w, w = 1+z: f′ = 2A/w² with A = 1 − z, K′ = −2/w², f″/(cr) = 4(z−3)/w³.
struct poincare_to_klein : radial_map<poincare_to_klein> {
    static constexpr char const* name = "poincare_to_klein";
    static constexpr argument inputs[] = {point("x")};

    template <class T>
    struct profile {
        T value, radial, slope, bend, norm;

        template <class X>
        HYSPN_HD profile(curvature<T> const& k, X x) : norm(hyspn::norm(x))
        {
            T const a = complement(k.c(), x), z = k.c() * norm * norm, w = T(1) + z;
            value = T(2) / w;
            radial = T(2) * a / (w * w);
            slope = T(-2) / (w * w);
            bend = T(4) * (z - T(3)) / (w * w * w);
        }
    };
};

struct poincare_to_klein_tangent : radial_tangent<poincare_to_klein> {
    static constexpr char const* name = "poincare_to_klein_tangent";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
};

/// K = 1/(1+a), a = √(1−z): f′ = K/a, K′ = K²/(2a), f″/(cr) = (1+2a)K²/a³.
struct klein_to_poincare : radial_map<klein_to_poincare> {
    static constexpr char const* name = "klein_to_poincare";
    static constexpr argument inputs[] = {point("x")};

    template <class T>
    struct profile {
        T value, radial, slope, bend, norm;

        template <class X>
        HYSPN_HD profile(curvature<T> const& k, X x) : norm(hyspn::norm(x))
        {
            using std::sqrt;
            T const a = sqrt(complement(k.c(), x));
            value = T(1) / (T(1) + a);
            radial = value / a;
            slope = value * value / (T(2) * a);
            bend = (T(1) + T(2) * a) * (value / a) * (value / a) / a;
        }
    };
};

struct klein_to_poincare_tangent : radial_tangent<klein_to_poincare> {
    static constexpr char const* name = "klein_to_poincare_tangent";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
};

}  // namespace detail

/// The point of the Klein model that a point x of the Poincaré ball stands for: 2x/(1+c‖x‖²). Any strides; out may be
/// x. Error ≤ 16 eps, norm-wise; close to the boundary the result is rounded onto it, from 1−s‖x‖ of about √eps on.
/// Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_to_klein> poincare_to_klein{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_to_klein> poincare_to_klein_vjp{};

/// The tangent vector v at the point x of the Poincaré ball as one at poincare_to_klein(x); v at 0 becomes 2v. out may
/// be x or v. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_to_klein_tangent> poincare_to_klein_tangent{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_to_klein_tangent> poincare_to_klein_tangent_vjp{};

/// The point of the Poincaré ball that a point x of the Klein model stands for: x/(1+√(1−c‖x‖²)). Any strides; out may
/// be x. Error ≤ 16 eps, norm-wise, inside the ball. Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_to_poincare> klein_to_poincare{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_to_poincare> klein_to_poincare_vjp{};

/// The tangent vector v at the point x of the Klein model as one at klein_to_poincare(x); v at 0 becomes v/2. out may
/// be x or v. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_to_poincare_tangent> klein_to_poincare_tangent{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_to_poincare_tangent> klein_to_poincare_tangent_vjp{};

}  // namespace hyspn
