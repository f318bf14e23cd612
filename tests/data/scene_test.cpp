// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>

#include <hyspn/data/scene.hpp>
#include <hyspn/exec/omp.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::data;

namespace {

constexpr scene_layout layouts[] = {scene_layout::room, scene_layout::desk, scene_layout::clutter, scene_layout::street,
                                    scene_layout::garden};

template <class T, std::size_t Rank>
bool same(tensor<T, Rank> const& a, tensor<T, Rank> const& b)
{
    return a.extents() == b.extents() && std::equal(a.begin(), a.end(), b.begin());
}

bool same(scene_images const& a, scene_images const& b)
{
    return same(a.rgb, b.rgb) && same(a.depth, b.depth) && same(a.labels, b.labels) && same(a.parts, b.parts);
}

/// One ray a pixel, no blur, no noise.
photograph plain_camera()
{
    return {.blur = 0, .soft_edges = false, .noise = 0};
}

}  // namespace

TEST_CASE("scene: the same bits from seq and from omp with 1, 2 and 3 threads")
{
    for (auto const layout : layouts) {
        scene_options const options{.height = 37, .width = 53, .seed = 11, .layout = layout};
        auto const reference = render_scene(exec::seq{}, options);
        for (int threads : {1, 2, 3}) CHECK(same(reference, render_scene(exec::omp{.threads = threads}, options)));
        CHECK(same(reference, render_scene(exec::seq{}, options)));
        scene_options other = options;
        other.seed = 12;
        CHECK_FALSE(same(reference.rgb, render_scene(exec::seq{}, other).rgb));
    }
}

TEST_CASE("scene: labels, parts and depth belong together")
{
    for (auto const layout : layouts)
        for (std::uint64_t seed : {1u, 2u, 3u}) {
            auto const s = render_scene(exec::omp{}, {.height = 48, .width = 64, .seed = seed, .layout = layout});
            CHECK(s.focal == make_scene(seed, layout).eye.focal);
            std::set<std::int32_t> classes;
            float farthest = 0;
            for (index_t k = 0; k < s.depth.size(); ++k) {
                auto const part = s.parts.data()[k], label = s.labels.data()[k];
                float const z = s.depth.data()[k];
                REQUIRE((part > 0 && part < scene_part_count));
                REQUIRE(label == static_cast<std::int32_t>(class_of(static_cast<scene_part>(part))));
                if (label == static_cast<std::int32_t>(scene_class::sky))
                    REQUIRE(z == 0);
                else
                    REQUIRE((z >= 0 && z <= 80));
                farthest = std::max(farthest, z);
                classes.insert(label);
            }
            for (float v : s.rgb) REQUIRE((v >= 0 && v <= 1));
            CHECK(classes.size() >= 3);
            bool const indoors = layout != scene_layout::street && layout != scene_layout::garden;
            CHECK(farthest < (indoors ? 20 : 81));
            CHECK(farthest > (indoors ? 0.5F : 20));
            if (indoors)  // closed rooms: no holes
                for (float z : s.depth) REQUIRE(z > 0);
        }
}

TEST_CASE("scene: a finer picture shows the same depth")
{
    for (auto const layout : layouts) {
        // Three times the size: the middle of every pixel is that of the middle one of nine.
        auto const coarse = render_scene(exec::omp{}, {.height = 24, .width = 32, .seed = 5, .layout = layout});
        auto const fine = render_scene(exec::omp{}, {.height = 72, .width = 96, .seed = 5, .layout = layout});
        index_t differ = 0;
        for (index_t i = 0; i < 24; ++i)
            for (index_t j = 0; j < 32; ++j) {
                float const a = coarse.depth(i, j), b = fine.depth(3 * i + 1, 3 * j + 1);
                differ += std::fabs(a - b) > 1e-4F * a ? 1 : 0;
            }
        CHECK(differ <= 2);  // rays along an edge may round either way
    }
}

TEST_CASE("scene: a thing of camouflage 1 is in the depth and the labels, not in the picture")
{
    auto const with = [](bool thing) {
        scene_builder build;
        material wall{.look = pattern::clouds, .first = {0.7, 0.3, 0.2}, .second = {0.2, 0.3, 0.6}};
        solid back{.kind = shape::plane, .centre = {0, 0, 6}};
        back.part = static_cast<std::int32_t>(scene_part::wall_surface);
        back.material = build.add(wall);
        build.add(back);
        build.close_group();
        solid box{.kind = shape::box, .centre = {0, 0, 3}, .size = {0.5, 0.5, 0.5}};
        box.part = static_cast<std::int32_t>(scene_part::box_body);
        box.material = build.add(material{.first = {0, 1, 0}});
        box.camouflage = 1;
        if (thing) build.add(box);
        return draw(exec::seq{}, build.take(), 40, 60, plain_camera());
    };
    auto const seen = with(true), empty = with(false);
    CHECK(same(seen.rgb, empty.rgb));
    index_t nearer = 0;
    for (index_t k = 0; k < seen.depth.size(); ++k) {
        bool const box = seen.depth.data()[k] < 3;
        CHECK(seen.labels.data()[k] == static_cast<std::int32_t>(box ? scene_class::box : scene_class::wall));
        nearer += box ? 1 : 0;
    }
    CHECK(nearer > 100);
}

TEST_CASE("scene: in every layout some things hide in the colours behind them, most do not")
{
    for (auto const layout : layouts) {
        double hidden = 0, all = 0;
        for (std::uint64_t seed = 0; seed < 30; ++seed)
            for (auto const& s : make_scene(seed, layout).solids) {
                hidden += s.camouflage > 0 ? 1 : 0;
                all += 1;
            }
        INFO(static_cast<int>(layout) << ": " << hidden / all);
        CHECK(hidden / all > 0.03);
        CHECK(hidden / all < 0.25);
    }
}

TEST_CASE("scene: shadows and markings are edges of colour on flat ground")
{
    auto const floor = [](bool marking, bool post) {
        scene_builder build;
        solid ground{.kind = shape::plane, .centre = {0, 1, 0}, .axes = {{1, 0, 0}, {0, 0, 1}, {0, 1, 0}}};
        ground.part = static_cast<std::int32_t>(scene_part::road_surface);
        ground.material = build.add(material{});
        build.add(ground);
        if (marking) {
            auto const white = build.add(material{.first = {0.9, 0.9, 0.9}});
            build.add(decal{0, 4, 0.3, 1.5, 0, false, white, scene_part::road_paint});
        }
        build.close_group();
        if (post) {  // out of sight, between the sun and the floor
            solid s{.kind = shape::box, .centre = {0.5, -3, 4}, .size = {0.5, 0.2, 0.5}};
            s.part = static_cast<std::int32_t>(scene_part::box_body);
            build.add(s);
        }
        build.made().lamps.push_back(lamp{.position = {0, -1, 0}, .sun = true});
        return draw(exec::seq{}, build.take(), 40, 60, plain_camera());
    };
    auto const plain = floor(false, false), painted = floor(true, false), shaded = floor(false, true);
    CHECK(same(plain.depth, painted.depth));
    CHECK(same(plain.labels, painted.labels));
    CHECK_FALSE(same(plain.parts, painted.parts));
    auto const paint = static_cast<std::int32_t>(scene_part::road_paint);
    index_t brighter = 0, darker = 0;
    for (index_t i = 0; i < 40; ++i)
        for (index_t j = 0; j < 60; ++j) {
            brighter += painted.parts(i, j) == paint ? 1 : 0;
            // Exposure follows the mean: compare with a pixel of the same floor that is neither marked nor shaded.
            if (painted.parts(i, j) == paint) CHECK(painted.rgb(0, i, j) > painted.rgb(0, i, 1));
            if (plain.depth(i, j) > 0 && shaded.rgb(0, i, j) < 0.8F * shaded.rgb(0, i, 1)) ++darker;
        }
    CHECK(brighter > 10);
    CHECK(darker > 10);
    CHECK(same(plain.depth, shaded.depth));
}

TEST_CASE("scene: soft edges change the picture at the edges of things, nowhere else, and mix both sides")
{
    scene_builder build;
    solid left{.kind = shape::plane, .centre = {-5, 0, 4}, .size = {5.0444, 9, 0}},
        back{.kind = shape::plane, .centre = {0, 0, 8}};
    left.part = static_cast<std::int32_t>(scene_part::box_body);
    back.part = static_cast<std::int32_t>(scene_part::wall_surface);
    left.material = build.add(material{.first = {0.1, 0.1, 0.1}});
    back.material = build.add(material{.first = {0.9, 0.9, 0.9}});
    build.add(left);
    build.close_group();
    build.add(back);
    auto const what = build.take();
    photograph how = plain_camera();
    how.soft_edges = true;
    auto const soft = draw(exec::seq{}, what, 20, 40, how);
    how.soft_edges = false;
    auto const hard = draw(exec::seq{}, what, 20, 40, how);
    CHECK(same(soft.depth, hard.depth));
    CHECK(same(soft.labels, hard.labels));
    // The board ends 0.4 pixels right of the left side of column 20: between the left and the right two of its rays.
    for (index_t i = 0; i < 20; ++i) {
        float const low = soft.rgb(0, i, 0), high = soft.rgb(0, i, 39);
        CHECK(low < 0.6F * high);
        for (index_t j = 0; j < 40; ++j) {
            if (j != 20) CHECK(soft.rgb(0, i, j) == (j < 20 ? low : high));
            CHECK(hard.rgb(0, i, j) == hard.rgb(0, i, j < 20 ? 0 : 39));
        }
        CHECK(soft.rgb(0, i, 20) > 1.2F * low);
        CHECK(soft.rgb(0, i, 20) < 0.9F * high);
    }
}

TEST_CASE("scene: noise is zero-mean, of the strength asked for, and blur keeps the mean")
{
    scene_builder build;
    solid wall{.kind = shape::plane, .centre = {0, 0, 3}};
    wall.material = build.add(material{});
    build.add(wall);
    auto const grey = build.take();
    auto const clean = draw(exec::seq{}, grey, 60, 80, {.blur = 1, .noise = 0});
    auto const noisy = draw(exec::seq{}, grey, 60, 80, {.blur = 0, .noise = 0.02, .seed = 4});
    double mean = 0, square = 0;
    for (index_t k = 0; k < clean.rgb.size(); ++k) {
        double const d = static_cast<double>(noisy.rgb.data()[k]) - static_cast<double>(clean.rgb.data()[k]);
        mean += d / static_cast<double>(clean.rgb.size());
        square += d * d / static_cast<double>(clean.rgb.size());
    }
    CHECK(std::fabs(mean) < 0.001);
    double const grey_level = static_cast<double>(clean.rgb(0, 30, 40));
    CHECK(grey_level == Approx(0.4).margin(0.01));
    CHECK(std::sqrt(square) == Approx(0.02 * (0.6 + 0.8 * (1 - grey_level))).epsilon(0.05));
}

TEST_CASE("scene: pictures of one pixel, one row, one column")
{
    for (auto const& size : {dims<2>{1, 1}, dims<2>{1, 40}, dims<2>{40, 1}, dims<2>{7, 13}}) {
        auto const s = render_scene(exec::seq{}, {.height = size[0], .width = size[1], .seed = 3});
        CHECK(s.depth.extents() == size);
        for (float v : s.rgb) CHECK(std::isfinite(v));
    }
}

TEST_CASE("scene: what is farther than max_depth is a hole")
{
    scene_options options{.height = 48, .width = 64, .seed = 2, .layout = scene_layout::street};
    auto const all = render_scene(exec::seq{}, options);
    options.max_depth = 20;
    auto const near = render_scene(exec::seq{}, options);
    index_t cut = 0;
    for (index_t k = 0; k < all.depth.size(); ++k) {
        CHECK(near.depth.data()[k] == (all.depth.data()[k] <= 20 ? all.depth.data()[k] : 0));
        cut += all.depth.data()[k] > 20 ? 1 : 0;
    }
    CHECK(cut > 20);
    CHECK(same(all.labels, near.labels));
}

TEST_CASE("scene: errors")
{
    using testing::thrown;
    CHECK(thrown<value_error>([] { render_scene(exec::seq{}, {.height = 0}); }) ==
          "draw: height must be at least 1, got 0");
    CHECK(thrown<value_error>([] { render_scene(exec::seq{}, {.width = -1}); }) ==
          "draw: width must be at least 1, got -1");
    CHECK(thrown<value_error>([] { render_scene(exec::seq{}, {.max_depth = 0}); }) ==
          "draw: max_depth must be positive, got 0");
    CHECK(thrown<value_error>([] { render_scene(exec::seq{}, {.noise = -1}); }) ==
          "render_scene: noise must be at least 0, got -1");
    CHECK(thrown<value_error>([] { draw(exec::seq{}, scene{}, 2, 2, {.blur = 11}); }) ==
          "draw: blur must be in [0, 10] pixels, got 11");
}

TEST_CASE("scene: the tree of names")
{
    CHECK(class_of(scene_part::table_leg) == scene_class::table);
    CHECK(class_of(scene_part::rock_body) == scene_class::rock);
    CHECK(class_of(scene_part::car_wheel) == scene_class::car);
    CHECK(group_of(scene_class::car) == scene_group::vehicle);
    CHECK(std::string(name_of(scene_part::table_leg)) == "leg");
    CHECK(std::string(name_of(scene_class::pot_plant)) == "pot_plant");
    CHECK(std::string(name_of(scene_group::plant)) == "plant");
    std::set<std::string> names;
    for (std::int32_t k = 1; k < scene_part_count; ++k) {
        auto const part = static_cast<scene_part>(k);
        names.insert(std::string(name_of(class_of(part))) + "." + name_of(part));
    }
    CHECK(names.size() == static_cast<std::size_t>(scene_part_count - 1));  // every part has a name of its own
}
