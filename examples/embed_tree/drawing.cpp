// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "drawing.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numbers>
#include <vector>

#include <hyspn/manifold/poincare/mobius_add.hpp>

namespace embed_tree {
namespace {

/// A place in the picture: the disk has radius 1, y points down.
struct place {
    double x, y;
    double square() const { return x * x + y * y; }
};

template <class... A>
std::string format(char const* pattern, A... values)
{
    char text[512];
    std::snprintf(text, sizeof text, pattern, values...);
    return text;
}

std::string escaped(std::string const& text)
{
    std::string safe;
    for (char const c : text) {
        if (c == '&')
            safe += "&amp;";
        else if (c == '<')
            safe += "&lt;";
        else if (c == '>')
            safe += "&gt;";
        else if (static_cast<unsigned char>(c) >= ' ')
            safe += c;
    }
    return safe;
}

std::vector<place> centred(embedding<hyperbolic_space> const& e)
{
    auto const& c = e.space.c;
    hyspn::tensor<double, 1> to_centre(2), x(2);
    for (index_t k = 0; k < 2; ++k) to_centre(k) = -e.nodes(0, k);
    std::vector<place> places;
    for (index_t i = 0; i < e.nodes.extent(0); ++i) {
        hyspn::poincare::mobius_add(c, to_centre, e.nodes[i], x);
        places.push_back({c.sqrt_c() * x(0), -c.sqrt_c() * x(1)});
    }
    return places;
}

/// The geodesic from a to b: an arc of the circle through both that meets the unit circle at right angles, whose centre
/// m has ⟨m, p⟩ = (1 + ‖p‖²)/2 for each of the two; a line where they lie (almost) on one diameter.
std::string geodesic(place a, place b)
{
    double const cross = a.x * b.y - a.y * b.x, p = (1 + a.square()) / 2, q = (1 + b.square()) / 2;
    auto const start = format("M%.5f %.5f", a.x, a.y);
    if (std::fabs(cross) < 1e-4) return start + format("L%.5f %.5f", b.x, b.y);
    place const m{(p * b.y - q * a.y) / cross, (q * a.x - p * b.x) / cross};
    double const radius = std::sqrt(std::max(0.0, m.square() - 1));
    bool const clockwise = (a.x - m.x) * (b.y - m.y) - (a.y - m.y) * (b.x - m.x) > 0;
    return start + format("A%.5f %.5f 0 0 %d %.5f %.5f", radius, radius, clockwise ? 1 : 0, b.x, b.y);
}

char const* colour_of(index_t level)
{
    static constexpr char const* colours[] = {"#7a1f4b", "#b5374f", "#dd6040", "#e8963a",
                                              "#b9a63f", "#5f9f6b", "#3b86a3", "#4a5fa5"};
    return colours[static_cast<std::size_t>(level) % (sizeof colours / sizeof *colours)];
}

/// A leaf's name outside the disk, along the radius, readable from the left.
std::string outer_label(place at, std::string const& name, double size)
{
    double const angle = std::atan2(at.y, at.x) * 180 / std::numbers::pi;
    bool const left = angle > 90 || angle < -90;
    return format("<text font-size=\"%.4f\" text-anchor=\"%s\" transform=\"rotate(%.2f) translate(%.4f %.4f)%s\">",
                  size, left ? "end" : "start", angle, 1.03, left ? -0.3 * size : 0.3 * size,
                  left ? " rotate(180)" : "") +
           escaped(name) + "</text>\n";
}

std::string inner_label(place at, std::string const& name, double size)
{
    return format("<text font-size=\"%.4f\" text-anchor=\"middle\" x=\"%.5f\" y=\"%.5f\" class=\"inner\">", size, at.x,
                  at.y - 0.7 * size) +
           escaped(name) + "</text>\n";
}

}  // namespace

std::string draw_svg(tree const& t, embedding<hyperbolic_space> const& e)
{
    auto const at = centred(e);
    auto const level = depths(t);
    std::vector<bool> leaf(at.size(), true);
    for (index_t k = 1; k < t.size(); ++k) leaf[static_cast<std::size_t>(t.parent(k))] = false;
    auto const leaves = static_cast<double>(std::count(leaf.begin(), leaf.end(), true));

    std::string edges, dots, labels;
    for (std::size_t k = 0; k < at.size(); ++k) {
        double const room = 1 - at[k].square();  // sizes shrink towards the boundary as the geometry does
        if (k > 0)
            edges += format("<path stroke-width=\"%.5f\" d=\"", 0.003 + 0.006 * room) +
                     geodesic(at[static_cast<std::size_t>(t.parents[k])], at[k]) + "\"/>\n";
        dots += format("<circle cx=\"%.5f\" cy=\"%.5f\" r=\"%.5f\" fill=\"%s\"/>\n", at[k].x, at[k].y,
                       0.006 + 0.016 * room, colour_of(level[k]));
        if (leaf[k] && k > 0)
            labels += outer_label(at[k], t.names[k], std::min(0.05, 4 / leaves));
        else if (room > 0.08)
            labels += inner_label(at[k], t.names[k], 0.016 + 0.032 * room);
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-1.4 -1.4 2.8 2.8\" width=\"1000\" height=\"1000\">\n"
           "<style>path{fill:none;stroke:#8a8f98;stroke-linecap:round}circle.disk{fill:#fbfaf7;stroke:#c9c9c9}"
           "text{font-family:sans-serif;fill:#222}"
           "text.inner{paint-order:stroke;stroke:#fbfaf7;stroke-width:0.012;stroke-linejoin:round}</style>\n"
           "<rect x=\"-1.4\" y=\"-1.4\" width=\"2.8\" height=\"2.8\" fill=\"#ffffff\"/>\n"
           "<circle class=\"disk\" r=\"1\" stroke-width=\"0.004\"/>\n" +
           edges + dots + labels + "</svg>\n";
}

}  // namespace embed_tree
