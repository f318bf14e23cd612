// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "canvas.hpp"

#include <cctype>
#include <string>

namespace drawing {
namespace {

/// Rows of a letter from the top, an octal digit each, the highest bit on the left.
unsigned glyph(char letter)
{
    static constexpr std::string_view letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.-,():|=/%";
    static constexpr unsigned rows[] = {
        075557, 026227, 071747, 071717, 055711, 074717, 074757, 071111, 075757, 075717,  // digits
        025755, 065656, 034443, 065556, 074647, 074644, 034553, 055755, 072227, 011152, 055655, 044447,
        057755, 065555, 025552, 065644, 025563, 065655, 034216, 072222, 055557, 055552, 055775, 055255,
        055222, 071247, 000002, 000700, 000024, 012221, 042224, 002020, 022222, 007070, 011244, 051245};
    auto const place = letters.find(static_cast<char>(std::toupper(static_cast<unsigned char>(letter))));
    return place == std::string_view::npos ? 0 : rows[place];
}

}  // namespace

void canvas::text(index_t top, index_t left, index_t zoom, std::string_view words, colour c)
{
    for (char const letter : words) {
        unsigned const dots = glyph(letter);
        for (index_t i = 0; i < 5; ++i)
            for (index_t j = 0; j < 3; ++j)
                if ((dots >> (3 * (4 - i) + (2 - j))) & 1u) fill(top + i * zoom, left + j * zoom, zoom, zoom, c);
        left += 4 * zoom;
    }
}

}  // namespace drawing
