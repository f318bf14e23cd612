// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_pair.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// out = V − fσ, f = (cχ²/2) m with m = ⟨½∂N²/∂X, V⟩ = Y₀V₀ − ⟨Y,V⟩, χ² = 1/cosh²(sd/2), σ = X + Y. With G = ⟨g,σ⟩,
/// m̄ = −(cχ²/2) G, ū = (c/4) χ⁴mG (u = cN²/2) and V♭ = V − (V₀/X₀) X:
///     V̄ = g + m̄ ½∂N²/∂X,
///     X̄ = −fg + ūc ½∂N²/∂X + m̄ (Y₀/X₀) V♭,     Ȳ = −fg + ūc ½∂N²/∂Y − m̄ (V♭ + (V₀/Y₀) ½∂N²/∂X).
/// By parts along and across X, with D∥ = h/(cX₀) + R₂‖e‖²/2, Y∥ = R₂ (1 − ‖e‖²/2), r = R₁ − Y∥ and p = R₂⟨e,V⊥⟩:
///     m = V∥D∥ + p,
///     c̄ = −(χ⁴G/8) ((X₀+Y₀)/(X₀²Y₀)) {V∥T/(c²X₀) + X₀(X₀+Y₀) p},
///     T (X₀+Y₀) = 4c r/(sχ⁴) + (c²/s)‖Y⊥‖² (2R₁ (cX₀Y₀ + 1) + cR₁² r),
/// where the derivatives through χ², Y₀ and V₀ one by one would cancel far out.
struct lorentz_ptransp {
    static constexpr char const* name = "lorentz::ptransp";
    static constexpr argument inputs[] = {point("X"), point("Y"), tangent("V")};
    static constexpr bool scalar_output = false;

    /// R₂⟨e,V⊥⟩.
    template <class T, class X, class Y, class V>
    HYSPN_HD static T across(lorentz_pair<T, X, Y> const& p, lorentz_tangent<T, X, V> const& t)
    {
        compensated_sum<T> s(T(0));
        for (index_t i = 0; i < p.x.extent(0); ++i) s.add_product(p.e(i), t.across(i));
        return p.r2 * s.value();
    }

    /// m; at X = 0 in the form that has its derivatives.
    template <class T, class X, class Y, class V>
    HYSPN_HD static T slope_on(lorentz_pair<T, X, Y> const& p, lorentz_tangent<T, X, V> const& t)
    {
        if (p.r1 > T(0)) return t.along() * p.slope_along_x() + across(p, t);
        T sum(0);
        for (index_t i = 0; i < p.x.extent(0); ++i) sum += p.to_x(i) * t.across(i);
        return sum;
    }

    template <class T, class X, class Y, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, V v, view<T, 1, M> out)
    {
        lorentz_pair const p{k, x, y};
        lorentz_tangent const t{k, x, v};
        T const f = k.c() * p.chi2() / T(2) * slope_on(p, t);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = v(i) - f * (x(i) + y(i));
    }

    template <class T, class X, class Y, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, V v, G g, view<T, 1, M> dx, view<T, 1, M> dy,
                          view<T, 1, M> dv)
    {
        lorentz_pair const p{k, x, y};
        lorentz_tangent const t{k, x, v};
        T const c = k.c(), chi2 = p.chi2(), side = across(p, t), d = p.slope_along_x(), gs = cdot(g, sum{x, y});
        T const m = t.along() * d + side;
        T const f = c * chi2 / T(2) * m, m_bar = -c * chi2 / T(2) * gs, u_bar = c / T(4) * chi2 * chi2 * m * gs;
        T const short_of = p.dr + p.r2 * p.e2 / T(2), y_across2 = p.r2 * p.r2 * p.e2 * (T(1) - p.e2 / T(4));
        // T/(c²X₀), of the formula above.
        T const ahead = (T(4) * short_of / (chi2 * chi2) +
                         c * y_across2 * (T(2) * p.r1 * (c * p.x0 * p.y0 + T(1)) + c * p.r1 * p.r1 * short_of)) /
                        (c * c * p.x0 * (p.x0 + p.y0));
        T const brace = t.along() * ahead + p.x0 * (p.x0 + p.y0) * side;
        T const c_bar = -chi2 * gs / T(8) * (chi2 * ((p.x0 + p.y0) / (p.x0 * p.y0)) * (brace / p.x0));
        T const stretch = p.y0 / p.x0, v0_y0 = t.v0 / p.y0;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const share = f * g(i), to_x = p.to_x(i), to_y = p.to_y(i), flat = t.flat(i);
            T const to_v = g(i) + m_bar * to_x;
            dx(i) = u_bar * c * to_x - share + m_bar * stretch * flat;
            dy(i) = u_bar * c * to_y - share - m_bar * (flat + v0_y0 * to_x);
            dv(i) = to_v;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace lorentz {

/// Parallel transport of the tangent vector V from the point X of the hyperboloid to Y along their geodesic, all by
/// space parts: V + ⟨Y,V⟩_L/(1/c − ⟨X,Y⟩_L) (X + Y); V itself for Y = X. Any strides; out may be any input. Error ≤ 16
/// eps of the larger term, norm-wise. Nickel and Kiela 2018.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_ptransp> ptransp{};

/// Vector-Jacobian product: writes dX, dY and dV for the cotangent g of the output, which may be X, Y and V, returns
/// the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_ptransp> ptransp_vjp{};

}  // namespace lorentz
}  // namespace hyspn
