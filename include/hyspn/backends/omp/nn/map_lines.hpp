// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/backends/omp/image_rows.hpp>
#include <hyspn/core/view.hpp>

namespace hyspn::detail {

/// Numbers of which core/simd.hpp has vectors.
template <class T>
concept lane_number = std::same_as<T, float> || std::same_as<T, double>;

/// Whether each plane of all arrays is one dense row of H·W numbers.
template <class T, class... V>
bool all_planes_dense(view<T, 4, memory::host> const& x, V const&... others)
{
    bool const dense = x.rows_contiguous() && (x.extent(2) <= 1 || x.stride(2) == x.extent(3));
    if constexpr (sizeof...(others) == 0)
        return dense;
    else
        return dense && all_planes_dense(others...);
}

/// Planes as lines that kernels walk: whole planes where all arrays are dense there, else rows.
struct map_lines {
    index_t count, length;  ///< lines of a plane and numbers of a line

    map_lines(dims<4> const& e, bool dense_planes)
        : count(dense_planes ? 1 : e[2]), length(dense_planes ? e[2] * e[3] : e[3])
    {
    }
};

}  // namespace hyspn::detail
