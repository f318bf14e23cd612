// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstring>

#include <hyspn/core/tensor.hpp>
#include <hyspn/io/png.hpp>

/// \file
/// Depth maps as 16-bit grey PNG in the KITTI convention: value = metres * 256, 0 = no depth.

namespace hyspn::io {

/// Largest depth the format holds, in metres.
inline constexpr float depth_png_largest = 65535.f / 256.f;

/// Reads a depth map [H, W] in metres, 0 where there is none. `scale`: value of a metre in the file; 256 is KITTI's,
/// other data sets have their own. Throws value_error for another scale than a positive one, io_error also for files
/// that are not 16-bit grey: an 8-bit file has lost what makes it a depth map.
inline tensor<float, 2> read_depth_png(std::filesystem::path const& path, double scale = 256)
{
    hyspn::detail::require_value(scale > 0, "read_depth_png", "scale", "positive", scale);
    auto const s = detail::read_png(path);
    if (s.channels != 1 || s.bits != 16)
        throw io_error("read_depth_png: " + path.string() + " must be 16-bit grey (metres * " +
                       hyspn::detail::to_text(scale) + "), got " + std::to_string(s.bits) + "-bit with " +
                       std::to_string(s.channels) + " channel" + (s.channels == 1 ? "" : "s"));
    tensor<float, 2> depth(s.height, s.width);
    for (index_t y = 0; y < s.height; ++y)
        for (index_t x = 0; x < s.width; ++x) {
            std::uint16_t value;
            std::memcpy(&value, s.row(y) + 2 * x, 2);
            depth(y, x) = static_cast<float>(static_cast<double>(value) / scale);
        }
    return depth;
}

/// Writes a depth map [H, W] in metres, rounded to 1/256 m. Depth that is not a positive number (NaN too) is written as
/// 0, none; a positive one as at least 1/256 m and at most depth_png_largest. The caller commits the file. Throws
/// io_error, shape_error (empty map).
template <view_of_rank<2> X>
void write_depth_png(atomic_file& file, X const& depth)
{
    auto const d = as_const(depth);
    detail::png_samples s{d.extent(1), d.extent(0), 1, 16, {}};
    s.bytes.resize(s.row_bytes() * static_cast<std::size_t>(s.height));
    for (index_t y = 0; y < s.height; ++y)
        for (index_t x = 0; x < s.width; ++x) {
            auto const metres = static_cast<double>(d(y, x));
            double const scaled = metres > 0 ? std::fmin(std::fmax(std::round(metres * 256), 1), 65535) : 0;
            auto const value = static_cast<std::uint16_t>(scaled);
            std::memcpy(s.row(y) + 2 * x, &value, 2);
        }
    detail::write_png(file, s);
}

/// The same to a path; the file appears whole or not at all.
template <view_of_rank<2> X>
void write_depth_png(std::filesystem::path const& path, X const& depth)
{
    atomic_file file(path);
    write_depth_png(file, depth);
    file.commit();
}

}  // namespace hyspn::io
