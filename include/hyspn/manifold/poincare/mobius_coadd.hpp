// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/exact.hpp>
#include <hyspn/manifold/detail/negated_right.hpp>
#include <hyspn/manifold/detail/orthogonal_part.hpp>

namespace hyspn {

namespace detail {

/// z = x ⊞ y = (γ_x² x + γ_y² y)/(γ_x² + γ_y² − 1) with γ_x² = 1/A, A = 1 − c‖x‖², and γ_y² = 1/B likewise:
///     z = (Bx + Ay)/q,  q = A + B − AB.
/// With p = x + y and d = B − A = c(‖x‖² − ‖y‖²) the numerator is Ap + dx where A ≤ B, and Bp − dy otherwise: nothing
/// cancels, for points near the boundary and for y ≈ −x alike.
///
/// x̄ = (B/q) (g − (2c/q)⟨g, y − (1−B)x⟩ x). For x ≈ y near the boundary its part along x̂ = x/‖x‖ (0 at 0) would cancel;
/// with g⊥ = g − ⟨g,x̂⟩x̂, y⊥ likewise and δ = y − x it is
///     x̄ = (B/q) [ g⊥ + { (AB + c‖δ‖²)⟨g,x̂⟩ − 2c‖x‖⟨g⊥,y⊥⟩ } x̂/q ],     ȳ by exchange,
///     −q² c̄ = ‖y‖² (AB − d)⟨g,x⟩ + ‖x‖² (AB + d)⟨g,y⟩
///           = AB (‖y‖²⟨g,x⟩ + ‖x‖²⟨g,y⟩) + d (‖x‖²⟨g,δ⟩ + (‖x‖²−‖y‖²)⟨g,x⟩)
///           = ‖y‖² (AB − d)⟨g,p⟩ + (‖x‖²−‖y‖²)(AB + c(‖x‖²+‖y‖²))⟨g,y⟩;
/// the second line serves where δ is short, ‖δ‖² < max(‖x‖²,‖y‖²)/2, the third where p is.
struct poincare_mobius_coadd {
    static constexpr char const* name = "poincare::mobius_coadd";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = false;

    template <class T>
    struct terms {
        T c, a, b, squares, d, q;  ///< c, A, B, ‖x‖² − ‖y‖², d, q

        template <class X, class Y>
        HYSPN_HD terms(T curvature, X x, Y y)
            : c(curvature), a(complement(c, x)), b(complement(c, y)), squares(difference_of_squares(x, y))
        {
            d = c * squares;
            q = a < b ? b + a * (T(1) - b) : a + b * (T(1) - a);  // the same bits for both orders
        }
    };

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        terms<T> const t(k.c(), x, y);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const p = x(i) + y(i);
            out(i) = (t.a <= t.b ? t.a * p + t.d * x(i) : t.b * p - t.d * y(i)) / t.q;
        }
    }

    /// The cotangent of the summand x, the other being y with complement b.
    template <class T, class X, class G>
    struct summand_cotangent {
        T factor, along, radial;  ///< B/q, ⟨g,x̂⟩, the coefficient of x̂ in the brackets
        direction<T, X> x_hat;
        G g;

        template <class Y>
        HYSPN_HD summand_cotangent(T c, T b, T q, T spread, X x, Y y, G g_) : factor(b / q), x_hat{x, norm(x)}, g(g_)
        {
            along = dot(g, x_hat);
            auto const y_across = orthogonal_part(y, x, squared_norm(x));
            T const across = cdot(g, y_across) - along * dot(x_hat, y_across);
            radial = (spread * along - T(2) * c * x_hat.length * across) / q;
        }
        HYSPN_HD T operator()(index_t i) const { return factor * ((g(i) - along * x_hat(i)) + radial * x_hat(i)); }
    };

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        terms<T> const t(k.c(), x, y);
        T const ab = t.a * t.b, delta2 = squared_norm(difference{y, x});
        summand_cotangent<T, X, G> const x_bar(t.c, t.b, t.q, ab + t.c * delta2, x, y, g);
        summand_cotangent<T, Y, G> const y_bar(t.c, t.a, t.q, ab + t.c * delta2, y, x, g);
        T const c_bar = curvature_cotangent(t, ab, delta2, x, y, g);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = x_bar(i), to_y = y_bar(i);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return c_bar;
    }

private:
    template <class T, class X, class Y, class G>
    HYSPN_HD static T curvature_cotangent(terms<T> const& t, T ab, T delta2, X x, Y y, G g)
    {
        T const x2 = squared_norm(x), y2 = squared_norm(y), half = (x2 > y2 ? x2 : y2) / T(2);
        T const gx = cdot(g, x), gy = cdot(g, y), scale = T(-1) / (t.q * t.q);
        if (delta2 < half)
            return scale * (ab * (y2 * gx + x2 * gy) + t.d * (x2 * cdot(g, difference{y, x}) + t.squares * gx));
        if (squared_norm(sum{x, y}) < half)
            return scale * (y2 * (ab - t.d) * cdot(g, sum{x, y}) + t.squares * (ab + t.c * (x2 + y2)) * gy);
        return scale * (y2 * (ab - t.d) * gx + x2 * (ab + t.d) * gy);
    }
};

struct poincare_mobius_cosub : negated_right<poincare_mobius_coadd> {
    static constexpr char const* name = "poincare::mobius_cosub";
};

}  // namespace detail

namespace poincare {

/// Möbius coaddition out = x ⊞ y = x ⊕ gyr[x, −y]y = (γ_x² x + γ_y² y)/(γ_x² + γ_y² − 1), γ_x² = 1/(1 − c‖x‖²), in the
/// Poincaré ball, for two points of any stride; commutative, and (x ⊟ y) ⊕ y = x. out may be x or y. Error ≤ 16 eps,
/// norm-wise, inside the ball, for nearly opposite points too. Ungar, Analytic Hyperbolic Geometry, 2005, eq. 3.195.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_mobius_coadd> mobius_coadd{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, returns the cotangent of c.
/// dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_mobius_coadd> mobius_coadd_vjp{};

/// Möbius cosubtraction out = x ⊟ y = x ⊞ (−y): the solution z of z ⊕ y = x. Otherwise as mobius_coadd.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_mobius_cosub> mobius_cosub{};

/// Vector-Jacobian product, as mobius_coadd_vjp.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_mobius_cosub> mobius_cosub_vjp{};

}  // namespace poincare
}  // namespace hyspn
