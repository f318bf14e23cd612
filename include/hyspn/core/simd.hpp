// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>

#include <hyspn/core/config.hpp>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

/// \file
/// Explicit vectors of the processor's native width, on the vector extension of GCC and Clang. Loops over them do not
/// depend on what an optimiser recognises: square roots and exponentials in plain loops vectorise by luck or not at
/// all. Host only; used by backends/omp.

namespace hyspn::simd {

#if defined(__AVX512F__)
inline constexpr std::size_t register_bytes = 64;
#elif defined(__AVX__)
inline constexpr std::size_t register_bytes = 32;
#else
inline constexpr std::size_t register_bytes = 16;
#endif

namespace detail {

template <class T>
struct integer_of;
template <>
struct integer_of<float> {
    using type = std::int32_t;
};
template <>
struct integer_of<double> {
    using type = std::int64_t;
};

template <class T, std::size_t Bytes>
struct vector_of {
    typedef T type __attribute__((vector_size(Bytes)));
};

}  // namespace detail

/// Lanes of T, one register. Comparisons yield a mask: an integer vector of the same shape, all ones where true.
template <class T>
struct pack {
    using value_type = T;
    using integer = typename detail::integer_of<T>::type;
    using vector = typename detail::vector_of<T, register_bytes>::type;
    using mask = typename detail::vector_of<integer, register_bytes>::type;

    static constexpr index_t size = static_cast<index_t>(register_bytes / sizeof(T));

    vector v;

    pack() = default;
    pack(vector x) : v(x) {}
    pack(T x) : v(x - vector{}) {}
    template <std::integral I>
    explicit pack(I n) : pack(static_cast<T>(n))
    {
    }

    static pack load(T const* p)
    {
        pack x;
        std::memcpy(&x.v, p, register_bytes);
        return x;
    }
    void store(T* p) const { std::memcpy(p, &v, register_bytes); }

    friend pack operator+(pack a, pack b) { return a.v + b.v; }
    friend pack operator-(pack a, pack b) { return a.v - b.v; }
    friend pack operator*(pack a, pack b) { return a.v * b.v; }
    friend pack operator/(pack a, pack b) { return a.v / b.v; }
    friend pack operator-(pack a) { return -a.v; }
    friend mask operator<(pack a, pack b) { return a.v < b.v; }
    friend mask operator<=(pack a, pack b) { return a.v <= b.v; }
    friend mask operator>(pack a, pack b) { return a.v > b.v; }
    friend mask operator>=(pack a, pack b) { return a.v >= b.v; }
    friend mask operator==(pack a, pack b) { return a.v == b.v; }
};

/// Lane by lane m ? a : b.
template <class T>
pack<T> select(typename pack<T>::mask m, pack<T> a, pack<T> b)
{
    return m ? a.v : b.v;
}

/// Lane by lane; a where one of the two is NaN.
template <class T>
pack<T> min(pack<T> a, pack<T> b)
{
    return select<T>(b < a, b, a);
}

/// Lane by lane; a where one of the two is NaN.
template <class T>
pack<T> max(pack<T> a, pack<T> b)
{
    return select<T>(a < b, b, a);
}

template <class T>
typename pack<T>::mask bits_of(pack<T> a)
{
    typename pack<T>::mask bits;
    std::memcpy(&bits, &a.v, register_bytes);
    return bits;
}

template <class T>
pack<T> from_bits(typename pack<T>::mask bits)
{
    pack<T> a;
    std::memcpy(&a.v, &bits, register_bytes);
    return a;
}

template <class T>
pack<T> abs(pack<T> a)
{
    using integer = typename pack<T>::integer;
    constexpr auto all_but_sign = static_cast<integer>(static_cast<std::uint64_t>(-1) >> (65 - 8 * sizeof(T)));
    return from_bits<T>(bits_of(a) & all_but_sign);
}

/// |magnitude| with the sign of `sign`.
template <class T>
pack<T> copysign(pack<T> magnitude, pack<T> sign)
{
    using integer = typename pack<T>::integer;
    constexpr auto all_but_sign = static_cast<integer>(static_cast<std::uint64_t>(-1) >> (65 - 8 * sizeof(T)));
    return from_bits<T>((bits_of(magnitude) & all_but_sign) | (bits_of(sign) & ~all_but_sign));
}

/// a·b + c, with one rounding where the processor has the instruction. Written out so that no compiler option
/// reassociates it.
template <class T>
pack<T> fma(pack<T> a, pack<T> b, pack<T> c)
{
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        return pack<T>(_mm512_fmadd_ps(a.v, b.v, c.v));
    else
        return pack<T>(_mm512_fmadd_pd(a.v, b.v, c.v));
#elif defined(__AVX__) && defined(__FMA__)
    if constexpr (sizeof(T) == 4)
        return pack<T>(_mm256_fmadd_ps(a.v, b.v, c.v));
    else
        return pack<T>(_mm256_fmadd_pd(a.v, b.v, c.v));
#else
    return a.v * b.v + c.v;
#endif
}

/// Correctly rounded.
template <class T>
pack<T> sqrt(pack<T> a)
{
#if defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        return pack<T>(_mm512_sqrt_ps(a.v));
    else
        return pack<T>(_mm512_sqrt_pd(a.v));
#elif defined(__AVX__)
    if constexpr (sizeof(T) == 4)
        return pack<T>(_mm256_sqrt_ps(a.v));
    else
        return pack<T>(_mm256_sqrt_pd(a.v));
#elif defined(__SSE2__)
    if constexpr (sizeof(T) == 4)
        return pack<T>(_mm_sqrt_ps(a.v));
    else
        return pack<T>(_mm_sqrt_pd(a.v));
#else
    for (index_t l = 0; l < pack<T>::size; ++l) a.v[l] = std::sqrt(a.v[l]);
    return a;
#endif
}

/// Largest of the first `lanes` lanes; NaN if one of them is.
template <class T>
T largest(pack<T> a, index_t lanes = pack<T>::size)
{
    T best = a.v[0];
    for (index_t l = 1; l < lanes; ++l)
        if (best == best && !(a.v[l] <= best)) best = a.v[l];
    return best;
}

}  // namespace hyspn::simd
