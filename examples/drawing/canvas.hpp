// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string_view>

#include <hyspn/core/tensor.hpp>

#include "colour_map.hpp"

namespace drawing {

using hyspn::index_t;
using picture = hyspn::tensor<float, 3>;

/// A picture to draw on. Whatever falls outside is cut off.
class canvas {
public:
    canvas(index_t height, index_t width, colour background) : pixels_(3, height, width)
    {
        fill(0, 0, height, width, background);
    }

    /// Draws over an existing picture.
    explicit canvas(picture pixels) : pixels_(std::move(pixels)) {}

    index_t height() const { return pixels_.extent(1); }
    index_t width() const { return pixels_.extent(2); }

    void set(index_t y, index_t x, colour c)
    {
        if (y < 0 || x < 0 || y >= height() || x >= width()) return;
        pixels_(0, y, x) = c.red;
        pixels_(1, y, x) = c.green;
        pixels_(2, y, x) = c.blue;
    }

    void fill(index_t top, index_t left, index_t rows, index_t columns, colour c)
    {
        for (index_t i = 0; i < rows; ++i)
            for (index_t j = 0; j < columns; ++j) set(top + i, left + j, c);
    }

    /// The outline of a rectangle, `thick` pixels wide, inside it.
    void frame(index_t top, index_t left, index_t rows, index_t columns, index_t thick, colour c)
    {
        fill(top, left, thick, columns, c);
        fill(top + rows - thick, left, thick, columns, c);
        fill(top, left, rows, thick, c);
        fill(top, left + columns - thick, rows, thick, c);
    }

    /// rows x columns cells of `zoom` pixels, cell (i, j) in the colour f(i, j).
    template <class F>
    void cells(index_t top, index_t left, index_t rows, index_t columns, index_t zoom, F const& f)
    {
        for (index_t i = 0; i < rows; ++i)
            for (index_t j = 0; j < columns; ++j) fill(top + i * zoom, left + j * zoom, zoom, zoom, f(i, j));
    }

    /// Letters of 3 x 5 dots, upper case, `zoom` pixels a dot.
    void text(index_t top, index_t left, index_t zoom, std::string_view words, colour c);

    static index_t text_width(std::string_view words, index_t zoom)
    {
        return (4 * static_cast<index_t>(words.size()) - 1) * zoom;
    }
    static constexpr index_t text_rows = 5;

    picture take() { return std::move(pixels_); }

private:
    picture pixels_;
};

}  // namespace drawing
