// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/math.hpp>
#include <hyspn/core/simd.hpp>

/// \file
/// Sums of products of image rows, the arithmetic of every stencil operation. Explicit vectors, because compilers do
/// not keep accumulators in registers across a loop over rows.

namespace hyspn::detail {

/// One term weight[x] * value[x] of a row sum; the pointers are already shifted to the neighbour.
template <class T>
struct row_term {
    T const* weight;
    T const* value;
};

/// Sums of neighbouring columns at work, in as many registers as hide the latency of an fma.
template <class T>
struct row_sums {
    using pack = simd::pack<T>;
    static constexpr index_t columns = 4 * pack::size;
    pack a{}, b{}, c{}, d{};

    explicit row_sums(T const* start)
    {
        if (!start) return;
        a = pack::load(start);
        b = pack::load(start + pack::size);
        c = pack::load(start + 2 * pack::size);
        d = pack::load(start + 3 * pack::size);
    }

    /// Adds the terms of columns x, x + 1, ...
    void add(row_term<T> const* terms, index_t count, index_t x)
    {
        for (index_t j = 0; j < count; ++j) {
            T const* const w = terms[j].weight + x;
            T const* const v = terms[j].value + x;
            a = simd::fma(pack::load(w), pack::load(v), a);
            b = simd::fma(pack::load(w + pack::size), pack::load(v + pack::size), b);
            c = simd::fma(pack::load(w + 2 * pack::size), pack::load(v + 2 * pack::size), c);
            d = simd::fma(pack::load(w + 3 * pack::size), pack::load(v + 3 * pack::size), d);
        }
    }

    void store(T* to) const
    {
        a.store(to);
        b.store(to + pack::size);
        c.store(to + 2 * pack::size);
        d.store(to + 3 * pack::size);
    }
};

/// to[x] = start[x] + Σ_j weight_j[x] value_j[x] for begin <= x < end, terms in order. A null start is 0; `to` may be
/// start, but no weight and no value. What is computed at a column does not depend on begin or end beyond the choice
/// of vector or scalar fma.
template <class T>
void sum_products(row_term<T> const* terms, index_t count, T const* start, T* to, index_t begin, index_t end)
{
    using pack = simd::pack<T>;
    constexpr index_t block = row_sums<T>::columns;
    auto const from = [&](index_t x) { return start ? start + x : nullptr; };
    index_t x = begin;
    if (end - begin >= block) {
        // The last columns, some of them once more: their starts are read before any column is written.
        row_sums<T> last(from(end - block));
        for (; x + block <= end; x += block) {
            row_sums<T> sums(from(x));
            sums.add(terms, count, x);
            sums.store(to + x);
        }
        if (x == end) return;
        last.add(terms, count, end - block);
        return last.store(to + end - block);
    }
    for (; x + pack::size <= end; x += pack::size) {
        pack a = start ? pack::load(start + x) : pack{};
        for (index_t j = 0; j < count; ++j)
            a = simd::fma(pack::load(terms[j].weight + x), pack::load(terms[j].value + x), a);
        a.store(to + x);
    }
    for (; x < end; ++x) {
        T a = start ? start[x] : T(0);
        for (index_t j = 0; j < count; ++j) a = multiply_add(terms[j].weight[x], terms[j].value[x], a);
        to[x] = a;
    }
}

/// The same sum for `Maps` maps at once, whose values, starts and results lie a stride apart each: weights are loaded
/// once for all of them. Their bits are those of sum_products, map by map. Returns the columns done; the rest, less
/// than two vectors, is left.
template <std::size_t Maps, class T>
index_t sum_products_of_maps(row_term<T> const* terms, index_t count, index_t value_stride, T const* start,
                             index_t start_stride, T* to, index_t to_stride, index_t width)
{
    using pack = simd::pack<T>;
    constexpr index_t lanes = pack::size, maps = static_cast<index_t>(Maps);
    index_t x = 0;
    for (; x + 2 * lanes <= width; x += 2 * lanes) {
        pack a[Maps], b[Maps];
        for (index_t m = 0; m < maps; ++m) {
            a[m] = start ? pack::load(start + m * start_stride + x) : pack{};
            b[m] = start ? pack::load(start + m * start_stride + x + lanes) : pack{};
        }
        for (index_t j = 0; j < count; ++j) {
            pack const w = pack::load(terms[j].weight + x), v = pack::load(terms[j].weight + x + lanes);
            T const* const value = terms[j].value + x;
            for (index_t m = 0; m < maps; ++m) {
                a[m] = simd::fma(w, pack::load(value + m * value_stride), a[m]);
                b[m] = simd::fma(v, pack::load(value + m * value_stride + lanes), b[m]);
            }
        }
        for (index_t m = 0; m < maps; ++m) {
            a[m].store(to + m * to_stride + x);
            b[m].store(to + m * to_stride + x + lanes);
        }
    }
    return x;
}

}  // namespace hyspn::detail
