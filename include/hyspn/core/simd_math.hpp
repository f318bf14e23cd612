// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>

#include <hyspn/core/simd.hpp>

/// \file
/// Exponential and hyperbolic functions on packs, branch-free. Errors: 1.5 ulp for exp and expm1, 2 for log1p, 3 for
/// sinh, cosh and asinh, over the stated ranges (tests/core/simd_test.cpp measures them). NaN gives NaN. Reductions use
/// fused operations, which -ffast-math leaves alone.

namespace hyspn::simd {

namespace detail {

/// Per type: where exp leaves the normal range, ln 2 in two parts (the first with trailing zeros), and the number of
/// terms that bring the series of exp on [-ln2/2, ln2/2] and of artanh on [0, 0.172] below a quarter of an ulp.
template <class T>
struct exp_traits;

template <>
struct exp_traits<float> {
    static constexpr float least = -87.33654f, greatest = 88.72283f;
    static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
    static constexpr int exp_terms = 7;
    static constexpr int mantissa_bits = 23;
    static constexpr std::int32_t bias = 127;
    static constexpr std::int32_t sqrt_half = 0x3f3504f3;
};

template <>
struct exp_traits<double> {
    static constexpr double least = -708.3964185322641, greatest = 709.782712893384;
    static constexpr double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
    static constexpr int exp_terms = 13;
    static constexpr int mantissa_bits = 52;
    static constexpr std::int64_t bias = 1023;
    static constexpr std::int64_t sqrt_half = 0x3fe6a09e667f3bcd;
};

/// Whole number nearest to x, |x| < 2^31, as integer lanes.
template <class T>
typename pack<T>::mask nearest(pack<T> x)
{
    pack<T> const away = x + copysign(pack<T>(T(0.5)), x);
    if constexpr (sizeof(T) == 4) {
        return __builtin_convertvector(away.v, typename pack<T>::mask);
    } else {
        // By way of 32-bit lanes: processors before AVX-512 have no conversion to 64.
        using narrow = typename vector_of<std::int32_t, register_bytes / 2>::type;
        return __builtin_convertvector(__builtin_convertvector(away.v, narrow), typename pack<T>::mask);
    }
}

template <class T>
pack<T> to_real(typename pack<T>::mask n)
{
    if constexpr (sizeof(T) == 4) {
        return __builtin_convertvector(n, typename pack<T>::vector);
    } else {
        using narrow = typename vector_of<std::int32_t, register_bytes / 2>::type;
        return __builtin_convertvector(__builtin_convertvector(n, narrow), typename pack<T>::vector);
    }
}

/// 2^n for exponents of normal numbers.
template <class T>
pack<T> power_of_two(typename pack<T>::mask n)
{
    return from_bits<T>((n + exp_traits<T>::bias) << exp_traits<T>::mantissa_bits);
}

/// x = n ln 2 + r with |r| ≤ ln 2 / 2 and q = e^r − 1, for x in [least, greatest].
template <class T>
struct exp_parts {
    typename pack<T>::mask n;
    pack<T> q;

    explicit exp_parts(pack<T> x)
    {
        using traits = exp_traits<T>;
        n = nearest(x * pack<T>(T(1.4426950408889634)));
        pack<T> const k = to_real<T>(n);
        pack<T> const r = fma(k, pack<T>(-traits::ln2_low), fma(k, pack<T>(-traits::ln2_high), x));
        // Horner's rule for r²/2 + r³/6 + …, each level a fraction of the next: e^r − 1 = r(1 + r/2(1 + r/3(…))).
        pack<T> tail(T(1));
        for (int term = traits::exp_terms; term > 2; --term)
            tail = fma(tail * r, pack<T>(T(1) / static_cast<T>(term)), pack<T>(T(1)));
        q = fma(r * r * pack<T>(T(0.5)), tail, r);
    }
};

/// log((1+y)·2^−k) + k ln 2, k chosen so that the argument lies within a factor √2 of 1.
template <class T>
pack<T> log1p_core(pack<T> y)
{
    using traits = exp_traits<T>;
    using integer = typename pack<T>::integer;
    constexpr auto one = static_cast<integer>(traits::bias) << traits::mantissa_bits;
    // max takes a NaN for 0, whose exponent overflows nothing; y itself stays NaN below.
    auto const shifted = bits_of(max(pack<T>(T(0)), y + pack<T>(T(1)))) + (one - traits::sqrt_half);
    auto const k = (shifted >> traits::mantissa_bits) - traits::bias;
    pack<T> const t = power_of_two<T>(-k);
    pack<T> const f = fma(y, t, t - pack<T>(T(1)));  // one rounding of the exact value
    pack<T> const s = f / (f + pack<T>(T(2))), z = s * s, half_square = pack<T>(T(0.5)) * f * f;
    // 2 artanh(s) = 2s + s·R(z); coefficients of fdlibm's log (Sun Microsystems, public domain).
    pack<T> r(T(0));
    if constexpr (sizeof(T) == 4) {
        for (T const c : {T(0.24279078841), T(0.28498786688), T(0.40000972152), T(0.66666662693)})
            r = fma(r, z, pack<T>(c));
    } else {
        for (T const c : {T(1.479819860511658591e-01), T(1.531383769920937332e-01), T(1.818357216161805012e-01),
                          T(2.222219843214978396e-01), T(2.857142874366239149e-01), T(3.999999999940941908e-01),
                          T(6.666666666666735130e-01)})
            r = fma(r, z, pack<T>(c));
    }
    r = r * z;
    pack<T> const exponent = to_real<T>(k);
    pack<T> const small = fma(s, half_square + r, exponent * pack<T>(traits::ln2_low));
    return fma(exponent, pack<T>(traits::ln2_high), f - (half_square - small));
}

}  // namespace detail

/// e^x; 0 where the result would be below the smallest normal number, infinite where it would overflow.
template <class T>
pack<T> exp(pack<T> x)
{
    using traits = detail::exp_traits<T>;
    pack<T> const least(traits::least), greatest(traits::greatest);
    detail::exp_parts<T> const e(min(max(least, x), greatest));  // NaN: as `least`
    // 2^n would overflow for the largest arguments: half of it twice.
    pack<T> const half = detail::power_of_two<T>(e.n - 1);
    pack<T> const value = fma(half, e.q, half) * pack<T>(T(2));
    pack<T> const bounded = select<T>(x < least, pack<T>(T(0)), select<T>(x > greatest, pack<T>(T(HUGE_VAL)), value));
    return select<T>(x == x, bounded, x);
}

/// e^x − 1 for x up to 88 (float) or 709 (double); −1 for large negative x.
template <class T>
pack<T> expm1(pack<T> x)
{
    pack<T> const bounded = max(pack<T>(T(sizeof(T) == 4 ? -60 : -500)), x);  // NaN: as the bound
    detail::exp_parts<T> const e(min(bounded, pack<T>(detail::exp_traits<T>::greatest)));
    pack<T> const half = detail::power_of_two<T>(e.n - 1);
    pack<T> const value = fma(half, e.q, half - pack<T>(T(0.5))) * pack<T>(T(2));
    return select<T>(x == x, value, x);
}

/// log(1 + x) for x > −1, x below 2^60.
template <class T>
pack<T> log1p(pack<T> x)
{
    return detail::log1p_core(x);
}

/// sinh x and cosh x together, |x| up to 88 (float) or 709 (double).
template <class T>
struct hyperbolic_pair {
    pack<T> sinh, cosh;

    explicit hyperbolic_pair(pack<T> x)
    {
        pack<T> const e = expm1(abs(x)), one(T(1)), half(T(0.5));
        pack<T> const q = e / (e + one);  // 1 − e^{−|x|}
        sinh = copysign(half * (e + q), x);
        cosh = fma(half * e, q, one);
    }
};

template <class T>
pack<T> sinh(pack<T> x)
{
    return hyperbolic_pair<T>(x).sinh;
}

/// asinh x for |x| up to 2^60.
template <class T>
pack<T> asinh(pack<T> x)
{
    pack<T> const a = abs(x), one(T(1));
    pack<T> const root = sqrt(fma(a, a, one));
    return copysign(log1p(a + a * (a / (root + one))), x);
}

}  // namespace hyspn::simd
