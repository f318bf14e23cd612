// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/axes.hpp>

/// \file
/// What a scan of an image is: where it goes and what its gates mean.

namespace hyspn::propagation {

/// Where a scan goes. `right` starts at the first column, `down` at the first row.
enum class scan_direction { right, left, down, up };

/// From gates g to weights w, per pixel. 0/0 is 0, with gradient 0.
enum class scan_normalisation {
    always,        ///< g / Σ|g|, those of absent neighbours counted
    if_above_one,  ///< g / max(1, Σ|g|), those of absent neighbours counted
    sigmoid_share  ///< σ(g) / max(1e-7, Σσ(g)) over the neighbours present
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

using propagation::scan_direction;
using propagation::scan_normalisation;

/// Below this sum sigmoids are not divided by it but by this.
inline constexpr double least_sigmoid_sum = 1e-7;

/// Lines of an image in the order of a scan.
struct scan_frame {
    scan_direction direction;
    index_t height, width;

    HYSPN_HD bool horizontal() const { return direction == scan_direction::right || direction == scan_direction::left; }
    HYSPN_HD bool reversed() const { return direction == scan_direction::left || direction == scan_direction::up; }
    HYSPN_HD index_t lines() const { return horizontal() ? width : height; }
    HYSPN_HD index_t across() const { return horizontal() ? height : width; }

    /// Position i of line t.
    HYSPN_HD pixel_offset at(index_t t, index_t i) const
    {
        index_t const line = reversed() ? lines() - 1 - t : t;
        return horizontal() ? pixel_offset{i, line} : pixel_offset{line, i};
    }
    HYSPN_HD index_t line_of(index_t y, index_t x) const
    {
        index_t const line = horizontal() ? x : y;
        return reversed() ? lines() - 1 - line : line;
    }
    HYSPN_HD index_t position_of(index_t y, index_t x) const { return horizontal() ? y : x; }
};

/// What a scan's gates mean.
struct scan_rule {
    index_t way;  ///< 1 or 3
    scan_normalisation normalisation;
    index_t chunk;  ///< lines after which it starts afresh; 0: never

    HYSPN_HD bool starts(index_t t) const { return chunk > 0 ? t % chunk == 0 : t == 0; }
};

}  // namespace hyspn::detail
