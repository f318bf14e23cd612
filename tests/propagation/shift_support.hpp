// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include "propagation/support.hpp"

namespace hyspn::testing {

/// `a` moved down by `times` rows and right by twice as many columns; what comes in is what was there.
inline tensor<double, 4> shifted(tensor<double, 4> const& a, index_t times = 1)
{
    tensor<double, 4> b = a;
    for (index_t c = 0; c < a.extent(1); ++c)
        for (index_t y = times; y < a.extent(2); ++y)
            for (index_t x = 2 * times; x < a.extent(3); ++x) b(0, c, y, x) = a(0, c, y - times, x - 2 * times);
    return b;
}

/// The largest |a - b| at least `margin` pixels from the border, where b is `a` shifted; infinite for NaN.
inline double interior_error(tensor<double, 4> const& a, tensor<double, 4> const& shifted, index_t margin,
                             index_t times = 1)
{
    double worst = 0;
    for (index_t y = margin; y < a.extent(2) - margin - times; ++y)
        for (index_t x = margin; x < a.extent(3) - margin - 2 * times; ++x) {
            double const error = std::abs(a(0, 0, y, x) - shifted(0, 0, y + times, x + 2 * times));
            if (!(error >= 0)) return infinity;  // std::max would pass over NaN
            worst = std::max(worst, error);
        }
    return worst;
}

}  // namespace hyspn::testing
