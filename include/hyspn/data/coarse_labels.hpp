// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include <hyspn/core/tensor.hpp>
#include <hyspn/data/scene_material.hpp>
#include <hyspn/exec/seq.hpp>
#include <hyspn/guidance/features.hpp>

/// \file
/// What a segmentation network would have said where the true labels are known: for training those that refine it.

namespace hyspn::data {

struct coarse_label_options {
    index_t factor = 8;       ///< pixels per side of a cell in which the network answers
    double shift = 3;         ///< pixels by which boundaries are moved at most, up to 1e6
    double shift_scale = 16;  ///< pixels over which that changes
    double confusion = 0.05;  ///< how likely a cell names a random class, in part or whole
    double blur = 2;          ///< standard deviation, pixels; 0 for none, else up to 10
    double floor = 0.02;      ///< share of the probability spread over all classes
    std::uint64_t seed = 0;
};

namespace detail {

/// The label at a pixel with boundaries moved.
inline std::int32_t shifted_label(view<std::int32_t const, 2> const& labels, coarse_label_options const& o, index_t i,
                                  index_t j)
{
    vec3 const place{static_cast<double>(j) / o.shift_scale, static_cast<double>(i) / o.shift_scale, 0};
    auto const offset = [&](std::uint64_t which) {
        return std::lround(o.shift * (2 * value_noise(place, hashed(o.seed, which)) - 1));
    };
    index_t const y = std::clamp<index_t>(i + offset(1), 0, labels.extent(0) - 1);
    index_t const x = std::clamp<index_t>(j + offset(2), 0, labels.extent(1) - 1);
    return labels(y, x);
}

/// Shares of the classes in each cell, [L, rows, columns].
inline tensor<float, 3> cell_shares(view<std::int32_t const, 2> const& labels, index_t classes,
                                    coarse_label_options const& o)
{
    index_t const rows = (labels.extent(0) + o.factor - 1) / o.factor;
    index_t const columns = (labels.extent(1) + o.factor - 1) / o.factor;
    tensor<float, 3> shares(classes, rows, columns);
    for (index_t i = 0; i < labels.extent(0); ++i)
        for (index_t j = 0; j < labels.extent(1); ++j) {
            index_t const r = i / o.factor, c = j / o.factor;
            index_t const high = std::min(o.factor, labels.extent(0) - r * o.factor);
            index_t const wide = std::min(o.factor, labels.extent(1) - c * o.factor);
            shares(shifted_label(labels, o, i, j), r, c) += 1.0F / static_cast<float>(high * wide);
        }
    return shares;
}

inline void confuse(view<float, 3> shares, coarse_label_options const& o)
{
    for (index_t r = 0; r < shares.extent(1); ++r)
        for (index_t c = 0; c < shares.extent(2); ++c) {
            random_stream random = stream_of(o.seed, r * shares.extent(2) + c);
            bool const confused = random.uniform() < o.confusion;
            auto const wrong = random.below(shares.extent(0));
            auto const part = static_cast<float>(random.uniform());
            if (!confused) continue;
            for (index_t l = 0; l < shares.extent(0); ++l) shares(l, r, c) *= 1 - part;
            shares(wrong, r, c) += part;
        }
}

/// Bilinear between the middles of the cells, the outermost repeated.
inline void spread_cells(view<float const, 3> shares, index_t factor, view<float, 3> out)
{
    struct place {
        index_t low, high;
        float t;
    };
    auto const locate = [&](index_t i, index_t cells) {
        double const x = (static_cast<double>(i) + 0.5) / static_cast<double>(factor) - 0.5, low = std::floor(x);
        auto const k = static_cast<index_t>(low);
        return place{std::clamp<index_t>(k, 0, cells - 1), std::clamp<index_t>(k + 1, 0, cells - 1),
                     static_cast<float>(x - low)};
    };
    for (index_t l = 0; l < out.extent(0); ++l)
        for (index_t i = 0; i < out.extent(1); ++i) {
            place const r = locate(i, shares.extent(1));
            for (index_t j = 0; j < out.extent(2); ++j) {
                place const c = locate(j, shares.extent(2));
                float const above = (1 - c.t) * shares(l, r.low, c.low) + c.t * shares(l, r.low, c.high);
                float const below = (1 - c.t) * shares(l, r.high, c.low) + c.t * shares(l, r.high, c.high);
                out(l, i, j) = (1 - r.t) * above + r.t * below;
            }
        }
}

inline void require_coarse_labels(view<std::int32_t const, 2> const& labels, index_t classes,
                                  coarse_label_options const& o)
{
    using hyspn::detail::require_value;
    char const* const function = "coarse_labels";
    require_value(classes >= 1, function, "classes", "at least 1", static_cast<double>(classes));
    require_value(o.factor >= 1, function, "factor", "at least 1", static_cast<double>(o.factor));
    require_value(o.shift >= 0 && o.shift <= 1e6, function, "shift", "in [0, 1e6] pixels", o.shift);
    require_value(o.confusion >= 0 && o.confusion <= 1, function, "confusion", "in [0, 1]", o.confusion);
    require_value(o.blur >= 0 && o.blur <= 10, function, "blur", "in [0, 10] pixels", o.blur);
    require_value(o.floor >= 0 && o.floor <= 1, function, "floor", "in [0, 1]", o.floor);
    require_value(o.shift_scale > 0, function, "shift_scale", "positive", o.shift_scale);
    for_each_element(labels, [&](std::int32_t l) {
        require_value(l >= 0 && l < classes, function, "every label", "in 0 ... " + std::to_string(classes - 1), l);
    });
}

}  // namespace detail

/// Probabilities [L, H, W], of sum 1 in each pixel, from true labels [H, W] in 0 ... L - 1: boundaries moved, the map
/// taken at every `factor` pixels, some cells confused, blurred. Deterministic in the seed.
/// Throws value_error for labels outside the classes and options outside their ranges.
inline tensor<float, 3> coarse_labels(view<std::int32_t const, 2> labels, index_t classes,
                                      coarse_label_options const& options = {})
{
    detail::require_coarse_labels(labels, classes, options);
    tensor<float, 3> shares = detail::cell_shares(labels, classes, options);
    detail::confuse(shares, options);
    tensor<float, 3> out(classes, labels.extent(0), labels.extent(1));
    detail::spread_cells(shares, options.factor, out);
    if (options.blur > 0) {
        tensor<float, 3> sharp = out, scratch(out.extents());
        hyspn::detail::gaussian_blur<exec::seq, float, memory::host>(exec::seq{}, as_const(sharp), as_view(out),
                                                                     as_view(scratch), options.blur);
    }
    auto const share = static_cast<float>(options.floor);
    for (float& p : out) p = (1 - share) * p + share / static_cast<float>(classes);
    return out;
}

}  // namespace hyspn::data
