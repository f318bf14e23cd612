// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <hyspn/core/config.hpp>
#include <hyspn/data/scene_classes.hpp>
#include <hyspn/data/scene_material.hpp>
#include <hyspn/data/scene_shapes.hpp>

/// \file
/// A scene before it is drawn: solids, surfaces, light and a camera. data/scene.hpp makes random ones, and
/// data/scene_render.hpp draws them.

namespace hyspn::data {

/// A flat marking on a plane: a rectangle, or an ellipse, in the coordinates (u, v) of the plane, in metres.
struct decal {
    double u = 0, v = 0, half_u = 0.5, half_v = 0.5;
    double angle = 0;
    bool round = false;
    std::int32_t material = 0;
    scene_part part = scene_part::none;  ///< what the marking is part of
};

/// Solids first ... last - 1 and a ball about them.
struct solid_group {
    vec3 centre{};
    double radius = 0;  ///< infinity where one of them is endless
    std::int32_t first = 0, last = 0;
};

/// A lamp at a position, or the sun in a direction.
struct lamp {
    vec3 position{};      ///< of the sun: unit vector towards it
    vec3 light{1, 1, 1};  ///< brightness on a surface facing it: at 1 m; of the sun, everywhere
    bool sun = false;
    double size = 0;  ///< radius, metres; of the sun, radians. Its shadows have soft edges.
};

/// What is seen where no solid is.
struct background {
    vec3 horizon{0.7, 0.75, 0.8}, zenith{0.3, 0.45, 0.8};
    double clouds = 0;  ///< share of the sky
    std::uint32_t salt = 0;
};

/// A pinhole camera. Axes: right, down, forward. Depth is measured along the third.
struct camera {
    vec3 position{};
    frame axes{};
    double focal = 0.9;  ///< in widths of the image
};

struct scene {
    std::vector<solid> solids;
    std::vector<solid_group> groups;
    std::vector<material> materials;
    std::vector<decal> decals;
    std::vector<lamp> lamps;
    background sky;
    vec3 ambient_above{0.3, 0.3, 0.3}, ambient_below{0.15, 0.15, 0.15};  ///< light on what faces up and down
    double haze = 0;  ///< share of the light lost to the sky's colour per metre
    camera eye;
};

/// Adds solids to a scene in groups, which make rays fast: a ray looks at the solids of a group only if it meets the
/// ball about them.
class scene_builder {
public:
    std::int32_t add(material const& m)
    {
        made_.materials.push_back(m);
        return static_cast<std::int32_t>(made_.materials.size()) - 1;
    }

    std::int32_t add(solid const& s)
    {
        made_.solids.push_back(s);
        return static_cast<std::int32_t>(made_.solids.size()) - 1;
    }

    /// Markings for the plane added last.
    void add(decal const& d)
    {
        solid& s = made_.solids.back();
        if (s.decals == 0) s.first_decal = static_cast<std::int32_t>(made_.decals.size());
        made_.decals.push_back(d);
        ++s.decals;
    }

    void add(lamp const& l) { made_.lamps.push_back(l); }

    /// Makes a group of all solids added since the last call; nothing if there are none.
    void close_group()
    {
        auto const first = made_.groups.empty() ? 0 : made_.groups.back().last;
        auto const last = static_cast<std::int32_t>(made_.solids.size());
        if (first == last) return;
        vec3 sum{};
        for (auto k = first; k < last; ++k) sum = sum + at(k).centre;
        solid_group g{(1.0 / (last - first)) * sum, 0, first, last};
        for (auto k = first; k < last; ++k)
            g.radius = std::max(g.radius, length(at(k).centre - g.centre) + detail::reach(at(k)));
        made_.groups.push_back(g);
    }

    /// The scene so far, for what is set directly.
    scene& made() { return made_; }

    scene take()
    {
        close_group();
        return std::move(made_);
    }

private:
    solid const& at(std::int32_t k) const { return made_.solids[static_cast<std::size_t>(k)]; }

    scene made_;
};

}  // namespace hyspn::data
