// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>

#include <hyspn/core/simd.hpp>

namespace hyspn::detail {

/// As many registers as a register has lanes; exchanges rows and columns.
template <class T>
struct lane_square {
    using V = simd::pack<T>;
    static constexpr index_t size = V::size;
    V row[static_cast<std::size_t>(V::size)];

    void transpose() { step<size / 2>(); }

    /// Lane r: the sum of row r. Leaves the rows transposed.
    V row_sums()
    {
        transpose();
        V sum = row[0];
        for (index_t i = 1; i < size; ++i) sum += row[i];
        return sum;
    }

private:
    /// Exchanges the off-diagonal quarters, `Half` lanes wide, of every square of 2·Half rows.
    template <index_t Half>
    void step()
    {
        for (index_t i = 0; i < size; ++i) {
            if (i & Half) continue;
            auto const a = row[i].v, b = row[i + Half].v;
            row[i].v = blend<Half, 0>(a, b, std::make_integer_sequence<int, static_cast<int>(size)>{});
            row[i + Half].v = blend<Half, Half>(a, b, std::make_integer_sequence<int, static_cast<int>(size)>{});
        }
        if constexpr (Half > 1) step<Half / 2>();
    }

    template <index_t Half, index_t Start, int... Lane>
    static auto blend(typename V::vector a, typename V::vector b, std::integer_sequence<int, Lane...>)
    {
        // Lane l of the result: in the first half of its pair of columns from a, in the second from b.
        return typename V::vector(
            __builtin_shufflevector(a, b,
                                    ((Lane & Half) ? static_cast<int>(size) + (Lane - static_cast<int>(Half)) : Lane) +
                                        static_cast<int>(Start)...));
    }
};

}  // namespace hyspn::detail
