// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/detail/tangent_distance.hpp>
#include <hyspn/core/simd_math.hpp>

/// \file
/// The reference's closed forms on packs, for radii in the range of the plain formulas.

namespace hyspn::detail {

/// sinh a, sinh a/a and cosh a − sinh a/a for a = 2sr of a pixel.
template <class T>
struct radial_functions {
    using V = simd::pack<T>;
    V sinh, sinhc, rest;

    explicit radial_functions(V a)
    {
        simd::hyperbolic_pair<T> const h(a);
        sinh = h.sinh;
        sinhc = select<T>(a > V(T(0)), h.sinh / a, V(T(1)));
        rest = sinhc * tcoth_minus_1(a);
    }
};

/// What the cotangent of a distance turns on: the terms of the pair, by plain formulas.
template <class T>
struct plain_pair {
    using V = simd::pack<T>;
    V half_gap;  ///< sinh(s(r₁−r₂))
    V sigma;     ///< Σ = sinh²(D/2)
    V inverse;   ///< 1/sinh D, 0 where d = 0

    plain_pair(V s, V radial, V chord, V sinh1, V sinh2)
    {
        V const zero(T(0)), one(T(1));
        half_gap = simd::sinh(s * radial);
        sigma = fma(half_gap, half_gap, sinh1 * sinh2 * (chord * V(T(0.25))));
        V const sinh_d = V(T(2)) * sqrt(sigma * (one + sigma));
        inverse = select<T>(sinh_d > zero, one / sinh_d, zero);
    }
};

/// curvature_bracket of the reference for a₁ + a₂ ≤ 2.5.
template <class T>
simd::pack<T> bracket_of_near(plain_pair<T> const& p, simd::pack<T> sinh1, simd::pack<T> sinh2, simd::pack<T> sum)
{
    using V = simd::pack<T>;
    V const root = simd::sinh(min(sum, V(T(2.5))) * V(T(0.5)));
    V const limit(T(3));  // of the continued fraction; lanes beyond take the other form
    return sinh1 * sinh2 *
           second_difference_of_x_sinh_2x(min(p.half_gap * p.half_gap, limit), min(p.sigma, limit), root * root);
}

/// The same for larger radii, see the reference. D = s·d, gap = |a₁−a₂|, sum = a₁+a₂, complement = 1 − k/4.
template <class T>
simd::pack<T> bracket_of_far(plain_pair<T> const& p, simd::pack<T> sinh1, simd::pack<T> sinh2, simd::pack<T> D,
                             simd::pack<T> gap, simd::pack<T> sum, simd::pack<T> chord, simd::pack<T> complement)
{
    using V = simd::pack<T>;
    V const one(T(1)), two(T(2)), half(T(0.5));
    V const X = D * half, Y = gap * half, W = sum * half, least = (sum - gap) * half;
    V const scale = simd::exp(-Y), m_gap = -expm1(-gap);
    V const h = two * scale * sqrt(p.sigma), w = two * scale * sqrt(one + p.sigma);
    V const sines = V(T(4)) * sinh1 * sinh2;
    V const near_q = log1p(scale * scale * sines * chord * V(T(0.125)) * (one / (h + m_gap) + one / (w + two - m_gap)));
    V const unit = simd::exp(-least), h1 = h * unit, w1 = w * unit;
    V const h_sum = -expm1(-sum), w_sum = one + simd::exp(-sum);
    V const far_p = log1p(complement * sines * simd::exp(-sum) * (one / (h_sum + h1) + one / (w_sum + w1)) / (h1 + w1));
    auto const by_p = near_q > least * half;
    V const q = max(select<T>(by_p, least - far_p, near_q), V(T(0)));
    V const t = max(select<T>(by_p, far_p, least - near_q), V(T(0)));
    V const tail = select<T>(q > one, t + one - bernoulli(two * q), least - tcoth_minus_1(q));
    return bernoulli(two * (W + X)) - bernoulli(two * (X + Y)) + tcoth_minus_1(t) + tail;
}

}  // namespace hyspn::detail
