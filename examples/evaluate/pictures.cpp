// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "pictures.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <hyspn/metrics/edges.hpp>

#include "../drawing/affinity_picture.hpp"
#include "../drawing/scales.hpp"
#include "../drawing/sheet.hpp"

namespace evaluate {
namespace {

using namespace drawing;
using learning::example;

constexpr index_t across = 3, widest = 640;

/// Networks see colours less 0.5.
colour colour_at(example const& e, index_t i, index_t j)
{
    return {0.5F + e.image(0, 0, i, j), 0.5F + e.image(0, 1, i, j), 0.5F + e.image(0, 2, i, j)};
}

picture draw(example const& e, std::vector<panel> const& panels)
{
    return draw_sheet(panels, e.height(), e.width(), across, widest);
}

using map = hyspn::tensor<float, 4>;
using plane = hyspn::tensor<float, 2>;

constexpr colour dark{0.15F, 0.15F, 0.18F};

/// The value below which a share of the positive ones lies; 1 without any.
float positive_quantile(plane const& of, double share)
{
    std::vector<float> values(of.begin(), of.end());
    std::erase_if(values, [](float v) { return !(v > 0); });
    return values.empty() ? 1 : quantile(values, share);
}

/// A map [H, W] of which less than a quarter is known, such as a LiDAR's, is drawn as blobs. Unknown is negative.
plane with_blobs(plane const& m)
{
    auto const known = std::count_if(m.begin(), m.end(), [](float v) { return v >= 0; });
    if (4 * known >= m.size()) return m;
    constexpr index_t reach = 2;
    plane blobs = m;
    for (index_t i = 0; i < m.extent(0); ++i)
        for (index_t j = 0; j < m.extent(1); ++j)
            for (index_t y = std::max<index_t>(0, i - reach); m(i, j) >= 0 && y < std::min(m.extent(0), i + reach); ++y)
                for (index_t x = std::max<index_t>(0, j - reach); x < std::min(m.extent(1), j + reach); ++x)
                    if (m(y, x) < 0) blobs(y, x) = m(i, j);
    return blobs;
}

/// f(depth, truth) of each pixel whose truth is known.
template <class F>
plane where_known(example const& e, map const& depth, F const& f)
{
    plane made(e.height(), e.width());
    for (index_t k = 0; k < made.size(); ++k) {
        float const truth = e.target.data()[k];
        made.data()[k] = truth > 0 ? f(depth.data()[k], truth) : -1;
    }
    return with_blobs(made);
}

picture draw_depths(example const& e, map const& before, map const& after)
{
    auto const error = [](float z, float truth) { return std::abs(z - truth); };
    plane const truth = where_known(e, e.target, [](float z, float) { return z; }),
                first = where_known(e, before, error), final = where_known(e, after, error);
    depth_scale const scale{positive_quantile(truth, 0.01), positive_quantile(truth, 0.99)};
    float const high = positive_quantile(first, 0.98);
    auto const depth = [=](float z) { return z > 0 ? scale(z) : unknown; };
    auto const shade = [=](float v) { return v >= 0 ? inferno(v / high) : unknown; };
    plane known(e.height(), e.width());
    std::copy(e.target.begin(), e.target.end(), known.begin());
    auto const near = hyspn::metrics::near_depth_edges(hyspn::exec::seq{}, known);
    auto const at_edges = [&](auto const& shown) {
        return [&near, shown](index_t i, index_t j) { return near(i, j) != 0 ? shown(i, j) : dark; };
    };
    auto const image = [&](index_t i, index_t j) { return colour_at(e, i, j); };
    auto const error_before = [&](index_t i, index_t j) { return shade(first(i, j)); };
    auto const error_after = [&](index_t i, index_t j) { return shade(final(i, j)); };
    return draw(e, {{"image", image},
                    {"before", [&](index_t i, index_t j) { return depth(before(0, 0, i, j)); }},
                    {"network", [&](index_t i, index_t j) { return depth(after(0, 0, i, j)); }},
                    {"truth", [&](index_t i, index_t j) { return depth(truth(i, j)); }},
                    {"error before", error_before},
                    {"error", error_after},
                    {"depth edges", at_edges(image)},
                    {"edge error before", at_edges(error_before)},
                    {"edge error", at_edges(error_after)}});
}

picture draw_labels(example const& e, map const& before, map const& after)
{
    auto const coarse = learning::best_class(before), refined = learning::best_class(after);
    auto const labels = [](auto const& of) { return [of](index_t i, index_t j) { return class_colour(of(i, j)); }; };
    auto const truth = as_const(e.labels)[0];
    auto const wrong = [&](hyspn::tensor<std::int32_t, 2> const& of) {
        return [&e, &of, truth](index_t i, index_t j) {
            colour const c = colour_at(e, i, j);
            float const grey = 0.25F * (c.red + c.green + c.blue);
            if (truth(i, j) < 0) return unknown;
            return of(i, j) == truth(i, j) ? colour{grey, grey, grey} : colour{1, 0.2F, 0.15F};
        };
    };
    return draw(e, {{"image", [&](index_t i, index_t j) { return colour_at(e, i, j); }},
                    {"before", labels(as_const(coarse))},
                    {"network", labels(as_const(refined))},
                    {"truth", labels(truth)},
                    {"wrong before", wrong(coarse)},
                    {"wrong", wrong(refined)}});
}

}  // namespace

picture draw_result(example const& e, map const& before, map const& after)
{
    return e.labels.size() > 0 ? draw_labels(e, before, after) : draw_depths(e, before, after);
}

picture draw_inside(example const& e, learning::inside const& seen)
{
    picture rgb(3, e.height(), e.width());
    for (index_t k = 0; k < rgb.size(); ++k) rgb.data()[k] = 0.5F + e.image.data()[k];
    hyspn::tensor<float, 3> features(seen.features.extent(1), e.height(), e.width());
    std::copy(seen.features.begin(), seen.features.end(), features.begin());
    return draw_affinity({rgb, features, seen.gates, seen.curvature, seen.temperature});
}

}  // namespace evaluate
