// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/config.hpp>
#include <hyspn/core/error.hpp>

/// \file
/// Which pixels surround a pixel, in which order, and how pairs of them are counted once.

namespace hyspn::affinity {

/// A square of kernel × kernel positions, `dilation` apart, around a pixel; the centre included. Neighbours are
/// numbered in raster order 0 … count()−1; those outside the image are *absent*.
///
/// The pair of a pixel and its neighbour has one distance, kept once: at the pixel that comes first in raster order.
/// The neighbours centre()+1 … count()−1 are the *forward* ones; forward(h) is the h-th of them, 0 ≤ h < half().
struct neighbourhood {
    index_t kernel = 3;
    index_t dilation = 1;

    HYSPN_HD constexpr index_t count() const { return kernel * kernel; }
    HYSPN_HD constexpr index_t centre() const { return count() / 2; }
    HYSPN_HD constexpr index_t half() const { return count() / 2; }
    HYSPN_HD constexpr index_t forward(index_t h) const { return centre() + 1 + h; }

    /// Rows and columns from the pixel to neighbour j.
    HYSPN_HD constexpr index_t row_offset(index_t j) const
    {
        return (hyspn::detail::small_quotient(j, kernel) - kernel / 2) * dilation;
    }
    HYSPN_HD constexpr index_t column_offset(index_t j) const
    {
        return (hyspn::detail::small_remainder(j, kernel) - kernel / 2) * dilation;
    }

    /// The number that the pixel itself has as a neighbour of its neighbour j.
    HYSPN_HD constexpr index_t opposite(index_t j) const { return count() - 1 - j; }

    /// Whether neighbour j of pixel (row, column) lies in an image of height × width.
    HYSPN_HD constexpr bool present(index_t j, index_t row, index_t column, index_t height, index_t width) const
    {
        index_t const y = row + row_offset(j), x = column + column_offset(j);
        return y >= 0 && y < height && x >= 0 && x < width;
    }

    friend constexpr bool operator==(neighbourhood const&, neighbourhood const&) = default;
};

/// Throws value_error unless the kernel is odd and at least 1 and the dilation at least 1.
inline void require_valid(char const* function, neighbourhood const& n)
{
    using hyspn::detail::require_value;
    require_value(n.kernel >= 1 && n.kernel % 2 == 1, function, "kernel", "odd and at least 1",
                  static_cast<double>(n.kernel));
    require_value(n.dilation >= 1, function, "dilation", "at least 1", static_cast<double>(n.dilation));
}

}  // namespace hyspn::affinity
