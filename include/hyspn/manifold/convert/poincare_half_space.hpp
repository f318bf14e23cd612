// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/inversion.hpp>

namespace hyspn {

namespace detail {

/// σι: u = x − Rê, its last element x_D − R = −(1−cx_D²)/(s(1+sx_D)) for x_D > 0; the height is R(1−c‖x‖²)/(c‖u‖²).
struct poincare_to_half_space : inversion_map<poincare_to_half_space> {
    static constexpr char const* name = "poincare_to_half_space";
    static constexpr argument inputs[] = {point("x")};
    static constexpr int in_sign = 1, out_sign = -1;

    /// A vector of one element.
    template <class T>
    struct one {
        T a;
        HYSPN_HD index_t extent(std::size_t) const { return 1; }
        HYSPN_HD T operator()(index_t) const { return a; }
    };

    template <class T, class X>
    HYSPN_HD static T last_of_u(curvature<T> const& k, X x)
    {
        T const a = height(x), s = k.sqrt_c();
        return a > T(0) ? -complement(k.c(), one<T>{a}) / (s * (T(1) + s * a)) : a - k.radius();
    }

    template <class T, class X>
    HYSPN_HD static T last_of_image(curvature<T> const& k, X x, inversion<T, X> const& to)
    {
        return complement(k.c(), x) / (k.c() * to.square) * to.radius;
    }
};

struct poincare_to_half_space_tangent : inversion_tangent<poincare_to_half_space> {
    static constexpr char const* name = "poincare_to_half_space_tangent";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
};

/// ισ: u = σx − Rê, its last element −(x_D + R); the last element of the image is −R(1−c‖x‖²)/(c‖u‖²).
struct half_space_to_poincare : inversion_map<half_space_to_poincare> {
    static constexpr char const* name = "half_space_to_poincare";
    static constexpr argument inputs[] = {point("x")};
    static constexpr int in_sign = -1, out_sign = 1;

    template <class T, class X>
    HYSPN_HD static T last_of_u(curvature<T> const& k, X x)
    {
        return -(height(x) + k.radius());
    }

    template <class T, class X>
    HYSPN_HD static T last_of_image(curvature<T> const& k, X x, inversion<T, X> const& to)
    {
        return -complement(k.c(), x) / (k.c() * to.square) * to.radius;
    }
};

struct half_space_to_poincare_tangent : inversion_tangent<half_space_to_poincare> {
    static constexpr char const* name = "half_space_to_poincare_tangent";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
};

}  // namespace detail

/// The point of the upper half-space that a point x of the Poincaré ball stands for (the Cayley transform): with
/// N = c‖x′‖² + (1−sx_D)², x = (x′, x_D), it is (2x′, (1−c‖x‖²)/s)/N. The origin becomes (0, …, 0, 1/s), the point ê/s
/// of the boundary infinity. Any strides; out may be x. Error ≤ 16 eps, norm-wise, inside the ball. Cannon et al. 1997,
/// §7.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_to_half_space> poincare_to_half_space{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_to_half_space> poincare_to_half_space_vjp{};

/// The tangent vector v at the point x of the Poincaré ball as one at poincare_to_half_space(x); v at 0 becomes 2v. out
/// may be x or v. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_to_half_space_tangent> poincare_to_half_space_tangent{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_to_half_space_tangent> poincare_to_half_space_tangent_vjp{};

/// The point of the Poincaré ball that a point x of the upper half-space stands for: with N = c‖x′‖² + (1+sx_D)²,
/// x = (x′, x_D), it is (2x′, (c‖x‖²−1)/s)/N. Any strides; out may be x. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_to_poincare> half_space_to_poincare{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_to_poincare> half_space_to_poincare_vjp{};

/// The tangent vector v at the point x of the upper half-space as one at half_space_to_poincare(x); v at the base point
/// becomes v/2. out may be x or v. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_to_poincare_tangent> half_space_to_poincare_tangent{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_to_poincare_tangent> half_space_to_poincare_tangent_vjp{};

}  // namespace hyspn
