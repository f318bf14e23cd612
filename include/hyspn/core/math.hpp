// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <type_traits>

#include <hyspn/core/config.hpp>

/// \file
/// Scalar functions of hyperbolic geometry, accurate to a few units in the last place over their whole domain, for
/// float, double and testing::dual of either. A name ending in c is the sinc-like quotient by the argument: even,
/// positive, and smooth at 0, where it is 1 (langevinc: 1/3). Arguments named t are ≥ 0.
///
/// Derivatives are closed forms without cancellation. Those of quotients are taken in t², the variable in which the
/// functions are analytic at 0.

namespace hyspn {

/// Where series take over and how far they go, per scalar type. Type-dependent numbers live here and nowhere else.
template <class T>
struct math_traits;

template <>
struct math_traits<float> {
    static constexpr float unit_roundoff = 0x1p-24f;
    static constexpr float series_limit = 2;   ///< arguments below use the series or continued fraction
    static constexpr int langevin_levels = 6;  ///< levels of Lambert's continued fraction
    static constexpr int sinh_terms = 7;       ///< terms of the series of sinh
    static constexpr float smallest_square = 0x1p-80f, largest_square = 0x1p+120f;  ///< where sums of squares are safe
    static constexpr float rescaling = 0x1p+100f;       ///< brings every finite number to where its square is safe
    static constexpr float smallest = 0x1p-126f;        ///< smallest normal number
    static constexpr float largest = 0x1.fffffep+127f;  ///< largest finite number
    static constexpr float greatest_exponent = 80;      ///< exp of it leaves room for a product with ordinary numbers
    static constexpr int asinh_levels = 18;  ///< levels of Gauss's continued fraction of asinh x/√(1+x²), x² up to 3
};

template <>
struct math_traits<double> {
    static constexpr double unit_roundoff = 0x1p-53;
    static constexpr double series_limit = 2;
    static constexpr int langevin_levels = 14;
    static constexpr int sinh_terms = 12;
    static constexpr double smallest_square = 0x1p-900, largest_square = 0x1p+1000;
    static constexpr double rescaling = 0x1p+900;
    static constexpr double smallest = 0x1p-1022;
    static constexpr double largest = 0x1.fffffffffffffp+1023;
    static constexpr double greatest_exponent = 600;
    static constexpr int asinh_levels = 36;
};

/// condition ? a : b. For vectors of lanes (core/simd.hpp) the condition is a mask, and the choice is made lane by
/// lane.
template <class T>
HYSPN_HD constexpr T select(bool condition, T a, T b)
{
    return condition ? a : b;
}

/// condition ? then() : otherwise(), for costly operands: what no lane needs is not evaluated.
template <class Condition, class Then, class Otherwise>
HYSPN_HD auto branch(Condition const& condition, Then const& then, Otherwise const& otherwise)
{
    if constexpr (std::is_integral_v<Condition>) {
        return condition ? then() : otherwise();
    } else {
        using lanes = decltype(then());
        if (lanes::all(condition)) return then();
        return lanes::any(condition) ? select(condition, then(), otherwise()) : otherwise();
    }
}

/// a·b + c, fused on processors that have the instruction. A plain a*b + c is fused or not as the optimiser likes, loop
/// by loop: with this one text has the same bits alone and in registers.
template <class T>
HYSPN_HD T multiply_add(T a, T b, T c)
{
#if defined(__FMA__) || defined(__AVX512F__) || defined(__ARM_FEATURE_FMA)
    using std::fma;
    return fma(a, b, c);
#else
    return a * b + c;
#endif
}

/// x itself, as a number that is already rounded: a sum that takes it is not fused with the product that made it.
template <class T>
HYSPN_HD T unfused(T x)
{
    return multiply_add(x, T(1), T(0));
}

/// ℓ = (t coth t − 1)/t², Langevin's function over its argument; 1/3 at 0.
/// Below t = 2 Lambert's continued fraction 1/(3 + t²/(5 + t²/(7 + …))), whose terms are all positive, its tail kept as
/// a quotient so that one division is left.
template <class T>
HYSPN_HD T langevinc(T t)
{
    using traits = math_traits<T>;
    return branch(
        t < T(traits::series_limit),
        [&] {
            T const z = t * t;
            T numerator(2 * traits::langevin_levels + 3), denominator(1);
            for (int level = traits::langevin_levels; level > 0; --level) {
                T const next = T(2 * level + 1) * numerator + z * denominator;
                denominator = numerator;
                numerator = next;
            }
            return denominator / numerator;
        },
        [&] {
            using std::tanh;
            return (t / tanh(t) - T(1)) / t / t;
        });
}

/// L = t coth t − 1 = t²ℓ, without the cancellation at small t. Even.
template <class T>
HYSPN_HD T tcoth_minus_1(T t)
{
    using std::fabs;
    T const a = fabs(t);
    return branch(
        a < T(math_traits<T>::series_limit), [&] { return a * a * langevinc(a); },
        [&] {
            using std::tanh;
            return a / tanh(a) - T(1);
        });
}

/// T = tanh t / t.
template <class T>
HYSPN_HD T tanhc(T t)
{
    return branch(
        t < T(math_traits<T>::series_limit), [&] { return T(1) / (T(1) + t * t * langevinc(t)); },
        [&] {
            using std::tanh;
            return tanh(t) / t;
        });
}

/// −T′/T³, T′ the derivative of tanhc in t²: from 1/3 at 0 up to 1/2. In this form the derivative of a point
/// tanhc(s‖v‖)·v in the curvature neither overflows nor cancels: ∂T/∂c·v = −tanhc_decay·‖Tv‖²·Tv.
template <class T>
HYSPN_HD T tanhc_decay(T t)
{
    return branch(
        t < T(math_traits<T>::series_limit),
        [&] {
            T const quotient = tanhc(t);
            return (quotient - langevinc(t)) / (T(2) * quotient * quotient);
        },
        [&] {
            using std::sinh;
            using std::tanh;
            T const h = tanh(t);
            T const rest = select(t < T(math_traits<T>::greatest_exponent), T(2) * t / sinh(T(2) * t), T(0));
            return (T(1) - rest) / (T(2) * h * h);
        });
}

/// S = asinh t / t.
template <class T>
HYSPN_HD T asinhc(T t)
{
    using std::asinh;
    return select(t > T(0), asinh(t) / t, T(1));
}

/// −S′/S³, S′ the derivative of asinhc in t², as a function of b = asinh t: from 1/6 at 0 down to 0.
template <class T>
HYSPN_HD T asinhc_decay(T b)
{
    return langevinc(b) * tanhc(b) / T(2);
}

/// M = artanh t / t from t and its complement = 1 − t²: the complement carries the digits that t has lost near 1.
template <class T>
HYSPN_HD T artanhc(T t, T complement)
{
    using std::asinh;
    return select(t > T(0), asinh(T(2) * t / complement) / (T(2) * t), T(1));
}

/// M′, the derivative of artanhc in t².
template <class T>
HYSPN_HD T artanhc_slope(T t, T complement)
{
    T const quotient = artanhc(t, complement);
    return (T(1) / complement - quotient * quotient * langevinc(quotient * t)) / T(2);
}

/// Φ = sinh t / t.
template <class T>
HYSPN_HD T sinhc(T t)
{
    using std::sinh;
    return select(t > T(0), sinh(t) / t, T(1));
}

/// Φ′, the derivative of sinhc in t².
template <class T>
HYSPN_HD T sinhc_slope(T t)
{
    return sinhc(t) * langevinc(t) / T(2);
}

/// R₃ = (sinh u − u)/u³, 1/6 at 0. Even.
template <class T>
HYSPN_HD T sinh_residue(T u)
{
    using std::fabs;
    using traits = math_traits<T>;
    T const a = fabs(u);
    return branch(
        a < T(traits::series_limit),
        [&] {
            T const z = a * a;
            T sum = T(1);
            for (int k = traits::sinh_terms - 1; k > 0; --k) sum = T(1) + z / T((2 * k + 2) * (2 * k + 3)) * sum;
            return sum / T(6);
        },
        [&] {
            using std::sinh;
            return (sinh(a) - a) / a / a / a;
        });
}

/// log(sinh t / t) for t ≥ 0: t²/6 at 0, no overflow.
template <class T>
HYSPN_HD T log_sinhc(T t)
{
    using std::exp;
    using std::log;
    using std::log1p;
    if (t < T(2) * math_traits<T>::series_limit) return log1p(t * t * sinh_residue(t));
    return t + log1p(-exp(T(-2) * t)) - log(T(2) * t);
}

/// 1/cosh² t. Even; never 1 − tanh², which has no digits left for large t.
template <class T>
HYSPN_HD T sech2(T t)
{
    using std::exp;
    using std::fabs;
    T const e = exp(T(-2) * fabs(t));
    return T(4) * e / ((T(1) + e) * (T(1) + e));
}

/// x/(eˣ − 1), Bernoulli's function; 1 at 0. t coth t = t + bernoulli(2t).
template <class T>
HYSPN_HD T bernoulli(T x)
{
    using std::expm1;
    return select(x == T(0), T(1), x / expm1(x));
}

/// log sinh t for t ≥ 0, without overflow; −∞ at 0. Near its zero at t = 0.88 the error is absolute.
template <class T>
HYSPN_HD T log_sinh(T t)
{
    using std::exp;
    using std::log;
    using std::log1p;
    using std::sinh;
    if (t < math_traits<T>::series_limit) return log(sinh(t));
    return t + log1p(-exp(T(-2) * t)) - log(T(2));
}

/// log(eᵃ + eᵇ) without overflow; an operand of −∞ is the neutral element.
template <class T>
HYSPN_HD T logaddexp(T a, T b)
{
    using std::exp;
    using std::fabs;
    using std::log1p;
    if (a == b) return a + log1p(T(1));
    return (a > b ? a : b) + log1p(exp(-fabs(a - b)));
}

/// asinh(eᵐ) without overflow.
template <class T>
HYSPN_HD T asinh_exp(T m)
{
    using std::asinh;
    using std::exp;
    using std::log;
    using std::sqrt;
    if (m <= T(0)) return asinh(exp(m));
    return m + log(T(1) + sqrt(T(1) + exp(T(-2) * m)));
}

}  // namespace hyspn
