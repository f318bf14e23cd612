// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/data/scene_indoor_layouts.hpp>

/// \file
/// A street and a garden. The ground is y = 0.

namespace hyspn::data::detail {

inline void add_daylight(scene_maker& m)
{
    scene& s = m.build.made();
    double const cover = m.random.uniform(), blue = m.uniform(0.6, 1);
    s.sky.horizon = mix({0.75, 0.8, 0.85}, {0.7, 0.55, 0.45}, m.chance(0.2) ? m.random.uniform() : 0);
    s.sky.zenith = mix({0.2, 0.35, 0.75 * blue}, {0.6, 0.62, 0.65}, cover > 0.7 ? 1 : 0);
    s.sky.clouds = cover;
    s.sky.salt = m.salt();
    double const ambient = m.uniform(0.12, 0.4);
    s.ambient_above = ambient * vec3{0.85, 0.95, 1.15};
    s.ambient_below = 0.5 * ambient * vec3{1, 0.95, 0.85};
    s.haze = m.chance(0.5) ? m.uniform(0.001, 0.02) : 0;
    if (m.chance(0.25)) {  // overcast
        s.ambient_above = 2.5 * s.ambient_above;
        s.ambient_below = 2 * s.ambient_below;
        return;
    }
    vec3 const way = unit(vec3{m.uniform(-1, 1), -m.uniform(0.25, 1.2), m.uniform(-1, 0.6)});
    double const power = m.uniform(0.6, 1.6), warm = m.uniform(0.7, 1);
    m.build.add(lamp{.position = way, .light = power * vec3{1, 0.95 * std::sqrt(warm), 0.9 * warm}, .sun = true});
}

/// Edges of the road and the pavements, in x.
struct street_size {
    double road, left, right;
};

inline void add_road_paint(scene_maker& m, street_size const& s)
{
    double const blue = m.chance(0.2) ? 0.3 : 0.95;
    material white = m.plain(m.uniform(0.5, 0.8) * vec3{1, 1, blue});
    white.grain = m.uniform(0.1, 0.6);
    white.grain_scale = 0.2;
    double const dash = m.uniform(1, 2), gap = m.uniform(4, 8), shift = m.uniform(0, 4);
    if (m.chance(0.8))
        for (double z = shift; z < 80; z += gap) add_decal(m, scene_part::road_paint, white, 0, z, 0.08, dash);
    if (m.chance(0.6))
        for (double const x : {-s.road + 0.3, s.road - 0.3})
            add_decal(m, scene_part::road_paint, white, x, 40, 0.07, 60);
    if (m.chance(0.5)) {
        double const z = m.uniform(5, 25);
        for (double x = -s.road + 0.4; x < s.road; x += 1) add_decal(m, scene_part::road_paint, white, x, z, 0.27, 1.6);
    }
    if (m.chance(0.4)) {
        double const x = 0.5 * s.road, z = m.uniform(4, 15);
        add_decal(m, scene_part::road_paint, white, x, z, 0.08, 1.5);
        add_decal(m, scene_part::road_paint, white, x + 0.25, z + 1.2, 0.08, 0.6, 0.8);
        add_decal(m, scene_part::road_paint, white, x - 0.25, z + 1.2, 0.08, 0.6, -0.8);
    }
}

inline void add_road(scene_maker& m, street_size const& s)
{
    double const grey = m.uniform(0.06, 0.28);
    material asphalt = m.plain({grey, grey, 1.04 * grey});
    asphalt.grain = m.uniform(0.1, 0.45);
    asphalt.grain_scale = m.uniform(0.3, 3);
    asphalt.gloss = m.chance(0.3) ? m.uniform(0.1, 0.4) : 0;
    add_plane(m, scene_part::road_surface, asphalt, {0, 0, 0}, ground_axes());
    add_stains(m, m.between(3, 10), 0, 15, s.road, 15, 0.9);
    for (auto k = m.between(0, 4); k > 0; --k) {
        double const x = m.uniform(-1, 1) * s.road, z = m.uniform(2, 30), half = m.uniform(0.5, 1.5);
        double const darker = m.uniform(0.4, 1.6);
        double const ratio = m.uniform(0.5, 4);
        auto const look = m.plain((darker * grey) * vec3{1, 1, 1});
        add_decal(m, scene_part::road_surface, look, x, z, half, ratio * half);
    }
    add_road_paint(m, s);
    m.build.close_group();
}

/// One side of the street: pavement or grass, raised by a kerb. sign: -1 left, 1 right.
inline void add_side(scene_maker& m, double sign, double edge)
{
    bool const green = m.chance(0.35);
    material look = m.anything(0.6);
    if (green) {
        look = m.leaves(m.leaf_colour());
        look.look = pattern::clouds;
        look.scale = m.uniform(0.1, 1.5);
    } else if (m.chance(0.7)) {
        double const grey = m.uniform(0.15, 0.5);
        look = m.plain({grey, 0.97 * grey, 0.92 * grey});
        look.look = pattern::tiles;
        look.second = 0.6 * look.first;
    }
    stand s(m, {sign * (edge + 20), 0, 60}, {});
    auto const part = green ? scene_part::grass_surface : scene_part::pavement_surface;
    s.box(part, m.add(look), {0, 0, 0}, {20, m.uniform(0.05, 0.15), 80});
    s.close();
}

inline void add_houses(scene_maker& m, double sign, double from)
{
    frame const front = yawed(sign * 1.5708);  // its front, -w, towards the road
    double z = m.uniform(-6, 6);
    while (z < 75) {
        double const half = m.uniform(3, 9), deep = m.uniform(3, 6), tall = m.uniform(3, 15), back = m.uniform(0, 2.5);
        if (m.chance(0.75)) add_building({m, {sign * (from + back), 0, z + half}, front}, half, deep, tall);
        z += 2 * half + (m.chance(0.4) ? m.uniform(1, 8) : 0);
    }
}

inline void add_parked_cars(scene_maker& m, double x)
{
    double z = m.uniform(3, 10);
    while (z < 55) {
        if (m.chance(0.6)) {
            double const shift = m.uniform(-0.2, 0.2);
            double const way = m.chance(0.5) ? 0 : 3.1416;
            frame const turn = yawed(way + m.uniform(-0.06, 0.06));
            add_car({m, {x + shift, 0, z}, turn, some_camouflage(m)});
        }
        z += m.uniform(5, 9);
    }
}

/// Trees, posts, people, bushes and fences of one side, and those behind the camera that throw shadows before it.
inline void add_street_life(scene_maker& m, double sign, double edge, double houses)
{
    double const strip = houses - edge;
    auto const spot = [&](double from, double to) {
        double const x = sign * (edge + m.uniform(0.3, std::max(0.5, strip - 0.3)));
        double const z = from + (to - from) * std::pow(m.random.uniform(), 1.5);
        double const lean = m.uniform(-0.4, 0.4);
        frame const turn = yawed(lean + (m.chance(0.5) ? 3.1416 : 0));
        return stand(m, {x, 0, z}, turn, some_camouflage(m));
    };
    for (auto k = m.between(0, 5); k > 0; --k) add_tree(spot(-4, 60));
    for (auto k = m.between(1, 4); k > 0; --k) add_pole(spot(3, 45));
    for (auto k = m.between(0, 4); k > 0; --k) add_person(spot(4, 35));
    for (auto k = m.between(0, 3); k > 0; --k) {
        double const half = m.uniform(0.4, 1.2);
        add_bush(spot(3, 40), half);
    }
    if (m.chance(0.4)) {
        double const z = m.uniform(5, 25);
        double const half = m.uniform(3, 8), x = sign * (edge + m.uniform(0.5, 2));
        add_fence({m, {x, 0, z}, yawed(1.5708), some_camouflage(m)}, half);
    }
    if (m.chance(0.3)) {
        double const largest = m.uniform(0.6, 1.4);
        add_box(spot(3, 20), largest);
    }
    if (m.chance(0.3)) {
        double const z = m.uniform(4, 25);
        double const half = m.uniform(2, 7), x = sign * (edge + m.uniform(0.6, 2.5));
        add_hedge({m, {x, 0, z}, {}, some_camouflage(m)}, half);
    }
}

inline void make_street(scene_maker& m)
{
    add_daylight(m);
    street_size const s{m.uniform(2.8, 5.5), m.uniform(1.5, 5), m.uniform(1.5, 5)};
    add_road(m, s);
    for (double const sign : {-1.0, 1.0}) {
        double const houses = s.road + (sign < 0 ? s.left : s.right);
        add_side(m, sign, s.road);
        if (m.chance(0.8)) add_houses(m, sign, houses);
        add_street_life(m, sign, s.road, houses);
        if (m.chance(0.6)) add_parked_cars(m, sign * (s.road - 1.1));
    }
    for (auto k = m.between(0, 2); k > 0; --k) {
        double const x = m.uniform(-0.5, 0.5) * s.road, z = m.uniform(8, 50);
        add_car({m, {x, 0, z}, yawed(m.uniform(-0.1, 0.1))});
    }
    if (m.chance(0.5))
        for (auto k = m.between(1, 4); k > 0; --k) {
            double const up = m.uniform(5, 8), z = m.uniform(5, 40), slant = m.uniform(-8, 8);
            add_wire(m, {-s.road - 2, -up, z}, {s.road + 2, -up, z + slant}, m.uniform(0.1, 0.6), 0.02);
        }
    vec3 const from = m.point({-0.7 * s.road, -1.9, -0.5}, {0.7 * s.road, -1.2, 0.5});
    look_into(m, from, m.point({-5, -1.8, 30}, {5, 0, 30}));
}

/// White lines on the ground, along and across.
inline void add_court_lines(scene_maker& m)
{
    material const white = m.plain({0.8, 0.8, 0.78});
    double const turn = m.uniform(-0.5, 0.5), gap = m.uniform(1.5, 4), x = m.uniform(-2, 2);
    for (int k = -3; k <= 3; ++k) {
        add_decal(m, scene_part::none, white, x + k * gap, 10, 0.05, 12, turn);
        add_decal(m, scene_part::none, white, x, 10 + k * gap, 8, 0.05, turn);
    }
}

inline void add_lawn(scene_maker& m)
{
    material grass = m.leaves(m.leaf_colour());
    double const kind = m.random.uniform();
    grass.look = kind < 0.55 ? pattern::clouds : kind < 0.75 ? pattern::stripes : pattern::speckle;  // stripes: mown
    grass.scale = grass.look == pattern::stripes ? m.uniform(0.6, 2) : m.uniform(0.1, 2);
    if (grass.look == pattern::stripes) grass.angle = m.uniform(-0.6, 0.6);
    grass.grain = 0.4;
    add_plane(m, scene_part::grass_surface, grass, {0, 0, 0}, ground_axes());
    for (auto k = m.between(2, 8); k > 0; --k) {
        double const x = m.uniform(-6, 6), z = m.uniform(1, 18), half = m.uniform(0.3, 2);
        material patch = m.leaves(m.leaf_colour());
        if (m.chance(0.4)) patch = m.plain({0.25, 0.17, 0.1});
        double const angle = m.uniform(0, 3), ratio = m.uniform(0.4, 1);
        add_decal(m, scene_part::none, patch, x, z, half, ratio * half, angle, true);
    }
    if (m.chance(0.6)) {
        auto const path = m.chance(0.5) ? m.plain({0.4, 0.36, 0.3}) : m.anything(0.5);
        double const x = m.uniform(-3, 3), slant = m.uniform(-0.4, 0.4);
        add_decal(m, scene_part::grass_path, path, x, 10, m.uniform(0.4, 1.5), 40, slant);
    }
    if (m.chance(0.4)) add_court_lines(m);
    for (auto k = m.between(0, 3); k > 0; --k) {  // blankets
        double const x = m.uniform(-3, 3), z = m.uniform(2, 9), half = m.uniform(0.5, 1.2);
        double const angle = m.uniform(0, 3);
        add_decal(m, scene_part::none, m.anything(0.6), x, z, half, 0.8 * half, angle);
    }
    add_stains(m, m.between(0, 12), 0, 7, 5, 6, 0.4);  // leaves, earth, puddles
    m.build.close_group();
}

inline void make_garden(scene_maker& m)
{
    add_daylight(m);
    add_lawn(m);
    vec3 const near{-7, 0, 2}, far{7, 0, 22};
    for (auto k = m.between(2, 9); k > 0; --k) add_tree(anywhere(m, {-12, 0, -5}, {12, 0, 40}));
    for (auto k = m.between(2, 8); k > 0; --k) {
        double const half = m.uniform(0.3, 1.3);
        add_bush(anywhere(m, near, far), half);
    }
    for (auto k = m.between(0, 5); k > 0; --k) {
        double const largest = m.uniform(0.3, 1.6);
        add_rock(anywhere(m, near, far), largest);
    }
    for (auto k = m.between(0, 2); k > 0; --k) add_person(anywhere(m, {-4, 0, 3}, {4, 0, 15}));
    for (auto k = m.between(0, 2); k > 0; --k) {
        double const half = m.uniform(2, 7);
        add_fence(anywhere(m, {-6, 0, 4}, {6, 0, 20}), half);
    }
    if (m.chance(0.4)) add_dining(m, {4, 12, 3});
    if (m.chance(0.6)) {
        double const x = m.uniform(-10, 10), z = m.uniform(18, 40), half = m.uniform(4, 8), tall = m.uniform(3, 8);
        add_building({m, {x, 0, z}, yawed(m.uniform(-0.6, 0.6))}, half, 5, tall);
    }
    if (m.chance(0.7))  // a row of trees ends the view
        for (double x = -40; x < 40; x += m.uniform(5, 12)) add_tree({m, {x, 0, m.uniform(40, 60)}, {}});
    vec3 const from = m.point({-1, -1.8, -1}, {1, -0.9, 0});
    look_into(m, from, m.point({-3, -1.5, 15}, {3, 0.5, 15}));
}

}  // namespace hyspn::data::detail
