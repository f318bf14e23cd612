// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "../drawing/scales.hpp"
#include "pictures.hpp"

namespace complete_depth {
namespace {

using namespace drawing;

constexpr colour white{1, 1, 1}, dark{0.08F, 0.08F, 0.1F};

std::string metres(float z)
{
    char text[32];
    std::snprintf(text, sizeof text, z < 10 ? "%.2f" : "%.1f", static_cast<double>(z));
    return text;
}

/// A colour bar from `low` to `high` with a title in the lower left corner, if there is room for it.
template <class Scale>
void draw_scale(canvas& on, char const* title, float low, float high, Scale const& scale)
{
    index_t const zoom = on.width() >= 600 ? 2 : 1;
    index_t const length = 80 * zoom, line = (canvas::text_rows + 2) * zoom, margin = 2 * zoom;
    index_t const rows = 3 * line + margin, columns = length + 2 * margin;
    if (on.height() < 3 * rows || on.width() < columns + 2 * margin) return;
    index_t const top = on.height() - rows - margin, left = 2 * margin;
    on.fill(top, left - margin, rows, columns, dark);
    on.text(top + margin, left, zoom, title, white);
    for (index_t x = 0; x < length; ++x)
        on.fill(top + line, left + x, line, 1, scale(static_cast<float>(x) / static_cast<float>(length - 1)));
    std::string const right = metres(high) + " m";
    on.text(top + 2 * line + margin, left, zoom, metres(low), white);
    on.text(top + 2 * line + margin, left + length - canvas::text_width(right, zoom), zoom, right, white);
}

}  // namespace

picture draw_depth(problem const& p, completion const& c)
{
    std::vector<float> values(c.depth.begin(), c.depth.end());
    float const low = quantile(values, 0.01), high = quantile(values, 0.99);
    depth_scale const shade{low, high};
    float const span = std::log(high / low);
    canvas on(p.height(), p.width(), dark);
    on.cells(0, 0, p.height(), p.width(), 1, [&](index_t i, index_t j) { return shade(c.depth(i, j)); });
    draw_scale(on, "depth", low, high, [&](float t) { return shade(low * std::exp(t * span)); });
    return on.take();
}

picture draw_error(problem const& p, completion const& c)
{
    std::vector<float> errors;
    for (index_t k = 0; k < p.truth.size(); ++k)
        if (p.truth.data()[k] > 0 && !(p.sparse.data()[k] > 0))
            errors.push_back(std::abs(c.depth.data()[k] - p.truth.data()[k]));
    bool const sparse_truth = static_cast<double>(errors.size()) < 0.25 * static_cast<double>(p.truth.size());
    float const high = std::max(quantile(errors, 0.98), 1e-3F);
    canvas on(p.height(), p.width(), unknown);
    index_t const reach = sparse_truth ? 1 : 0;
    for (index_t i = 0; i < p.height(); ++i)
        for (index_t j = 0; j < p.width(); ++j)
            if (p.truth(i, j) > 0)
                on.fill(i - reach, j - reach, 2 * reach + 1, 2 * reach + 1,
                        inferno(std::abs(c.depth(i, j) - p.truth(i, j)) / high));
    draw_scale(on, "error", 0, high, inferno);
    return on.take();
}

}  // namespace complete_depth
