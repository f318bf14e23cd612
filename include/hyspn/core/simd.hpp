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
/// all. The same functions take one float or double, so a template over V serves whole vectors and the rest of a row.
/// Host only; used by backends/omp.

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
    using natural = std::uint32_t;
};
template <>
struct integer_of<double> {
    using type = std::int64_t;
    using natural = std::uint64_t;
};

template <class T, std::size_t Bytes>
struct vector_of {
    typedef T type __attribute__((vector_size(Bytes)));
};

/// a/b by the divide instruction: under -ffast-math compilers would estimate, wrong by ulps and for huge b.
template <class Vector>
Vector quotient(Vector a, Vector b)
{
#if defined(__FAST_MATH__) && defined(__AVX__)
    if constexpr (sizeof(a[0]) == 4)
        asm("vdivps {%1, %0, %0|%0, %0, %1}" : "+v"(a) : "v"(b));
    else
        asm("vdivpd {%1, %0, %0|%0, %0, %1}" : "+v"(a) : "v"(b));
    return a;
#elif defined(__FAST_MATH__) && defined(__SSE2__)
    if constexpr (sizeof(a[0]) == 4)
        asm("divps {%1, %0|%0, %1}" : "+x"(a) : "x"(b));
    else
        asm("divpd {%1, %0|%0, %1}" : "+x"(a) : "x"(b));
    return a;
#else
    return a / b;
#endif
}

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

    /// The first `count` lanes, 0 <= count <= size; the others become 0, and memory past them is not touched.
    static pack load(T const* p, index_t count)
    {
        HYSPN_ASSERT(count >= 0 && count <= size);
        pack x{};
        std::memcpy(&x.v, p, static_cast<std::size_t>(count) * sizeof(T));
        return x;
    }
    void store(T* p, index_t count) const
    {
        HYSPN_ASSERT(count >= 0 && count <= size);
        std::memcpy(p, &v, static_cast<std::size_t>(count) * sizeof(T));
    }

    friend pack operator+(pack a, pack b) { return a.v + b.v; }
    friend pack operator-(pack a, pack b) { return a.v - b.v; }
    friend pack operator*(pack a, pack b) { return a.v * b.v; }
    friend pack operator/(pack a, pack b) { return detail::quotient(a.v, b.v); }
    friend pack operator-(pack a) { return -a.v; }
    pack& operator+=(pack b) { return *this = *this + b; }
    pack& operator-=(pack b) { return *this = *this - b; }
    pack& operator*=(pack b) { return *this = *this * b; }
    pack& operator/=(pack b) { return *this = *this / b; }
    friend mask operator<(pack a, pack b) { return a.v < b.v; }
    friend mask operator<=(pack a, pack b) { return a.v <= b.v; }
    friend mask operator>(pack a, pack b) { return a.v > b.v; }
    friend mask operator>=(pack a, pack b) { return a.v >= b.v; }
    friend mask operator==(pack a, pack b) { return a.v == b.v; }

    /// Whether a mask is true in any lane, in all lanes.
    static bool any(mask const& m)
    {
        std::int64_t words[register_bytes / 8], joined = 0;
        std::memcpy(words, &m, register_bytes);
        for (auto word : words) joined |= word;
        return joined != 0;
    }
    static bool all(mask const& m) { return !any(~m); }
};

namespace detail {

template <class V>
struct traits_of;

template <std::floating_point T>
struct traits_of<T> {
    using scalar = T;
    using bits = typename integer_of<T>::natural;
    static constexpr index_t lanes = 1;
};

template <class T>
struct traits_of<pack<T>> {
    using scalar = T;
    using bits = typename vector_of<typename integer_of<T>::natural, register_bytes>::type;
    static constexpr index_t lanes = pack<T>::size;
};

}  // namespace detail

/// Element type, number of elements and unsigned integer shape of a pack, or of a single float or double.
template <class V>
using scalar_of = typename detail::traits_of<V>::scalar;
template <class V>
inline constexpr index_t lanes = detail::traits_of<V>::lanes;
template <class V>
using bits_type = typename detail::traits_of<V>::bits;

/// What the functions of this header and of simd_math.hpp take.
template <class V>
concept number = std::same_as < scalar_of<V>,
float > || std::same_as<scalar_of<V>, double>;

/// A value the optimiser knows nothing about, so that no compiler option regroups operations across it. Costs nothing.
template <number V>
V opaque(V a)
{
#if defined(__SSE2__)
    if constexpr (lanes < V >> 1)
        asm("" : "+v"(a.v));
    else
        asm("" : "+v"(a));
#else
    asm("" : "+m"(a));
#endif
    return a;
}

template <number V>
bits_type<V> bits_of(V a)
{
    bits_type<V> bits;
    std::memcpy(&bits, &a, sizeof a);
    return bits;
}

template <number V>
V from_bits(bits_type<V> bits)
{
    V a;
    std::memcpy(&a, &bits, sizeof a);
    return a;
}

/// Lane by lane m ? a : b.
template <class T>
pack<T> select(typename pack<T>::mask m, pack<T> a, pack<T> b)
{
    return m ? a.v : b.v;
}
template <std::floating_point T>
T select(bool m, T a, T b)
{
    return m ? a : b;
}

/// A vector of floats as two of doubles, exactly, and back with rounding.
struct widened {
    pack<double> low, high;

    explicit widened(pack<float> a)
    {
        half halves[2];
        std::memcpy(halves, &a, register_bytes);
        low.v = __builtin_convertvector(halves[0], pack<double>::vector);
        high.v = __builtin_convertvector(halves[1], pack<double>::vector);
    }
    widened(pack<double> l, pack<double> h) : low(l), high(h) {}

    pack<float> narrow() const
    {
        half const halves[2] = {__builtin_convertvector(low.v, half), __builtin_convertvector(high.v, half)};
        pack<float> a;
        std::memcpy(&a, halves, register_bytes);
        return a;
    }

private:
    using half = detail::vector_of<float, register_bytes / 2>::type;
};

/// Stores past the caches where p is aligned for it, else as usual: for output larger than they are, which would only
/// push out what is still needed. Before other threads read it, the storing thread calls stream_fence().
template <class T>
void stream(pack<T> a, T* p)
{
#if defined(__SSE2__)
    if (reinterpret_cast<std::uintptr_t>(p) % register_bytes == 0) {
#if defined(__AVX512F__)
        __m512i bits;
        std::memcpy(&bits, &a, sizeof bits);
        return _mm512_stream_si512(reinterpret_cast<__m512i*>(p), bits);
#elif defined(__AVX__)
        __m256i bits;
        std::memcpy(&bits, &a, sizeof bits);
        return _mm256_stream_si256(reinterpret_cast<__m256i*>(p), bits);
#else
        __m128i bits;
        std::memcpy(&bits, &a, sizeof bits);
        return _mm_stream_si128(reinterpret_cast<__m128i*>(p), bits);
#endif
    }
#endif
    a.store(p);
}

inline void stream_fence()
{
#if defined(__SSE2__)
    _mm_sfence();
#endif
}

/// Output of more bytes than this is streamed past the caches.
inline constexpr index_t streaming_bytes = index_t{16} << 20;

/// The smaller; a where either is NaN.
template <number V>
V min(V a, V b)
{
    return select(b < a, b, a);
}

/// The larger; a where either is NaN.
template <number V>
V max(V a, V b)
{
    return select(a < b, b, a);
}

namespace detail {
/// All bits but the sign's.
template <class V>
inline constexpr auto magnitude_bits = static_cast<typename integer_of<scalar_of<V>>::natural>(-1) >> 1;
}  // namespace detail

template <number V>
V abs(V a)
{
    return from_bits<V>(bits_of(a) & detail::magnitude_bits<V>);
}

template <class T>
pack<T> fabs(pack<T> a)
{
    return abs(a);
}

/// |magnitude| with the sign of `sign`.
template <number V>
V copysign(V magnitude, V sign)
{
    constexpr auto magnitude_bits = detail::magnitude_bits<V>;
    return from_bits<V>((bits_of(magnitude) & magnitude_bits) | (bits_of(sign) & ~magnitude_bits));
}

/// Whether fma of a pack rounds once.
#if defined(__SSE2__) && !defined(__AVX512F__) && !(defined(__AVX__) && defined(__FMA__))
inline constexpr bool fuses = false;
#else
inline constexpr bool fuses = true;
#endif

/// a·b + c, with one rounding where the processor has the instruction, else with two, on x86. Written out so that no
/// compiler option regroups it.
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
#elif defined(__SSE2__)
    return opaque(opaque(a * b) + opaque(c));
#else
    for (index_t l = 0; l < pack<T>::size; ++l) a.v[l] = std::fma(a.v[l], b.v[l], c.v[l]);
    return a;
#endif
}
template <std::floating_point T>
T fma(T a, T b, T c)
{
#if defined(__SSE2__) && !defined(__FMA__) && !defined(__AVX512F__)
    return opaque(opaque(a * b) + opaque(c));
#else
    return std::fma(a, b, c);
#endif
}

/// Correctly rounded.
template <class T>
pack<T> sqrt(pack<T> a)
{
#if defined(__FAST_MATH__) && defined(__AVX__)
    // As for quotients: not to be replaced by an estimate.
    if constexpr (sizeof(T) == 4)
        asm("vsqrtps {%1, %0|%0, %1}" : "=v"(a.v) : "v"(a.v));
    else
        asm("vsqrtpd {%1, %0|%0, %1}" : "=v"(a.v) : "v"(a.v));
    return a;
#elif defined(__FAST_MATH__) && defined(__SSE2__)
    if constexpr (sizeof(T) == 4)
        asm("sqrtps {%1, %0|%0, %1}" : "=x"(a.v) : "x"(a.v));
    else
        asm("sqrtpd {%1, %0|%0, %1}" : "=x"(a.v) : "x"(a.v));
    return a;
#elif defined(__AVX512F__)
    if constexpr (sizeof(T) == 4)
        return pack<T>(_mm512_maskz_sqrt_ps(0xffff, a.v));
    else
        return pack<T>(_mm512_maskz_sqrt_pd(0xff, a.v));
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
template <std::floating_point T>
T sqrt(T a)
{
    return std::sqrt(a);
}

namespace detail {
/// 1.5·2^(digits − 1): added to a number below 2^(digits − 2) it leaves the nearest whole number in the lowest bits.
/// One way for all processors; conversions of 64-bit integers came with AVX-512 only.
template <class V>
inline constexpr auto whole_shift = sizeof(scalar_of<V>) == 4 ? scalar_of<V>(0x1.8p23) : scalar_of<V>(0x1.8p52);
}  // namespace detail

/// Nearest whole number, ties to even, for |a| ≤ 2^22 (float) or 2^51 (double).
template <number V>
V round(V a)
{
    V const shift(detail::whole_shift<V>);
    return opaque(a + shift) - shift;
}

/// Whole numbers within the limits of round, as integers (two's complement), and back.
template <number V>
bits_type<V> to_integer(V whole)
{
    V const shift(detail::whole_shift<V>);
    return bits_of(whole + shift) - bits_of(shift);
}
template <number V>
V to_real(bits_type<V> n)
{
    V const shift(detail::whole_shift<V>);
    return from_bits<V>(n + bits_of(shift)) - shift;
}

/// Largest of the first `count` lanes; NaN if one of them is.
template <class T>
T largest(pack<T> a, index_t count = pack<T>::size)
{
    T best = a.v[0];
    for (index_t l = 1; l < count; ++l)
        if (best == best && !(a.v[l] <= best)) best = a.v[l];
    return best;
}

}  // namespace hyspn::simd
