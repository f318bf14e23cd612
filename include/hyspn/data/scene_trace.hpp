// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hyspn/data/scene_model.hpp>

/// \file
/// Rays through a scene: what they meet and what colour it has.

namespace hyspn::data::detail {

/// What a ray meets first; `which` is -1 where there is nothing.
struct sighting {
    double t = never;
    std::int32_t which = -1;
    solid_group const* group = nullptr;
};

/// Whether the ray, whose direction has the squared length 1/inverse, comes to a group's ball before `t`.
inline bool may_meet(solid_group const& g, ray const& r, double inverse, double t)
{
    if (std::isinf(g.radius)) return true;
    vec3 const to = g.centre - r.from;
    double const along = dot(to, r.along) * inverse;  // t of the nearest point to the centre
    double const outside = dot(to, to) - g.radius * g.radius;
    if (outside <= 0) return true;
    double const chord = along * along - outside * inverse;
    return along > 0 && chord >= 0 && along - std::sqrt(chord) < t;
}

/// The first solid on the ray; one group can be left out.
inline sighting look(scene const& s, ray const& r, solid_group const* without = nullptr)
{
    sighting seen;
    double const inverse = 1 / dot(r.along, r.along);
    for (auto const& g : s.groups) {
        if (&g == without || !may_meet(g, r, inverse, seen.t)) continue;
        for (auto k = g.first; k < g.last; ++k) {
            double const t = meet(s.solids[static_cast<std::size_t>(k)], r);
            if (t < seen.t) seen = {t, k, &g};
        }
    }
    return seen;
}

/// Whether a solid of finite size lies on the ray before t = until. Endless planes are the outsides of a scene: they
/// hide no lamp.
inline bool shadowed(scene const& s, ray const& r, double until)
{
    double const inverse = 1 / dot(r.along, r.along);
    for (auto const& g : s.groups) {
        if (std::isinf(g.radius) || !may_meet(g, r, inverse, until)) continue;
        for (auto k = g.first; k < g.last; ++k)
            if (meet(s.solids[static_cast<std::size_t>(k)], r) < until) return true;
    }
    return false;
}

inline vec3 sky_colour(background const& sky, vec3 along)
{
    vec3 const d = unit(along);
    double const up = std::clamp(-d.y, 0.0, 1.0);
    vec3 colour = mix(sky.horizon, sky.zenith, std::sqrt(up));
    if (sky.clouds > 0) {
        double const height = 1 / (up + 0.15);
        double const noise = octaves({1.6 * d.x * height, 0, 1.6 * d.z * height}, 4, sky.salt, 0.02 * height);
        double const cover = std::clamp((noise - 0.85 + 0.7 * sky.clouds) * 5, 0.0, 1.0);
        colour = mix(colour, {0.85, 0.85, 0.87}, cover * 0.9);
    }
    return colour;
}

inline bool covers(decal const& d, double u, double v)
{
    double const c = std::cos(d.angle), s = std::sin(d.angle), x = u - d.u, y = v - d.v;
    double const a = (c * x + s * y) / d.half_u, b = (c * y - s * x) / d.half_v;
    return d.round ? a * a + b * b <= 1 : std::fabs(a) <= 1 && std::fabs(b) <= 1;
}

/// The topmost marking at a point of a solid, or none.
inline decal const* marking_at(scene const& s, solid const& o, surface_point const& p)
{
    for (auto k = o.first_decal + o.decals; k-- > o.first_decal;) {
        auto const& d = s.decals[static_cast<std::size_t>(k)];
        if (covers(d, p.u, p.v)) return &d;
    }
    return nullptr;
}

/// A surface point with everything that decides its colour.
struct shading_point {
    vec3 position;
    surface_point surface;
    material const* look;
    vec3 colour;  ///< of the material there
    scene_part part;
};

inline shading_point shading_at(scene const& s, ray const& r, sighting const& seen, double pixel)
{
    auto const& o = s.solids[static_cast<std::size_t>(seen.which)];
    shading_point p{r.at(seen.t), surface_at(o, r, seen.t), nullptr, {}, static_cast<scene_part>(o.part)};
    double const slant = std::fabs(dot(p.surface.normal, r.along)) / length(r.along);
    double const footprint = pixel * seen.t / std::sqrt(std::max(slant, 0.02));
    auto painted = p.surface;
    p.look = &s.materials[static_cast<std::size_t>(o.material)];
    if (auto const* const d = marking_at(s, o, p.surface)) {
        p.look = &s.materials[static_cast<std::size_t>(d->material)];
        if (d->part != scene_part::none) p.part = d->part;
        double const c = std::cos(d->angle), sn = std::sin(d->angle), u = painted.u - d->u, v = painted.v - d->v;
        painted.u = c * u + sn * v;
        painted.v = c * v - sn * u;
        if (p.look->look == pattern::poster) {  // a poster fills its rectangle, whatever its sides
            painted.u *= p.look->scale / (2 * d->half_u);
            painted.v *= p.look->scale / (2 * d->half_v);
        }
    }
    p.colour = colour_at(*p.look, painted, footprint);
    return p;
}

/// Directions, not of unit length, over a lamp's disc; one alone looks at its middle.
inline constexpr int lamp_rays = 4;

inline double visible_share(scene const& s, lamp const& l, vec3 from, vec3 to)
{
    double const until = l.sun ? never : 1;
    if (l.size == 0) return shadowed(s, {from, to}, until) ? 0 : 1;
    frame const f = facing(unit(to));
    constexpr double places[lamp_rays][2] = {{0.35, 0.85}, {-0.85, 0.35}, {-0.35, -0.85}, {0.85, -0.35}};
    double seen = 0;
    for (auto const& q : places)
        if (!shadowed(s, {from, to + (l.size * q[0]) * f.u + (l.size * q[1]) * f.v}, until)) seen += 1.0 / lamp_rays;
    return seen;
}

/// The light of one lamp that a point sends back towards the ray's start.
inline vec3 lit_by(scene const& s, lamp const& l, shading_point const& p, vec3 along)
{
    vec3 const to = l.sun ? l.position : l.position - p.position;
    double const square = dot(to, to), distance = std::sqrt(square), facing = dot(p.surface.normal, to) / distance;
    if (facing <= 0) return {};
    double const share = visible_share(s, l, p.position + 1e-4 * (1 + length(p.position)) * p.surface.normal, to);
    if (share == 0) return {};
    vec3 sent = facing * p.colour;
    if (p.look->gloss > 0) {
        vec3 const half = unit((1 / distance) * to - (1 / length(along)) * along);
        double const spot = p.look->gloss * std::pow(std::max(0.0, dot(half, p.surface.normal)), p.look->shininess);
        sent = sent + vec3{spot, spot, spot};
    }
    return (share / (l.sun ? 1 : std::max(square, 0.25))) * (l.light * sent);
}

inline vec3 lit(scene const& s, shading_point const& p, vec3 along)
{
    double const up = 0.5 - 0.5 * p.surface.normal.y;
    vec3 light = mix(s.ambient_below, s.ambient_above, up) * p.colour + p.look->glow * p.colour;
    for (auto const& l : s.lamps) light = light + lit_by(s, l, p, along);
    return light;
}

inline vec3 through_haze(scene const& s, vec3 colour, double distance)
{
    return s.haze > 0 ? mix(s.sky.horizon, colour, std::exp(-s.haze * distance)) : colour;
}

/// One pixel: its light, and what is there.
struct traced {
    vec3 light;
    double depth;  ///< 0 where there is nothing
    scene_part part;
};

/// `pixel`: width of a pixel at distance 1. Things with camouflage take the colour of what lies behind their group, as
/// it is lit there.
inline traced trace(scene const& s, ray const& r, double pixel)
{
    sighting seen = look(s, r);
    if (seen.which < 0) return {sky_colour(s.sky, r.along), 0, scene_part::sky};
    auto const point = shading_at(s, r, seen, pixel);
    double const hidden = s.solids[static_cast<std::size_t>(seen.which)].camouflage;
    traced found{{}, seen.t, point.part};
    if (hidden < 1) found.light = through_haze(s, lit(s, point, r.along), seen.t);
    if (hidden > 0) {
        sighting const behind = look(s, r, seen.group);
        vec3 const colour = behind.which < 0
                                ? sky_colour(s.sky, r.along)
                                : through_haze(s, lit(s, shading_at(s, r, behind, pixel), r.along), behind.t);
        found.light = mix(found.light, colour, hidden);
    }
    return found;
}

}  // namespace hyspn::data::detail
