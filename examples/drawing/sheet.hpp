// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "canvas.hpp"

namespace drawing {

/// One picture of a sheet: the colour of each pixel (row, column) of an image.
struct panel {
    std::string title;
    std::function<colour(index_t, index_t)> at;
};

/// Panels of images of one size, `across` in a row, under their titles. Images wider than `widest` are thinned out to
/// every second, third … pixel.
picture draw_sheet(std::vector<panel> const& panels, index_t height, index_t width, index_t across, index_t widest);

}  // namespace drawing
