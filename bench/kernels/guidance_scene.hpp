// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/guidance/samples.hpp>

#include "../support.hpp"

/// What the guidance rows are timed on.

namespace hyspn::bench {

inline constexpr index_t tile = 24;

/// Tiles of even colour with a little grain: edges to go round, and smooth ground.
inline tensor<float, 3> tiled_image(image const& size)
{
    auto rgb = noise<float>(dims<3>{3, size.height, size.width}, 0.02);
    auto const colours = noise<float>(dims<3>{3, size.height / tile + 1, size.width / tile + 1}, 0.45, 2);
    for (index_t c = 0; c < 3; ++c)
        for (index_t y = 0; y < size.height; ++y)
            for (index_t x = 0; x < size.width; ++x) rgb(c, y, x) += 0.5f + colours(c, y / tile, x / tile);
    return rgb;
}

/// 500 samples of tiles at five depths.
inline tensor<float, 2> drawn_samples(image const& size)
{
    tensor<float, 2> depth(size.height, size.width);
    for (index_t y = 0; y < size.height; ++y)
        for (index_t x = 0; x < size.width; ++x) depth(y, x) = 2 + static_cast<float>((y / tile + x / tile) % 5);
    return guidance::draw_samples(depth, 500, 3);
}

}  // namespace hyspn::bench
