// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "affinity_picture.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <hyspn/manifold/poincare.hpp>

namespace drawing {
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

/// How strongly the colours of two pixels differ.
float contrast(picture const& rgb, position a, position b)
{
    float sum = 0;
    for (index_t c = 0; c < 3; ++c) sum += std::abs(rgb(c, a.y, a.x) - rgb(c, b.y, b.x));
    return sum;
}

/// A pixel in even surroundings a few pixels beside a strong edge: of the inner part of a quarter of the image, the
/// best such.
position find_edge_side(picture const& rgb, int quarter)
{
    constexpr index_t near = 2, far = 6;
    index_t const height = rgb.extent(1), width = rgb.extent(2), apart = std::min(height, width) / 16;
    index_t const top = quarter / 2 * (height / 2), left = quarter % 2 * (width / 2);
    position best{top + height / 4, left + width / 4};
    float best_score = -1;
    for (index_t y = std::max(top + apart, far); y < std::min(top + height / 2 - apart, height - far); y += 2)
        for (index_t x = std::max(left + apart, far); x < std::min(left + width / 2 - apart, width - far); x += 2) {
            float even = 0, edge = 0;
            for (position const d : {position{0, 1}, position{1, 0}, position{0, -1}, position{-1, 0}}) {
                even = std::max(even, contrast(rgb, {y, x}, {y + near * d.y, x + near * d.x}));
                edge = std::max(edge, contrast(rgb, {y, x}, {y + far * d.y, x + far * d.x}));
            }
            if (edge - 4 * even > best_score) {
                best_score = edge - 4 * even;
                best = {y, x};
            }
        }
    return best;
}

/// The distances of the features around a marked pixel to its own: geodesic ones of the ball points they stand for, or
/// Euclidean ones of an affinity without curvature.
class distances_around {
public:
    distances_around(shown_affinity const& a, position at)
        : a_(a), curvature_(hyspn::curvature<float>::from_c(a.curvature > 0 ? a.curvature : 1)), at_(point(at))
    {
    }

    float operator()(position q) const
    {
        auto const x = point(q);
        if (a_.curvature > 0) return hyspn::poincare::dist(curvature_, as_view(at_), as_view(x));
        float square = 0;
        for (index_t c = 0; c < x.size(); ++c) square += (x(c) - at_(c)) * (x(c) - at_(c));
        return std::sqrt(square);
    }

private:
    hyspn::tensor<float, 1> point(position p) const
    {
        auto const& v = a_.features;
        hyspn::tensor<float, 1> x(v.extent(0));
        for (index_t c = 0; c < x.size(); ++c) x(c) = v(c, p.y, p.x);
        if (a_.curvature > 0) hyspn::poincare::expmap0(curvature_, as_const(x), as_view(x));
        return x;
    }

    shown_affinity const& a_;
    hyspn::curvature<float> curvature_;
    hyspn::tensor<float, 1> at_;
};

/// Weights are shown relative to the strongest of the pixel; negative ones in blue.
colour weight_colour(float relative)
{
    if (relative < 0) return {0.1F, 0.2F - 0.2F * relative, 0.3F - 0.7F * relative};
    return inferno(relative);
}

class affinity_picture {
public:
    explicit affinity_picture(shown_affinity const& a)
        : a_(a),
          height_(a.rgb.extent(1)),
          image_width_(a.rgb.extent(2)),
          beside_(image_width_ < 800),
          panels_width_((beside_ ? 2 : 1) * (image_width_ + gap) + gap),
          blocks_per_row_(panels_width_ > 3 * block_width       ? 4
                          : panels_width_ > 3 * block_width / 2 ? 2
                                                                : 1),
          width_(std::max(panels_width_, blocks_per_row_ * block_width + gap)),
          panels_height_((beside_ ? 1 : 2) * (height_ + caption) + gap),
          on_(panels_height_ + (marks + blocks_per_row_ - 1) / blocks_per_row_ * block_height, width_, dark)
    {
    }

    picture draw()
    {
        draw_weakest(beside_ ? 0 : height_ + caption, beside_ ? image_width_ + gap : 0);
        title(0, gap, "image");
        on_.cells(caption, gap, height_, image_width_, 1, [&](index_t i, index_t j) { return image_at(a_.rgb, i, j); });
        for (int k = 0; k < marks; ++k) draw_mark(k, find_edge_side(a_.rgb, k));
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
        for (index_t k = 0; k < a_.gates.extent(1); ++k) most = std::max(most, std::abs(a_.gates(0, k, at.y, at.x)));
        return most;
    }

    /// Pixels with a weak weight towards some neighbour: the walls that propagation does not cross.
    void draw_weakest(index_t top, index_t left)
    {
        title(top, left + gap, "weakest weight (dark: an edge)");
        on_.cells(top + caption, left + gap, height_, image_width_, 1, [&](index_t i, index_t j) {
            position const at{inner(i, height_), inner(j, image_width_)};
            float least = 1e30F;
            for (index_t k = 0; k < a_.gates.extent(1); ++k) least = std::min(least, a_.gates(0, k, at.y, at.x));
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
        surroundings(top + caption, left, at, [&](position q) { return image_at(a_.rgb, q.y, q.x); });
        title(top, left + tile + gap, "similarity");
        distances_around const distance(a_, at);
        float const scale = a_.temperature > 0 ? a_.temperature : median_around(distance, at);
        surroundings(top + caption, left + tile + gap, at,
                     [&](position q) { return inferno(std::exp(-distance(q) / scale)); });
        title(top, left + 2 * (tile + gap), "weights");
        draw_weights(top + caption, left + 2 * (tile + gap), at);
    }

    bool inside(position q) const { return q.y >= 0 && q.x >= 0 && q.y < height_ && q.x < image_width_; }

    float median_around(distances_around const& distance, position at) const
    {
        std::vector<float> all;
        for (index_t y = at.y - reach; y <= at.y + reach; ++y)
            for (index_t x = at.x - reach; x <= at.x + reach; ++x)
                if (inside({y, x})) all.push_back(distance({y, x}));
        auto const middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
        std::nth_element(all.begin(), middle, all.end());
        return std::max(*middle, 1e-12F);
    }

    template <class F>
    void surroundings(index_t top, index_t left, position at, F const& f)
    {
        on_.cells(top, left, 2 * reach + 1, 2 * reach + 1, zoom, [&](index_t i, index_t j) {
            position const q{at.y + i - reach, at.x + j - reach};
            return inside(q) ? f(q) : absent;
        });
        on_.frame(top + reach * zoom - 2, left + reach * zoom - 2, zoom + 4, zoom + 4, 1, marker);
    }

    /// The gates of a pixel where its neighbours are; the centre is framed.
    void draw_weights(index_t top, index_t left, position at)
    {
        index_t const count = a_.gates.extent(1);
        index_t const side = static_cast<index_t>(std::sqrt(static_cast<double>(count)) + 0.999);
        index_t const centre = side * side / 2, cell = tile / side;
        bool const has_centre = count == side * side;
        on_.cells(top, left, side, side, cell, [&](index_t i, index_t j) {
            index_t const place = i * side + j;
            if (place == centre && !has_centre) return absent;
            index_t const k = place > centre && !has_centre ? place - 1 : place;
            return weight_colour(a_.gates(0, k, at.y, at.x) / strongest(at));
        });
        on_.frame(top + centre / side * cell, left + centre % side * cell, cell, cell, 2, marker);
    }

    shown_affinity const& a_;
    index_t height_, image_width_;
    bool beside_;  ///< the two large panels side by side, else one above the other
    index_t panels_width_, blocks_per_row_, width_, panels_height_;
    canvas on_;
};

}  // namespace

picture draw_affinity(shown_affinity const& a)
{
    return affinity_picture(a).draw();
}

}  // namespace drawing
