// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "propagation/support.hpp"

namespace hyspn::testing {

/// Columns begin <= x < end of an array of width W, and the rest of it.
struct columns {
    index_t begin, end;

    bool hold(index_t x) const { return x >= begin && x < end; }
    tensor<double, 4> of(tensor<double, 4> const& from) const
    {
        if (from.size() == 0) return {};
        dims<4> e = from.extents();
        e[3] = end - begin;
        return cast<double>(view<double const, 4>(&from(0, 0, 0, begin), e, as_view(from).strides()));
    }
};

inline tensor<double, 4> mask_of(columns const& taking_part, dims<4> const& e)
{
    tensor<double, 4> mask(e[0], 1, e[2], e[3]);
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t y = 0; y < e[2]; ++y)
            for (index_t x = 0; x < e[3]; ++x) mask(n, 0, y, x) = taking_part.hold(x) ? 1 : 0;
    return mask;
}

/// What pixels outside `taking_part` hold must not be read.
inline void spoil(tensor<double, 4>& array, columns const& taking_part)
{
    for (index_t n = 0; n < array.extent(0); ++n)
        for (index_t c = 0; c < array.extent(1); ++c)
            for (index_t y = 0; y < array.extent(2); ++y)
                for (index_t x = 0; x < array.extent(3); ++x)
                    if (!taking_part.hold(x)) array(n, c, y, x) = std::nan("");
}

inline double worst(tensor<double, 4> const& whole, columns const& at, tensor<double, 4> const& part)
{
    if (whole.size() == 0) return 0;
    return relative_error(at.of(whole), part);
}

}  // namespace hyspn::testing
