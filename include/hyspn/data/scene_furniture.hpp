// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/data/scene_palette.hpp>

/// \file
/// Things found indoors, made of parts. Each stands on the place it is given, its front towards the axis -w.

namespace hyspn::data::detail {

inline void add_box(stand s, double largest)
{
    auto& m = s.maker();
    auto const look = m.add(m.anything(0.6 * largest));
    vec3 const half = m.point({0.3, 0.2, 0.3}, {1, 1, 1});
    s.box(scene_part::box_body, look, {0, largest * half.y / 2, 0}, (largest / 2) * half);
    s.close();
}

inline void add_ball(stand s, double largest)
{
    auto& m = s.maker();
    double const r = largest / 2 * m.uniform(0.4, 1);
    s.ellipsoid(scene_part::ball_body, m.add(m.anything(2 * r)), {0, r, 0}, {r, r, r});
    s.close();
}

/// A cup, a bottle or a vase.
inline void add_vessel(stand s)
{
    auto& m = s.maker();
    double const r = m.uniform(0.03, 0.06), half = r * m.uniform(0.8, 2.2);
    auto look = m.plain(m.colour());
    look.gloss = m.uniform(0.2, 1);
    auto const id = m.add(look);
    s.cylinder(scene_part::vessel_body, id, {0, half, 0}, r, half);
    if (m.chance(0.6)) {
        double const neck = half * m.uniform(0.3, 0.7);
        s.cylinder(scene_part::vessel_neck, id, {0, 2 * half + neck, 0}, 0.4 * r, neck);
    }
    s.close();
}

inline void add_books(stand s, double width, double room, double depth, scene_part part)
{
    auto& m = s.maker();
    double x = -width;
    while (x < width) {
        double const thick = m.uniform(0.01, 0.03), tall = room * m.uniform(0.5, 0.95);
        if (m.chance(0.12)) x += m.uniform(0.02, 0.2);
        if (x + 2 * thick > width) break;
        auto look = m.plain(m.colour());
        look.look = m.chance(0.3) ? pattern::stripes : pattern::plain;
        look.angle = 1.5708;
        look.scale = m.uniform(0.05, 0.2);
        double const back = depth * m.uniform(0.6, 0.9);
        s.box(part, m.add(look), {x + thick, tall / 2, depth - back}, {thick, tall / 2, back});
        x += 2 * thick;
    }
    s.close();
}

inline void add_screen(stand s)
{
    auto& m = s.maker();
    double const half = m.uniform(0.2, 0.35), tall = 0.6 * half, foot = m.uniform(0.05, 0.15);
    auto const dark = m.add(m.plain({0.03, 0.03, 0.035}));
    auto picture = m.chance(0.5) ? m.glass() : m.anything(2 * half);
    picture.glow = m.chance(0.5) ? m.uniform(0.3, 1) : 0;
    frame const lean = pitched(m.uniform(-0.15, 0.05));
    s.box(scene_part::screen_stand, dark, {0, 0.01, 0}, {0.4 * half, 0.01, 0.08});
    s.box(scene_part::screen_stand, dark, {0, foot + 0.5 * tall, 0.03}, {0.03, foot + 0.5 * tall, 0.01});
    s.box(scene_part::screen_glass, m.add(picture), {0, 2 * foot + tall, 0}, {half, tall, 0.015}, lean);
    s.close();
}

inline void add_pot_plant(stand s)
{
    auto& m = s.maker();
    double const r = m.uniform(0.08, 0.2), tall = r * m.uniform(0.8, 1.2), crown = r * m.uniform(1.2, 2.2);
    s.cylinder(scene_part::pot_plant_pot, m.add(m.plain(m.colour())), {0, tall, 0}, r, tall);
    auto const green = m.add(m.leaves(m.leaf_colour()));
    double const up = 2 * tall + 0.8 * crown;
    s.rod(scene_part::pot_plant_leaves, green, {0, 2 * tall, 0}, {0, up, 0}, 0.012);
    s.close();
    add_foliage(s, scene_part::pot_plant_leaves, green, {0, up, 0}, {crown, 1.2 * crown, crown}, m.between(25, 60),
                0.35 * crown);
}

/// Something small enough to stand on a table.
inline void add_small_thing(stand s)
{
    auto& m = s.maker();
    switch (m.between(0, 6)) {
        case 0:
            return add_ball(s, 0.2);
        case 1:
            return add_screen(s);
        case 2:
            return add_pot_plant(stand(m, s.world({}), s.axes(), s.camouflage()));
        case 3:
            return add_books(s, m.uniform(0.05, 0.2), 0.28, 0.09, scene_part::shelf_book);
        case 4:
        case 5:
            return add_vessel(s);
        default:
            return add_box(s, m.uniform(0.1, 0.35));
    }
}

inline void add_things_on(stand s, double half_x, double half_z, double up, index_t count)
{
    auto& m = s.maker();
    for (index_t k = 0; k < count; ++k) {
        vec3 const at = m.point({-0.85 * half_x, up, -0.85 * half_z}, {0.85 * half_x, up, 0.85 * half_z});
        frame const turn = yawed(m.uniform(-0.8, 0.8));
        add_small_thing({m, s.world(at), s.axes().turned(turn), m.chance(0.1) ? m.uniform(0.8, 1) : 0});
    }
}

/// Half sides of the top and its height above the floor.
struct table_size {
    double half_x, half_z, up;
};

inline table_size add_table(stand s)
{
    auto& m = s.maker();
    double const half_x = m.uniform(0.4, 0.9), half_z = m.uniform(0.3, 0.5);
    double const up = m.chance(0.3) ? m.uniform(0.35, 0.5) : m.uniform(0.65, 0.8);
    auto const wood = m.add(m.chance(0.6) ? m.wood() : m.anything(half_x));
    auto const legs = m.chance(0.5) ? wood : m.add(m.metal());
    double const r = m.uniform(0.012, 0.035);
    if (m.chance(0.2)) {
        s.ellipsoid(scene_part::table_top, wood, {0, up, 0}, {half_x, 0.03, half_z});
        s.cylinder(scene_part::table_leg, legs, {0, up / 2, 0}, 1.5 * r, up / 2);
        s.cylinder(scene_part::table_leg, legs, {0, 0.015, 0}, 0.25, 0.015);
    } else {
        s.box(scene_part::table_top, wood, {0, up - 0.015, 0}, {half_x, 0.015, half_z});
        for (double const x : {-0.93, 0.93})
            for (double const z : {-0.9, 0.9})
                s.cylinder(scene_part::table_leg, legs, {x * half_x, up / 2, z * half_z}, r, up / 2);
    }
    s.close();
    return {half_x, half_z, up};
}

inline void add_chair(stand s)
{
    auto& m = s.maker();
    double const half = m.uniform(0.19, 0.25), up = m.uniform(0.4, 0.5), r = m.uniform(0.01, 0.022);
    double const tall = m.uniform(0.35, 0.55);
    auto const seat = m.add(m.chance(0.5) ? m.wood(0.3) : m.anything(0.4));
    auto const legs = m.chance(0.5) ? seat : m.add(m.metal());
    s.box(scene_part::chair_seat, seat, {0, up, 0}, {half, m.chance(0.5) ? 0.015 : 0.04, half});
    for (double const x : {-0.9, 0.9}) {
        s.rod(scene_part::chair_leg, legs, {x * half, up, -0.9 * half}, {1.1 * x * half, 0, -half}, r);
        s.rod(scene_part::chair_leg, legs, {x * half, up, 0.9 * half}, {1.1 * x * half, 0, 1.1 * half}, r);
        s.rod(scene_part::chair_back, legs, {x * half, up, 0.95 * half}, {x * half, up + tall, 1.15 * half}, r);
    }
    if (m.chance(0.5)) {
        s.box(scene_part::chair_back, seat, {0, up + 0.7 * tall, 1.08 * half}, {half, 0.3 * tall, 0.015});
    } else {  // slats
        for (double const x : {-0.45, 0.0, 0.45})
            s.rod(scene_part::chair_back, legs, {x * half, up, 0.95 * half}, {x * half, up + tall, 1.15 * half},
                  0.7 * r);
        s.rod(scene_part::chair_back, legs, {-0.9 * half, up + tall, 1.15 * half}, {0.9 * half, up + tall, 1.15 * half},
              1.3 * r);
    }
    s.close();
}

inline void add_shelf(stand s)
{
    auto& m = s.maker();
    double const half = m.uniform(0.3, 0.7), deep = m.uniform(0.12, 0.2), tall = m.uniform(0.8, 2.1);
    auto const wood = m.add(m.chance(0.6) ? m.wood() : m.plain(m.colour(0.4)));
    index_t const boards = 2 + static_cast<index_t>(tall / 0.4);
    for (double const x : {-half, half})
        s.box(scene_part::shelf_frame, wood, {x, tall / 2, 0}, {0.012, tall / 2, deep});
    if (m.chance(0.6)) s.box(scene_part::shelf_frame, wood, {0, tall / 2, deep}, {half, tall / 2, 0.008});
    double const room = tall / static_cast<double>(boards - 1);
    for (index_t k = 0; k < boards; ++k)
        s.box(scene_part::shelf_board, wood, {0, 0.012 + static_cast<double>(k) * (room - 0.012), 0},
              {half, 0.012, deep});
    s.close();
    for (index_t k = 0; k + 1 < boards; ++k) {
        double const up = 0.024 + static_cast<double>(k) * (room - 0.012);
        stand const on(m, s.world({0, up, -0.02}), s.axes(), s.camouflage());
        if (m.chance(0.6))
            add_books(on, 0.94 * half, std::min(room - 0.04, 0.32), 0.8 * deep, scene_part::shelf_book);
        else
            add_things_on(on, 0.8 * half, 0.5 * deep, 0, m.between(0, 2));
    }
}

inline void add_sofa(stand s)
{
    auto& m = s.maker();
    double const half = m.uniform(0.45, 1.1), deep = 0.42, up = m.uniform(0.35, 0.45);
    auto const cloth = m.add(m.anything(0.5));
    auto const cushion = m.add(m.anything(0.3));
    s.box(scene_part::sofa_base, cloth, {0, up / 2, 0}, {half, up / 2, deep});
    s.box(scene_part::sofa_back, cloth, {0, up + 0.2, deep}, {half, 0.28, 0.1}, pitched(-0.15));
    for (double const x : {-half, half}) s.box(scene_part::sofa_arm, cloth, {x, up * 0.75, 0}, {0.09, 0.75 * up, deep});
    for (double x = -half + 0.35; x < half; x += m.uniform(0.4, 0.9))
        s.ellipsoid(scene_part::sofa_cushion, cushion, {x, up + 0.17, 0.6 * deep}, {0.2, 0.18, 0.09}, pitched(-0.4));
    s.close();
}

/// A floor lamp; its light is the layout's business.
inline void add_floor_lamp(stand s)
{
    auto& m = s.maker();
    double const tall = m.uniform(1.2, 1.7);
    auto shade = m.plain(mix(m.colour(0.4), {0.9, 0.8, 0.6}, 0.6));
    shade.glow = m.chance(0.6) ? m.uniform(0.6, 2) : 0;
    auto const stem = m.add(m.metal());
    s.cylinder(scene_part::lamp_stem, stem, {0, 0.015, 0}, 0.14, 0.015);
    s.cylinder(scene_part::lamp_stem, stem, {0, tall / 2, 0}, 0.012, tall / 2);
    s.cylinder(scene_part::lamp_shade, m.add(shade), {0, tall, 0}, m.uniform(0.12, 0.2), 0.13);
    s.close();
}

}  // namespace hyspn::data::detail
