// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/data/scene_furniture.hpp>
#include <hyspn/data/scene_outdoors.hpp>

/// \file
/// Rooms: with furniture, seen from near above a desk, or full of anything. The floor is y = 0.

namespace hyspn::data::detail {

/// A room from z = 0 to depth, about x = 0.
struct room_size {
    double half_x, depth, tall;
};

/// An endless plane through a point.
inline void add_plane(scene_maker& m, scene_part part, material const& look, vec3 at, frame const& axes)
{
    solid s{.kind = shape::plane, .centre = at, .axes = axes};
    s.part = static_cast<std::int32_t>(part);
    s.material = m.add(look);
    m.build.add(s);
}

inline frame ground_axes()
{
    return {{1, 0, 0}, {0, 0, 1}, {0, 1, 0}};
}

inline void add_decal(scene_maker& m, scene_part part, material const& look, double u, double v, double half_u,
                      double half_v, double angle = 0, bool round = false)
{
    m.build.add(decal{u, v, half_u, half_v, angle, round, m.add(look), part});
}

/// Spots, patches and cracks on a plane about (u, v): strong edges of colour where there is no edge of depth.
inline void add_stains(scene_maker& m, index_t count, double u, double v, double half_u, double half_v, double largest)
{
    for (index_t k = 0; k < count; ++k) {
        material look = m.anything(0.5);
        if (m.chance(0.7)) {
            double const grey = m.uniform(0.02, 0.4);
            look = m.plain({grey, grey, 0.95 * grey});
        }
        double const x = m.uniform(-half_u, half_u), y = m.uniform(-half_v, half_v), angle = m.uniform(0, 3.1416);
        double const size = largest * m.uniform(0.1, 1), thin = m.chance(0.3) ? 0.05 : m.uniform(0.3, 1);
        add_decal(m, scene_part::none, look, u + x, v + y, size, thin * size, angle, m.chance(0.6));
    }
}

inline void add_wall_decals(scene_maker& m, double half_u, double tall)
{
    if (m.chance(0.3))  // painted lower part
        add_decal(m, scene_part::wall_surface, m.anything(0.5), 0, tall / 2 - 0.5, 50, 0.5);
    add_decal(m, scene_part::wall_surface, m.plain(m.colour(0.3)), 0, tall / 2 - 0.05, 50, 0.05);  // skirting board
    if (m.chance(0.4)) {
        material pane = m.plain(m.chance(0.6) ? vec3{0.8, 0.85, 0.95} : vec3{0.02, 0.02, 0.04});
        pane.look = pattern::tiles;
        pane.scale = m.uniform(0.4, 0.7);
        pane.second = {0.6, 0.6, 0.6};
        pane.glow = m.uniform(0, 2);
        double const u = m.uniform(-0.6, 0.6) * half_u;
        double const half = m.uniform(0.4, 0.9);
        add_decal(m, scene_part::wall_window, pane, u, -0.25, half, 0.6);
    }
    if (m.chance(0.4)) {
        double const u = m.uniform(-0.8, 0.8) * half_u;
        auto const look = m.chance(0.5) ? m.wood() : m.plain(m.colour(0.3));
        add_decal(m, scene_part::wall_door, look, u, tall / 2 - 1, 0.45, 1);
    }
    for (auto k = m.between(1, 5); k > 0; --k) {
        material picture = m.anything(0.5);
        if (m.chance(0.6)) picture.look = pattern::poster;
        double const u = m.uniform(-1, 1) * half_u, v = m.uniform(-0.8, 0.2), half = m.uniform(0.1, 0.5);
        double const ratio = m.uniform(0.6, 1.5);
        if (m.chance(0.6))
            add_decal(m, scene_part::wall_poster, m.plain(m.colour(0.3)), u, v, half + 0.03, ratio * half + 0.03);
        add_decal(m, scene_part::wall_poster, picture, u, v, half, ratio * half,
                  m.chance(0.8) ? 0 : m.uniform(-0.3, 0.3));
    }
}

inline material wall_paint(scene_maker& m)
{
    material paint = m.plain(mix(m.colour(0.5), {0.6, 0.58, 0.55}, 0.5));
    if (m.chance(0.4)) {
        constexpr pattern looks[] = {pattern::stripes, pattern::clouds, pattern::bricks, pattern::tiles,
                                     pattern::marble};
        paint.look = looks[m.between(0, 4)];
        paint.second = m.shade_of(paint.first, 0.35);
        paint.scale = m.uniform(0.2, 0.8);
    }
    return paint;
}

/// Floor, walls, ceiling and what is painted on them.
inline room_size add_room(scene_maker& m, double half_x, double depth)
{
    room_size const r{half_x, depth, m.uniform(2.3, 3.2)};
    material floor = m.chance(0.5) ? m.wood(1) : m.anything(1);
    floor.gloss = m.chance(0.4) ? m.uniform(0.1, 0.5) : 0;
    add_plane(m, scene_part::floor_surface, floor, {0, 0, 0}, ground_axes());
    add_stains(m, m.between(0, 5), 0, depth / 2, half_x, depth / 2, 0.5);
    for (auto k = m.between(0, 2); k > 0; --k) {
        double const u = m.uniform(-0.6, 0.6) * half_x, v = m.uniform(0.3, 0.8) * depth, half = m.uniform(0.4, 1.1);
        double const angle = m.uniform(-0.4, 0.4);
        auto const border = m.anything(0.4), inner = m.anything(0.4);
        bool const round = m.chance(0.3);
        add_decal(m, scene_part::floor_rug, border, u, v, half, 0.7 * half, angle, round);
        add_decal(m, scene_part::floor_rug, inner, u, v, 0.8 * half, 0.52 * half, angle, round);
    }
    material const walls = wall_paint(m);
    frame const side{{0, 0, 1}, {0, 1, 0}, {1, 0, 0}};
    double const middle = -r.tall / 2;
    add_plane(m, scene_part::wall_surface, m.chance(0.7) ? walls : wall_paint(m), {0, middle, depth}, {});
    add_wall_decals(m, half_x, r.tall);
    add_plane(m, scene_part::wall_surface, walls, {-half_x, middle, depth / 2}, side);
    add_wall_decals(m, depth / 2, r.tall);
    add_plane(m, scene_part::wall_surface, m.chance(0.7) ? walls : wall_paint(m), {half_x, middle, depth / 2}, side);
    add_wall_decals(m, depth / 2, r.tall);
    add_plane(m, scene_part::wall_surface, walls, {0, middle, -0.5}, {});
    add_plane(m, scene_part::ceiling_surface, m.plain({0.7, 0.7, 0.68}), {0, -r.tall, 0}, ground_axes());
    m.build.close_group();
    return r;
}

inline void add_room_light(scene_maker& m, room_size const& r)
{
    scene& s = m.build.made();
    double const ambient = m.uniform(0.08, 0.5), warm = m.uniform(0.7, 1.1);
    s.ambient_above = ambient * vec3{1, 1, 1};
    s.ambient_below = 0.6 * ambient * vec3{1, 0.95, 0.9};
    for (auto k = m.between(1, 2); k > 0; --k) {
        vec3 const at =
            m.point({-0.8 * r.half_x, -0.97 * r.tall, 0.1 * r.depth}, {0.8 * r.half_x, -0.6 * r.tall, 0.9 * r.depth});
        double const power = m.uniform(1, 4);
        double const size = m.chance(0.5) ? 0 : m.uniform(0.05, 0.3);
        m.build.add(lamp{.position = at, .light = power * vec3{1, 0.95, 0.85 * warm}, .size = size});
    }
    if (!m.chance(0.35)) return;  // the sun, through a window behind the camera
    vec3 const way = unit(vec3{m.uniform(-1, 1), -m.uniform(0.3, 1), -m.uniform(0.1, 1)});
    m.build.add(lamp{.position = way, .light = m.uniform(0.5, 2) * vec3{1, 0.93, 0.8}, .sun = true});
}

/// A share of the things hides in the colours behind them.
inline double some_camouflage(scene_maker& m)
{
    return m.chance(0.12) ? m.uniform(0.75, 1) : 0;
}

inline stand anywhere(scene_maker& m, vec3 from, vec3 to)
{
    vec3 const at = m.point(from, to);
    frame const turn = yawed(m.uniform(-3.1416, 3.1416));
    return {m, at, turn, some_camouflage(m)};
}

inline void add_dining(scene_maker& m, room_size const& r)
{
    vec3 const at = m.point({-0.5 * r.half_x, 0, 0.35 * r.depth}, {0.5 * r.half_x, 0, 0.75 * r.depth});
    frame const turn = yawed(m.uniform(-0.8, 0.8));
    table_size const t = add_table({m, at, turn, some_camouflage(m)});
    add_things_on({m, at, turn}, t.half_x, t.half_z, t.up, m.between(1, 7));
    for (auto k = m.between(0, 4); k > 0; --k) {
        double const around = m.uniform(-3.1416, 3.1416);
        frame const towards = turn.turned(yawed(around));
        double const away = t.half_z + m.uniform(0.05, 0.5);
        add_chair({m, at + away * towards.w, towards.turned(yawed(m.uniform(-0.5, 0.5))), some_camouflage(m)});
    }
}

/// Furniture with its back to a wall.
inline void add_along_walls(scene_maker& m, room_size const& r)
{
    for (auto k = m.between(2, 6); k > 0; --k) {
        double const wall = m.random.uniform(), place = m.uniform(-0.85, 0.85);
        double const inside = 0.55;
        vec3 at{place * r.half_x, 0, r.depth - inside};
        frame turn{};
        if (wall < 0.6) {
            double const sign = wall < 0.3 ? -1 : 1;
            at = {sign * (r.half_x - inside), 0, r.depth * (0.6 + 0.4 * place)};
            turn = yawed(sign * 1.5708);
        }
        stand const s(m, at, turn, some_camouflage(m));
        double const kind = m.random.uniform();
        if (kind < 0.4)
            add_shelf(s);
        else if (kind < 0.6)
            add_sofa(s);
        else if (kind < 0.72)
            add_floor_lamp(s);
        else if (kind < 0.85)
            add_pot_plant(s);
        else
            add_box(s, m.uniform(0.4, 1));
    }
}

inline void look_into(scene_maker& m, vec3 from, vec3 to)
{
    vec3 const way = to - from;
    double const turn = std::atan2(way.x, way.z), down = std::atan2(way.y, std::hypot(way.x, way.z));
    double const lean = m.uniform(-0.06, 0.06);
    camera& eye = m.build.made().eye;
    eye.position = from;
    eye.axes = yawed(turn).turned(pitched(down)).turned(rolled(lean));
    eye.focal = m.uniform(0.7, 1.15);
}

inline void make_room(scene_maker& m)
{
    double const half_x = m.uniform(1.6, 3.5);
    room_size const r = add_room(m, half_x, m.uniform(3.5, 9));
    add_room_light(m, r);
    add_along_walls(m, r);
    if (m.chance(0.8)) add_dining(m, r);
    vec3 const near{-0.8 * r.half_x, 0, 0.25 * r.depth}, far{0.8 * r.half_x, 0, 0.9 * r.depth};
    for (auto k = m.between(0, 3); k > 0; --k) add_chair(anywhere(m, near, far));
    for (auto k = m.between(0, 4); k > 0; --k) {
        double const largest = m.uniform(0.2, 0.7);
        add_box(anywhere(m, near, far), largest);
    }
    for (auto k = m.between(0, 3); k > 0; --k) {
        double const largest = m.uniform(0.15, 0.6);
        add_ball(anywhere(m, near, far), largest);
    }
    if (m.chance(0.4)) add_floor_lamp(anywhere(m, near, far));
    if (m.chance(0.5)) add_pot_plant(anywhere(m, near, far));
    if (m.chance(0.3)) add_person(anywhere(m, near, far));
    for (auto k = m.between(0, 3); k > 0; --k) {
        vec3 const from = m.point({-r.half_x, -r.tall, 0.3 * r.depth}, {r.half_x, -0.9 * r.tall, r.depth});
        vec3 const to = m.point({-r.half_x, -r.tall, 0.3 * r.depth}, {r.half_x, -0.3 * r.tall, r.depth});
        double const sag = m.uniform(0, 0.4);
        add_wire(m, from, to, sag, m.uniform(0.004, 0.012));
    }
    vec3 const from = m.point({-0.4 * r.half_x, -1.8, 0}, {0.4 * r.half_x, -1.1, 0.3});
    look_into(m, from, m.point({-0.5 * r.half_x, -1.2, 0.7 * r.depth}, {0.5 * r.half_x, 0, r.depth}));
}

inline void make_desk(scene_maker& m)
{
    double const half_x = m.uniform(1.5, 2.5);
    room_size const r = add_room(m, half_x, m.uniform(2.2, 4));
    add_room_light(m, r);
    material const top = m.chance(0.5) ? m.wood() : m.anything(0.8);
    double const up = 0.75, half = m.uniform(0.7, 1.1), deep = m.uniform(0.4, 0.6), middle = m.uniform(0.9, 1.3);
    solid plate{.kind = shape::box, .centre = {0, 0.03 - up, middle}, .size = {half, 0.03, deep}};
    plate.part = static_cast<std::int32_t>(scene_part::table_top);
    plate.material = m.add(top);
    m.build.add(plate);
    // A sheet that covers the top a millimetre above carries the markings: papers, stains.
    solid sheet{
        .kind = shape::plane, .centre = {0, -up - 0.001, middle}, .size = {half, deep, 0}, .axes = ground_axes()};
    sheet.part = plate.part;
    sheet.material = plate.material;
    m.build.add(sheet);
    add_stains(m, m.between(1, 4), 0, 0, half, deep, 0.12);
    for (auto k = m.between(1, 6); k > 0; --k) {
        material paper = m.plain({0.75, 0.75, 0.72});
        paper.look = m.chance(0.7) ? pattern::print : pattern::poster;
        paper.second = {0.05, 0.05, 0.06};
        paper.scale = m.uniform(0.08, 0.25);
        double const u = m.uniform(-0.9, 0.9) * half, v = m.uniform(-0.9, 0.9) * deep, size = m.uniform(0.06, 0.16);
        add_decal(m, scene_part::none, paper, u, v, size, 1.4 * size, m.uniform(-1, 1));
    }
    m.build.close_group();
    add_things_on({m, {0, 0, middle}, {}}, half, deep, up + 0.002, m.between(6, 16));
    add_along_walls(m, r);
    for (auto k = m.between(0, 3); k > 0; --k) {
        vec3 const from = m.point({-half, -up - 0.01, middle - deep}, {half, -up - 0.01, middle + deep});
        vec3 const to = m.point({-half, -up - 0.3, middle - deep}, {half, -up - 0.01, middle + deep});
        add_wire(m, from, to, 0, 0.004);
    }
    vec3 const from = m.point({-0.5, -up - 0.9, 0}, {0.5, -up - 0.35, 0.3});
    look_into(m, from, m.point({-0.3, -up, middle - 0.2}, {0.3, -up, middle + 0.4}));
}

/// A solid of any shape, size, place and direction.
inline void add_anything(scene_maker& m, room_size const& r)
{
    vec3 const at = m.point({-r.half_x, 0, 1.2}, {r.half_x, r.tall, r.depth});
    vec3 const angles = m.point({-3, -3, -3}, {3, 3, 3});
    stand s(m, {0, 0, 0}, {}, some_camouflage(m));
    frame const turn = yawed(angles.x).turned(pitched(angles.y)).turned(rolled(angles.z));
    double const largest = m.uniform(0.08, 0.7) * (0.3 + 0.2 * at.z);
    vec3 const half = m.point({0.05 * largest, 0.1 * largest, 0.02 * largest}, {largest, largest, largest});
    auto const look = m.add(m.anything(largest));
    switch (m.between(0, 5)) {
        case 0:
        case 1:
            s.box(scene_part::box_body, look, at, half, turn);
            break;
        case 2:
            s.ellipsoid(scene_part::ball_body, look, at, half, turn);
            break;
        case 3:
            s.cylinder(scene_part::vessel_body, look, at, 0.5 * half.x, half.y, turn);
            break;
        case 4:
            s.cylinder(scene_part::pole_post, look, at, m.uniform(0.006, 0.04), 3 * largest, turn);
            break;
        default:
            add_foliage(s, scene_part::bush_leaves, look, at, half, m.between(20, 50), 0.3 * half.y);
    }
    s.close();
}

inline void make_clutter(scene_maker& m)
{
    double const half_x = m.uniform(2, 5);
    room_size const r = add_room(m, half_x, m.uniform(4, 14));
    add_room_light(m, r);
    for (auto k = m.between(15, 45); k > 0; --k) add_anything(m, r);
    vec3 const from = m.point({-0.5, -0.7 * r.tall, 0}, {0.5, -0.3 * r.tall, 0.2});
    look_into(m, from, m.point({-1, -0.8 * r.tall, r.depth}, {1, -0.2 * r.tall, r.depth}));
}

}  // namespace hyspn::data::detail
