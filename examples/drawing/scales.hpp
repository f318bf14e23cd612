// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "colour_map.hpp"

namespace drawing {

/// The value below which a share of all values lies; they are reordered. 0 when there are none.
inline float quantile(std::vector<float>& values, double share)
{
    if (values.empty()) return 0;
    auto const place = static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + place, values.end());
    return values[static_cast<std::size_t>(place)];
}

/// Colours of depths from `low` to `high`, logarithmic: a step of colour is a ratio of depths. Near is bright.
struct depth_scale {
    float low, high;

    colour operator()(float z) const
    {
        float const span = std::log(high / low);
        return viridis(span > 0 ? 1 - std::log(z / low) / span : 0.5F);
    }
};

}  // namespace drawing
