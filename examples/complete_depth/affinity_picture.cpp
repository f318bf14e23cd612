// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <hyspn/manifold/poincare.hpp>

#include "pictures.hpp"

namespace complete_depth {
namespace {

constexpr colour white{1, 1, 1}, dark{0.08F, 0.08F, 0.1F}, marker{1, 0.25F, 0.2F}, absent{0.3F, 0.3F, 0.35F};

constexpr index_t gap = 8;
constexpr index_t zoom = 2;                                  ///< of letters and surroundings
constexpr index_t caption = (canvas::text_rows + 3) * zoom;  ///< rows above a panel
constexpr index_t reach = 24;                                ///< pixels shown around a marked one
constexpr index_t tile = (2 * reach + 1) * zoom;             ///< pixels of a panel of surroundings
constexpr index_t block_width = 3 * tile + 3 * gap;          ///< the three panels of a marked pixel
constexpr index_t block_height = tile + 2 * caption;
constexpr int marks = 4;

struct position {
    index_t y, x;
};

colour image_at(picture const& rgb, index_t y, index_t x)
{
    return {rgb(0, y, x), rgb(1, y, x), rgb(2, y, x)};
}

/// The nearest index with neighbours on both sides, where there is one.
index_t inner(index_t i, index_t size)
{
    return size < 3 ? i : std::clamp<index_t>(i, 1, size - 2);
}

/// How strongly the first three features, smoothed colour, differ between two pixels.
float contrast(hyspn::tensor<float, 3> const& v, position a, position b)
{
    float sum = 0;
    for (index_t c = 0; c < std::min<index_t>(3, v.extent(0)); ++c) sum += std::abs(v(c, a.y, a.x) - v(c, b.y, b.x));
    return sum;
}

/// A pixel in even surroundings a few pixels beside a strong edge: of a quarter of the image, the best such.
position find_edge_side(hyspn::tensor<float, 3> const& v, int quarter)
{
    constexpr index_t near = 2, far = 6;
    index_t const height = v.extent(1), width = v.extent(2);
    index_t const top = quarter / 2 * (height / 2), left = quarter % 2 * (width / 2);
    position best{top + height / 4, left + width / 4};
    float best_score = -1;
    for (index_t y = std::max(top, far); y < std::min(top + height / 2, height - far); y += 2)
        for (index_t x = std::max(left, far); x < std::min(left + width / 2, width - far); x += 2) {
            float even = 0, edge = 0;
            for (position const d : {position{0, 1}, position{1, 0}, position{0, -1}, position{-1, 0}}) {
                even = std::max(even, contrast(v, {y, x}, {y + near * d.y, x + near * d.x}));
                edge = std::max(edge, contrast(v, {y, x}, {y + far * d.y, x + far * d.x}));
            }
            if (edge - 4 * even > best_score) {
                best_score = edge - 4 * even;
                best = {y, x};
            }
        }
    return best;
}

/// exp(−d/τ) of two pixels' features, d the geodesic distance of the ball points they stand for.
float similarity(completion const& c, position a, position b)
{
    auto const curvature = hyspn::curvature<float>::from_c(c.curvature);
    auto const point = [&](position p) {
        hyspn::tensor<float, 1> x(c.features.extent(0));
        hyspn::view<float const, 1> const v(&c.features(0, p.y, p.x), {c.features.extent(0)},
                                            {as_view(c.features).stride(0)});
        hyspn::poincare::expmap0(curvature, v, as_view(x));
        return x;
    };
    auto const x = point(a), y = point(b);
    return std::exp(-hyspn::poincare::dist(curvature, as_view(x), as_view(y)) / c.temperature);
}

/// Weights are shown relative to the strongest of the pixel; negative ones in blue.
colour weight_colour(float relative)
{
    if (relative < 0) return {0.1F, 0.2F - 0.2F * relative, 0.3F - 0.7F * relative};
    return inferno(relative);
}

class affinity_picture {
public:
    affinity_picture(problem const& p, completion const& c)
        : p_(p),
          c_(c),
          beside_(p.width() < 800),
          panels_width_((beside_ ? 2 : 1) * (p.width() + gap) + gap),
          blocks_per_row_(panels_width_ > 3 * block_width       ? 4
                          : panels_width_ > 3 * block_width / 2 ? 2
                                                                : 1),
          width_(std::max(panels_width_, blocks_per_row_ * block_width + gap)),
          panels_height_((beside_ ? 1 : 2) * (p.height() + caption) + gap),
          on_(panels_height_ + (marks + blocks_per_row_ - 1) / blocks_per_row_ * block_height, width_, dark)
    {
    }

    picture draw()
    {
        draw_weakest(beside_ ? 0 : p_.height() + caption, beside_ ? p_.width() + gap : 0);
        title(0, gap, "image");
        on_.cells(caption, gap, p_.height(), p_.width(), 1,
                  [&](index_t i, index_t j) { return image_at(p_.rgb, i, j); });
        for (int k = 0; k < marks; ++k) draw_mark(k, find_edge_side(c_.features, k));
        return on_.take();
    }

private:
    void title(index_t top, index_t left, std::string const& words)
    {
        on_.text(top + 2 * zoom, left, zoom, words, white);
    }

    float strongest(position at) const
    {
        float most = 1e-12F;
        for (index_t k = 0; k < c_.gates.extent(1); ++k) most = std::max(most, std::abs(c_.gates(0, k, at.y, at.x)));
        return most;
    }

    /// Pixels with a weak weight towards some neighbour: the walls that propagation does not cross.
    void draw_weakest(index_t top, index_t left)
    {
        title(top, left + gap, "weakest weight (dark: an edge)");
        on_.cells(top + caption, left + gap, p_.height(), p_.width(), 1, [&](index_t i, index_t j) {
            position const at{inner(i, p_.height()), inner(j, p_.width())};
            float least = 1e30F;
            for (index_t k = 0; k < c_.gates.extent(1); ++k) least = std::min(least, c_.gates(0, k, at.y, at.x));
            return weight_colour(least / strongest(at));
        });
    }

    void draw_mark(int k, position at)
    {
        std::string const name = std::to_string(k + 1);
        on_.frame(caption + at.y - 5, gap + at.x - 5, 11, 11, 2, marker);
        on_.text(caption + at.y - 6, gap + at.x + 8, zoom, name, marker);

        index_t const top = panels_height_ + k / blocks_per_row_ * block_height;
        index_t const left = gap + k % blocks_per_row_ * block_width;
        title(top, left, name + ": around");
        surroundings(top + caption, left, at, [&](position q) { return image_at(p_.rgb, q.y, q.x); });
        title(top, left + tile + gap, "similarity");
        surroundings(top + caption, left + tile + gap, at, [&](position q) { return inferno(similarity(c_, at, q)); });
        title(top, left + 2 * (tile + gap), "weights");
        draw_weights(top + caption, left + 2 * (tile + gap), at);
    }

    template <class F>
    void surroundings(index_t top, index_t left, position at, F const& f)
    {
        on_.cells(top, left, 2 * reach + 1, 2 * reach + 1, zoom, [&](index_t i, index_t j) {
            position const q{at.y + i - reach, at.x + j - reach};
            bool const inside = q.y >= 0 && q.x >= 0 && q.y < p_.height() && q.x < p_.width();
            return inside ? f(q) : absent;
        });
        on_.frame(top + reach * zoom - 2, left + reach * zoom - 2, zoom + 4, zoom + 4, 1, marker);
    }

    /// The gates of a pixel where its neighbours are; the centre is framed.
    void draw_weights(index_t top, index_t left, position at)
    {
        index_t const count = c_.gates.extent(1);
        index_t const side = static_cast<index_t>(std::sqrt(static_cast<double>(count)) + 0.999);
        index_t const centre = side * side / 2, cell = tile / side;
        bool const has_centre = count == side * side;
        on_.cells(top, left, side, side, cell, [&](index_t i, index_t j) {
            index_t const place = i * side + j;
            if (place == centre && !has_centre) return absent;
            index_t const k = place > centre && !has_centre ? place - 1 : place;
            return weight_colour(c_.gates(0, k, at.y, at.x) / strongest(at));
        });
        on_.frame(top + centre / side * cell, left + centre % side * cell, cell, cell, 2, marker);
    }

    problem const& p_;
    completion const& c_;
    bool beside_;  ///< the two large panels side by side, else one above the other
    index_t panels_width_, blocks_per_row_, width_, panels_height_;
    canvas on_;
};

}  // namespace

picture draw_affinity(problem const& p, completion const& c)
{
    return affinity_picture(p, c).draw();
}

}  // namespace complete_depth
