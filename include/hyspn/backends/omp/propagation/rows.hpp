// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include <hyspn/core/config.hpp>

/// \file
/// Sums of products of image rows, the arithmetic of every stencil operation. Explicit vectors of the processor's own
/// width, because compilers do not keep accumulators in registers across a loop over rows.

namespace hyspn::detail {

#if defined(__AVX512F__)
inline constexpr index_t row_vector_bytes = 64;
#elif defined(__AVX__)
inline constexpr index_t row_vector_bytes = 32;
#else
inline constexpr index_t row_vector_bytes = 16;
#endif

template <class T>
struct row_vector {
    typedef T type __attribute__((vector_size(row_vector_bytes)));
    static constexpr index_t lanes = row_vector_bytes / static_cast<index_t>(sizeof(T));

    static type load(T const* p)
    {
        type v;
        std::memcpy(&v, p, sizeof v);
        return v;
    }
    static void store(T* p, type v) { std::memcpy(p, &v, sizeof v); }
};

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
    using row = row_vector<T>;
    using vector = typename row::type;
    constexpr index_t lanes = row::lanes;
    index_t x = begin;
    for (; x + 4 * lanes <= end; x += 4 * lanes) {
        vector a{}, b{}, c{}, d{};
        if (start) {
            a = row::load(start + x);
            b = row::load(start + x + lanes);
            c = row::load(start + x + 2 * lanes);
            d = row::load(start + x + 3 * lanes);
        }
        for (index_t j = 0; j < count; ++j) {
            T const* const w = terms[j].weight + x;
            T const* const v = terms[j].value + x;
            a += row::load(w) * row::load(v);
            b += row::load(w + lanes) * row::load(v + lanes);
            c += row::load(w + 2 * lanes) * row::load(v + 2 * lanes);
            d += row::load(w + 3 * lanes) * row::load(v + 3 * lanes);
        }
        row::store(to + x, a);
        row::store(to + x + lanes, b);
        row::store(to + x + 2 * lanes, c);
        row::store(to + x + 3 * lanes, d);
    }
    for (; x + lanes <= end; x += lanes) {
        vector a{};
        if (start) a = row::load(start + x);
        for (index_t j = 0; j < count; ++j) a += row::load(terms[j].weight + x) * row::load(terms[j].value + x);
        row::store(to + x, a);
    }
    for (; x < end; ++x) {
        T a = start ? start[x] : T(0);
        for (index_t j = 0; j < count; ++j) a += terms[j].weight[x] * terms[j].value[x];
        to[x] = a;
    }
}

}  // namespace hyspn::detail
