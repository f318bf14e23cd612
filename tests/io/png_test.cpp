// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>
#include <limits>
#include <vector>

#include <io/files.hpp>
#include <io/raw_png.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/io/depth_png.hpp>
#include <hyspn/io/image.hpp>

namespace hyspn::testing {
namespace {

template <class T, std::size_t Rank>
std::vector<T> values(tensor<T, Rank> const& t)
{
    return {t.begin(), t.end()};
}

}  // namespace

TEST_CASE("Every depth of the format comes back exactly")
{
    tensor<float, 2> depth(256, 256);
    for (index_t i = 0; i < depth.size(); ++i) depth.data()[i] = static_cast<float>(i) / 256.f;
    scratch_folder const folder;
    io::write_depth_png(folder / "d.png", depth);
    auto const back = io::read_depth_png(folder / "d.png");
    CHECK(back.extents() == depth.extents());
    CHECK(values(back) == values(depth));
    CHECK(folder.entries() == 1);
}

TEST_CASE("Depth is rounded, cut to the format's range, and 0 where it is no depth")
{
    constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    double data[2][7] = {{1.4 / 256, 1.6 / 256, 2.5 / 256, 0.2 / 256, 1e-300, 255.998, 300},
                         {inf, 0, -0., -1, -inf, nan, 65535.4 / 256}};
    scratch_folder const folder;
    io::write_depth_png(folder / "d.png", view<double, 2>(&data[0][0], {{2, 7}}));
    auto const back = io::read_depth_png(folder / "d.png");
    float const top = io::depth_png_largest;
    CHECK(values(back) == std::vector<float>{1.f / 256, 2.f / 256, 3.f / 256, 1.f / 256, 1.f / 256, top, top,  //
                                             top, 0, 0, 0, 0, 0, top});
}

TEST_CASE("Strided depth maps are written as they read")
{
    float data[] = {1, 2, 3, 4, 5, 6};
    scratch_folder const folder;
    io::write_depth_png(folder / "d.png", view<float, 2>(data, {{3, 2}}, {{1, 3}}));
    auto const back = io::read_depth_png(folder / "d.png");
    CHECK(back.extents() == dims<2>{{3, 2}});
    CHECK(values(back) == std::vector<float>{1, 4, 2, 5, 3, 6});
}

TEST_CASE("Files that are no depth map are refused: what makes it one is gone")
{
    scratch_folder const folder;
    auto const path = folder / "a.png";
    auto const message = [&](raw_png const& png) {
        png.write(path);
        return thrown<io_error>([&] { (void)io::read_depth_png(path); });
    };
    auto const wanted = "read_depth_png: " + path.string() + " must be 16-bit grey (metres * 256), got ";
    CHECK(message({.width = 1, .height = 2, .bits = 8, .bytes = {1, 2}}) == wanted + "8-bit with 1 channel");
    CHECK(message({.width = 8, .height = 1, .bits = 1, .bytes = {0xa5}}) == wanted + "8-bit with 1 channel");
    CHECK(message(
              {.width = 1, .height = 1, .bits = 16, .colour_type = PNG_COLOR_TYPE_RGB, .bytes = {0, 1, 0, 1, 0, 1}}) ==
          wanted + "16-bit with 3 channels");
    CHECK(message(
              {.width = 1, .height = 1, .bits = 16, .colour_type = PNG_COLOR_TYPE_GRAY_ALPHA, .bytes = {0, 1, 0, 1}}) ==
          wanted + "16-bit with 2 channels");
    CHECK(message({.width = 1, .height = 1, .bits = 16, .bytes = {1, 2}}).empty());
    CHECK(io::read_depth_png(path)(0, 0) == 258.f / 256.f);  // big-endian in the file
}

TEST_CASE("Every 8-bit colour comes back exactly, in red, green, blue")
{
    tensor<float, 3> rgb(3, 2, 256);
    for (index_t x = 0; x < 256; ++x)
        for (index_t c = 0; c < 3; ++c) {
            rgb(c, 0, x) = static_cast<float>((x + 85 * c) % 256) / 255.f;
            rgb(c, 1, x) = c == 1 ? static_cast<float>(x) / 255.f : 0.f;
        }
    scratch_folder const folder;
    io::write_rgb_png(folder / "i.png", rgb);
    auto const back = io::read_rgb_png(folder / "i.png");
    CHECK(back.extents() == rgb.extents());
    CHECK(values(back) == values(rgb));
}

TEST_CASE("Colours are rounded and cut to the range")
{
    constexpr float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    tensor<float, 3> rgb(3, 1, 3);
    float const given[] = {-0.1f, 1.1f, nan, inf, -inf, 0.49f / 255, 0.51f / 255, 1, 0.5f};
    std::copy(std::begin(given), std::end(given), rgb.begin());
    scratch_folder const folder;
    io::write_rgb_png(folder / "i.png", rgb);
    CHECK(values(io::read_rgb_png(folder / "i.png")) ==
          std::vector<float>{0, 1, 0, 1, 0, 0, 1.f / 255, 1, 128.f / 255});
}

TEST_CASE("Images of every kind of PNG become colours")
{
    scratch_folder const folder;
    auto const read = [&](raw_png const& png) {
        png.write(folder / "a.png");
        return values(io::read_rgb_png(folder / "a.png"));
    };
    using floats = std::vector<float>;
    CHECK(read({.width = 2, .height = 1, .bytes = {51, 102}}) == floats{.2f, .4f, .2f, .4f, .2f, .4f});
    CHECK(read({.width = 3, .height = 1, .bits = 1, .bytes = {0b10100000}}) == floats{1, 0, 1, 1, 0, 1, 1, 0, 1});
    CHECK(read({.width = 1, .height = 1, .bits = 4, .bytes = {0x50}}) == floats(3, 85.f / 255));
    CHECK(read({.width = 1, .height = 1, .bits = 16, .bytes = {0x12, 0x34}}) == floats(3, 0x1234 / 65535.f));
    CHECK(read({.width = 1, .height = 1, .colour_type = PNG_COLOR_TYPE_GRAY_ALPHA, .bytes = {51, 0}}) ==
          floats(3, .2f));
    CHECK(read({.width = 1, .height = 1, .colour_type = PNG_COLOR_TYPE_RGB_ALPHA, .bytes = {0, 51, 255, 7}}) ==
          floats{0, .2f, 1});
    CHECK(read({.width = 1,
                .height = 1,
                .bits = 16,
                .colour_type = PNG_COLOR_TYPE_RGB,
                .bytes = {0, 1, 1, 0, 0xff, 0xff}}) == floats{1 / 65535.f, 256 / 65535.f, 1});
    raw_png palette{.width = 2,
                    .height = 1,
                    .bits = 1,
                    .colour_type = PNG_COLOR_TYPE_PALETTE,
                    .bytes = {0b01000000},
                    .palette = {{255, 0, 51}, {0, 255, 102}}};
    CHECK(read(palette) == floats{1, 0, 0, 1, .2f, .4f});
    palette.palette_alpha = {0, 128};
    CHECK(read(palette) == floats{1, 0, 0, 1, .2f, .4f});
}

TEST_CASE("Interlaced files hold the same image")
{
    std::vector<unsigned char> bytes;
    std::vector<float> wanted;
    for (int i = 0; i < 11 * 13; ++i) {
        bytes.push_back(static_cast<unsigned char>(i / 256));
        bytes.push_back(static_cast<unsigned char>(i % 256));
        wanted.push_back(static_cast<float>(i) / 256.f);
    }
    scratch_folder const folder;
    raw_png{.width = 11, .height = 13, .bits = 16, .interlace = PNG_INTERLACE_ADAM7, .bytes = bytes}.write(folder /
                                                                                                           "a");
    CHECK(values(io::read_depth_png(folder / "a")) == wanted);
}

TEST_CASE("Labels are the samples of 8-bit grey and of nothing else")
{
    scratch_folder const folder;
    auto const path = folder / "a.png";
    raw_png{.width = 2, .height = 2, .bytes = {0, 1, 254, 255}}.write(path);
    CHECK(values(io::read_label_png(path)) == std::vector<std::uint8_t>{0, 1, 254, 255});
    auto const wanted = "read_label_png: " + path.string() + " must be 8-bit grey, got ";
    raw_png{.width = 1, .height = 1, .bits = 16, .bytes = {0, 1}}.write(path);
    CHECK(thrown<io_error>([&] { (void)io::read_label_png(path); }) == wanted + "16-bit with 1 channel");
    raw_png{.width = 1, .height = 1, .colour_type = PNG_COLOR_TYPE_RGB, .bytes = {0, 1, 2}}.write(path);
    CHECK(thrown<io_error>([&] { (void)io::read_label_png(path); }) == wanted + "8-bit with 3 channels");
}

TEST_CASE("Labels written are read back; what a byte cannot hold is refused")
{
    scratch_folder const folder;
    auto const path = folder / "a.png";
    tensor<std::int32_t, 2> labels(3, 5);
    for (index_t k = 0; k < labels.size(); ++k) labels.data()[k] = static_cast<std::int32_t>(255 - 18 * k);
    io::write_label_png(path, labels);
    CHECK(values(cast<std::int32_t>(io::read_label_png(path))) == values(labels));
    for (std::int32_t const wrong : {-1, 256}) {
        labels(1, 2) = wrong;
        CHECK(thrown<value_error>([&] { io::write_label_png(folder / "b.png", labels); }) ==
              "write_label_png: every label must be in 0 ... 255, got " + std::to_string(wrong));
    }
    CHECK(folder.entries() == 1);
}

TEST_CASE("Depth of other scales is read in metres")
{
    scratch_folder const folder;
    auto const path = folder / "a.png";
    raw_png{.width = 2, .height = 1, .bits = 16, .bytes = {0x03, 0xe8, 0xff, 0xff}}.write(path);
    CHECK(values(io::read_depth_png(path, 1000)) == std::vector<float>{1.0F, 65.535F});
    CHECK(values(io::read_depth_png(path, 5000)) == std::vector<float>{0.2F, 13.107F});
}

TEST_CASE("Arrays that are no image are refused before a file exists")
{
    scratch_folder const folder;
    auto const path = folder / "a.png";
    CHECK(thrown<shape_error>([&] { io::write_rgb_png(path, tensor<float, 3>(4, 2, 5)); }) ==
          "write_rgb_png: image must be [3, H, W] = [3, 2, 5], got [4, 2, 5]");
    auto const wanted = "write_png: " + path.string() + " must be 1 to 65536 pixels wide and high, got ";
    CHECK(thrown<shape_error>([&] { io::write_depth_png(path, tensor<float, 2>(0, 5)); }) == wanted + "5 x 0");
    CHECK(thrown<shape_error>([&] { io::write_depth_png(path, tensor<float, 2>(3, 0)); }) == wanted + "0 x 3");
    CHECK(thrown<shape_error>([&] { io::write_rgb_png(path, tensor<float, 3>(3, 1, 65537)); }) == wanted + "65537 x 1");
    CHECK(folder.entries() == 0);
}

}  // namespace hyspn::testing
