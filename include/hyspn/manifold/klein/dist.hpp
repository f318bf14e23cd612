// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// d = asinh(√ζ)/s, ζ = cM/P, P = AB, A = 1 − c‖x‖², B = 1 − c‖y‖², δ = y − x, m = ⟨x,δ⟩, n = ⟨y,δ⟩ and
///     M = A‖δ‖² + cm² = B‖δ‖² + cn²,
/// which is ((1−c⟨x,y⟩)² − P)/c: nothing cancels. m and n are taken from δ with its rounding errors.
///     x̄ = −(g/√M) (δ + (cm/A) x),   ȳ = (g/√M) (δ + (cn/B) y),   0 where δ = 0.
/// With b = asinh √ζ, S = b/√ζ and ‖x‖² + A‖y‖² = (1−P)/c:
///     2c̄ = g √(M/P) [(‖x‖² + A‖y‖²)/(√P(1+√P)) + (MS²/P) R₃(b) b/sinh b] + g mn/(P√M)
///        = g [(n/B − m/A)/√M − d]/c,  the line to use for mn < 0 and ζ > 1, where the other cancels.
struct klein_dist {
    static constexpr char const* name = "klein::dist";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = true;

    template <class T, class X, class Y>
    struct terms {
        T a, b, m, n, length, big_m;  ///< A, B, m, n, ‖δ‖, M

        HYSPN_HD terms(curvature<T> const& k, X x, Y y)
        {
            T const c = k.c();
            a = complement(c, x);
            b = complement(c, y);
            compensated_sum<T> on_x(T(0)), on_y(T(0));
            for (index_t i = 0; i < x.extent(0); ++i) {
                auto const d = two_sum(T(y(i)), T(-x(i)));
                on_x.add_product(x(i), d.high);
                on_x.add_correction(x(i) * d.low);
                on_y.add_product(y(i), d.high);
                on_y.add_correction(y(i) * d.low);
            }
            m = on_x.value();
            n = on_y.value();
            length = norm(difference{y, x});
            // Both forms are exact; this choice makes d(x, y) and d(y, x) one number.
            big_m = a < b ? a * length * length + c * m * m : b * length * length + c * n * n;
        }
    };

    template <class T, class X, class Y>
    HYSPN_HD static T value(curvature<T> const& k, X x, Y y)
    {
        using std::asinh;
        using std::sqrt;
        terms<T, X, Y> const t(k, x, y);
        return asinh(k.sqrt_c() * sqrt(t.big_m) / sqrt(t.a * t.b)) / k.sqrt_c();
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, T g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        using std::sqrt;
        terms<T, X, Y> const t(k, x, y);
        T const c = k.c(), root_m = sqrt(t.big_m), factor = root_m > T(0) ? g / root_m : T(0);
        T const c_bar = to_c(k, t, squared_norm(x) + t.a * squared_norm(y), g, factor);
        T const on_x = c * t.m / t.a, on_y = c * t.n / t.b;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const x_i = x(i), y_i = y(i), delta = y_i - x_i;
            dx(i) = -factor * (delta + on_x * x_i);
            dy(i) = factor * (delta + on_y * y_i);
        }
        return c_bar;
    }

    template <class T, class X, class Y>
    HYSPN_HD static T to_c(curvature<T> const& k, terms<T, X, Y> const& t, T size2, T g, T factor)
    {
        using std::asinh;
        using std::sqrt;
        T const c = k.c(), p = t.a * t.b, root_p = sqrt(p), ratio = sqrt(t.big_m) / root_p;
        T const root_zeta = k.sqrt_c() * ratio, s = asinhc(root_zeta), b = s * root_zeta;
        if ((t.m < T(0)) != (t.n < T(0)) && root_zeta > T(1))
            return (factor * (t.n / t.b - t.m / t.a) - g * b / k.sqrt_c()) / c / T(2);
        T const residue = ratio * ratio * s * s * sinh_residue(b) / sinhc(b);
        return (g * ratio * (size2 / (root_p * (T(1) + root_p)) + residue) + factor * t.m * (t.n / p)) / T(2);
    }
};

}  // namespace detail

namespace klein {

/// Geodesic distance in the Klein model: arcosh((1−c⟨x,y⟩)/√((1−c‖x‖²)(1−c‖y‖²)))/s, s = √c, computed by its asinh. Any
/// strides. Error ≤ 16 eps inside the ball, for close points and points near the boundary alike; 0 for equal points.
/// Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_dist> dist{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the distance (0 for coincident points), which may
/// be x and y, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_dist> dist_vjp{};

}  // namespace klein
}  // namespace hyspn
