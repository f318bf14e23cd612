// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include <hyspn/core/config.hpp>

/// \file
/// The order of every sum in the library. Elements are cut into chunks of 4096; inside a chunk 32 lanes each add every
/// 32nd element in order, then the lanes are added pairwise (16 apart, 8, 4, 2, 1). Chunk sums are summed by the same
/// rule until one is left. The rule suits a SIMD loop and a warp alike, and knows nothing of threads.

namespace hyspn::exec::detail {

inline constexpr index_t reduce_lanes = 32;
inline constexpr index_t reduce_chunk = 4096;

HYSPN_HD constexpr index_t chunks_of(index_t n)
{
    return (n + reduce_chunk - 1) / reduce_chunk;
}

template <class F>
using sum_t = std::remove_cvref_t<decltype(std::declval<F const&>()(index_t{}))>;

/// Sum of chunk `c` of f(0) ... f(n-1), on one thread.
template <class F>
sum_t<F> chunk_sum(index_t c, index_t n, F const& f)
{
    using T = sum_t<F>;
    index_t const first = c * reduce_chunk;
    index_t const count = n - first < reduce_chunk ? n - first : reduce_chunk;
    T lane[reduce_lanes] = {};
    index_t i = 0;
    for (; i + reduce_lanes <= count; i += reduce_lanes)
        for (index_t l = 0; l < reduce_lanes; ++l) lane[l] += f(first + i + l);
    for (index_t l = 0; i + l < count; ++l) lane[l] += f(first + i + l);
    for (index_t width = reduce_lanes / 2; width > 0; width /= 2)
        for (index_t l = 0; l < width; ++l) lane[l] += lane[l + width];
    return lane[0];
}

/// The whole sum; `for_chunks(m, g)` must call g(0) ... g(m-1), in any order, on any threads.
template <class F, class ForChunks>
sum_t<F> reduce_levels(index_t n, F const& f, ForChunks const& for_chunks)
{
    using T = sum_t<F>;
    if (n <= 0) return T{};
    std::vector<T> sums(static_cast<std::size_t>(chunks_of(n)));
    T* const level = sums.data();
    for_chunks(chunks_of(n), [&](index_t c) { level[c] = chunk_sum(c, n, f); });
    for (index_t m = chunks_of(n); m > 1; m = chunks_of(m)) {
        auto const partial = [level](index_t i) { return level[i]; };
        // In place: chunk c only overwrites slot c, which no later chunk reads.
        for (index_t c = 0; c < chunks_of(m); ++c) level[c] = chunk_sum(c, m, partial);
    }
    return level[0];
}

}  // namespace hyspn::exec::detail
