// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include <png.h>

#include <hyspn/core/error.hpp>
#include <hyspn/core/view.hpp>
#include <hyspn/io/atomic_file.hpp>

/// \file
/// PNG files as raw samples, by libpng; depth_png.hpp and image.hpp give them meaning.

namespace hyspn::io::detail {

/// Rows of interleaved samples as they stand in the file, except that palettes are expanded, depths below 8 bits are
/// widened to 8, and 16-bit samples are in this machine's byte order.
struct png_samples {
    index_t width = 0, height = 0;
    int channels = 0;  ///< 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA
    int bits = 8;      ///< 8 or 16
    std::vector<unsigned char> bytes;

    std::size_t row_bytes() const { return static_cast<std::size_t>(width * channels * (bits / 8)); }
    unsigned char const* row(index_t y) const { return bytes.data() + static_cast<std::size_t>(y) * row_bytes(); }
    unsigned char* row(index_t y) { return bytes.data() + static_cast<std::size_t>(y) * row_bytes(); }
};

/// Larger images are refused: a corrupt header must not make the program ask for terabytes.
inline constexpr index_t png_largest_side = 1 << 16;

/// A byte of a file becomes at most so many bytes of samples: deflate's 1032, and 32 for a palette of two colours that
/// becomes 8-bit RGBA. A short file with a corrupt header must not fill the memory either.
inline constexpr std::size_t png_greatest_expansion = std::size_t{1032} * 32;

/// libpng reports errors by longjmp, which must not skip destructors: these functions own nothing, and put the message
/// into a caller's buffer.
struct png_message {
    char text[256] = "";
};

extern "C" inline void hyspn_png_error(png_structp png, png_const_charp message)
{
    std::snprintf(static_cast<png_message*>(png_get_error_ptr(png))->text, sizeof png_message::text, "%s", message);
    png_longjmp(png, 1);
}

extern "C" inline void hyspn_png_warning(png_structp, png_const_charp) {}

/// libpng's reading state.
class png_reader {
public:
    explicit png_reader(std::FILE* file)
        : png_(png_create_read_struct(PNG_LIBPNG_VER_STRING, &message_, hyspn_png_error, hyspn_png_warning)),
          info_(png_ ? png_create_info_struct(png_) : nullptr),
          file_(file)
    {
        if (!info_) throw io_error("libpng: out of memory");
    }
    png_reader(png_reader const&) = delete;
    png_reader& operator=(png_reader const&) = delete;
    ~png_reader() { png_destroy_read_struct(&png_, &info_, nullptr); }

    /// Reads the header into `s`; false with a message on error.
    bool header(png_samples& s)
    {
        if (setjmp(png_jmpbuf(png_))) return false;
        png_init_io(png_, file_);
        png_set_user_limits(png_, png_largest_side, png_largest_side);
        png_read_info(png_, info_);
        if (png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png_);
        if (png_get_bit_depth(png_, info_) < 8) png_set_expand_gray_1_2_4_to_8(png_);
        if (png_get_bit_depth(png_, info_) == 16 && little_endian()) png_set_swap(png_);
        passes_ = png_set_interlace_handling(png_);
        png_read_update_info(png_, info_);
        s.width = static_cast<index_t>(png_get_image_width(png_, info_));
        s.height = static_cast<index_t>(png_get_image_height(png_, info_));
        s.channels = png_get_channels(png_, info_);
        s.bits = png_get_bit_depth(png_, info_);
        return true;
    }

    /// Reads all rows into `s.bytes`, which has room for them; false with a message on error.
    bool rows(png_samples& s)
    {
        if (setjmp(png_jmpbuf(png_))) return false;
        for (int pass = 0; pass < passes_; ++pass)
            for (index_t y = 0; y < s.height; ++y) png_read_row(png_, s.row(y), nullptr);
        png_read_end(png_, nullptr);
        return true;
    }

    char const* message() const { return message_.text; }

private:
    static bool little_endian()
    {
        std::uint16_t const one = 1;
        return *reinterpret_cast<unsigned char const*>(&one) == 1;
    }

    png_message message_;
    png_structp png_;
    png_infop info_;
    std::FILE* file_;
    int passes_ = 1;
};

/// Throws io_error naming the file and the reason.
inline png_samples read_png(std::filesystem::path const& path)
{
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> const file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) throw io_error("cannot open " + path.string());
    unsigned char signature[8] = {};
    if (std::fread(signature, 1, 8, file.get()) != 8 || png_sig_cmp(signature, 0, 8) != 0)
        throw io_error(path.string() + " is not a PNG file");
    std::rewind(file.get());
    png_reader reader(file.get());
    png_samples s;
    auto const fail = [&] { throw io_error("cannot read " + path.string() + ": " + reader.message()); };
    if (!reader.header(s)) fail();
    std::error_code unknown;  // of something that is no regular file; then there is no bound
    auto const largest = png_greatest_expansion * std::filesystem::file_size(path, unknown);
    if (!unknown && s.row_bytes() > largest / static_cast<std::size_t>(s.height))
        throw io_error("cannot read " + path.string() + ": too short for " + std::to_string(s.width) + " x " +
                       std::to_string(s.height) + " pixels");
    s.bytes.resize(s.row_bytes() * static_cast<std::size_t>(s.height));
    if (!reader.rows(s)) fail();
    return s;
}

extern "C" inline void hyspn_png_append(png_structp png, png_bytep data, png_size_t size)
{
    static_cast<atomic_file*>(png_get_io_ptr(png))->append(data, size);
}

extern "C" inline void hyspn_png_flush(png_structp) {}

/// Encodes the samples into `file`; false with a message on error.
inline bool encode_png(png_structp png, png_infop info, png_samples const& s, atomic_file& file)
{
    if (setjmp(png_jmpbuf(png))) return false;
    png_set_write_fn(png, &file, hyspn_png_append, hyspn_png_flush);
    int const type = s.channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB;
    png_set_IHDR(png, info, static_cast<png_uint_32>(s.width), static_cast<png_uint_32>(s.height), s.bits, type,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    std::uint16_t const one = 1;
    if (s.bits == 16 && *reinterpret_cast<unsigned char const*>(&one) == 1) png_set_swap(png);
    for (index_t y = 0; y < s.height; ++y) png_write_row(png, s.row(y));
    png_write_end(png, nullptr);
    return true;
}

/// Writes grey (1 channel) or RGB (3) samples into a file that the caller commits. Throws io_error, shape_error.
inline void write_png(atomic_file& file, png_samples const& s)
{
    if (s.width < 1 || s.height < 1 || s.width > png_largest_side || s.height > png_largest_side)
        throw shape_error("write_png: " + file.path().string() + " must be 1 to 65536 pixels wide and high, got " +
                          std::to_string(s.width) + " x " + std::to_string(s.height));
    png_message message;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &message, hyspn_png_error, hyspn_png_warning);
    png_infop info = png ? png_create_info_struct(png) : nullptr;
    bool const written = info && encode_png(png, info, s, file);
    png_destroy_write_struct(&png, &info);
    if (!written) throw io_error("cannot write " + file.path().string() + ": " + message.text);
}

}  // namespace hyspn::io::detail
