// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "sheet.hpp"

#include <algorithm>

namespace drawing {

picture draw_sheet(std::vector<panel> const& panels, index_t height, index_t width, index_t across, index_t widest)
{
    constexpr index_t gap = 4;
    index_t const step = std::max<index_t>(1, (width + widest - 1) / widest), rows = height / step,
                  columns = width / step;
    index_t const zoom = columns >= 300 ? 2 : 1, label = (canvas::text_rows + 4) * zoom;
    index_t const down = (static_cast<index_t>(panels.size()) + across - 1) / across;
    canvas on(down * (rows + label + gap) + gap, across * (columns + gap) + gap, {0.08F, 0.08F, 0.1F});
    for (std::size_t k = 0; k < panels.size(); ++k) {
        auto const place = static_cast<index_t>(k);
        index_t const top = gap + place / across * (rows + label + gap), left = gap + place % across * (columns + gap);
        on.text(top + zoom, left, zoom, panels[k].title, {1, 1, 1});
        on.cells(top + label, left, rows, columns, 1,
                 [&](index_t i, index_t j) { return panels[k].at(i * step, j * step); });
    }
    return on.take();
}

}  // namespace drawing
