// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <png.h>

namespace hyspn::testing {

/// A PNG of any kind, as libpng takes it: rows packed as in the file, 16-bit samples big-endian.
struct raw_png {
    int width = 0, height = 0, bits = 8;
    int colour_type = PNG_COLOR_TYPE_GRAY;
    int interlace = PNG_INTERLACE_NONE;
    std::vector<unsigned char> bytes{};
    std::vector<png_color> palette{};
    std::vector<unsigned char> palette_alpha{};

    void write(std::filesystem::path const& path) const
    {
        std::FILE* const file = std::fopen(path.c_str(), "wb");
        png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
        png_infop info = png_create_info_struct(png);
        if (!file || !info) throw std::runtime_error("cannot write " + path.string());
        png_init_io(png, file);
        png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), bits, colour_type,
                     interlace, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
        if (!palette.empty()) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
        if (!palette_alpha.empty())
            png_set_tRNS(png, info, palette_alpha.data(), static_cast<int>(palette_alpha.size()), nullptr);
        std::size_t const row = bytes.size() / static_cast<std::size_t>(height);
        std::vector<unsigned char> copy = bytes;
        std::vector<png_bytep> rows;
        for (int y = 0; y < height; ++y) rows.push_back(copy.data() + row * static_cast<std::size_t>(y));
        png_set_rows(png, info, rows.data());
        png_write_png(png, info, PNG_TRANSFORM_IDENTITY, nullptr);
        png_destroy_write_struct(&png, &info);
        std::fclose(file);
    }
};

}  // namespace hyspn::testing
