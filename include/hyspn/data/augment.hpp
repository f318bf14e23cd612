// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include <hyspn/core/random.hpp>
#include <hyspn/data/sample.hpp>

/// \file
/// Random changes of a sample that leave it a plausible one: mirror, crop, colours, scale of depth. Each is done to all
/// maps alike.

namespace hyspn::data {

namespace detail {

/// Rows top ... and columns left ... of every plane; height x width of them.
template <class T, std::size_t Rank>
view<T, Rank> window(view<T, Rank> const& v, index_t top, index_t left, index_t height, index_t width)
{
    auto extents = v.extents();
    extents[Rank - 2] = height;
    extents[Rank - 1] = width;
    return {v.data_handle() + top * v.stride(Rank - 2) + left * v.stride(Rank - 1), extents, v.strides()};
}

/// Columns from right to left.
template <class T, std::size_t Rank>
view<T, Rank> mirrored(view<T, Rank> const& v)
{
    auto strides = v.strides();
    strides[Rank - 1] = -strides[Rank - 1];
    return {v.data_handle() + (v.extent(Rank - 1) - 1) * v.stride(Rank - 1), v.extents(), strides};
}

template <class T, std::size_t Rank>
tensor<T, Rank> dense(view<T const, Rank> const& v)
{
    tensor<T, Rank> made(v.extents());
    copy(v, as_view(made));
    return made;
}

}  // namespace detail

/// The sample in a mirror: left is right.
inline sample flipped(sample const& s)
{
    sample made = s;
    detail::for_each_map(made, [](auto& map) { map = detail::dense(detail::mirrored(as_const(map))); });
    return made;
}

/// Rows top ... top + height - 1 and columns left ... left + width - 1. Throws value_error unless they lie inside and
/// height and width are at least 1, shape_error for maps of different sizes.
inline sample cropped(sample const& s, index_t top, index_t left, index_t height, index_t width)
{
    auto const size = detail::size_of(s, "cropped");
    using hyspn::detail::require_value;
    auto const number = [](index_t n) { return static_cast<double>(n); };
    require_value(height >= 1 && height <= size[0], "cropped", "height", "in 1 ... " + std::to_string(size[0]),
                  number(height));
    require_value(width >= 1 && width <= size[1], "cropped", "width", "in 1 ... " + std::to_string(size[1]),
                  number(width));
    require_value(top >= 0 && top <= size[0] - height, "cropped", "top", "in 0 ... " + std::to_string(size[0] - height),
                  number(top));
    require_value(left >= 0 && left <= size[1] - width, "cropped", "left",
                  "in 0 ... " + std::to_string(size[1] - width), number(left));
    sample made = s;
    detail::for_each_map(
        made, [&](auto& map) { map = detail::dense(detail::window(as_const(map), top, left, height, width)); });
    return made;
}

/// Factors for the colours of a picture; 1 changes nothing.
struct colour_change {
    double brightness = 1, contrast = 1, saturation = 1;
};

/// Changes an image [3, H, W] in place: saturation about the pixel's grey, then contrast about the picture's mean grey,
/// then brightness; results are cut to [0, 1].
inline void change_colours(view<float, 3> rgb, colour_change const& by)
{
    index_t const height = rgb.extent(1), width = rgb.extent(2);
    auto const grey = [&](index_t i, index_t j) {
        return 0.299 * static_cast<double>(rgb(0, i, j)) + 0.587 * static_cast<double>(rgb(1, i, j)) +
               0.114 * static_cast<double>(rgb(2, i, j));
    };
    double mean = 0;
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) mean += grey(i, j) / static_cast<double>(height * width);
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            double const own = grey(i, j);
            for (index_t c = 0; c < rgb.extent(0); ++c) {
                double const tinted = own + by.saturation * (static_cast<double>(rgb(c, i, j)) - own);
                double const value = by.brightness * (mean + by.contrast * (tinted - mean));
                rgb(c, i, j) = static_cast<float>(std::clamp(value, 0.0, 1.0));
            }
        }
}

/// Multiplies depth and sparse depth, as if the scene were larger by `factor` > 0. Throws value_error.
inline void scale_depth(sample& s, double factor)
{
    hyspn::detail::require_value(factor > 0, "scale_depth", "factor", "positive", factor);
    for (auto* const map : {&s.depth, &s.sparse})
        for (float& z : *map) z = static_cast<float>(factor * static_cast<double>(z));
}

/// How far augment may go. The defaults change mirror and colours alone.
struct augment_options {
    double flip = 0.5;                                          ///< how likely a mirror image is
    index_t height = 0, width = 0;                              ///< of a crop at a random place; 0 keeps all
    double brightness = 0.2, contrast = 0.2, saturation = 0.2;  ///< factors are uniform in 1 ± this
    double depth_scale = 1;  ///< depths are multiplied by a factor between 1/this and this, log-uniform
};

/// A random change of a sample, from the stream alone: seven numbers of it, whatever the options. Throws value_error
/// for a crop larger than the sample or a depth_scale below 1, shape_error for maps of different sizes.
inline sample augment(sample s, augment_options const& options, random_stream& random)
{
    hyspn::detail::require_value(options.depth_scale >= 1, "augment", "depth_scale", "at least 1", options.depth_scale);
    auto const size = detail::size_of(s, "augment");
    double draws[7];
    for (double& d : draws) d = random.uniform();
    auto const factor = [](double amount, double draw) { return 1 + amount * (2 * draw - 1); };
    index_t const height = options.height > 0 ? options.height : size[0];
    index_t const width = options.width > 0 ? options.width : size[1];
    auto const place = [](index_t room, double draw) {
        return static_cast<index_t>(draw * static_cast<double>(std::max<index_t>(room, 0) + 1));
    };
    if (height != size[0] || width != size[1])
        s = cropped(s, place(size[0] - height, draws[0]), place(size[1] - width, draws[1]), height, width);
    if (draws[2] < options.flip) s = flipped(s);
    if (s.rgb.size() > 0)
        change_colours(as_view(s.rgb), {factor(options.brightness, draws[3]), factor(options.contrast, draws[4]),
                                        factor(options.saturation, draws[5])});
    if (options.depth_scale != 1) scale_depth(s, std::pow(options.depth_scale, 2 * draws[6] - 1));
    return s;
}

}  // namespace hyspn::data
