// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <hyspn/data/scene_model.hpp>

/// \file
/// Random numbers, surfaces and placement for those who furnish random scenes.

namespace hyspn::data::detail {

/// A scene in the making and the stream all its choices come from.
struct scene_maker {
    scene_builder build;
    random_stream random;

    explicit scene_maker(std::uint64_t seed) : random(seed) {}

    double uniform(double from, double to) { return from + (to - from) * random.uniform(); }
    bool chance(double p) { return random.uniform() < p; }
    index_t between(index_t from, index_t to) { return from + random.below(to - from + 1); }
    std::uint32_t salt() { return static_cast<std::uint32_t>(random.bits() >> 32); }
    std::int32_t add(material const& m) { return build.add(m); }

    // Arguments of one call are evaluated in an order that compilers choose: draws are statements of their own.
    vec3 point(vec3 from, vec3 to)
    {
        double const x = uniform(from.x, to.x);
        double const y = uniform(from.y, to.y);
        double const z = uniform(from.z, to.z);
        return {x, y, z};
    }

    vec3 colour(double most_saturation = 0.9)
    {
        double const hue = random.uniform();
        double const saturation = most_saturation * random.uniform();
        double const value = uniform(0.04, 0.85);
        return hue_colour(hue, saturation, value);
    }

    vec3 shade_of(vec3 c, double spread)
    {
        double const f = uniform(1 - spread, 1 + spread);
        return f * c;
    }

    material plain(vec3 c)
    {
        material m{.first = c, .second = 0.6 * c};
        m.grain = uniform(0, 0.25);
        m.grain_scale = uniform(0.05, 0.8);
        m.gloss = chance(0.3) ? uniform(0.1, 0.6) : 0;
        m.shininess = uniform(10, 120);
        m.salt = salt();
        return m;
    }

    material metal()
    {
        double const grey = uniform(0.05, 0.5);
        material m = plain({grey, grey, grey * 1.03});
        m.gloss = uniform(0.4, 1.2);
        return m;
    }

    material wood(double scale = 0.6)
    {
        double const dark = uniform(0.25, 1);
        double const redness = uniform(0.35, 0.6);
        vec3 const c = dark * vec3{0.55, redness * 0.62, 0.14};
        material m = plain(c);
        m.look = chance(0.6) ? pattern::planks : pattern::marble;
        m.second = shade_of(c, 0.4);
        m.scale = scale * uniform(0.5, 1.5);
        m.angle = chance(0.5) ? 0 : 1.5708;
        return m;
    }

    material leaves(vec3 c)
    {
        material m = plain(c);
        m.look = pattern::speckle;
        m.second = shade_of(c, 0.6);
        m.scale = uniform(0.3, 0.8);
        m.gloss = chance(0.3) ? 0.15 : 0;
        return m;
    }

    vec3 leaf_colour()
    {
        double const kind = random.uniform();
        double const value = uniform(0.06, 0.32);
        if (kind < 0.8) return value * vec3{uniform(0.3, 0.9), 1, 0.2};
        return kind < 0.9 ? value * vec3{1.8, 0.9, 0.25} : value * vec3{1.6, 0.4, 0.25};
    }

    /// Cloth, paint, paper: any pattern with any colours.
    material anything(double scale)
    {
        material m = plain(colour());
        constexpr pattern looks[] = {pattern::plain,  pattern::plain,  pattern::stripes,  pattern::checks,
                                     pattern::clouds, pattern::clouds, pattern::blotches, pattern::speckle,
                                     pattern::marble, pattern::tiles,  pattern::poster,   pattern::print,
                                     pattern::bricks};
        m.look = looks[between(0, std::size(looks) - 1)];
        m.second = chance(0.4) ? shade_of(m.first, 0.5) : colour();
        m.scale = scale * uniform(0.15, 1);
        m.angle = chance(0.5) ? 0 : uniform(0, 3.1416);
        return m;
    }

    material glass()
    {
        material m = plain({0.02, 0.025, 0.03});
        m.gloss = uniform(0.4, 1.5);
        m.shininess = 150;
        m.grain = 0.6;
        return m;
    }
};

/// A place to stand: things are put at (x, up, z) metres from it, in its axes.
class stand {
public:
    stand(scene_maker& maker, vec3 base, frame axes, double camouflage = 0)
        : maker_(maker), base_(base), axes_(axes), camouflage_(camouflage)
    {
    }

    void box(scene_part part, std::int32_t look, vec3 at, vec3 half, frame const& turn = {})
    {
        put(shape::box, part, look, at, half, turn);
    }
    void ellipsoid(scene_part part, std::int32_t look, vec3 at, vec3 half, frame const& turn = {})
    {
        put(shape::ellipsoid, part, look, at, half, turn);
    }
    /// Along the second axis.
    void cylinder(scene_part part, std::int32_t look, vec3 at, double radius, double half, frame const& turn = {})
    {
        put(shape::cylinder, part, look, at, {radius, half, radius}, turn);
    }
    /// A cylinder between two points.
    void rod(scene_part part, std::int32_t look, vec3 from, vec3 to, double radius)
    {
        vec3 const along{to.x - from.x, from.y - to.y, to.z - from.z};
        double const l = length(along);
        cylinder(part, look, 0.5 * (from + to), radius, 0.5 * l, upright_along((1 / l) * along));
    }
    void leaf(scene_part part, std::int32_t look, vec3 at, double radius, vec3 normal)
    {
        put(shape::leaf, part, look, at, {radius, radius, radius}, facing(normal));
    }

    /// Ends a group.
    void close() { maker_.build.close_group(); }

    /// The point in the world.
    vec3 world(vec3 at) const { return base_ + axes_.to_world({at.x, -at.y, at.z}); }
    frame const& axes() const { return axes_; }
    scene_maker& maker() const { return maker_; }
    double camouflage() const { return camouflage_; }

private:
    void put(shape kind, scene_part part, std::int32_t look, vec3 at, vec3 size, frame const& turn)
    {
        solid s{.kind = kind, .centre = world(at), .size = size, .axes = axes_.turned(turn)};
        s.part = static_cast<std::int32_t>(part);
        s.material = look;
        s.camouflage = camouflage_;
        s.salt = maker_.salt();
        maker_.build.add(s);
    }

    scene_maker& maker_;
    vec3 base_;
    frame axes_;
    double camouflage_;
};

/// Leaves in a ball-shaped cloud: `count` ragged discs, most near its surface.
inline void add_foliage(stand& s, scene_part part, std::int32_t look, vec3 at, vec3 half, index_t count, double radius)
{
    auto& m = s.maker();
    for (index_t k = 0; k < count; ++k) {
        vec3 const way = unit(m.point({-1, -1, -1}, {1, 1, 1}) + vec3{1e-6, 0, 0});
        double const out = std::sqrt(m.uniform(0.2, 1.0));
        vec3 const tilt = m.point({-0.8, -0.8, -0.8}, {0.8, 0.8, 0.8});
        double const r = radius * m.uniform(0.6, 1.3);
        s.leaf(part, look, at + out * (half * way), r, unit(vec3{way.x, -way.y, way.z} + tilt));
    }
    s.close();
}

}  // namespace hyspn::data::detail
