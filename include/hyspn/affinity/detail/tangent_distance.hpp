// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/math.hpp>

/// \file
/// Geodesic distance between expmap0(v₁) and expmap0(v₂) in closed form in v₁, v₂, with all derivatives. Nothing
/// saturates and nothing overflows.
///
/// With a_i = 2s·r_i, r_i = ‖v_i‖, k = ‖û₁−û₂‖², D = s·d:
///   Σ = sinh²(D/2) = sinh²((a₁−a₂)/2) + sinh a₁ sinh a₂·k/4,
/// which is the hyperbolic law of cosines written without cancellation.

namespace hyspn::detail {

/// What a distance depends on besides the radii.
template <class T>
struct pair_geometry {
    T chord;   ///< k = ‖û₁ − û₂‖², between 0 and 4; 1 when just one vector is zero
    T radial;  ///< r₁ − r₂
};

/// û₁ + sign·û₂ element by element, as (δ ∓ Δr·û of the shorter)/(the longer radius): close vectors keep their digits,
/// and so does the gradient of the shorter one. Lengths are taken in units of the longer radius, which must be > 0.
template <class V1, class V2>
struct unit_combination {
    using T = scalar_of<V1>;
    V1 v1;
    V2 v2;
    T sign;     ///< −1: difference, +1: sum
    T longer;   ///< the longer radius
    T shorter;  ///< the other one
    T excess;   ///< (r₁ − r₂)/longer
    bool first_is_longer;

    HYSPN_HD index_t extent(std::size_t) const { return v1.extent(0); }
    HYSPN_HD T plain(index_t i) const { return (v1(i) + sign * v2(i)) / longer; }
    HYSPN_HD T operator()(index_t i) const
    {
        if (!(shorter > T(0))) return plain(i);
        return first_is_longer ? plain(i) + sign * excess * (v2(i) / shorter) : plain(i) - excess * (v1(i) / shorter);
    }
};

template <class V1, class V2, class T>
HYSPN_HD unit_combination<V1, V2> make_unit_combination(V1 v1, V2 v2, T sign, T r1, T r2, T radial)
{
    bool const first_is_longer = !(r1 < r2);
    T const longer = first_is_longer ? r1 : r2;
    return {v1, v2, sign, longer, first_is_longer ? r2 : r1, radial / longer, first_is_longer};
}

/// ‖û₁ + sign·û₂‖²; a remainder within 16 eps of what it was subtracted from is rounding and counts as 0: at large
/// radii the distance would amplify it exponentially, and vectors on one ray would come out far apart.
template <class V1, class V2>
HYSPN_HD scalar_of<V1> squared_unit_combination(unit_combination<V1, V2> const& e)
{
    using T = scalar_of<V1>;
    constexpr auto noise = 16 * math_traits<T>::unit_roundoff;
    T square(0), subtracted_from(0);
    for (index_t i = 0; i < e.extent(0); ++i) {
        square += e(i) * e(i);
        subtracted_from += e.plain(i) * e.plain(i);
    }
    return square <= T(noise * noise) * subtracted_from ? T(0) : square;
}

/// Geometry of a pair in two passes over its elements.
template <class V1, class V2, class T>
HYSPN_HD pair_geometry<T> geometry_of(V1 const& v1, V2 const& v2, T r1, T r2)
{
    T const longer = r1 < r2 ? r2 : r1;
    if (!(longer > T(0))) return {T(0), T(0)};
    T product(0);
    for (index_t i = 0; i < v1.extent(0); ++i) product += ((v1(i) - v2(i)) / longer) * ((v1(i) + v2(i)) / longer);
    T const radial = product / (r1 / longer + r2 / longer) * longer;
    return {squared_unit_combination(make_unit_combination(v1, v2, T(-1), r1, r2, radial)), radial};
}

/// 1 − k/4 = ‖û₁ + û₂‖²/4, with its digits also for opposite vectors.
template <class V1, class V2, class T>
HYSPN_HD T chord_complement(V1 const& v1, V2 const& v2, T r1, T r2, pair_geometry<T> const& g)
{
    if (g.chord <= T(2)) return T(1) - g.chord / T(4);
    return squared_unit_combination(make_unit_combination(v1, v2, T(1), r1, r2, g.radial)) / T(4);
}

/// Everything about one distance, with Σ = e^F·h²/4. F, h and w = √(h² + 4e^{−F}) = 2e^{−F/2} cosh(D/2) stay in range
/// for all radii: usually F = |a₁−a₂|; where that would make e^{2·min a} too large for the type, F = a₁+a₂.
template <class T>
struct distance_terms {
    T s, chord;
    T a1, a2, least;  ///< a₁, a₂ and the smaller of them
    T gap, sign;      ///< |a₁−a₂| and the sign of a₁−a₂
    T m1, m2, m_gap;  ///< 1−e^{−2a₁}, 1−e^{−2a₂}, 1−e^{−|a₁−a₂|}
    bool wide;        ///< F = a₁+a₂
    T F, f_radial, f_chord, h, w;

    HYSPN_HD distance_terms(T s_, T r1, T r2, pair_geometry<T> const& g) : s(s_), chord(g.chord)
    {
        using std::exp;
        using std::expm1;
        using std::fabs;
        using std::hypot;
        using std::sqrt;
        a1 = T(2) * s * r1;
        a2 = T(2) * s * r2;
        // By the sign of the gap, so that F + 2·least stays smooth at equal radii.
        least = g.radial < T(0) || (g.radial == T(0) && a1 < a2) ? a1 : a2;
        gap = fabs(T(2) * s * g.radial);
        sign = g.radial < T(0) ? T(-1) : T(1);
        m1 = -expm1(T(-2) * a1);
        m2 = -expm1(T(-2) * a2);
        m_gap = -expm1(-gap);
        wide = chord > T(0) && T(2) * least > T(math_traits<T>::greatest_exponent);
        F = wide ? a1 + a2 : gap;
        f_radial = wide ? exp(T(-2) * least) : T(1);
        f_chord = wide ? T(1) : chord > T(0) ? exp(T(2) * least) : T(0);
        // The two points enter alike, so that d(x, y) and d(y, x) have the same bits and ties are ties from both sides.
        h = hypot(sqrt(f_radial) * m_gap, sqrt(f_chord * chord) * (sqrt(m1) * sqrt(m2)) / T(2));
        w = hypot(h, T(2) * exp(-F / T(2)));
    }

    /// D = s·d.
    HYSPN_HD T scaled_distance() const
    {
        using std::asinh;
        using std::exp;
        using std::log;
        return F < T(40) ? T(2) * asinh(exp(F / T(2)) * h / T(2)) : F + T(2) * log((h + w) / T(2));
    }
};

/// Geodesic distance d.
template <class T>
HYSPN_HD T tangent_distance(T s, T r1, T r2, pair_geometry<T> const& g)
{
    return distance_terms<T>(s, r1, r2, g).scaled_distance() / s;
}

/// ∂d/∂v₁ = along·û₁ + across·(û₁ − û₂).
template <class T>
struct distance_slope {
    T along, across;
};

/// Derivative of d in its first vector; swap the roles for the second. Zero where d = 0, where none exists.
template <class T>
HYSPN_HD distance_slope<T> tangent_distance_slope(distance_terms<T> const& d)
{
    using std::expm1;
    if (!(d.h > T(0))) return {T(0), T(0)};
    T const phi = d.a1 > T(0) ? d.m1 / d.a1 : T(2);
    T const across = d.f_chord * phi * d.m2 / d.h / d.w;
    T const straight = T(-2) * d.sign * d.f_radial * expm1(T(-2) * d.gap) / d.h / d.w;
    return {straight + d.chord / T(2) * across * tcoth_minus_1(d.a1), across};
}

/// Second divided difference of f(z) = x·sinh 2x, z = sinh² x, at three nodes, for z up to 3: Gauss's continued
/// fraction f = 2z(1+z)/(1 + 2z/(3 + 2z/(5 + 12z/(7 + 12z/(9 + 30z/(11 + …)))))) with every level carried as its values
/// and divided differences, so that nodes may coincide.
template <class T>
HYSPN_HD T second_difference_of_x_sinh_2x(T z0, T z1, T z2)
{
    constexpr int levels = math_traits<T>::asinh_levels;
    T g0(2 * levels + 1), g1 = g0, g2 = g0, g01(0), g12(0), g012(0);
    T q01(0), q012(0);
    for (int n = levels; n >= 0; --n) {
        int const m = (n + 1) / 2;
        T const a = n > 0 ? T((2 * m - 1) * (2 * m)) : T(2);
        T const q0 = a * z0 / g0, q1 = a * z1 / g1, q2 = a * z2 / g2;
        q01 = (a - q0 * g01) / g1;
        T const q12 = (a - q1 * g12) / g2;
        q012 = -(q0 * g012 + q01 * g12) / g2;
        T const b = T(2 * n - 1);
        g0 = b + q0, g1 = b + q1, g2 = b + q2;
        g01 = q01, g12 = q12, g012 = q012;
    }
    return q01 + q012 * (T(1) + z2);
}

/// sinh a₁ sinh a₂·η, η the divided difference above at (|a₁−a₂|/2, D/2, (a₁+a₂)/2); k > 0. See tangent_distance_c.
template <class T>
HYSPN_HD T curvature_bracket(distance_terms<T> const& d, T complement)
{
    using std::exp;
    using std::expm1;
    using std::log1p;
    using std::sinh;
    T const sum = d.a1 + d.a2;
    if (sum <= T(2.5)) {
        T const z0 = exp(d.F) * d.m_gap * d.m_gap / T(4), z1 = exp(d.F) * d.h * d.h / T(4), root = sinh(sum / T(2));
        return sinh(d.a1) * sinh(d.a2) * second_difference_of_x_sinh_2x(z0, z1, root * root);
    }
    T const X = d.scaled_distance() / T(2), Y = d.gap / T(2), W = sum / T(2);
    // q = X − Y and p = W − X add up to the smaller of a₁, a₂; the smaller of the two is computed, the other follows.
    T q = d.wide ? d.least
                 : log1p(d.f_chord * d.m1 * d.m2 * d.chord / T(8) *
                         (T(1) / (d.h + d.m_gap) + T(1) / (d.w + T(2) - d.m_gap)));
    T p = d.least - q;
    if (q > d.least / T(2)) {
        T const unit = d.wide ? T(1) : exp(-d.least);
        T const h = d.h * unit, w = d.w * unit;
        T const h_sum = -expm1(-sum), w_sum = T(1) + exp(-sum);
        p = log1p(complement * d.m1 * d.m2 * (T(1) / (h_sum + h) + T(1) / (w_sum + w)) / (h + w));
        q = d.least - p;
    }
    T const tail = q > T(1) ? p + T(1) - bernoulli(T(2) * q) : d.least - tcoth_minus_1(q);
    return bernoulli(T(2) * (W + X)) - bernoulli(T(2) * (X + Y)) + tcoth_minus_1(p) + tail;
}

/// ∂d/∂c, from 2c·∂d/∂c = 2κ(1−κ) sinh² a₁ sinh² a₂·η/(s·sinh D), κ = k/4: all factors positive, 0 on a ray through
/// the origin. `complement` is 1 − κ.
template <class T>
HYSPN_HD T tangent_distance_c(distance_terms<T> const& d, T complement)
{
    if (!(d.h > T(0) && d.chord > T(0) && d.least > T(0))) return T(0);
    T const quotient = d.f_chord * d.m1 * d.m2 / d.h / d.w;
    return d.chord / T(8) * complement * quotient * curvature_bracket(d, complement) / (d.s * d.s * d.s);
}

}  // namespace hyspn::detail
