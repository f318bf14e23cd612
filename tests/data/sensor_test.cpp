// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>

#include <hyspn/data/sensor.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::data;

namespace {

tensor<float, 2> flat(index_t height, index_t width, float z)
{
    tensor<float, 2> depth(height, width);
    std::fill(depth.begin(), depth.end(), z);
    return depth;
}

tensor<float, 3> grey(index_t height, index_t width, float value)
{
    tensor<float, 3> rgb(3, height, width);
    std::fill(rgb.begin(), rgb.end(), value);
    return rgb;
}

index_t measured(tensor<float, 2> const& map)
{
    return std::count_if(map.begin(), map.end(), [](float z) { return z > 0; });
}

/// Nothing is lost but by what a test is about.
structured_light_options exact_camera()
{
    return {.disparity_step = 0, .disparity_noise = 0, .edge_loss = 0, .speckle_loss = 0};
}

lidar_options exact_scanner()
{
    return {.range_noise = 0, .lost = 0, .see_through = 0};
}

bool same(tensor<float, 2> const& a, tensor<float, 2> const& b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace

TEST_CASE("draw_density: the share of what is measured")
{
    auto depth = flat(20, 30, 3);
    for (index_t j = 0; j < 30; ++j) depth(4, j) = 0;
    CHECK(measured(draw_density(depth, 0.1, 7)) == 57);
    CHECK(measured(draw_density(depth, 0, 7)) == 0);
    CHECK(same(draw_density(depth, 1, 7), depth));
    CHECK_FALSE(same(draw_density(depth, 0.1, 7), draw_density(depth, 0.1, 8)));
    CHECK(testing::thrown<value_error>([&] { draw_density(depth, 1.5, 7); }) ==
          "draw_density: density must be in [0, 1], got 1.5");
}

TEST_CASE("structured_light: the true depth but for range, darkness and glare")
{
    auto depth = flat(12, 40, 2);
    auto rgb = grey(12, 40, 0.5F);
    depth(1, 5) = 0.2F;  // too near: also throws a shadow to its left
    depth(3, 5) = 9;     // too far
    depth(5, 5) = 0;     // unknown
    for (index_t c = 0; c < 3; ++c) {
        rgb(c, 7, 5) = 0;
        rgb(c, 9, 5) = 1;
    }
    auto const map = structured_light(depth, rgb, exact_camera());
    for (index_t i = 0; i < 12; ++i)
        for (index_t j = 6; j < 40; ++j) CHECK(map(i, j) == Approx(2));
    for (index_t i : {1, 3, 5, 7, 9}) CHECK(map(i, 5) == 0);
    for (index_t i : {0, 2, 4, 6, 8, 10}) CHECK(map(i, 5) == Approx(2));
}

TEST_CASE("structured_light: the projector's shadow lies left of near things, as wide as their parallax")
{
    index_t const width = 200;
    auto depth = flat(3, width, 4);
    for (index_t i = 0; i < 3; ++i)
        for (index_t j = 100; j < 120; ++j) depth(i, j) = 1;
    auto const map = structured_light(depth, grey(3, width, 0.5F), exact_camera());
    // 0.9·200·0.075·(1/1 − 1/4) = 10.125 pixels.
    for (index_t j = 0; j < width; ++j) CHECK((map(1, j) == 0) == (j >= 90 && j < 100));
}

TEST_CASE("structured_light: a thin post throws a shadow as thin as itself, its parallax away")
{
    index_t const width = 200;
    for (index_t wide : {1, 2, 5}) {
        auto depth = flat(1, width, 4);
        for (index_t j = 100; j < 100 + wide; ++j) depth(0, j) = 1;
        auto const map = structured_light(depth, grey(1, width, 0.5F), exact_camera());
        // 10.125 pixels to the left of the post: between the two everything is lit.
        for (index_t j = 0; j < width; ++j) CHECK((map(0, j) == 0) == (j >= 90 && j < 90 + wide));
    }
    // At a parallax of 2.5 pixels, one between two pixels, still as wide as the post.
    auto depth = flat(1, width, 4);
    depth(0, 100) = depth(0, 101) = static_cast<float>(13.5 / (13.5 / 4 + 2.5));
    CHECK(measured(structured_light(depth, grey(1, width, 0.5F), exact_camera())) == width - 2);
}

TEST_CASE("structured_light: slanted surfaces throw closed shadows and none on themselves")
{
    index_t const width = 200;
    // Disparities 20, 19.7, 19.4, ... from the left: the projector sees them 1.3 pixels apart.
    auto depth = flat(1, width, 4);
    for (index_t j = 100; j < 130; ++j)
        depth(0, j) = static_cast<float>(13.5 / (20 - 0.3 * static_cast<double>(j - 100)));
    auto const turned_to = structured_light(depth, grey(1, width, 0.5F), exact_camera());
    // 20 - 13.5/4 = 16.625 pixels to the left of the first.
    for (index_t j = 0; j < width; ++j) CHECK((turned_to(0, j) == 0) == (j >= 83 && j < 100));
    // Disparities that grow to the right by 0.45, from those of the wall: turned away, but the light still comes.
    for (index_t j = 100; j < width; ++j)
        depth(0, j) = static_cast<float>(13.5 / (3.4 + 0.45 * static_cast<double>(std::min<index_t>(j, 120) - 100)));
    auto const turned_away = structured_light(depth, grey(1, width, 0.5F), exact_camera());
    CHECK(measured(turned_away) == width);
}

TEST_CASE("structured_light: disparities are whole steps, coarser with distance")
{
    auto options = exact_camera();
    options.disparity_step = 0.125;
    double const pixels = 0.9 * 0.075 * 640;
    tensor<float, 2> depth(1, 400);
    for (index_t j = 0; j < 400; ++j) depth(0, j) = 1 + 0.015F * static_cast<float>(j);
    auto const map = structured_light(depth, grey(1, 400, 0.5F), options);
    std::set<float> values;
    for (index_t j = 0; j < 400; ++j) {
        double const z = static_cast<double>(map(0, j)), steps = pixels / z / 0.125;
        CHECK(steps == Approx(std::round(steps)).margin(1e-3));
        // Half a step: z²/(f·b)·0.0625.
        CHECK(std::fabs(z - static_cast<double>(depth(0, j))) <= 1.1 * z * z / pixels * 0.0625);
        values.insert(map(0, j));
    }
    CHECK(values.size() > 100);
    CHECK(values.size() < 330);
}

TEST_CASE("structured_light: edges and speckles are lost as often as asked for, the same for the same seed")
{
    auto depth = flat(100, 100, 2);
    for (index_t i = 0; i < 100; ++i)
        for (index_t j = 0; j < 50; ++j) depth(i, j) = 1;  // near on the left: no shadow falls on what is far
    auto options = exact_camera();
    options.edge_loss = 0.5;
    auto const edges = structured_light(depth, grey(100, 100, 0.5F), options);
    for (index_t i = 0; i < 100; ++i)
        for (index_t j = 0; j < 100; ++j)
            if (j < 49 || j > 50) CHECK(edges(i, j) > 0);
    index_t const lost = 10000 - measured(edges);
    CHECK(lost > 70);
    CHECK(lost < 130);
    options = {.disparity_noise = 0, .edge_loss = 0, .speckle_loss = 0.1};
    auto const speckled = structured_light(depth, grey(100, 100, 0.5F), options);
    CHECK(measured(speckled) == Approx(9000).margin(120));
    CHECK(same(speckled, structured_light(depth, grey(100, 100, 0.5F), options)));
    options.seed = 1;
    CHECK_FALSE(same(speckled, structured_light(depth, grey(100, 100, 0.5F), options)));
}

TEST_CASE("structured_light: an image of another size is refused")
{
    CHECK(testing::thrown<shape_error>([] { structured_light(flat(2, 3, 1), grey(2, 4, 1)); }) ==
          "structured_light: rgb must be [3, H, W] = [3, 2, 3], got [3, 2, 4]");
}

TEST_CASE("lidar: lines at the beams' angles, with the true depth")
{
    index_t const height = 100, width = 200;
    auto options = exact_scanner();
    options.beams = 16;
    options.lowest = -15;
    options.highest = 15;
    options.azimuth_step = 0.05;
    auto const map = lidar(flat(height, width, 5), options);
    std::set<index_t> rows;  // in the middle column, where the lines are level
    for (index_t i = 0; i < height; ++i)
        if (map(i, width / 2) > 0) rows.insert(i);
    std::set<index_t> wanted;
    for (int beam = 0; beam < 16; ++beam) {
        double const row = 50 - 0.9 * 200 * std::tan((-15 + 2 * beam) * 3.14159265358979 / 180);
        if (row >= 0 && row < 100) wanted.insert(static_cast<index_t>(std::floor(row)));
    }
    CHECK(rows == wanted);
    for (float z : map) CHECK((z == 0 || z == 5));
    // A line is dense: no gaps along the row of a level beam.
    options.beams = 1;
    options.lowest = options.highest = -10;
    index_t columns = 0;
    auto const line = lidar(flat(height, width, 5), options);
    for (index_t j = 0; j < width; ++j) {
        bool any = false;
        for (index_t i = 0; i < height; ++i) any = any || line(i, j) > 0;
        columns += any ? 1 : 0;
    }
    CHECK(columns == width);
    options.azimuth_step = 2;
    CHECK(measured(lidar(flat(height, width, 5), options)) < 40);
}

TEST_CASE("lidar: over the upper edge of a near thing it sees what is behind")
{
    index_t const height = 120, width = 160;
    auto depth = flat(height, width, 20);
    for (index_t i = 60; i < height; ++i)
        for (index_t j = 0; j < width; ++j) depth(i, j) = 4;
    auto options = exact_scanner();
    options.azimuth_step = 0.1;
    options.lowest = -20;
    options.above = 0.3;
    auto const clean = lidar(depth, options);
    for (index_t k = 0; k < clean.size(); ++k) CHECK((clean.data()[k] == 0 || clean.data()[k] == depth.data()[k]));
    options.see_through = 1;
    auto const displaced = lidar(depth, options);
    // 0.9·160·0.3·(1/4 − 1/20) = 8.64 pixels below the edge.
    index_t through = 0;
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            if (displaced(i, j) == 0) continue;
            bool const beyond = i >= 60 && i < 68;
            CHECK((displaced(i, j) != depth(i, j)) == beyond);
            through += beyond ? 1 : 0;
        }
    CHECK(through > 100);
}

TEST_CASE("lidar: the sky and smooth ground have no points of what is behind")
{
    tensor<float, 2> ground(120, 160);
    for (index_t i = 61; i < 120; ++i)
        for (index_t j = 0; j < 160; ++j) ground(i, j) = 1.5F * 0.9F * 160 / (static_cast<float>(i) + 0.5F - 60);
    auto options = exact_scanner();
    options.see_through = 1;
    auto const map = lidar(ground, options);
    CHECK(measured(map) > 500);
    for (index_t k = 0; k < map.size(); ++k) CHECK((map.data()[k] == 0 || map.data()[k] == ground.data()[k]));
}

TEST_CASE("lidar: the nearest of the points on a pixel stays")
{
    auto options = exact_scanner();
    options.range_noise = 0.1;
    options.azimuth_step = 0.02;  // some eight points on a pixel, each with an error of its own
    auto const map = lidar(flat(60, 100, 10), options);
    double mean = 0;
    for (float z : map) mean += z > 0 ? static_cast<double>(z) / static_cast<double>(measured(map)) : 0;
    CHECK(mean < 9.93);
}

TEST_CASE("lidar: noise, losses, range, seeds")
{
    auto const wall = flat(100, 150, 30);
    auto options = exact_scanner();
    index_t const all = measured(lidar(wall, options));
    CHECK(all > 1000);
    options.lost = 0.4;
    CHECK(static_cast<double>(measured(lidar(wall, options))) < 0.9 * static_cast<double>(all));
    options.lost = 0;
    options.range_noise = 0.05;
    auto const noisy = lidar(wall, options);
    double square = 0;
    for (float z : noisy)
        if (z > 0) square += std::pow(static_cast<double>(z) - 30, 2) / static_cast<double>(all);
    CHECK(std::sqrt(square) > 0.03);
    CHECK(std::sqrt(square) < 0.07);
    CHECK(same(noisy, lidar(wall, options)));
    options.seed = 9;
    CHECK_FALSE(same(noisy, lidar(wall, options)));
    options.max_range = 20;
    CHECK(measured(lidar(wall, options)) == 0);
    CHECK(testing::thrown<value_error>([&] { lidar(wall, {.beams = 0}); }) == "lidar: beams must be at least 1, got 0");
    CHECK(testing::thrown<value_error>([&] { lidar(wall, {.azimuth_step = 0}); }) ==
          "lidar: azimuth_step must be positive, got 0");
}

TEST_CASE("add_outliers: the share asked for, within the spread, only where something was measured")
{
    auto map = flat(100, 100, 3);
    for (index_t j = 0; j < 100; ++j) map(0, j) = 0;
    auto const before = map;
    add_outliers(as_view(map), 0.2, 2, 5);
    index_t wrong = 0;
    for (index_t k = 0; k < map.size(); ++k) {
        wrong += map.data()[k] != before.data()[k] ? 1 : 0;
        CHECK((map.data()[k] == 0) == (before.data()[k] == 0));
        CHECK((map.data()[k] == 0 || (map.data()[k] > 1.499F && map.data()[k] < 6.001F)));
    }
    CHECK(static_cast<double>(wrong) == Approx(0.2 * 9900).epsilon(0.06));
    CHECK(testing::thrown<value_error>([&] { add_outliers(as_view(map), 2, 2, 5); }) ==
          "add_outliers: share must be in [0, 1], got 2");
    CHECK(testing::thrown<value_error>([&] { add_outliers(as_view(map), 0.1, 0.5, 5); }) ==
          "add_outliers: spread must be at least 1, got 0.5");
}
