// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <hyspn/data/folder.hpp>

#include "io/files.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::data;
using testing::scratch_folder;
using testing::thrown;

namespace {

/// Values the files keep exactly: multiples of 1/255 and 1/256.
sample storable(index_t height, index_t width)
{
    sample s{tensor<float, 3>(3, height, width), tensor<float, 2>(height, width), tensor<float, 2>(height, width),
             tensor<std::int32_t, 2>(height, width)};
    for (index_t k = 0; k < s.rgb.size(); ++k) s.rgb.data()[k] = static_cast<float>(k * 7 % 256) / 255;
    for (index_t k = 0; k < s.depth.size(); ++k) {
        s.depth.data()[k] = static_cast<float>(k * 37 % 20000) / 256;
        s.sparse.data()[k] = k % 5 == 0 ? s.depth.data()[k] : 0;
        s.labels.data()[k] = static_cast<std::int32_t>(k % 60);
    }
    return s;
}

template <class T, std::size_t Rank>
bool same(tensor<T, Rank> const& a, tensor<T, Rank> const& b)
{
    return a.extents() == b.extents() && std::equal(a.begin(), a.end(), b.begin());
}

}  // namespace

TEST_CASE("plain folders: what was saved is loaded")
{
    scratch_folder const folder;
    auto const s = storable(11, 13);
    save_plain(folder / "b/inner", s);
    auto const back = load(plain_files(folder / "b/inner"));
    CHECK(same(back.rgb, s.rgb));
    CHECK(same(back.depth, s.depth));
    CHECK(same(back.sparse, s.sparse));
    CHECK(same(back.labels, s.labels));
    sample less = s;  // maps that there are not
    less.depth = less.sparse = tensor<float, 2>();
    less.labels = tensor<std::int32_t, 2>();
    save_plain(folder / "only_rgb", less);
    auto const again = load(plain_files(folder / "only_rgb"));
    CHECK(same(again.rgb, s.rgb));
    CHECK((again.depth.size() == 0 && again.sparse.size() == 0 && again.labels.size() == 0));
}

TEST_CASE("plain folders: in the order of their names, samples500.png where there is no sparse.png")
{
    scratch_folder const folder;
    for (auto const* name : {"10", "9", "a"}) save_plain(folder / name, storable(3, 4));
    std::filesystem::create_directory(folder / "empty");
    std::filesystem::rename(folder / "9/sparse.png", folder / "9/samples500.png");
    auto const frames = list_plain(folder.path());
    REQUIRE(frames.size() == 3);
    CHECK(frames[0].rgb == folder / "a/rgb.png");
    CHECK(frames[1].rgb == folder / "9/rgb.png");
    CHECK(frames[1].sparse == folder / "9/samples500.png");
    CHECK(frames[2].sparse == folder / "10/sparse.png");
}

TEST_CASE("plain folders: errors name the folder and what was wanted")
{
    scratch_folder const folder;
    auto const root = folder.path().string();
    CHECK(thrown<io_error>([&] { list_plain(folder / "none"); }) ==
          "list_plain: " + root + "/none must be a folder, got nothing");
    CHECK(thrown<io_error>([&] { list_plain(folder.path()); }) ==
          "list_plain: " + root + " must hold folders with rgb.png, got none");
    CHECK(thrown<io_error>([&] { plain_files(folder.path()); }) ==
          "plain_files: " + root + " must hold rgb.png, got none");
    testing::write_bytes(folder / "file", "x");
    CHECK(thrown<io_error>([&] { list_plain(folder / "file"); }) ==
          "list_plain: " + root + "/file must be a folder, got a file");
    CHECK_THAT(thrown<io_error>([&] { save_plain(folder / "file/inner", storable(2, 2)); }),
               Catch::Contains("cannot make " + root + "/file/inner"));
    auto too_many = storable(2, 2);
    too_many.labels(0, 0) = 256;
    CHECK(thrown<value_error>([&] { save_plain(folder / "labels", too_many); }) ==
          "write_label_png: every label must be in 0 ... 255, got 256");
}

TEST_CASE("load: scales, and depths that mean nothing")
{
    scratch_folder const folder;
    auto s = storable(5, 6);
    s.depth(2, 2) = 3;
    io::write_depth_png(folder / "d.png", s.depth);
    // The file holds metres * 256; read as millimetres.
    auto const scaled = load({.depth = folder / "d.png", .depth_scale = 1000}).depth;
    for (index_t k = 0; k < scaled.size(); ++k) CHECK(scaled.data()[k] == Approx(s.depth.data()[k] * 0.256F));
    auto const cut = load({.sparse = folder / "d.png", .nothing_from = 3}).sparse;
    index_t removed = 0;
    for (index_t k = 0; k < cut.size(); ++k) {
        CHECK(cut.data()[k] == (s.depth.data()[k] >= 3 ? 0 : s.depth.data()[k]));
        removed += s.depth.data()[k] >= 3 ? 1 : 0;
    }
    CHECK(removed > 3);
    CHECK(thrown<value_error>([&] { load({.depth = folder / "d.png", .depth_scale = 0}); }) ==
          "data::load: scale must be positive, got 0");
}

TEST_CASE("load: files of different sizes, refused or resized to the nearest pixel")
{
    scratch_folder const folder;
    auto const small = storable(4, 6);
    tensor<float, 3> large(3, 8, 12);
    for (index_t c = 0; c < 3; ++c)
        for (index_t i = 0; i < 8; ++i)
            for (index_t j = 0; j < 12; ++j) large(c, i, j) = small.rgb(c, i / 2, j / 2);
    io::write_rgb_png(folder / "rgb.png", large);
    io::write_depth_png(folder / "depth.png", small.depth);
    frame_files files{.rgb = folder / "rgb.png", .depth = folder / "depth.png"};
    auto const root = folder.path().string();
    CHECK(thrown<io_error>([&] { load(files); }) ==
          "data::load: " + root + "/depth.png must have the size of " + root + "/rgb.png, [8, 12], got [4, 6]");
    files.resize = resizing::rgb_to_depth;
    auto const a = load(files);
    CHECK(same(a.rgb, small.rgb));
    CHECK(same(a.depth, small.depth));
    files.resize = resizing::depth_to_rgb;
    auto const b = load(files);
    CHECK(same(b.rgb, large));
    for (index_t i = 0; i < 8; ++i)
        for (index_t j = 0; j < 12; ++j) CHECK(b.depth(i, j) == small.depth(i / 2, j / 2));
}

TEST_CASE("load: missing and wrong files are named")
{
    scratch_folder const folder;
    auto const root = folder.path().string();
    CHECK(thrown<io_error>([&] { load({.rgb = folder / "no.png"}); }) == "cannot open " + root + "/no.png");
    testing::write_bytes(folder / "text.png", "no picture at all");
    CHECK(thrown<io_error>([&] { load({.depth = folder / "text.png"}); }) == root + "/text.png is not a PNG file");
    io::write_label_png(folder / "labels.png", storable(2, 2).labels);
    CHECK_THAT(thrown<io_error>([&] { load({.depth = folder / "labels.png", .depth_scale = 5000}); }),
               Catch::Contains("labels.png must be 16-bit grey (metres * 5000), got 8-bit"));
}

TEST_CASE("nearest: middles of pixels decide, at any ratio")
{
    tensor<std::int32_t, 2> row(1, 5);
    for (index_t j = 0; j < 5; ++j) row(0, j) = static_cast<std::int32_t>(j);
    for (index_t width : {1, 2, 3, 4, 5, 7, 10, 11}) {
        auto const to = data::detail::nearest(row, 2, width);
        for (index_t j = 0; j < width; ++j) {
            double const place = (static_cast<double>(j) + 0.5) * 5 / static_cast<double>(width);
            CHECK(to(1, j) == static_cast<std::int32_t>(std::floor(place)));
        }
    }
}
