// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <hyspn/guidance/features.hpp>

#include "support/catch.hpp"

using namespace hyspn;

namespace {

tensor<double, 3> uniform_image(index_t height, index_t width, double r, double g, double b)
{
    tensor<double, 3> rgb(3, height, width);
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            rgb(0, i, j) = r;
            rgb(1, i, j) = g;
            rgb(2, i, j) = b;
        }
    return rgb;
}

}  // namespace

TEST_CASE("rgb_to_lab: published values of the primaries, white and black")
{
    // CIE L*a*b*/100 of sRGB under D65, from the definition (Lindbloom's calculator prints the same four digits).
    struct {
        double r, g, b, l, a_, b_;
    } const cases[] = {{0, 0, 0, 0, 0, 0},
                       {1, 1, 1, 1, 0, 0},
                       {1, 0, 0, 0.5324, 0.8009, 0.6720},
                       {0, 1, 0, 0.8774, -0.8618, 0.8318},
                       {0, 0, 1, 0.3230, 0.7920, -1.0786}};
    for (auto const& c : cases) {
        tensor<double, 3> lab(3, 1, 1);
        guidance::rgb_to_lab(exec::seq{}, uniform_image(1, 1, c.r, c.g, c.b), lab);
        INFO(c.r << " " << c.g << " " << c.b);
        CHECK(lab(0, 0, 0) == Approx(c.l).margin(2e-4));
        CHECK(lab(1, 0, 0) == Approx(c.a_).margin(4e-4));
        CHECK(lab(2, 0, 0) == Approx(c.b_).margin(4e-4));
    }
}

TEST_CASE("image_features: a uniform image has uniform features and no gradient")
{
    auto const v = guidance::image_features(exec::seq{}, uniform_image(9, 7, 0.2, 0.6, 0.4));
    REQUIRE(v.extents() == dims<3>{10, 9, 7});
    for (index_t c = 0; c < 10; ++c)
        for (index_t i = 0; i < 9; ++i)
            for (index_t j = 0; j < 7; ++j) CHECK(v(c, i, j) == Approx(v(c, 0, 0)).margin(1e-12));
    CHECK(v(9, 4, 3) == Approx(0).margin(1e-12));
}

TEST_CASE("image_features: a step edge gives the Sobel response of a blurred step")
{
    auto rgb = uniform_image(21, 41, 0, 0, 0);
    for (index_t c = 0; c < 3; ++c)
        for (index_t i = 0; i < 21; ++i)
            for (index_t j = 20; j < 41; ++j) rgb(c, i, j) = 1;
    auto const v = guidance::image_features(exec::seq{}, rgb, {.colour_scales = {1.0}, .gradient_weight = 0.5});
    // Lightness rises from 0 to 1 between columns 19 and 20. With normalised taps g over radius 5 (sigma 1.5), the
    // central difference at column 19 spans the taps -1 and 0 of the step: 4 (g_0 + g_1) in units of 4 per step.
    double sum = 0, g[6];
    for (int r = 0; r <= 5; ++r) {
        g[r] = std::exp(-r * r / (2 * 1.5 * 1.5));
        sum += r == 0 ? g[r] : 2 * g[r];
    }
    CHECK(v(3, 10, 19) == Approx(0.5 * 4 * (g[0] + g[1]) / sum).epsilon(1e-6));
    CHECK(v(3, 10, 5) == Approx(0).margin(1e-12));
    CHECK(v(0, 10, 0) == Approx(0).margin(1e-12));
    CHECK(v(0, 10, 40) == Approx(1).epsilon(1e-6));
}

TEST_CASE("image_features: position channels, channel count, identical bits on all threads")
{
    guidance::image_feature_options const options{.colour_scales = {0.7, 3.0}, .position_weight = 2};
    tensor<float, 3> rgb(3, 17, 23);
    for (index_t k = 0; k < rgb.size(); ++k) rgb.data()[k] = static_cast<float>((k * 37) % 101) / 100.0F;
    auto const a = guidance::image_features(exec::seq{}, rgb, options);
    REQUIRE(a.extent(0) == guidance::channels_of(options));
    CHECK(a(7, 8, 0) == Approx(0).margin(1e-6));  // the middle row
    CHECK(a(8, 0, 22) == Approx(2 * 11.0 / 17));  // half the width right of the middle, in heights
    for (int threads : {1, 2, 3}) {
        auto const b = guidance::image_features(exec::omp{threads}, rgb, options);
        CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
    }
}

TEST_CASE("image_features: bad arguments are refused")
{
    tensor<float, 3> grey(1, 4, 4), rgb(3, 4, 4);
    CHECK_THROWS_AS(guidance::image_features(exec::seq{}, grey), shape_error);
    CHECK_THROWS_AS(guidance::image_features(exec::seq{}, rgb, {.colour_scales = {0.0}}), value_error);
    CHECK_THROWS_AS(guidance::image_features(exec::seq{}, rgb, {.gradient_scale = std::nan("")}), value_error);
    CHECK_THROWS_AS(guidance::image_features(exec::seq{}, rgb, {.colour_scales = {11.0}}), value_error);
}
