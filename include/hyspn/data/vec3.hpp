// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

/// \file
/// Points, directions and colours of the scenes of data/scene.hpp.

namespace hyspn::data {

/// Metres, x right, y down, z forward; or linear red, green, blue.
struct vec3 {
    double x = 0, y = 0, z = 0;

    friend constexpr vec3 operator+(vec3 a, vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
    friend constexpr vec3 operator-(vec3 a, vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
    friend constexpr vec3 operator*(double f, vec3 a) { return {f * a.x, f * a.y, f * a.z}; }
    friend constexpr vec3 operator*(vec3 a, vec3 b) { return {a.x * b.x, a.y * b.y, a.z * b.z}; }
    friend constexpr bool operator==(vec3 const&, vec3 const&) = default;
};

constexpr double dot(vec3 a, vec3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

constexpr vec3 cross(vec3 a, vec3 b)
{
    return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

inline double length(vec3 a)
{
    return std::sqrt(dot(a, a));
}

inline vec3 unit(vec3 a)
{
    return (1 / length(a)) * a;
}

/// a at t = 0, b at t = 1.
constexpr vec3 mix(vec3 a, vec3 b, double t)
{
    return (1 - t) * a + t * b;
}

/// Three orthogonal unit vectors: the axes of something turned, in the coordinates of the world.
struct frame {
    vec3 u{1, 0, 0}, v{0, 1, 0}, w{0, 0, 1};

    constexpr vec3 to_local(vec3 a) const { return {dot(u, a), dot(v, a), dot(w, a)}; }
    constexpr vec3 to_world(vec3 a) const { return a.x * u + a.y * v + a.z * w; }
    /// A frame given in the coordinates of this one, in those of the world.
    constexpr frame turned(frame const& f) const { return {to_world(f.u), to_world(f.v), to_world(f.w)}; }
};

/// Turned about the vertical; forward moves to the right for positive angles, in radians.
inline frame yawed(double angle)
{
    double const c = std::cos(angle), s = std::sin(angle);
    return {{c, 0, -s}, {0, 1, 0}, {s, 0, c}};
}

/// Turned about the axis to the right; forward moves down for positive angles, in radians.
inline frame pitched(double angle)
{
    double const c = std::cos(angle), s = std::sin(angle);
    return {{1, 0, 0}, {0, c, -s}, {0, s, c}};
}

/// Turned about the axis forward; right moves down for positive angles, in radians.
inline frame rolled(double angle)
{
    double const c = std::cos(angle), s = std::sin(angle);
    return {{c, s, 0}, {-s, c, 0}, {0, 0, 1}};
}

/// A frame whose third axis is `w`, a unit vector.
inline frame facing(vec3 w)
{
    vec3 const u = unit(cross(std::fabs(w.y) < 0.9 ? vec3{0, 1, 0} : vec3{1, 0, 0}, w));
    return {u, cross(w, u), w};
}

/// A frame whose second axis is `v`, a unit vector.
inline frame upright_along(vec3 v)
{
    frame const f = facing(v);
    return {f.u, v, cross(f.u, v)};
}

}  // namespace hyspn::data
