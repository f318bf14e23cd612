// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "drawing.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numbers>
#include <numeric>
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

/// Angles moved apart, around the circle, until neighbours are `gap` from each other.
std::vector<double> spread(std::vector<double> angles, double gap)
{
    std::vector<std::size_t> order(angles.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return angles[a] < angles[b]; });
    for (int round = 0; round < 2000; ++round)
        for (std::size_t k = 0; k < order.size(); ++k) {
            bool const around = k + 1 == order.size();
            double& here = angles[order[k]];
            double& next = angles[order[around ? 0 : k + 1]];
            double const missing = gap - (next + (around ? 2 * std::numbers::pi : 0) - here);
            if (missing <= 0) continue;
            here -= missing / 2;
            next += missing / 2;
        }
    return angles;
}

/// A leaf's name outside the disk, along the radius, readable from the left, and a line to it.
std::string outer_label(place at, double angle, std::string const& name, double size)
{
    double const degrees = std::remainder(angle, 2 * std::numbers::pi) * 180 / std::numbers::pi;
    bool const left = degrees > 90 || degrees < -90;
    auto const leader = format("<path class=\"leader\" d=\"M%.5f %.5fL%.5f %.5f\"/>\n", at.x, at.y,
                               1.06 * std::cos(angle), 1.06 * std::sin(angle));
    return leader +
           format("<text font-size=\"%.4f\" text-anchor=\"%s\" transform=\"rotate(%.2f) translate(1.07 %.4f)%s\">",
                  size, left ? "end" : "start", degrees, left ? -0.3 * size : 0.3 * size, left ? " rotate(180)" : "") +
           escaped(name) + "</text>\n";
}

/// A name above its dot, on a halo that hides the edges behind it.
std::string inner_label(place at, std::string const& name, double size)
{
    std::string text;
    for (char const* const kind : {"halo", "name"})
        text += format("<text class=\"%s\" font-size=\"%.4f\" text-anchor=\"middle\" x=\"%.5f\" y=\"%.5f\">", kind,
                       size, at.x, at.y - 0.75 * size) +
                escaped(name) + "</text>\n";
    return text;
}

/// Names of all leaves, around the disk.
std::string outer_labels(tree const& t, std::vector<place> const& at, std::vector<std::size_t> const& leaves)
{
    double const circle = 2 * std::numbers::pi,
                 size = std::min(0.045, 0.85 * circle / static_cast<double>(leaves.size()));
    std::vector<double> angles;
    for (auto const k : leaves) angles.push_back(std::atan2(at[k].y, at[k].x));
    angles = spread(angles, size);
    std::string labels;
    for (std::size_t k = 0; k < leaves.size(); ++k)
        labels += outer_label(at[leaves[k]], angles[k], t.names[leaves[k]], size);
    return labels;
}

std::vector<std::size_t> leaves_of(tree const& t)
{
    std::vector<bool> has_children(t.names.size());
    for (index_t k = 1; k < t.size(); ++k) has_children[static_cast<std::size_t>(t.parent(k))] = true;
    std::vector<std::size_t> leaves;
    for (std::size_t k = 0; k < has_children.size(); ++k)
        if (!has_children[k]) leaves.push_back(k);
    return leaves;
}

}  // namespace

std::string draw_svg(tree const& t, embedding<hyperbolic_space> const& e)
{
    auto const at = centred(e);
    auto const level = depths(t);
    auto const leaves = leaves_of(t);
    std::string edges, dots, labels;
    for (std::size_t k = 0; k < at.size(); ++k) {
        double const room = 1 - at[k].square();  // sizes shrink towards the boundary as the geometry does
        if (k > 0)
            edges += format("<path stroke-width=\"%.5f\" d=\"", 0.003 + 0.006 * room) +
                     geodesic(at[static_cast<std::size_t>(t.parents[k])], at[k]) + "\"/>\n";
        dots += format("<circle cx=\"%.5f\" cy=\"%.5f\" r=\"%.5f\" fill=\"%s\"/>\n", at[k].x, at[k].y,
                       0.006 + 0.016 * room, colour_of(level[k]));
        bool const is_leaf = std::binary_search(leaves.begin(), leaves.end(), k);
        if (!is_leaf && room > 0.1) labels += inner_label(at[k], t.names[k], 0.02 + 0.03 * room);
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-1.4 -1.4 2.8 2.8\" width=\"1000\" height=\"1000\">\n"
           "<style>path{fill:none;stroke:#8a8f98;stroke-linecap:round}circle.disk{fill:#fbfaf7;stroke:#c9c9c9}"
           "text{font-family:sans-serif;fill:#222}"
           "path.leader{stroke:#c4c4c4;stroke-width:0.0025}"
           "text.halo{fill:none;stroke:#fbfaf7;stroke-width:0.014;stroke-linejoin:round}</style>\n"
           "<rect x=\"-1.4\" y=\"-1.4\" width=\"2.8\" height=\"2.8\" fill=\"#ffffff\"/>\n"
           "<circle class=\"disk\" r=\"1\" stroke-width=\"0.004\"/>\n" +
           outer_labels(t, at, leaves) + edges + dots + labels + "</svg>\n";
}

}  // namespace embed_tree
