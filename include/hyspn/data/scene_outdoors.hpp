// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/data/scene_palette.hpp>

/// \file
/// Things found outdoors, made of parts. Each stands on the place it is given; what has a front has it towards -w.

namespace hyspn::data::detail {

inline void add_tree(stand s)
{
    auto& m = s.maker();
    double const trunk = m.uniform(1.2, 3), crown = m.uniform(0.9, 2.2), r = m.uniform(0.06, 0.2);
    material bark = m.plain(m.uniform(0.5, 1.5) * vec3{0.12, 0.09, 0.06});
    bark.grain = 0.6;
    bark.grain_scale = 0.15;
    auto const wood = m.add(bark);
    vec3 const fork = m.point({-0.3, trunk, -0.3}, {0.3, trunk, 0.3});
    s.rod(scene_part::tree_trunk, wood, {0, 0, 0}, fork, r);
    vec3 const colour = m.leaf_colour();
    index_t const blobs = m.between(3, 6);
    bool const bare = m.chance(0.12);
    std::vector<vec3> tips;
    for (index_t k = 0; k < blobs; ++k) {
        vec3 const tip =
            fork + m.point({-0.7 * crown, 0.2 * crown, -0.7 * crown}, {0.7 * crown, 1.5 * crown, 0.7 * crown});
        s.rod(scene_part::tree_trunk, wood, fork, tip, 0.4 * r);
        for (index_t twig = 0; bare && twig < 6; ++twig) {
            vec3 const from = mix(fork, tip, m.uniform(0.3, 1));
            s.rod(scene_part::tree_trunk, wood, from, tip + m.point({-0.6, -0.2, -0.6}, {0.6, 0.9, 0.6}), 0.012);
        }
        tips.push_back(tip);
    }
    s.close();
    if (bare) return;
    for (vec3 const& tip : tips) {
        double const half = crown * m.uniform(0.4, 0.75), leaf = half * m.uniform(0.13, 0.3);
        auto const green = m.add(m.leaves(m.shade_of(colour, 0.3)));
        add_foliage(s, scene_part::tree_crown, green, tip, {half, 0.8 * half, half}, m.between(35, 80), leaf);
    }
}

inline void add_bush(stand s, double half)
{
    auto& m = s.maker();
    auto const green = m.add(m.leaves(m.leaf_colour()));
    double const tall = half * m.uniform(0.6, 1.2), leaf = half * m.uniform(0.15, 0.3);
    add_foliage(s, scene_part::bush_leaves, green, {0, 0.8 * tall, 0}, {half, tall, half}, m.between(40, 90), leaf);
}

/// A row of bushes along w, `half` metres to each side.
inline void add_hedge(stand s, double half)
{
    auto& m = s.maker();
    auto const green = m.add(m.leaves(m.leaf_colour()));
    double const tall = m.uniform(0.4, 1.2), leaf = m.uniform(0.1, 0.25);
    for (double z = -half; z < half; z += 0.9)
        add_foliage(s, scene_part::bush_leaves, green, {0, 0.9 * tall, z}, {0.5, tall, 0.7}, m.between(30, 60), leaf);
}

inline void add_rock(stand s, double largest)
{
    auto& m = s.maker();
    vec3 const half = m.point({0.4, 0.2, 0.4}, {1, 0.7, 1});
    double const grey = m.uniform(0.1, 0.4);
    material look = m.plain({grey, 0.95 * grey, 0.88 * grey});
    look.look = pattern::clouds;
    look.scale = 0.5 * largest;
    s.ellipsoid(scene_part::rock_body, m.add(look), {0, 0.1 * largest, 0}, (0.5 * largest) * half,
                rolled(m.uniform(-0.3, 0.3)));
    s.close();
}

/// Along w, its front at -w.
inline void add_car(stand s)
{
    auto& m = s.maker();
    double const long_half = m.uniform(1.8, 2.4), wide = m.uniform(0.8, 0.95), low = m.uniform(0.28, 0.36);
    bool const van = m.chance(0.3);
    material paint = m.plain(m.chance(0.5) ? m.colour(0.15) : m.colour(1));
    paint.gloss = m.uniform(0.4, 1);
    auto const body = m.add(paint), glass = m.add(m.glass()), rubber = m.add(m.plain({0.02, 0.02, 0.02}));
    double const cabin = van ? 0.8 * long_half : 0.52 * long_half, roof = van ? 0.5 : 0.28;
    double const middle = van ? 0.15 * long_half : 0.08 * long_half, up = 0.3 + 2 * low;
    s.box(scene_part::car_body, body, {0, 0.3 + low, 0}, {wide, low, long_half});
    s.box(scene_part::car_cabin, body, {0, up + roof, middle}, {0.86 * wide, roof, cabin});
    s.box(scene_part::car_window, glass, {0, up + roof, middle}, {0.87 * wide, 0.7 * roof, 0.9 * cabin});
    s.box(scene_part::car_window, glass, {0, up + roof, middle}, {0.76 * wide, 0.75 * roof, 1.01 * cabin});
    auto lights = m.plain({0.8, 0.8, 0.75});
    lights.glow = m.chance(0.3) ? 2 : 0.2;
    auto const front = m.add(lights), back = m.add(m.plain({0.5, 0.02, 0.02}));
    for (double const x : {-0.72, 0.72}) {
        s.box(scene_part::car_light, front, {x * wide, 0.3 + 1.2 * low, -long_half}, {0.15, 0.07, 0.02});
        s.box(scene_part::car_light, back, {x * wide, 0.3 + 1.2 * low, long_half}, {0.12, 0.09, 0.02});
        for (double const z : {-0.62, 0.62})
            s.cylinder(scene_part::car_wheel, rubber, {1.2 * x * wide, 0.32, z * long_half}, 0.32, 0.11,
                       rolled(1.5708));
    }
    s.close();
}

inline void add_person(stand s)
{
    auto& m = s.maker();
    double const tall = m.uniform(1.5, 1.9), step = m.uniform(0.02, 0.25);
    auto const skin = m.add(m.plain(m.uniform(0.2, 1) * vec3{0.75, 0.5, 0.38}));
    auto const shirt = m.add(m.anything(0.3)), trousers = m.add(m.plain(m.colour(0.5)));
    double const hip = 0.5 * tall, shoulder = 0.82 * tall;
    s.rod(scene_part::person_leg, trousers, {-0.09, hip, 0}, {-0.1, 0, -step}, 0.08);
    s.rod(scene_part::person_leg, trousers, {0.09, hip, 0}, {0.1, 0, step}, 0.08);
    s.ellipsoid(scene_part::person_torso, shirt, {0, 0.5 * (hip + shoulder), 0}, {0.21, 0.2 * tall, 0.13});
    s.rod(scene_part::person_arm, shirt, {-0.22, shoulder - 0.04, 0}, {-0.27, hip, step}, 0.05);
    s.rod(scene_part::person_arm, shirt, {0.22, shoulder - 0.04, 0}, {0.27, hip, -step}, 0.05);
    s.ellipsoid(scene_part::person_head, skin, {0, 0.92 * tall, 0}, {0.09, 0.12, 0.1});
    s.close();
}

/// A street lamp, a traffic sign or a bare post.
inline void add_pole(stand s)
{
    auto& m = s.maker();
    auto const steel = m.add(m.metal());
    double const kind = m.random.uniform();
    if (kind < 0.45) {
        double const tall = m.uniform(4, 7);
        s.cylinder(scene_part::pole_post, steel, {0, tall / 2, 0}, 0.06, tall / 2);
        s.rod(scene_part::pole_post, steel, {0, tall, 0}, {-1.2, tall + 0.2, 0}, 0.04);
        s.box(scene_part::pole_head, steel, {-1.3, tall + 0.2, 0}, {0.3, 0.06, 0.12});
    } else if (kind < 0.85) {
        double const tall = m.uniform(2, 2.8);
        s.cylinder(scene_part::pole_post, steel, {0, tall / 2, 0}, 0.03, tall / 2);
        material face = m.anything(0.5);
        face.look = m.chance(0.5) ? pattern::poster : pattern::print;
        if (m.chance(0.5))
            s.cylinder(scene_part::pole_sign, m.add(face), {0, tall - 0.3, -0.05}, 0.3, 0.01, pitched(1.5708));
        else
            s.box(scene_part::pole_sign, m.add(face), {0, tall - 0.3, -0.05}, {0.35, m.uniform(0.15, 0.4), 0.01});
    } else {
        double const tall = m.uniform(0.7, 1.1);
        s.cylinder(scene_part::pole_post, steel, {0, tall / 2, 0}, 0.05, tall / 2);
    }
    s.close();
}

/// Along u, `half` metres to each side: bars between posts, boards, or wire on posts.
inline void add_fence(stand s, double half)
{
    auto& m = s.maker();
    auto const post = m.add(m.chance(0.5) ? m.wood() : m.metal());
    double const tall = m.uniform(0.7, 1.6), gap = m.uniform(0.12, 0.35), r = m.uniform(0.008, 0.03);
    bool const boards = m.chance(0.35);
    for (double x = -half; x <= half; x += 2)
        s.cylinder(scene_part::fence_post, post, {x, tall / 2, 0}, 2 * r, tall / 2);
    for (double const up : {0.15, 0.9}) s.box(scene_part::fence_bar, post, {0, up * tall, 0}, {half, 0.02, 0.012});
    s.close();
    index_t in_group = 0;
    for (double x = -half; x <= half; x += gap) {
        if (boards)
            s.box(scene_part::fence_bar, post, {x, 0.52 * tall, -0.02}, {0.36 * gap, 0.48 * tall, 0.01});
        else
            s.cylinder(scene_part::fence_bar, post, {x, 0.52 * tall, 0}, r, 0.46 * tall);
        if (++in_group % 12 == 0) s.close();
    }
    s.close();
}

/// A hanging line between two points of the world.
inline void add_wire(scene_maker& m, vec3 from, vec3 to, double sag, double radius)
{
    stand s(m, {}, {});
    auto const look = m.add(m.plain({0.03, 0.03, 0.03}));
    constexpr int pieces = 8;
    auto const at = [&](int k) {
        double const t = static_cast<double>(k) / pieces;
        vec3 p = mix(from, to, t);
        p.y += 4 * sag * t * (1 - t);
        return vec3{p.x, -p.y, p.z};
    };
    for (int k = 0; k < pieces; ++k) {
        s.rod(scene_part::wire_line, look, at(k), at(k + 1), radius);
        if (k % 2 != 0) s.close();
    }
}

/// A house whose front, of half width half_x, lies in the plane w = 0, half_z deep.
inline void add_building(stand s, double half_x, double half_z, double tall)
{
    auto& m = s.maker();
    material front = m.plain(m.chance(0.7) ? mix(m.colour(0.5), {0.5, 0.45, 0.4}, 0.5) : m.colour(0.5));
    double const kind = m.random.uniform();
    front.look = kind < 0.65 ? pattern::facade : kind < 0.85 ? pattern::bricks : pattern::plain;
    front.scale = front.look == pattern::facade ? m.uniform(1.8, 3.2) : 0.6;
    front.second = front.look == pattern::facade ? vec3{0.05, 0.06, 0.08} : m.shade_of(front.first, 0.5);
    front.grain = m.uniform(0.1, 0.4);
    front.grain_scale = m.uniform(1, 4);
    auto const look = m.add(front);
    s.box(scene_part::building_front, look, {0, tall / 2, half_z}, {half_x, tall / 2, half_z});
    s.box(scene_part::building_roof, m.add(m.plain({0.15, 0.08, 0.06})), {0, tall + 0.1, half_z},
          {half_x + 0.2, 0.1, half_z + 0.25});
    s.close();
    auto const door = m.add(m.anything(0.8)), rail = m.add(m.plain(m.colour(0.3)));
    double const x = m.uniform(-0.7, 0.7) * half_x;
    s.box(scene_part::building_door, door, {x, 1.05, 0}, {0.5, 1.05, 0.04});
    if (m.chance(0.4)) s.box(scene_part::building_balcony, door, {x, 2.4, -0.5}, {1.2, 0.04, 0.55}, pitched(0.2));
    s.close();
    for (double up = 3; up + 1 < tall && m.chance(0.7); up += 3)
        for (double along = -0.6; along < 0.7; along += 0.6) {
            s.box(scene_part::building_balcony, rail, {along * half_x, up, -0.4}, {0.9, 0.06, 0.45});
            s.box(scene_part::building_balcony, rail, {along * half_x, up + 0.9, -0.83}, {0.9, 0.03, 0.02});
            for (double bar = -0.9; bar < 0.95; bar += 0.3)
                s.cylinder(scene_part::building_balcony, rail, {along * half_x + bar, up + 0.45, -0.83}, 0.015, 0.45);
            s.close();
        }
}

}  // namespace hyspn::data::detail
