// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <hyspn/data/scene_outdoor_layouts.hpp>
#include <hyspn/data/scene_render.hpp>

/// \file
/// Random scenes with exact depth and labels, for training and testing without photographs.
///
/// What they have that layered shapes lack: edges of colour where depth is smooth (paint on roads, posters, windows,
/// patterns, cast shadows, stains) and edges of depth where colour is the same (things in the colours of what lies
/// behind them); thin posts, wires and legs; foliage of small ragged leaves; parts within things.

namespace hyspn::data {

enum class scene_layout {
    any,      ///< one of the others, by the seed
    room,     ///< furnished, to about 10 m
    desk,     ///< a table top with small things, from 0.4 m
    clutter,  ///< a room full of solids of any shape and direction
    street,   ///< to 80 m, with sky
    garden    ///< lawn, trees, bushes, fences, with sky
};

struct scene_options {
    index_t height = 144, width = 192;
    std::uint64_t seed = 0;
    scene_layout layout = scene_layout::any;
    double max_depth = 80;  ///< metres; what is farther has no depth
    double noise = 1;       ///< factor of the sensor noise; 0 for none
};

namespace detail {

inline scene_layout choose_layout(scene_maker& m, scene_layout asked)
{
    double const choice = m.random.uniform();
    if (asked != scene_layout::any) return asked;
    if (choice < 0.3) return scene_layout::room;
    if (choice < 0.45) return scene_layout::desk;
    if (choice < 0.6) return scene_layout::clutter;
    return choice < 0.85 ? scene_layout::street : scene_layout::garden;
}

inline void furnish(scene_maker& m, scene_layout layout)
{
    switch (layout) {
        case scene_layout::desk:
            return make_desk(m);
        case scene_layout::clutter:
            return make_clutter(m);
        case scene_layout::street:
            return make_street(m);
        case scene_layout::garden:
            return make_garden(m);
        default:
            return make_room(m);
    }
}

}  // namespace detail

/// The scene of a seed, not yet drawn; the same on every platform but for the last digits of sin, cos and the like.
inline scene make_scene(std::uint64_t seed, scene_layout layout = scene_layout::any)
{
    detail::scene_maker maker(seed);
    detail::furnish(maker, detail::choose_layout(maker, layout));
    return maker.build.take();
}

/// A random exposure, noise, blur and so on.
inline photograph make_photograph(std::uint64_t seed)
{
    detail::scene_maker m(detail::hashed(seed, 1));
    photograph how;
    how.brightness = m.uniform(0.3, 0.55);
    how.vignetting = m.uniform(0, 0.35);
    how.blur = m.uniform(0.35, 0.8);
    how.noise = m.chance(0.3) ? m.uniform(0.015, 0.04) : m.uniform(0.003, 0.015);
    how.tint = {m.uniform(0.9, 1.1), 1, m.uniform(0.88, 1.12)};
    how.seed = m.random.bits();
    return how;
}

/// Makes and draws the scene of `options.seed`. rgb [3, H, W] in [0, 1]; depth [H, W] in metres, 0 where there is no
/// surface (sky) or it is beyond max_depth; labels and parts [H, W], see data/scene_classes.hpp.
///
/// Deterministic: the same bits on exec::seq and exec::omp with any number of threads. 192 x 144 take some 0.04 s on
/// one core, crowded scenes 0.1 s. Throws value_error for a height or width below 1, a max_depth that is not positive,
/// a negative noise.
template <execution_policy P>
    requires same_space<P, tensor<float, 2>> scene_images render_scene(P const& exec, scene_options const& options = {})
    {
        hyspn::detail::require_value(options.noise >= 0, "render_scene", "noise", "at least 0", options.noise);
        photograph how = make_photograph(options.seed);
        how.max_depth = options.max_depth;
        how.noise *= options.noise;
        return draw(exec, make_scene(options.seed, options.layout), options.height, options.width, how);
    }

}  // namespace hyspn::data
