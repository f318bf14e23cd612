// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// PNG files that are damaged: never a crash, never an image, always a reason.
#include <string>

#include <io/files.hpp>
#include <io/raw_png.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/io/depth_png.hpp>

namespace hyspn::testing {
namespace {

/// What reading a file of these bytes says, with the path written as FILE; "" when it is read.
std::string complaint(std::string const& bytes)
{
    scratch_folder const folder;
    auto const path = folder / "a.png";
    write_bytes(path, bytes);
    auto message = thrown<io_error>([&] { (void)io::detail::read_png(path); });
    if (auto const at = message.find(path.string()); at != std::string::npos)
        message.replace(at, path.string().size(), "FILE");
    return message;
}

/// A depth map whose content does not compress away.
std::string depth_file()
{
    tensor<float, 2> depth(9, 7);
    for (index_t i = 0; i < depth.size(); ++i) depth.data()[i] = static_cast<float>(i * i * 37 % 65521) / 256.f;
    scratch_folder const folder;
    io::write_depth_png(folder / "whole", depth);
    return read_bytes(folder / "whole");
}

/// The file with width and height replaced, and the header's checksum made to fit.
std::string with_size(std::string file, std::uint32_t width, std::uint32_t height)
{
    auto const put = [&](std::size_t at, std::uint32_t value) {
        for (std::size_t i = 0; i < 4; ++i) file[at + i] = static_cast<char>(value >> (24 - 8 * i) & 0xff);
    };
    put(16, width);
    put(20, height);
    std::uint32_t sum = 0xffffffff;  // CRC-32 of the chunk's type and data
    for (std::size_t i = 12; i < 29; ++i) {
        sum ^= static_cast<unsigned char>(file[i]);
        for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
    }
    put(29, ~sum);
    return file;
}

}  // namespace

TEST_CASE("Every proper prefix of a PNG is refused")
{
    auto const whole = depth_file();
    REQUIRE(complaint(whole).empty());
    for (std::size_t length = 0; length < whole.size(); ++length) {
        INFO("first " << length << " of " << whole.size() << " bytes");
        auto const message = complaint(whole.substr(0, length));
        CHECK(message.starts_with(length < 8 ? "FILE is not a PNG file" : "cannot read FILE: "));
        CHECK_FALSE(message.ends_with(": "));
    }
}

TEST_CASE("A changed byte anywhere is noticed")
{
    auto const whole = depth_file();
    for (std::size_t at = 0; at < whole.size(); ++at) {
        INFO("byte " << at);
        auto damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
        CHECK_FALSE(complaint(damaged).empty());
    }
}

TEST_CASE("Files that are no PNG are refused")
{
    CHECK(complaint("") == "FILE is not a PNG file");
    CHECK(complaint("P5 3 3 255 and nine bytes") == "FILE is not a PNG file");
    scratch_folder const folder;
    auto const missing = (folder / "missing").string();
    CHECK(thrown<io_error>([&] { (void)io::read_depth_png(missing); }) == "cannot open " + missing);
    CHECK(thrown<io_error>([&] { (void)io::read_depth_png(folder.path()); }) ==
          folder.path().string() + " is not a PNG file");
}

TEST_CASE("A header that asks for more than the file can hold does not fill the memory")
{
    auto const whole = depth_file();
    CHECK(complaint(with_size(whole, 7, 9)).empty());
    CHECK(complaint(with_size(whole, 65536, 65536)) == "cannot read FILE: too short for 65536 x 65536 pixels");
    CHECK_FALSE(complaint(with_size(whole, 65537, 1)).empty());
    CHECK_FALSE(complaint(with_size(whole, 7, 1000)).empty());
    CHECK_FALSE(complaint(with_size(whole, 0, 9)).empty());
    CHECK_FALSE(complaint(with_size(whole, 0xffffffff, 0xffffffff)).empty());
}

TEST_CASE("Images that compress as far as deflate can are read")
{
    // One bit a pixel, two colours with transparency, all the same: every byte of the file stands for most samples.
    int const side = 4096;
    scratch_folder const folder;
    raw_png{.width = side,
            .height = side,
            .bits = 1,
            .colour_type = PNG_COLOR_TYPE_PALETTE,
            .bytes = std::vector<unsigned char>(side * side / 8),
            .palette = {{1, 2, 3}, {4, 5, 6}},
            .palette_alpha = {7, 8}}
        .write(folder / "a");
    auto const s = io::detail::read_png(folder / "a");
    CHECK(s.channels == 4);
    CHECK(s.bytes.size() == 4u * side * side);
    CHECK(s.bytes.front() == 1);
    CHECK(s.bytes.back() == 7);
}

}  // namespace hyspn::testing
