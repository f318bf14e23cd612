// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_pair.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// d = (2/s) asinh(sN/2). With χ = 1/√(1+cN²/4), k = gχ/N (0 where N = 0), b = sd/2, S = b/(sN/2) and
/// q = ⟨δ,σ⟩/(c(X₀+Y₀)), the difference of the times over c (lorentz_pair has the rest):
///     X̄ = k ½∂N²/∂X,   Ȳ = k ½∂N²/∂Y,   c̄ = −gN³S²χℓ(b²)/8 − (kq) q/(2X₀Y₀).
struct lorentz_dist {
    static constexpr char const* name = "lorentz::dist";
    static constexpr argument inputs[] = {point("X"), point("Y")};
    static constexpr bool scalar_output = true;

    template <class T, class X, class Y>
    HYSPN_HD static T value(curvature<T> const& k, X x, Y y)
    {
        using std::asinh;
        using std::sqrt;
        return T(2) / k.sqrt_c() * asinh(k.sqrt_c() * sqrt(lorentz_pair{k, x, y}.n2) / T(2));
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, T g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        using std::asinh;
        using std::sqrt;
        lorentz_pair const p{k, x, y};
        T const n = sqrt(p.n2), half = k.sqrt_c() * n / T(2), chi = T(1) / sqrt(T(1) + half * half);
        T const factor = n > T(0) ? g * chi / n : T(0), s = asinhc(half);
        T const q = p.dr * (p.r1 + p.r2) / (k.c() * (p.x0 + p.y0));
        T const c_bar =
            -g * p.n2 * n * s * s * chi * langevinc(half * s) / T(8) - (factor * q) * (q / (T(2) * p.x0 * p.y0));
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = p.to_x(i), to_y = p.to_y(i);
            dx(i) = factor * to_x;
            dy(i) = factor * to_y;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace lorentz {

/// Geodesic distance of two points of the hyperboloid, given by their space parts: (2/s) asinh(s‖X−Y‖_L/2), s = √c, the
/// Lorentz norm taken from the difference of the radii and that of the directions, never from two large products. Any
/// strides. Error ≤ 16 eps, for close points and points far out alike; 0 for equal points.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_dist> dist{};

/// Vector-Jacobian product: writes dX and dY for the cotangent g of the distance (0 for coincident points, where the
/// distance has no derivative), which may be X and Y, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_dist> dist_vjp{};

}  // namespace lorentz
}  // namespace hyspn
