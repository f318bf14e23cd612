// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <hyspn/data/scene.hpp>
#include <hyspn/exec/omp.hpp>

#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::data;

namespace {

/// Steps between a pixel and its right neighbour, of colour and of depth.
struct edge_counts {
    double colour = 0, colour_alone = 0, depth = 0, depth_alone = 0;
};

double colour_step(scene_images const& s, index_t i, index_t from, index_t to)
{
    double most = 0;
    for (index_t c = 0; c < 3; ++c)
        most = std::max(most, std::fabs(static_cast<double>(s.rgb(c, i, from)) - static_cast<double>(s.rgb(c, i, to))));
    return most;
}

bool depth_edge(scene_images const& s, index_t i, index_t j)
{
    float const a = s.depth(i, j), b = s.depth(i, j + 1);
    return std::fabs(a - b) > 0.1F * std::min(a, b);
}

/// An edge stands alone where there is no trace of the other kind within two pixels along the row. Smooth ground rises
/// by less than a tenth between pixels.
void count_edges(scene_images const& s, edge_counts& n)
{
    for (index_t i = 0; i < s.depth.extent(0); ++i)
        for (index_t j = 2; j + 3 < s.depth.extent(1); ++j) {
            bool near_depth = false;
            for (index_t k = j - 2; k <= j + 2; ++k) near_depth = near_depth || depth_edge(s, i, k);
            if (colour_step(s, i, j - 1, j + 2) > 0.15) {
                n.colour += 1;
                n.colour_alone += near_depth ? 0 : 1;
            }
            if (depth_edge(s, i, j)) {
                n.depth += 1;
                n.depth_alone += colour_step(s, i, j - 1, j + 2) < 0.04 ? 1 : 0;
            }
        }
}

}  // namespace

TEST_CASE("scene: many edges of colour are none of depth, and some of depth are none of colour")
{
    for (auto const layout :
         {scene_layout::room, scene_layout::desk, scene_layout::clutter, scene_layout::street, scene_layout::garden}) {
        edge_counts n;
        for (std::uint64_t seed = 0; seed < 12; ++seed)
            count_edges(
                render_scene(exec::omp{}, {.height = 72, .width = 96, .seed = seed, .layout = layout, .noise = 0}), n);
        INFO("layout " << static_cast<int>(layout) << ": " << n.colour_alone / n.colour << " "
                       << n.depth_alone / n.depth);
        CHECK(n.colour > 1000);
        CHECK(n.depth > 1000);
        CHECK(n.colour_alone / n.colour > 0.25);
        CHECK(n.depth_alone / n.depth > 0.1);
    }
}
