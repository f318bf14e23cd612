// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include <hyspn/data/stream.hpp>
#include <hyspn/data/vec3.hpp>

/// \file
/// The solids scenes are made of, and where rays meet them.

namespace hyspn::data {

enum class shape {
    plane,      ///< a rectangle of half sides size.x, size.y about the centre, normal w; endless where size.x is 0
    box,        ///< half sides size
    ellipsoid,  ///< half axes size
    cylinder,   ///< along v: radius size.x, half length size.y; closed
    leaf        ///< a disc with a ragged outline: normal w, radius size.x
};

/// One convex piece of a scene.
struct solid {
    shape kind = shape::box;
    vec3 centre{}, size{};
    frame axes{};
    std::int32_t part = 0;                     ///< index into scene_parts
    std::int32_t material = 0;                 ///< index into scene::materials
    std::int32_t first_decal = 0, decals = 0;  ///< planes: markings on it, a range of scene::decals, later ones on top
    double camouflage = 0;                     ///< share of the colour taken from what lies behind; 1 cannot be seen
    std::uint32_t salt = 0;                    ///< makes leaves differ
};

/// Points from + t·along.
struct ray {
    vec3 from, along;

    vec3 at(double t) const { return from + t * along; }
};

/// What shading needs to know of a point on a solid.
struct surface_point {
    vec3 normal;  ///< unit, towards the ray
    vec3 local;   ///< metres, in the axes of the solid
    double u, v;  ///< metres along the surface
};

namespace detail {

inline constexpr double never = std::numeric_limits<double>::infinity();
/// Nearer meetings are the surface a ray starts from.
inline constexpr double nearest_meeting = 1e-6;

inline double meet_plane(solid const& s, ray const& r)
{
    double const t = dot(s.axes.w, s.centre - r.from) / dot(s.axes.w, r.along);
    if (!(t > nearest_meeting) || std::isinf(t)) return never;
    if (s.size.x == 0) return t;
    vec3 const p = r.at(t) - s.centre;
    return std::fabs(dot(p, s.axes.u)) <= s.size.x && std::fabs(dot(p, s.axes.v)) <= s.size.y ? t : never;
}

inline double meet_box(solid const& s, ray const& r)
{
    vec3 const from = s.axes.to_local(r.from - s.centre), along = s.axes.to_local(r.along);
    double enter = -never, leave = never;
    auto const slab = [&](double f, double d, double half) {
        double const a = (-half - f) / d, b = (half - f) / d;
        enter = std::max(enter, std::min(a, b));
        leave = std::min(leave, std::max(a, b));
    };
    slab(from.x, along.x, s.size.x);
    slab(from.y, along.y, s.size.y);
    slab(from.z, along.z, s.size.z);
    return enter > nearest_meeting && enter <= leave ? enter : never;
}

inline double meet_ellipsoid(solid const& s, ray const& r)
{
    vec3 const shrink{1 / s.size.x, 1 / s.size.y, 1 / s.size.z};
    vec3 const from = shrink * s.axes.to_local(r.from - s.centre), along = shrink * s.axes.to_local(r.along);
    double const a = dot(along, along), b = dot(from, along), c = dot(from, from) - 1;
    double const discriminant = b * b - a * c;
    if (!(discriminant >= 0)) return never;
    double const t = (-b - std::sqrt(discriminant)) / a;
    return t > nearest_meeting ? t : never;
}

inline double meet_cylinder(solid const& s, ray const& r)
{
    vec3 const from = s.axes.to_local(r.from - s.centre), along = s.axes.to_local(r.along);
    double const a = along.x * along.x + along.z * along.z, b = from.x * along.x + from.z * along.z;
    double const c = from.x * from.x + from.z * from.z - s.size.x * s.size.x;
    double const discriminant = b * b - a * c;
    if (!(discriminant >= 0)) return never;
    double const root = std::sqrt(discriminant);
    double const low = (-s.size.y - from.y) / along.y, high = (s.size.y - from.y) / along.y;
    double const enter = std::max((-b - root) / a, std::min(low, high));
    double const leave = std::min((-b + root) / a, std::max(low, high));
    return enter > nearest_meeting && enter <= leave ? enter : never;
}

/// The outline of a leaf at a corner of its eleven-sided polygon, as a share of the radius.
inline double leaf_outline(solid const& s, double angle)
{
    constexpr double corners = 11;
    double const place = (angle + 3.14159265358979) * (corners / 6.283185307179587);
    return 0.55 + 0.45 * hashed_unit(s.salt, static_cast<std::uint64_t>(place));
}

inline double meet_leaf(solid const& s, ray const& r)
{
    double const t = dot(s.axes.w, s.centre - r.from) / dot(s.axes.w, r.along);
    if (!(t > nearest_meeting)) return never;
    vec3 const p = r.at(t) - s.centre;
    double const square = dot(p, p), largest = s.size.x * s.size.x;
    if (!(square <= largest)) return never;
    constexpr double surely = 0.55 * 0.55;
    if (square <= surely * largest) return t;
    double const outline = s.size.x * leaf_outline(s, std::atan2(dot(p, s.axes.v), dot(p, s.axes.u)));
    return square <= outline * outline ? t : never;
}

/// The smallest t > 0 at which the ray enters the solid, infinity if it does not.
inline double meet(solid const& s, ray const& r)
{
    switch (s.kind) {
        case shape::plane:
            return meet_plane(s, r);
        case shape::box:
            return meet_box(s, r);
        case shape::ellipsoid:
            return meet_ellipsoid(s, r);
        case shape::cylinder:
            return meet_cylinder(s, r);
        case shape::leaf:
            return meet_leaf(s, r);
    }
    return never;
}

inline surface_point box_surface(solid const& s, vec3 p)
{
    double const x = std::fabs(p.x) / s.size.x, y = std::fabs(p.y) / s.size.y, z = std::fabs(p.z) / s.size.z;
    if (x >= y && x >= z) return {std::copysign(1.0, p.x) * s.axes.u, p, p.z, p.y};
    if (y >= z) return {std::copysign(1.0, p.y) * s.axes.v, p, p.x, p.z};
    return {std::copysign(1.0, p.z) * s.axes.w, p, p.x, p.y};
}

inline surface_point cylinder_surface(solid const& s, vec3 p)
{
    double const angle = std::atan2(p.z, p.x);
    if (s.size.y - std::fabs(p.y) < 1e-9 * (s.size.x + s.size.y))
        return {std::copysign(1.0, p.y) * s.axes.v, p, p.x, p.z};
    return {s.axes.to_world({p.x / s.size.x, 0, p.z / s.size.x}), p, angle * s.size.x, p.y};
}

inline surface_point ellipsoid_surface(solid const& s, vec3 p)
{
    vec3 const q{p.x / s.size.x, p.y / s.size.y, p.z / s.size.z};
    vec3 const normal = unit({q.x / s.size.x, q.y / s.size.y, q.z / s.size.z});
    return {s.axes.to_world(normal), p, std::atan2(q.z, q.x) * s.size.x,
            std::asin(std::clamp(q.y, -1.0, 1.0)) * s.size.y};
}

/// The surface where `r` meets `s` at `t`.
inline surface_point surface_at(solid const& s, ray const& r, double t)
{
    vec3 const p = s.axes.to_local(r.at(t) - s.centre);
    surface_point found{s.axes.w, p, p.x, p.y};
    if (s.kind == shape::box) found = box_surface(s, p);
    if (s.kind == shape::cylinder) found = cylinder_surface(s, p);
    if (s.kind == shape::ellipsoid) found = ellipsoid_surface(s, p);
    if (dot(found.normal, r.along) > 0) found.normal = -1 * found.normal;
    return found;
}

/// Radius of a ball about the centre that holds the solid.
inline double reach(solid const& s)
{
    switch (s.kind) {
        case shape::plane:
            return s.size.x == 0 ? never : std::hypot(s.size.x, s.size.y);
        case shape::box:
            return length(s.size);
        case shape::ellipsoid:
            return std::max({s.size.x, s.size.y, s.size.z});
        case shape::cylinder:
            return std::hypot(s.size.x, s.size.y);
        case shape::leaf:
            return s.size.x;
    }
    return never;
}

}  // namespace detail
}  // namespace hyspn::data
