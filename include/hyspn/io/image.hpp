// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include <hyspn/core/tensor.hpp>
#include <hyspn/io/png.hpp>

/// \file
/// Colour images and label maps as 8-bit PNG.

namespace hyspn::io {

/// Reads a colour image [3, H, W] (red, green, blue) in [0, 1]. Grey becomes three equal channels, a palette its
/// colours, alpha is dropped, 16 bits are kept. Throws io_error.
inline tensor<float, 3> read_rgb_png(std::filesystem::path const& path)
{
    auto const s = detail::read_png(path);
    index_t const bytes = s.bits / 8;
    auto const sample = [&](index_t y, index_t x, index_t channel) {
        unsigned char const* const p = s.row(y) + (x * s.channels + channel) * bytes;
        if (s.bits == 8) return static_cast<float>(*p) / 255.f;
        std::uint16_t value;
        std::memcpy(&value, p, 2);
        return static_cast<float>(value) / 65535.f;
    };
    tensor<float, 3> rgb(3, s.height, s.width);
    for (index_t c = 0; c < 3; ++c)
        for (index_t y = 0; y < s.height; ++y)
            for (index_t x = 0; x < s.width; ++x) rgb(c, y, x) = sample(y, x, s.channels < 3 ? 0 : c);
    return rgb;
}

/// Writes an image [3, H, W] in [0, 1] with 8 bits a channel; values outside are cut to the range, NaN is 0. The caller
/// commits the file. Throws shape_error, io_error.
template <view_of_rank<3> X>
void write_rgb_png(atomic_file& file, X const& image)
{
    auto const rgb = as_const(image);
    hyspn::detail::require_shape("write_rgb_png", "image", "[3, H, W]", rgb.extents(),
                                 dims<3>{3, rgb.extent(1), rgb.extent(2)});
    detail::png_samples s{rgb.extent(2), rgb.extent(1), 3, 8, {}};
    s.bytes.resize(s.row_bytes() * static_cast<std::size_t>(s.height));
    for (index_t y = 0; y < s.height; ++y)
        for (index_t x = 0; x < s.width; ++x)
            for (index_t c = 0; c < 3; ++c) {
                double const v = std::fmin(std::fmax(static_cast<double>(rgb(c, y, x)), 0), 1);
                s.row(y)[3 * x + c] = static_cast<unsigned char>(std::lround(255 * v));
            }
    detail::write_png(file, s);
}

/// The same to a path; the file appears whole or not at all.
template <view_of_rank<3> X>
void write_rgb_png(std::filesystem::path const& path, X const& image)
{
    atomic_file file(path);
    write_rgb_png(file, image);
    file.commit();
}

/// Reads a label map [H, W]: the class index of each pixel, from 8-bit grey. Throws io_error.
inline tensor<std::uint8_t, 2> read_label_png(std::filesystem::path const& path)
{
    auto const s = detail::read_png(path);
    if (s.channels != 1 || s.bits != 8)
        throw io_error("read_label_png: " + path.string() + " must be 8-bit grey, got " + std::to_string(s.bits) +
                       "-bit with " + std::to_string(s.channels) + " channel" + (s.channels == 1 ? "" : "s"));
    tensor<std::uint8_t, 2> labels(s.height, s.width);
    std::copy(s.bytes.begin(), s.bytes.end(), labels.begin());
    return labels;
}

/// Writes a label map [H, W] as 8-bit grey. The caller commits the file. Throws value_error for labels outside 0 ...
/// 255, io_error, shape_error (empty map).
template <view_of_rank<2> X>
void write_label_png(atomic_file& file, X const& labels)
{
    auto const l = as_const(labels);
    detail::png_samples s{l.extent(1), l.extent(0), 1, 8, {}};
    s.bytes.resize(s.row_bytes() * static_cast<std::size_t>(s.height));
    for (index_t y = 0; y < s.height; ++y)
        for (index_t x = 0; x < s.width; ++x) {
            hyspn::detail::require_value(l(y, x) >= 0 && l(y, x) <= 255, "write_label_png", "every label",
                                         "in 0 ... 255", static_cast<double>(l(y, x)));
            s.row(y)[x] = static_cast<unsigned char>(l(y, x));
        }
    detail::write_png(file, s);
}

/// The same to a path; the file appears whole or not at all.
template <view_of_rank<2> X>
void write_label_png(std::filesystem::path const& path, X const& labels)
{
    atomic_file file(path);
    write_label_png(file, labels);
    file.commit();
}

}  // namespace hyspn::io
