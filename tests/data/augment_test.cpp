// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <hyspn/data/augment.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::data;

namespace {

/// Every map tells the place a pixel came from: depth = 1 + row·100 + column, and so on.
sample numbered(index_t height, index_t width)
{
    sample s{tensor<float, 3>(3, height, width), tensor<float, 2>(height, width), tensor<float, 2>(height, width),
             tensor<std::int32_t, 2>(height, width)};
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            auto const place = static_cast<float>(1 + i * 100 + j);
            s.depth(i, j) = place;
            s.sparse(i, j) = (i + j) % 3 == 0 ? place : 0;
            s.labels(i, j) = static_cast<std::int32_t>(place);
            for (index_t c = 0; c < 3; ++c) s.rgb(c, i, j) = place / 4000 + 0.1F * static_cast<float>(c);
        }
    return s;
}

/// The maps of `s` are those of numbered() at the places its depth tells, whatever was done to it.
void check_together(sample const& s, float depth_scale = 1)
{
    auto const height = s.depth.extent(0), width = s.depth.extent(1);
    REQUIRE(s.rgb.extents() == dims<3>{3, height, width});
    REQUIRE(s.labels.extents() == s.depth.extents());
    REQUIRE(s.sparse.extents() == s.depth.extents());
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            float const place = static_cast<float>(s.labels(i, j));
            index_t const from = s.labels(i, j) - 1;
            CHECK(s.depth(i, j) == Approx(depth_scale * place));
            CHECK(s.sparse(i, j) == Approx((from / 100 + from % 100) % 3 == 0 ? depth_scale * place : 0));
        }
}

bool same(sample const& a, sample const& b)
{
    return std::equal(a.rgb.begin(), a.rgb.end(), b.rgb.begin(), b.rgb.end()) &&
           std::equal(a.depth.begin(), a.depth.end(), b.depth.begin(), b.depth.end()) &&
           std::equal(a.sparse.begin(), a.sparse.end(), b.sparse.begin(), b.sparse.end()) &&
           std::equal(a.labels.begin(), a.labels.end(), b.labels.begin(), b.labels.end());
}

}  // namespace

TEST_CASE("flipped: all maps alike, and twice is nothing")
{
    auto const s = numbered(5, 7), f = flipped(s);
    check_together(f);
    for (index_t i = 0; i < 5; ++i)
        for (index_t j = 0; j < 7; ++j) {
            CHECK(f.depth(i, j) == s.depth(i, 6 - j));
            for (index_t c = 0; c < 3; ++c) CHECK(f.rgb(c, i, j) == s.rgb(c, i, 6 - j));
        }
    CHECK(same(flipped(f), s));
    sample only;  // maps that there are not stay so
    only.depth = s.depth;
    CHECK(flipped(only).rgb.size() == 0);
    CHECK(flipped(only).depth(0, 0) == s.depth(0, 6));
}

TEST_CASE("cropped: the window asked for of all maps")
{
    auto const s = numbered(9, 11), c = cropped(s, 2, 3, 4, 5);
    check_together(c);
    CHECK(c.depth.extents() == dims<2>{4, 5});
    CHECK(c.depth(0, 0) == s.depth(2, 3));
    CHECK(c.rgb(2, 3, 4) == s.rgb(2, 5, 7));
    CHECK(same(cropped(s, 0, 0, 9, 11), s));
    using testing::thrown;
    CHECK(thrown<value_error>([&] { cropped(s, 0, 0, 10, 5); }) == "cropped: height must be in 1 ... 9, got 10");
    CHECK(thrown<value_error>([&] { cropped(s, 0, 0, 4, 0); }) == "cropped: width must be in 1 ... 11, got 0");
    CHECK(thrown<value_error>([&] { cropped(s, 6, 0, 4, 5); }) == "cropped: top must be in 0 ... 5, got 6");
    CHECK(thrown<value_error>([&] { cropped(s, 0, -1, 4, 5); }) == "cropped: left must be in 0 ... 6, got -1");
    sample odd = s;
    odd.labels = tensor<std::int32_t, 2>(9, 12);
    CHECK(thrown<shape_error>([&] { cropped(odd, 0, 0, 1, 1); }) ==
          "cropped: every map must be [..., H, W] = [9, 11], got [9, 12]");
}

TEST_CASE("change_colours: factors of 1 change nothing; each does what its name says")
{
    auto const s = numbered(6, 8);
    auto const mean = [](tensor<float, 3> const& x) {
        double sum = 0;
        for (float v : x) sum += static_cast<double>(v) / static_cast<double>(x.size());
        return sum;
    };
    auto const changed = [&](colour_change const& by) {
        auto rgb = s.rgb;
        change_colours(as_view(rgb), by);
        return rgb;
    };
    auto const same_again = changed({});
    for (index_t k = 0; k < s.rgb.size(); ++k) CHECK(same_again.data()[k] == Approx(s.rgb.data()[k]));
    CHECK(mean(changed({.brightness = 1.5})) == Approx(1.5 * mean(s.rgb)));
    auto const flat = changed({.contrast = 0, .saturation = 0});
    for (float v : flat) CHECK(v == Approx(flat(0, 0, 0)));
    auto const grey = changed({.saturation = 0});
    for (index_t j = 0; j < 8; ++j) {
        CHECK(grey(0, 2, j) == Approx(grey(2, 2, j)));
        CHECK(grey(0, 2, j) != Approx(grey(0, 3, j)));
    }
    for (float v : changed({.brightness = 100})) CHECK((v >= 0 && v <= 1));
}

TEST_CASE("augment: the same stream gives the same sample, and all maps stay together")
{
    auto const s = numbered(20, 24);
    augment_options const options{.height = 9, .width = 10, .depth_scale = 1.5};
    index_t mirrored = 0, tops = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        random_stream a(seed), b(seed);
        auto const x = augment(s, options, a), y = augment(s, options, b);
        CHECK(same(x, y));
        CHECK(a.bits() == b.bits());
        float const scale = x.depth(0, 0) / static_cast<float>(x.labels(0, 0));
        CHECK(scale >= 1 / 1.5F - 1e-5F);
        CHECK(scale <= 1.5F + 1e-5F);
        check_together(x, scale);
        mirrored += x.labels(0, 1) < x.labels(0, 0) ? 1 : 0;
        tops += (x.labels(0, 0) - 1) / 100 == 0 ? 1 : 0;
    }
    CHECK(mirrored > 15);
    CHECK(mirrored < 45);
    CHECK(tops < 20);  // of twelve places
}

TEST_CASE("augment: what is switched off does not happen, and seven numbers are drawn anyhow")
{
    auto const s = numbered(4, 5);
    random_stream random(3), counted(3);
    auto const x = augment(s, {.flip = 0, .brightness = 0, .contrast = 0, .saturation = 0}, random);
    for (int k = 0; k < 7; ++k) counted.uniform();
    CHECK(random.bits() == counted.bits());
    CHECK(std::equal(x.depth.begin(), x.depth.end(), s.depth.begin()));
    for (index_t k = 0; k < s.rgb.size(); ++k) CHECK(x.rgb.data()[k] == Approx(s.rgb.data()[k]));
    CHECK(same(augment(s, {.flip = 1, .brightness = 0, .contrast = 0, .saturation = 0}, random),
               flipped(augment(s, {.flip = 0, .brightness = 0, .contrast = 0, .saturation = 0}, random))));
    CHECK(testing::thrown<value_error>([&] { augment(s, {.depth_scale = 0.5}, random); }) ==
          "augment: depth_scale must be at least 1, got 0.5");
    CHECK(testing::thrown<value_error>([&] { augment(s, {.height = 5}, random); }) ==
          "cropped: height must be in 1 ... 4, got 5");
}
