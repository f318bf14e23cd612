// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_tangent.hpp>

namespace hyspn::detail {

/// x − y − (q + rest) u, u = x or y, with the rounding error of the difference kept.
template <class T, class X, class Y>
struct twisted_difference {
    T q, rest;
    X x;
    Y y;
    bool u_is_x;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const
    {
        using std::fma;
        auto const d = two_sum(T(x(i)), T(-y(i)));
        T const u = unit(i);
        return fma(-q, u, d.high) + (d.low - rest * u);
    }
    HYSPN_HD T unit(index_t i) const { return u_is_x ? x(i) : y(i); }
    HYSPN_HD T along() const
    {
        compensated_sum<T> s(T(0));
        for (index_t i = 0; i < x.extent(0); ++i) s.add_product((*this)(i), unit(i));
        return s.value();
    }
};

/// What two points of the hyperboloid have in common. With R₁ = ‖X‖, R₂ = ‖Y‖, δ = X − Y, σ = X + Y,
/// Δr = R₁ − R₂ = ⟨δ,σ⟩/(R₁+R₂), e = X̂ − Ŷ = (δ − Δr·(unit vector of the shorter))/(length of the longer) and
/// h = Δr (R₁+R₂)/(R₁Y₀+R₂X₀), the sinh of the difference of the radii:
///     N² = ⟨δ,δ⟩_L = (2/c) h²/(1+√(1+h²)) + R₁R₂‖e‖²,    cosh(sd) = 1 + cN²/2,
///     ½∂N²/∂X = (h/(cX₀)) X̂ + R₂ e = (Y₀/X₀) X − Y,      ½∂N²/∂Y = −(h/(cY₀)) Ŷ − R₁ e = (X₀/Y₀) Y − X,
///     N² + c ∂N²/∂c = h²/(c²X₀Y₀) + R₁R₂‖e‖².
/// Nothing cancels, wherever the points are.
template <class T, class X, class Y>
struct lorentz_pair {
    X x;
    Y y;
    T c, r1, r2, x0, y0;
    T dr, h, e2, n2;  ///< Δr, h, ‖e‖², N²
    T longer;
    twisted_difference<T, X, Y> turned;  ///< e times the longer length

    HYSPN_HD lorentz_pair(curvature<T> const& k, X x_, Y y_) : x(x_), y(y_), c(k.c()), r1(norm(x)), r2(norm(y))
    {
        using std::fma;
        using std::sqrt;
        x0 = lorentz_time(k, r1);
        y0 = lorentz_time(k, r2);
        T const total = r1 + r2;
        dr = total > T(0) ? cdot(difference{x, y}, sum{x, y}) / total : T(0);
        bool const x_shorter = r1 < r2;
        T const shorter = x_shorter ? r1 : r2;
        longer = x_shorter ? r2 : r1;
        // R₁Y₀ + R₂X₀, fused the same way whichever point comes first: d(X, Y) and d(Y, X) have the same bits.
        T const mixed = fma(longer, x_shorter ? x0 : y0, shorter * (x_shorter ? y0 : x0));
        h = total > T(0) ? k.sqrt_c() * dr * (total / (k.sqrt_c() * mixed)) : T(0);
        turned = {shorter > T(0) ? dr / shorter : T(0), T(0), x, y, x_shorter};
        e2 = longer > T(0) ? squared_norm(turned) / longer / longer : T(0);
        if (shorter > T(0)) {
            // ⟨e,X̂⟩ = ‖e‖²/2 = −⟨e,Ŷ⟩: what Δr's rounding has left along the shorter of the two, e's smallest part.
            T const exact = (x_shorter ? longer : -longer) * e2 / T(2);
            turned.rest = (turned.along() / shorter - exact) / shorter;
            e2 = squared_norm(turned) / longer / longer;
        }
        n2 = T(2) / c * h * h / (T(1) + sqrt(T(1) + h * h)) + across();
    }
    /// R₁R₂‖e‖²; the second form has the derivatives at a point that is 0.
    HYSPN_HD T across() const { return r1 > T(0) && r2 > T(0) ? r1 * r2 * e2 : T(2) * (r1 * r2 - dot(x, y)); }
    HYSPN_HD T e(index_t i) const { return longer > T(0) ? turned(i) / longer : T(0); }
    HYSPN_HD T to_x(index_t i) const
    {
        return r1 > T(0) ? h / (c * x0) / r1 * x(i) + r2 * e(i) : y0 / x0 * x(i) - y(i);
    }
    HYSPN_HD T to_y(index_t i) const
    {
        return r2 > T(0) ? -h / (c * y0) / r2 * y(i) - r1 * e(i) : x0 / y0 * y(i) - x(i);
    }
    /// The part of ½∂N²/∂X along X.
    HYSPN_HD T slope_along_x() const { return h / (c * x0) + r2 * e2 / T(2); }
    /// N² + c ∂N²/∂c.
    HYSPN_HD T to_c() const { return h / (c * x0) * (h / (c * y0)) + across(); }
    /// χ² = 1/cosh²(sd/2).
    HYSPN_HD T chi2() const { return T(1) / (T(1) + c * n2 / T(4)); }
};

template <class T, class X, class Y>
lorentz_pair(curvature<T> const&, X, Y) -> lorentz_pair<T, X, Y>;

}  // namespace hyspn::detail
