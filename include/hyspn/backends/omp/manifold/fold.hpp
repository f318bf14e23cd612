// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/simd.hpp>

/// \file
/// Long contiguous vectors a block of elements at a time, with sums as accurate as the compensated ones of
/// core/compensated.hpp, in another order: those of doubles are compensated, those of floats made in double, which
/// takes a third of the operations.

namespace hyspn::detail {

/// The elements of a row that a register of T holds; those beyond its end are 0 and not touched.
template <class T>
struct register_row {
    using V = simd::pack<std::remove_const_t<T>>;
    T* data;
    index_t extent;

    static index_t blocks(index_t extent) { return (extent + V::size - 1) / V::size; }
    V load(index_t b) const
    {
        index_t const rest = extent - b * V::size;
        return rest >= V::size ? V::load(data + b * V::size) : V::load(data + b * V::size, rest);
    }
    void store(index_t b, V x) const
    {
        index_t const rest = extent - b * V::size;
        if (rest >= V::size)
            x.store(data + b * V::size);
        else
            x.store(data + b * V::size, rest);
    }
};

/// The lanes moved round by `By`.
template <index_t By, class T, int... Lane>
simd::pack<T> rotated(simd::pack<T> a, std::integer_sequence<int, Lane...>)
{
    constexpr int size = static_cast<int>(simd::pack<T>::size);
    return typename simd::pack<T>::vector(__builtin_shufflevector(a.v, a.v, ((Lane + static_cast<int>(By)) % size)...));
}

/// The sum over the lanes.
template <index_t Half, class T>
T fold(simd::pack<T> a)
{
    a += rotated<Half>(a, std::make_integer_sequence<int, static_cast<int>(simd::pack<T>::size)>{});
    if constexpr (Half > 1)
        return fold<Half / 2>(a);
    else
        return a.v[0];
}

/// The sum over the lanes of high and low, to twice the working precision.
template <index_t Half, class T>
twofold<T> fold(twofold<simd::pack<T>> s)
{
    using V = simd::pack<T>;
    constexpr auto lanes = std::make_integer_sequence<int, static_cast<int>(V::size)>{};
    auto const sum = two_sum(s.high, rotated<Half>(s.high, lanes));
    V const low = (s.low + rotated<Half>(s.low, lanes)) + sum.low;
    if constexpr (Half > 1)
        return fold<Half / 2, T>({sum.high, low});
    else
        return two_sum(T(sum.high.v[0]), T(low.v[0]));
}

/// A register of floats as doubles.
struct wide_floats {
    simd::pack<double> low, high;

    wide_floats() = default;
    wide_floats(simd::pack<double> l, simd::pack<double> h) : low(l), high(h) {}
    explicit wide_floats(double a) : low(a), high(a) {}
    explicit wide_floats(simd::pack<float> a)
    {
        simd::widened const w(a);
        low = w.low;
        high = w.high;
    }
    simd::pack<float> narrow() const { return simd::widened(low, high).narrow(); }

    friend wide_floats operator+(wide_floats a, wide_floats b) { return {a.low + b.low, a.high + b.high}; }
    friend wide_floats operator-(wide_floats a, wide_floats b) { return {a.low - b.low, a.high - b.high}; }
    friend wide_floats operator*(wide_floats a, wide_floats b) { return {a.low * b.low, a.high * b.high}; }
};

/// How blocks of T are computed with: a block V of elements, sums of products of such, and points held finely.
template <class T>
struct block_arithmetic;

template <>
struct block_arithmetic<float> {
    using V = wide_floats;
    /// Round-offs of the sums a unit of the result's: what may cancel before digits of it are lost.
    static constexpr double slack = 0x1p18;

    static V load(register_row<float const> const& x, index_t b) { return V(x.load(b)); }
    static simd::pack<float> rounded(V x) { return x.narrow(); }

    struct sum {
        V s{0.0};
        void add_product(V a, V b)
        {
            s.low = simd::fma(a.low, b.low, s.low);
            s.high = simd::fma(a.high, b.high, s.high);
        }
        double total() const { return fold<simd::pack<double>::size / 2>(s.low + s.high); }
        double rest_of_one(double c) const { return 1 - c * total(); }
    };
    /// A vector in twice the digits of float.
    struct fine {
        V x{0.0};
        void add(V a) { x = x + a; }
        V value() const { return x; }
        V rounded() const { return x; }
        V from(V y) const { return y - x; }
    };
};

template <>
struct block_arithmetic<double> {
    using V = simd::pack<double>;
    static constexpr double slack = 0.25;

    static V load(register_row<double const> const& x, index_t b) { return x.load(b); }
    static V rounded(V x) { return x; }

    struct sum {
        compensated_sum<V> s{V(0.0)};
        void add_product(V a, V b) { s.add_product(a, b); }
        twofold<double> parts() const { return fold<V::size / 2, double>(s.parts()); }
        double total() const { return parts().high; }
        /// 1 − cs, s never rounded.
        double rest_of_one(double c) const
        {
            auto const square = parts();
            auto const product = two_product(-c, square.high);
            auto const rest = two_sum(1.0, product.high);
            return rest.high + (rest.low + (product.low - c * square.low));
        }
    };
    struct fine {
        V high{0.0}, low{0.0};
        void add(V a)
        {
            auto const s = two_sum(high, a);
            high = s.high;
            low += s.low;
        }
        V value() const { return high + low; }
        V rounded() const { return high; }
        V from(V y) const { return (y - high) - low; }
    };
};

}  // namespace hyspn::detail
