// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/math.hpp>
#include <hyspn/core/simd.hpp>

/// \file
/// Exponential, hyperbolic and error functions, branch-free, over V = pack<T> or one T; both give the same bits unless
/// -ffast-math lets the compiler regroup. Ranges are whole: subnormal arguments and results, overflow to infinity,
/// infinite arguments; NaN gives NaN. Each function states its largest error; tests/core/simd_test.cpp measures them.
/// They hold under -ffast-math too, for finite normal numbers: what must not be regrouped is fused or made opaque.

namespace hyspn {

/// Constants of the element type serve vectors of it, so that branch-free functions of core/math.hpp take these too.
template <class T>
struct math_traits<simd::pack<T>> : math_traits<T> {
};

}  // namespace hyspn

namespace hyspn::simd {

namespace detail {

/// Per type: the layout; ln 2 in two parts, the first with so many trailing zeros that its product with an exponent is
/// exact; where results of exp vanish and those of sinh are infinite for sure (2^(n-2) is still finite there); below
/// which e^x − 1 is −1; up to which x stands for itself in x + O(x²) and x + O(x³).
template <class T>
struct exp_traits;

template <>
struct exp_traits<float> {
    static constexpr int mantissa_bits = 23;
    static constexpr std::uint32_t one = 0x3f800000, two = 0x40000000, sqrt_half = 0x3f3504f3, infinity = 0x7f800000,
                                   quiet = 0x7fc00000;
    static constexpr float bias = 127;
    static constexpr float log2_e = 0x1.715476p0f, ln2_high = 0x1.62e4p-1f, ln2_low = 0x1.7f7d1cp-20f;
    static constexpr float least = -104, greatest = 89.6f, minus_one = -30, tiny = 0x1p-25f, tiny_odd = 0x1p-13f;
    static constexpr float normal = 0x1p-126f, nearly_all = 0x1p63f;
    static constexpr float low_exponent = -100, low_lift = 30, low_scale = 0x1p-30f;
};

template <>
struct exp_traits<double> {
    static constexpr int mantissa_bits = 52;
    static constexpr std::uint64_t one = 0x3ff0000000000000, two = 0x4000000000000000, sqrt_half = 0x3fe6a09e667f3bcd,
                                   infinity = 0x7ff0000000000000, quiet = 0x7ff8000000000000;
    static constexpr double bias = 1023;
    static constexpr double log2_e = 0x1.71547652b82fep0, ln2_high = 0x1.62e42fee00000p-1,
                            ln2_low = 0x1.a39ef35793c76p-33;
    static constexpr double least = -746, greatest = 710.6, minus_one = -50, tiny = 0x1p-54, tiny_odd = 0x1p-28;
    static constexpr double normal = 0x1p-1022, nearly_all = 0x1p511;
    static constexpr double low_exponent = -1000, low_lift = 60, low_scale = 0x1p-60;
};

/// c₀ + c₁x + c₂x² + …
template <number V, class... C>
V polynomial(V x, scalar_of<V> c, C... higher)
{
    if constexpr (sizeof...(higher) == 0)
        return V(c);
    else
        return fma(x, polynomial(x, higher...), V(c));
}

/// 2^k for whole k whose result is normal.
template <number V>
V power_of_two(V k)
{
    using traits = exp_traits<scalar_of<V>>;
    return from_bits<V>(bits_of(k + V(whole_shift<V> + traits::bias)) << traits::mantissa_bits);
}

/// a·2^k for 0.5 ≤ a ≤ 2 and whole k from −1.2 to 1 times the exponents of T, with one rounding.
template <number V>
V scaled(V a, V k)
{
    using T = scalar_of<V>;
#if defined(__AVX512F__)
    if constexpr (std::same_as<V, pack<float>>)
        return V(_mm512_maskz_scalef_ps(0xffff, a.v, k.v));
    else if constexpr (std::same_as<V, pack<double>>)
        return V(_mm512_maskz_scalef_pd(0xff, a.v, k.v));
#endif
    using traits = exp_traits<T>;
    auto const low = k < V(traits::low_exponent);
    V const first = power_of_two(k + select(low, V(traits::low_lift), V(T(-2))));
    return opaque(a * first) * select(low, V(traits::low_scale), V(T(4)));
}

/// x = k ln 2 + r with |r| ≤ ln 2 / 2 and q = e^r − 1, for x in [least, greatest]. Relative error of q below 2⁻²⁶
/// (float) or 2⁻⁶¹ (double) before rounding: minimax polynomials for (e^r − 1 − r)/r².
template <number V>
struct exp_parts {
    V k, q, r, rest;  ///< q = r + rest, where r has few rounding errors and rest is small

    explicit exp_parts(V x)
    {
        using T = scalar_of<V>;
        using traits = exp_traits<T>;
        V const shift(whole_shift<V>);
        k = opaque(fma(x, V(traits::log2_e), shift)) - shift;
        V const near = fma(k, V(-traits::ln2_high), x);
        r = fma(k, V(-traits::ln2_low), near);
        V const lost = fma(k, V(-traits::ln2_low), opaque(near - r));
        V p;
        if constexpr (sizeof(T) == 4)
            p = polynomial(r, 0.4999999702f, 0.1666654348f, 0.04166749865f, 0.008366544731f, 0.001386491931f);
        else
            p = polynomial(r, 0x1.0000000000000p-1, 0x1.5555555555559p-3, 0x1.5555555555550p-5, 0x1.111111110f65ap-7,
                           0x1.6c16c16c195c4p-10, 0x1.a01a01b00130dp-13, 0x1.a01a01949e56dp-16, 0x1.71ddf814435dbp-19,
                           0x1.27e505902aa83p-22, 0x1.af5f26a6ba087p-26, 0x1.1f2eac47a381cp-29);
        rest = fma(r * r, p, lost);
        q = opaque(r + rest);
    }

    /// (e^x − 1)/4, for x ≥ minus_one; finite where sinh x is.
    V quarter_of_expm1() const
    {
        V const quarter = power_of_two(k - V(scalar_of<V>(2)));
        return fma(quarter, rest, fma(quarter, r, quarter - V(scalar_of<V>(0.25))));
    }
};

/// u = 2^k m with m within a factor √2 of 1, for positive normal u; `offset` is the exponent's bias, or less to get a
/// greater k.
template <number V>
struct log_parts {
    using traits = exp_traits<scalar_of<V>>;
    bits_type<V> power;  ///< k where the exponent is stored
    V k, m;

    explicit log_parts(V u, V offset = V(traits::bias))
    {
        auto const shifted = bits_of(u) + (traits::one - traits::sqrt_half);
        power = (shifted & traits::infinity) - traits::one;
        m = from_bits<V>(bits_of(u) - power);
        V const shift(whole_shift<V>);
        k = from_bits<V>((shifted >> traits::mantissa_bits) + bits_of(shift)) - (shift + offset);
    }
};

/// k ln 2 + log(1+f). With s = f/(2+f), log(1+f) = f − f²/2 + s(f²/2 + R(s²)); coefficients of fdlibm's log (Sun
/// Microsystems, public domain).
template <number V>
V log_sum(V k, V f)
{
    using T = scalar_of<V>;
    using traits = exp_traits<T>;
    V const s = f / (f + V(T(2))), z = s * s, half_square = V(T(0.5)) * f * f;
    V r;
    if constexpr (sizeof(T) == 4)
        r = polynomial(z, 0.66666662693f, 0.40000972152f, 0.28498786688f, 0.24279078841f);
    else
        r = polynomial(z, 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01,
                       2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01,
                       1.479819860511658591e-01);
    V const small = fma(s, fma(r, z, half_square), k * V(traits::ln2_low));
    return fma(k, V(traits::ln2_high), f - opaque(half_square - small));
}

/// log(1 + y) for finite y > −1; `offset` as above.
template <number V>
V log1p_core(V y, V offset = V(exp_traits<scalar_of<V>>::bias))
{
    using T = scalar_of<V>;
    using traits = exp_traits<T>;
    V const one(T(1)), u = opaque(y + one);
    V const lost = y - opaque(u - one);
    log_parts<V> const parts(u, offset);
    // Twice 2^-k and half the rest, as 2^-128 is none of float's normal numbers.
    V const f = fma(V(T(0.5)) * lost, from_bits<V>(traits::two - parts.power), parts.m - one);
    return log_sum(parts.k, f);
}

/// What log gives for arguments that are not positive.
template <number V>
V log_outside(V u)
{
    using traits = exp_traits<scalar_of<V>>;
    return select(u == V{}, -from_bits<V>(bits_type<V>{} + traits::infinity),
                  from_bits<V>(bits_type<V>{} + traits::quiet));
}

}  // namespace detail

/// e^x. Error ≤ 1.25 ulp.
template <number V>
V exp(V x)
{
    using traits = detail::exp_traits<scalar_of<V>>;
    detail::exp_parts<V> const e(min(max(x, V(traits::least)), V(traits::greatest)));
    return detail::scaled(V(scalar_of<V>(1)) + e.q, e.k);
}

/// e^x − 1. Error ≤ 1.5 ulp.
template <number V>
V expm1(V x)
{
    using traits = detail::exp_traits<scalar_of<V>>;
    detail::exp_parts<V> const e(min(max(x, V(traits::minus_one)), V(traits::greatest)));
    return select(abs(x) < V(traits::tiny), x, e.quarter_of_expm1() * V(scalar_of<V>(4)));
}

/// Natural logarithm; −∞ at 0, NaN below. Error ≤ 1 ulp.
template <number V>
V log(V x)
{
    using T = scalar_of<V>;
    using traits = detail::exp_traits<T>;
    V const zero{}, infinity = from_bits<V>(bits_type<V>{} + traits::infinity);
    auto const subnormal = x < V(traits::normal);
    constexpr T lift = 60;
    detail::log_parts<V> const parts(select(subnormal, x * V(T(0x1p60)), x),
                                     select(subnormal, V(traits::bias + lift), V(traits::bias)));
    V const value = detail::log_sum(parts.k, parts.m - V(T(1)));
    return select(x > zero, select(x < infinity, value, x), detail::log_outside(x));
}

/// log(1 + x); −∞ at −1, NaN below. Error ≤ 1.5 ulp.
template <number V>
V log1p(V x)
{
    using traits = detail::exp_traits<scalar_of<V>>;
    V const one(scalar_of<V>(1)), infinity = from_bits<V>(bits_type<V>{} + traits::infinity);
    V const value = detail::log1p_core(x);
    auto const plain = (abs(x) >= V(traits::tiny)) & (x < infinity);
    return select(x > -one, select(plain, value, x), detail::log_outside(x + one));
}

/// sinh x and cosh x together. Errors ≤ 2.5 and 2 ulp.
template <class T, number V = pack<T>>
struct hyperbolic_pair {
    V sinh, cosh;

    explicit hyperbolic_pair(V x)
    {
        using traits = detail::exp_traits<T>;
        V const a = abs(x), one(T(1)), two(T(2));
        // Halves of e^a − 1 and of 1 − e^{−a}; the first is infinite where both results are.
        V const grows = detail::exp_parts<V>(min(a, V(traits::greatest))).quarter_of_expm1() * two;
        V const bounded = min(grows, V(traits::nearly_all)), decays = bounded / fma(two, bounded, one);
        // For small a the quotient is only a correction, e − e²/(2(1+e)), so that its rounding hardly shows.
        V const e = grows + grows, sum = select(e < V(T(0.8)), fma(-e, decays, e), grows + decays);
        sinh = copysign(select(a < V(traits::tiny_odd), a, sum), x);
        cosh = opaque(one - decays) + grows;
    }
};

template <number V>
V sinh(V x)
{
    return hyperbolic_pair<scalar_of<V>, V>(x).sinh;
}

template <number V>
V cosh(V x)
{
    return hyperbolic_pair<scalar_of<V>, V>(x).cosh;
}

/// Hyperbolic tangent. Error ≤ 2.5 ulp.
template <number V>
V tanh(V x)
{
    using T = scalar_of<V>;
    using traits = detail::exp_traits<T>;
    V const a = abs(x), half(T(0.5));
    V const quarter = detail::exp_parts<V>(min(a + a, V(T(44)))).quarter_of_expm1(), e = quarter + quarter;
    V const quotient = quarter / (quarter + half);
    // For small a, as a correction: e/2 − (e/2)·quotient with e = e^{2a} − 1.
    V const value = select(e < V(T(0.35)), fma(-e, quotient, e), quotient);
    return copysign(select(a < V(traits::tiny_odd), a, value), x);
}

/// Inverse of sinh. Error ≤ 2 ulp.
template <number V>
V asinh(V x)
{
    using T = scalar_of<V>;
    using traits = detail::exp_traits<T>;
    V const a = abs(x), zero{}, one(T(1)), infinity = from_bits<V>(bits_type<V>{} + traits::infinity);
    // a + a²/(1 + √(1+a²)); where a² would overflow it is 2a, and the factor 2 goes into the exponent.
    auto const huge = a >= V(traits::nearly_all);
    V const b = select(huge, one, a);
    V const z = fma(a, select(huge, zero, b / (sqrt(fma(b, b, one)) + one)), a);
    V const value = detail::log1p_core(z, V(traits::bias) - select(huge, one, zero));
    return copysign(select((a >= V(traits::tiny_odd)) & (a < infinity), value, a), x);
}

namespace detail {

/// a² − square, for square = a² rounded.
template <number V>
V lost_of_square(V a, V square)
{
    if constexpr (fuses) return fma(a, a, -square);
    // Halves whose products are exact (Dekker 1971).
    constexpr int half = sizeof(scalar_of<V>) == 4 ? 12 : 27;
    V const high = from_bits<V>(bits_of(a) >> half << half), low = opaque(a - high);
    V const cross = opaque(high * low);
    return opaque(opaque(opaque(high * high) - square) + cross + cross) + low * low;
}

}  // namespace detail

/// Complementary error function. Error ≤ 6 ulp.
///
/// For a ≥ 0, erfc a = e^{−a²}·f(u)/(1 + 2a), where f hardly varies over u = (a − k)/(a + k) in [−1, 1) (Shepherd and
/// Laframboise 1981). Coefficients by interpolation of f at Chebyshev points.
template <number V>
V erfc(V x)
{
    using T = scalar_of<V>;
    constexpr T centre = sizeof(T) == 4 ? T(2) : T(4), end = sizeof(T) == 4 ? T(10.06) : T(28);
    V const one(T(1)), a = min(abs(x), V(end)), u = (a - V(centre)) / (a + V(centre));
    V f;
    if constexpr (sizeof(T) == 4)
        f = detail::polynomial(u, 1.27697838f, -0.0927638162f, -0.166030491f, 0.16405092f, -0.0542183276f,
                               -0.00803008001f, 0.00871204972f, 0.00125130045f, -0.00142809592f, -0.000401861416f,
                               0.000175797162f, 8.28533996e-05f);
    else
        f = detail::polynomial(u, 0x1.3ba5916e9fd7fp+0, -0x1.1df1ad154a290p-3, 0x1.f7f5df66fb86cp-7,
                               0x1.16ecefcfa568fp-4, -0x1.9ddb23c3dbf7ep-4, 0x1.7fee004e0b17cp-4, -0x1.0fb06dff5be88p-4,
                               0x1.3079edf74dfa8p-5, -0x1.096238568ead0p-6, 0x1.49c672613491bp-8,
                               -0x1.8d4abee6e794dp-11, -0x1.a1df1fd37a91ap-13, 0x1.3be28aa5264a0p-13,
                               -0x1.99573aaf8d6cap-16, -0x1.78e2e25fb32a5p-17, 0x1.7efa8caa8bd96p-18,
                               0x1.4cccc375dcb21p-22, -0x1.b792609d7a011p-21, 0x1.f95d9c1b8f9dfp-25,
                               0x1.b547fff5a3ee4p-24, -0x1.44ea3e753d03fp-27, -0x1.3203d7029540dp-27);
    V const square = opaque(a * a), quotient = f / fma(V(T(2)), a, one);
    V const tail = exp(-square) * fma(-quotient, detail::lost_of_square(a, square), quotient);
    return select(x < V{}, V(T(2)) - tail, tail);
}

}  // namespace hyspn::simd
