// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>

/// \file
/// What the things of a scene are called: a tree scene → group → class → part. Each part map of a scene has the
/// indices of scene_part, each label map those of scene_class; 0 is neither.

namespace hyspn::data {

enum class scene_group : std::int32_t { none, sky, ground, structure, furniture, thing, vehicle, living, plant };

// clang-format off
enum class scene_class : std::int32_t {
    none, sky, floor, road, pavement, grass, wall, ceiling, building, table, chair, shelf, sofa, lamp, screen, vessel,
    box, ball, car, pole, fence, wire, person, tree, bush, pot_plant, rock
};

enum class scene_part : std::int32_t {
    none, sky, floor_surface, floor_rug, road_surface, road_paint, pavement_surface, grass_surface, grass_path,
    wall_surface, wall_poster, wall_window, wall_door, ceiling_surface, building_front, building_roof, building_balcony,
    building_door, table_top, table_leg, chair_seat, chair_back, chair_leg, shelf_frame, shelf_board, shelf_book,
    sofa_base, sofa_back, sofa_arm, sofa_cushion, lamp_shade, lamp_stem, screen_glass, screen_stand, vessel_body,
    vessel_neck, box_body, ball_body, car_body, car_cabin, car_window, car_wheel, car_light, pole_post, pole_sign,
    pole_head, fence_post, fence_bar, wire_line, person_head, person_torso, person_leg, person_arm, tree_trunk,
    tree_crown, bush_leaves, pot_plant_pot, pot_plant_leaves, rock_body
};
// clang-format on

namespace detail {

struct class_entry {
    char const* name;
    scene_group group;
};

struct part_entry {
    char const* name;
    scene_class parent;
};

inline constexpr std::array<char const*, 9> scene_groups{"none",  "sky",     "ground", "structure", "furniture",
                                                         "thing", "vehicle", "living", "plant"};

inline constexpr class_entry scene_classes[] = {
    {"none", scene_group::none},       {"sky", scene_group::sky},           {"floor", scene_group::ground},
    {"road", scene_group::ground},     {"pavement", scene_group::ground},   {"grass", scene_group::ground},
    {"wall", scene_group::structure},  {"ceiling", scene_group::structure}, {"building", scene_group::structure},
    {"table", scene_group::furniture}, {"chair", scene_group::furniture},   {"shelf", scene_group::furniture},
    {"sofa", scene_group::furniture},  {"lamp", scene_group::furniture},    {"screen", scene_group::thing},
    {"vessel", scene_group::thing},    {"box", scene_group::thing},         {"ball", scene_group::thing},
    {"car", scene_group::vehicle},     {"pole", scene_group::structure},    {"fence", scene_group::structure},
    {"wire", scene_group::structure},  {"person", scene_group::living},     {"tree", scene_group::plant},
    {"bush", scene_group::plant},      {"pot_plant", scene_group::plant},   {"rock", scene_group::thing},
};

inline constexpr part_entry scene_parts[] = {
    {"none", scene_class::none},        {"sky", scene_class::sky},          {"surface", scene_class::floor},
    {"rug", scene_class::floor},        {"surface", scene_class::road},     {"paint", scene_class::road},
    {"surface", scene_class::pavement}, {"surface", scene_class::grass},    {"path", scene_class::grass},
    {"surface", scene_class::wall},     {"poster", scene_class::wall},      {"window", scene_class::wall},
    {"door", scene_class::wall},        {"surface", scene_class::ceiling},  {"front", scene_class::building},
    {"roof", scene_class::building},    {"balcony", scene_class::building}, {"door", scene_class::building},
    {"top", scene_class::table},        {"leg", scene_class::table},        {"seat", scene_class::chair},
    {"back", scene_class::chair},       {"leg", scene_class::chair},        {"frame", scene_class::shelf},
    {"board", scene_class::shelf},      {"book", scene_class::shelf},       {"base", scene_class::sofa},
    {"back", scene_class::sofa},        {"arm", scene_class::sofa},         {"cushion", scene_class::sofa},
    {"shade", scene_class::lamp},       {"stem", scene_class::lamp},        {"glass", scene_class::screen},
    {"stand", scene_class::screen},     {"body", scene_class::vessel},      {"neck", scene_class::vessel},
    {"body", scene_class::box},         {"body", scene_class::ball},        {"body", scene_class::car},
    {"cabin", scene_class::car},        {"window", scene_class::car},       {"wheel", scene_class::car},
    {"light", scene_class::car},        {"post", scene_class::pole},        {"sign", scene_class::pole},
    {"head", scene_class::pole},        {"post", scene_class::fence},       {"bar", scene_class::fence},
    {"line", scene_class::wire},        {"head", scene_class::person},      {"torso", scene_class::person},
    {"leg", scene_class::person},       {"arm", scene_class::person},       {"trunk", scene_class::tree},
    {"crown", scene_class::tree},       {"leaves", scene_class::bush},      {"pot", scene_class::pot_plant},
    {"leaves", scene_class::pot_plant}, {"body", scene_class::rock},
};

}  // namespace detail

/// Numbers of classes, parts and groups, `none` included.
inline constexpr std::int32_t scene_class_count = static_cast<std::int32_t>(std::size(detail::scene_classes));
inline constexpr std::int32_t scene_part_count = static_cast<std::int32_t>(std::size(detail::scene_parts));
inline constexpr std::int32_t scene_group_count = static_cast<std::int32_t>(std::size(detail::scene_groups));

static_assert(scene_class_count == static_cast<std::int32_t>(scene_class::rock) + 1);
static_assert(scene_part_count == static_cast<std::int32_t>(scene_part::rock_body) + 1);
static_assert(scene_group_count == static_cast<std::int32_t>(scene_group::plant) + 1);

constexpr scene_class class_of(scene_part part)
{
    return detail::scene_parts[static_cast<std::size_t>(part)].parent;
}

constexpr scene_group group_of(scene_class kind)
{
    return detail::scene_classes[static_cast<std::size_t>(kind)].group;
}

/// "table", "car", ...
constexpr char const* name_of(scene_class kind)
{
    return detail::scene_classes[static_cast<std::size_t>(kind)].name;
}

/// The part's name within its class: "top", "leg", ...
constexpr char const* name_of(scene_part part)
{
    return detail::scene_parts[static_cast<std::size_t>(part)].name;
}

constexpr char const* name_of(scene_group group)
{
    return detail::scene_groups[static_cast<std::size_t>(group)];
}

}  // namespace hyspn::data
