// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// d = 2‖δ‖P^{−1/2} asinhc √z, where s = √c is not divided by, so that nothing underflows before d does: z = Q/P, Q =
/// c‖δ‖², δ = x − y, P = AB, A = 1 − c‖x‖², B = 1 − c‖y‖². With δ̂ = δ/‖δ‖ (0 at 0), b = asinh √z, S = b/√z:
///     x̄ = k (δ̂ + (c‖δ‖/A) x),  ȳ = k (−δ̂ + (c‖δ‖/B) y),  k = 2g/√(P+Q), 0 where δ = 0,
///     c̄ = g‖δ‖P^{−1/2} [ (‖x‖²/A + ‖y‖²/B)/√(1+z) − 2 asinhc_decay(b) S³ ‖δ‖²/P ];
/// the bracket keeps at least a third of its first term.
struct poincare_dist {
    static constexpr char const* name = "poincare::dist";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    template <class T, class X, class Y>
    HYSPN_HD static T value(curvature<T> const& k, X x, Y y)
    {
        using std::sqrt;
        T const ratio = norm(difference{x, y}) / sqrt(complement(k.c(), x) * complement(k.c(), y));
        return T(2) * ratio * asinhc(k.sqrt_c() * ratio);
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, T g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        using std::asinh;
        using std::sqrt;
        T const c = k.c(), a = complement(c, x), b = complement(c, y);
        difference const delta{x, y};
        T const length = norm(delta), p = a * b, root_p = sqrt(p), root_z = k.sqrt_c() * length / root_p;
        T const root = sqrt(T(1) + root_z * root_z), angle = asinh(root_z), s = asinhc(root_z);
        T const stretch = (squared_norm(x) / a + squared_norm(y) / b) / root;
        T const ratio = length / root_p;
        T const c_bar = g * ratio * (stretch - T(2) * asinhc_decay(angle) * s * s * s * ratio * ratio);

        T const factor = select(length > T(0), T(2) * g / (root_p * root), T(0));
        direction const delta_hat{delta, length};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = delta_hat(i) + c * length / a * x(i), to_y = -delta_hat(i) + c * length / b * y(i);
            dx(i) = factor * to_x;
            dy(i) = factor * to_y;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Geodesic distance in the Poincaré ball, d = (2/s) artanh(s‖−x⊕y‖), s = √c, computed as
/// (2/s) asinh(s‖x−y‖/√((1−c‖x‖²)(1−c‖y‖²))), for two points of any stride. Error ≤ 16 eps inside the ball, for close
/// points and points near the boundary alike; not finite on it, meaningless outside. Ganea et al. 2018, eq. 6.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_dist> dist{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the distance (0 for coincident points, where the
/// distance has no derivative), returns the cotangent of c. dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_dist> dist_vjp{};

}  // namespace poincare
}  // namespace hyspn

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/poincare/dist.hpp>
#endif
