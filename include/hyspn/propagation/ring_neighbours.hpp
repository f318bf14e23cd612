// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/axes.hpp>

namespace hyspn::detail {

/// Neighbours of three rings around a pixel, 3 x 3, 5 x 5 and 7 x 7, each row-major in reverse.
struct ring_neighbours {
    static constexpr index_t reach = 3;

    HYSPN_HD static constexpr index_t count() { return 48; }
    /// 0, 1 or 2.
    HYSPN_HD static constexpr index_t ring(index_t k) { return k < 8 ? 0 : k < 24 ? 1 : 2; }

    HYSPN_HD constexpr pixel_offset operator[](index_t k) const
    {
        index_t const r = ring(k) + 1, side = 2 * r + 1;
        index_t const cell = 4 * r * (r + 1) - 1 - k;  // counted from the ring's last channel
        if (cell < side) return {-r, cell - r};
        index_t const after_top = cell - side;
        if (after_top < 2 * (side - 2)) return {after_top / 2 + 1 - r, after_top % 2 == 0 ? -r : r};
        return {r, after_top - 2 * (side - 2) - r};
    }
};

}  // namespace hyspn::detail
