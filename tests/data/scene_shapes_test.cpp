// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include <hyspn/data/scene_render.hpp>
#include <hyspn/exec/seq.hpp>

#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::data;

namespace {

constexpr index_t height = 31, width = 47;

/// The direction of a pixel from a camera that looks along z.
vec3 along(index_t i, index_t j)
{
    double const pixel = 1 / (0.9 * width);
    return {(static_cast<double>(j) + 0.5 - width / 2.0) * pixel, (static_cast<double>(i) + 0.5 - height / 2.0) * pixel,
            1};
}

scene_images drawn(solid s)
{
    scene_builder build;
    s.material = build.add(material{});
    s.part = static_cast<std::int32_t>(scene_part::box_body);
    build.add(s);
    return draw(exec::seq{}, build.take(), height, width, {.max_depth = 1e6});
}

/// Depth is that of `truth`, a function of the ray's direction, and 0 with the label sky where it says 0.
template <class F>
void check_depth(solid const& s, F const& truth)
{
    auto const images = drawn(s);
    index_t seen = 0;
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            double const wanted = truth(along(i, j));
            INFO(i << ", " << j);
            CHECK(static_cast<double>(images.depth(i, j)) == Approx(wanted).epsilon(1e-6));
            CHECK(images.labels(i, j) == static_cast<std::int32_t>(wanted > 0 ? scene_class::box : scene_class::sky));
            seen += wanted > 0 ? 1 : 0;
        }
    CHECK(seen > 50);
    CHECK(seen < height * width);
}

}  // namespace

TEST_CASE("scene: the depth of an endless plane")
{
    // The floor 1.5 m below: y·t = 1.5.
    check_depth({.kind = shape::plane, .centre = {0, 1.5, 0}, .axes = {{1, 0, 0}, {0, 0, 1}, {0, 1, 0}}},
                [](vec3 d) { return d.y > 0 ? 1.5 / d.y : 0; });
}

TEST_CASE("scene: the depth of a rectangle turned about the vertical")
{
    frame const turned = yawed(0.6);
    check_depth({.kind = shape::plane, .centre = {0.2, 0.1, 4}, .size = {1, 0.7, 0}, .axes = turned}, [&](vec3 d) {
        vec3 const normal{std::sin(0.6), 0, std::cos(0.6)}, right{std::cos(0.6), 0, -std::sin(0.6)};
        double const t = dot(normal, vec3{0.2, 0.1, 4}) / dot(normal, d);
        vec3 const p = t * d - vec3{0.2, 0.1, 4};
        return std::fabs(dot(p, right)) <= 1 && std::fabs(p.y) <= 0.7 ? t : 0;
    });
}

TEST_CASE("scene: the depth of a ball")
{
    vec3 const centre{0.3, -0.2, 5};
    check_depth({.kind = shape::ellipsoid, .centre = centre, .size = {1.2, 1.2, 1.2}}, [&](vec3 d) {
        double const a = dot(d, d), b = dot(d, centre), c = dot(centre, centre) - 1.44;
        return b * b >= a * c ? (b - std::sqrt(b * b - a * c)) / a : 0;
    });
}

TEST_CASE("scene: the depth of a box face to face and of an upright cylinder")
{
    // The front is at 3 m; its sides recede and are hidden behind it.
    check_depth({.kind = shape::box, .centre = {0, 0, 4}, .size = {0.8, 0.5, 1}},
                [](vec3 d) { return std::fabs(3 * d.x) <= 0.8 && std::fabs(3 * d.y) <= 0.5 ? 3 : 0; });
    check_depth({.kind = shape::cylinder, .centre = {0, 0, 4}, .size = {0.9, 100, 0.9}}, [](vec3 d) {
        double const a = d.x * d.x + 1, c = 16 - 0.81;
        return 16 >= a * c ? (4 - std::sqrt(16 - a * c)) / a : 0;
    });
}

TEST_CASE("scene: a leaf lies between its inner and outer circle, on its plane")
{
    solid leaf{.kind = shape::leaf, .centre = {0, 0, 2}, .size = {0.6, 0.6, 0.6}};
    leaf.salt = 5;
    auto const images = drawn(leaf);
    index_t ragged = 0;
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            vec3 const p = 2.0 * along(i, j);
            double const r = std::hypot(p.x, p.y);
            bool const seen = images.depth(i, j) > 0;
            if (seen) CHECK(static_cast<double>(images.depth(i, j)) == Approx(2));
            if (r < 0.55 * 0.6) CHECK(seen);
            if (r > 0.6) CHECK_FALSE(seen);
            if (r >= 0.55 * 0.6 && r <= 0.6) ragged += seen ? 1 : -1;
        }
    CHECK(std::abs(ragged) < 150);  // some of the ring is in, some out
}

TEST_CASE("scene: rays that start inside or beyond a solid do not meet it")
{
    for (auto const kind : {shape::box, shape::ellipsoid, shape::cylinder}) {
        solid const s{.kind = kind, .centre = {0, 0, 0}, .size = {1, 1, 1}};
        CHECK(std::isinf(data::detail::meet(s, {{0, 0, 0}, {0.1, 0.2, 1}})));
        CHECK(std::isinf(data::detail::meet(s, {{0, 0, 5}, {0, 0, 1}})));
        CHECK(data::detail::meet(s, {{0, 0, -5}, {0, 0, 2}}) == Approx(2));
    }
}

TEST_CASE("scene: every solid lies in the ball of its reach, and groups hold theirs")
{
    random_stream random(3);
    auto const number = [&](double low, double high) { return low + (high - low) * random.uniform(); };
    for (auto const kind : {shape::plane, shape::box, shape::ellipsoid, shape::cylinder, shape::leaf})
        for (int k = 0; k < 2000; ++k) {
            solid s{.kind = kind, .centre = {1, 2, 3}};
            s.size = {number(0.1, 2), number(0.1, 2), number(0.1, 2)};
            s.axes = yawed(number(-3, 3)).turned(pitched(number(-3, 3)));
            vec3 const from{number(-9, 9), number(-9, 9), number(-9, 9)};
            ray const r{from, s.centre + vec3{number(-2, 2), number(-2, 2), number(-2, 2)} - from};
            double const t = data::detail::meet(s, r);
            if (std::isinf(t)) continue;
            CHECK(length(r.at(t) - s.centre) <= data::detail::reach(s) * (1 + 1e-9));
            scene_builder build;
            build.add(s);
            auto const made = build.take();
            CHECK(data::detail::look(made, r).t == t);
            CHECK(data::detail::surface_at(s, r, t).normal.x == data::detail::surface_at(s, r, t).normal.x);
            CHECK(dot(data::detail::surface_at(s, r, t).normal, r.along) <= 0);
            CHECK(length(data::detail::surface_at(s, r, t).normal) == Approx(1));
        }
}

TEST_CASE("scene: frames turn as they say")
{
    CHECK(yawed(0.3).to_world({0, 0, 1}).x > 0);    // forward to the right
    CHECK(pitched(0.3).to_world({0, 0, 1}).y > 0);  // forward down
    CHECK(rolled(0.3).to_world({1, 0, 0}).y > 0);   // right down
    frame const f = yawed(0.4).turned(pitched(-0.7)).turned(rolled(1.1));
    vec3 const p{1, -2, 3}, back = f.to_world(f.to_local(p));
    CHECK(length(back - p) < 1e-12);
    CHECK(dot(cross(f.u, f.v), f.w) == Approx(1));
}
