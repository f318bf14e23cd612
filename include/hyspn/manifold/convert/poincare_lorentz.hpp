// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/radial_map.hpp>

namespace hyspn {

namespace detail {

/// K = 2/A, A = 1 − z: f′ = 2(1+z)/A², K′ = 2/A², f″/(cr) = 4(3+z)/A³.
struct poincare_to_lorentz : radial_map<poincare_to_lorentz> {
    static constexpr char const* name = "poincare_to_lorentz";
    static constexpr argument inputs[] = {point("x")};

    template <class T>
    struct profile {
        T value, radial, slope, bend, norm;

        template <class X>
        HYSPN_HD profile(curvature<T> const& k, X x) : norm(hyspn::norm(x))
        {
            T const a = complement(k.c(), x), z = k.c() * norm * norm;
            value = T(2) / a;
            radial = T(2) * (T(1) + z) / a / a;
            slope = T(2) / a / a;
            bend = T(4) * (T(3) + z) / a / a / a;
        }
    };
};

struct poincare_to_lorentz_tangent : radial_tangent<poincare_to_lorentz> {
    static constexpr char const* name = "poincare_to_lorentz_tangent";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
};

/// K = 1/(1+ω), ω = √(1+z): f′ = K/ω, K′ = −K²/(2ω), f″/(cr) = −(1+2ω)K²/ω³.
struct lorentz_to_poincare : radial_map<lorentz_to_poincare> {
    static constexpr char const* name = "lorentz_to_poincare";
    static constexpr argument inputs[] = {point("X")};

    template <class T>
    struct profile {
        T value, radial, slope, bend, norm;

        template <class X>
        HYSPN_HD profile(curvature<T> const& k, X x) : norm(hyspn::norm(x))
        {
            using std::sqrt;
            T const omega = sqrt(T(1) + k.c() * norm * norm);
            value = T(1) / (T(1) + omega);
            radial = value / omega;
            slope = -value * value / (T(2) * omega);
            bend = -(T(1) + T(2) * omega) * (value / omega) * (value / omega) / omega;
        }
    };
};

struct lorentz_to_poincare_tangent : radial_tangent<lorentz_to_poincare> {
    static constexpr char const* name = "lorentz_to_poincare_tangent";
    static constexpr argument inputs[] = {point("X"), tangent("V")};
};

}  // namespace detail

/// The point of the hyperboloid that a point x of the Poincaré ball stands for, by its space part X = 2x/(1−c‖x‖²); the
/// time part is lorentz::time of it. Isometric for every c. Any strides; out may be x. Error ≤ 16 eps, norm-wise,
/// inside the ball, however close to the boundary. Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_to_lorentz> poincare_to_lorentz{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_to_lorentz> poincare_to_lorentz_vjp{};

/// The tangent vector v at the point x of the Poincaré ball as one at poincare_to_lorentz(x), by its space part. A
/// vector v at 0 becomes 2v: lengths at 0 in the ball are 2‖v‖. out may be x or v. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_to_lorentz_tangent> poincare_to_lorentz_tangent{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_to_lorentz_tangent> poincare_to_lorentz_tangent_vjp{};

/// The point of the Poincaré ball that a point of the hyperboloid with space part X stands for:
/// x = X/(1+√(1+c‖X‖²)). Isometric for every c. Any strides; out may be X. Error ≤ 16 eps, norm-wise; far out x is
/// rounded onto the boundary, from s‖X‖ of about 1/eps on. Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_to_poincare> lorentz_to_poincare{};

/// Vector-Jacobian product: writes dX for the cotangent g of the output, dX may be X, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_to_poincare> lorentz_to_poincare_vjp{};

/// The tangent vector with space part V at the point X of the hyperboloid as one at lorentz_to_poincare(X); V at 0
/// becomes V/2. out may be X or V. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_to_poincare_tangent> lorentz_to_poincare_tangent{};

/// Vector-Jacobian product: writes dX and dV for the cotangent g of the output, which may be X and V, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_to_poincare_tangent> lorentz_to_poincare_tangent_vjp{};

}  // namespace hyspn
