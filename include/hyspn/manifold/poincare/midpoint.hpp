// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/exact.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// m = (Bx + Ay)/Δ, A = 1 − c‖x‖², B = 1 − c‖y‖², Δ = A + B + ν, ν = √(P(P+Q)) − P = P(1−χ)/χ, P = AB, Q = c‖δ‖²,
/// χ² = P/(P+Q), 1 − χ = (Q/(P+Q))/(1+χ), δ = x − y, ζ = x + y; the numerator as c⟨δ,ζ⟩x + Aζ, whose first part is
/// small where the second cancels. With η = (1−χ)²/(2χ), G = g/Δ, h = ⟨G,m⟩:
///     c_A = ⟨G,νy−Bδ⟩/Δ − Bηh,     c_B = ⟨G,νx+Aδ⟩/Δ − Aηh,
///     x̄ = BG − 2c·c_A x − chχ δ,     ȳ = AG − 2c·c_B y + chχ δ,
///     c̄ = −½(‖x‖²+‖y‖²) [(ν⟨G,ζ⟩ − c⟨δ,ζ⟩⟨G,δ⟩)/Δ − (A+B)ηh] + ½⟨δ,ζ⟩ (⟨G,δ⟩ + c⟨δ,ζ⟩ηh) − ½hχ‖δ‖².
struct poincare_midpoint {
    static constexpr char const* name = "poincare::midpoint";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class Y>
    struct terms {
        T a, b, delta2, delta_zeta, q, chi, one_minus_chi, nu, weight;  ///< weight: Δ

        HYSPN_HD terms(curvature<T> const& k, X x, Y y)
        {
            using std::sqrt;
            T const c = k.c();
            a = complement(c, x);
            b = complement(c, y);
            delta2 = squared_norm(difference{x, y});
            q = c * delta2;
            delta_zeta = difference_of_squares(x, y);
            T const p = a * b;
            chi = sqrt(p / (p + q));
            one_minus_chi = q / (p + q) / (T(1) + chi);
            nu = p * one_minus_chi / chi;
            weight = a + b + nu;
        }
    };

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        terms<T, X, Y> const t(k, x, y);
        T const on_x = k.c() * t.delta_zeta;
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = (on_x * x(i) + t.a * (x(i) + y(i))) / t.weight;
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        terms<T, X, Y> const t(k, x, y);
        T const c = k.c(), a = t.a, b = t.b, weight = t.weight,
                eta = t.one_minus_chi * t.one_minus_chi / (T(2) * t.chi);
        T const on_x = c * t.delta_zeta;
        T const gx = cdot(g, x) / weight, gy = cdot(g, y) / weight;
        T const g_delta = exact_dot(g, difference<X, Y>{x, y}) / weight,
                g_zeta = exact_dot(g, sum<X, Y>{x, y}) / weight;
        T const h = (on_x * gx + a * g_zeta) / weight;
        T const c_a = (t.nu * gy - b * g_delta) / weight - b * eta * h;
        T const c_b = (t.nu * gx + a * g_delta) / weight - a * eta * h;
        T const spread = (t.nu * g_zeta - on_x * g_delta) / weight - (a + b) * eta * h;
        T const c_bar = (-(squared_norm(x) + squared_norm(y)) * spread + t.delta_zeta * (g_delta + on_x * eta * h) -
                         h * t.chi * t.delta2) /
                        T(2);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const pull = c * h * t.chi * (x(i) - y(i));
            T const to_x = b * (g(i) / weight) - T(2) * c * c_a * x(i) - pull;
            T const to_y = a * (g(i) / weight) - T(2) * c * c_b * y(i) + pull;
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// The point half-way between the points x and y of the Poincaré ball, geodesic(1/2, x, y), without a transcendental
/// function: out = (λ_x x + λ_y y)/(λ_x + λ_y − 2 + 2 cosh(s d/2)), s = √c, d = dist(x, y). Any strides; out may be x
/// or y. Error ≤ 16 eps, norm-wise, inside the ball. Also Ungar's gyromidpoint, the Einstein midpoint and the Fréchet
/// mean of two points.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_midpoint> midpoint{};

/// Vector-Jacobian product: writes dx and dy (error ≤ 128 eps, for two points near the boundary, too), returns the
/// cotangent of c. dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_midpoint> midpoint_vjp{};

}  // namespace poincare
}  // namespace hyspn
