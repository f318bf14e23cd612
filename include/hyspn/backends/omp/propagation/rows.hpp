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

/// to[x] = start[x] + Σ_j weight_j[x] value_j[x] for begin <= x < end, terms in order. A null start is 0; `to` may be
/// start. What is computed at a column does not depend on begin or end beyond the choice of vector or scalar fma.
template <class T>
void sum_products(row_term<T> const* terms, index_t count, T const* start, T* to, index_t begin, index_t end)
{
    using pack = simd::pack<T>;
    constexpr index_t lanes = pack::size;
    index_t x = begin;
    for (; x + 4 * lanes <= end; x += 4 * lanes) {
        pack a{}, b{}, c{}, d{};
        if (start) {
            a = pack::load(start + x);
            b = pack::load(start + x + lanes);
            c = pack::load(start + x + 2 * lanes);
            d = pack::load(start + x + 3 * lanes);
        }
        for (index_t j = 0; j < count; ++j) {
            T const* const w = terms[j].weight + x;
            T const* const v = terms[j].value + x;
            a = simd::fma(pack::load(w), pack::load(v), a);
            b = simd::fma(pack::load(w + lanes), pack::load(v + lanes), b);
            c = simd::fma(pack::load(w + 2 * lanes), pack::load(v + 2 * lanes), c);
            d = simd::fma(pack::load(w + 3 * lanes), pack::load(v + 3 * lanes), d);
        }
        a.store(to + x);
        b.store(to + x + lanes);
        c.store(to + x + 2 * lanes);
        d.store(to + x + 3 * lanes);
    }
    for (; x + lanes <= end; x += lanes) {
        pack a{};
        if (start) a = pack::load(start + x);
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
