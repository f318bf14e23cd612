// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <vector>

#include <hyspn/core/random.hpp>

#include "problem.hpp"

namespace complete_depth {
namespace {

/// Metres; x right, y down, z forward; also colours.
struct vec3 {
    double x, y, z;

    friend vec3 operator+(vec3 a, vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
    friend vec3 operator-(vec3 a, vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
    friend vec3 operator*(double f, vec3 a) { return {f * a.x, f * a.y, f * a.z}; }
};
double dot(vec3 a, vec3 b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

struct ray {
    vec3 from, along;
};

struct hit {
    double t;
    vec3 normal;
};

enum class shape { plane, sphere, box };
enum class texture { plain, checker, stripes, speckle };

struct thing {
    shape kind;
    vec3 position;  ///< a point of the plane, or the centre
    vec3 size;      ///< normal of the plane; radius in x; half sides of the box
    double turn;    ///< of the box about the vertical, radians
    texture pattern;
    double scale;  ///< metres per piece of the pattern
    vec3 colour, second;
};

constexpr double nearest_hit = 1e-6;

std::optional<hit> meet_plane(thing const& o, ray const& r)
{
    double const slope = dot(o.size, r.along);
    double const t = dot(o.size, o.position - r.from) / slope;
    if (!(t > nearest_hit) || std::isinf(t)) return std::nullopt;
    return hit{t, slope < 0 ? o.size : -1 * o.size};
}

std::optional<hit> meet_sphere(thing const& o, ray const& r)
{
    vec3 const to = r.from - o.position;
    double const a = dot(r.along, r.along), b = dot(to, r.along), c = dot(to, to) - o.size.x * o.size.x;
    double const discriminant = b * b - a * c;
    if (discriminant < 0) return std::nullopt;
    double const t = (-b - std::sqrt(discriminant)) / a;
    if (!(t > nearest_hit)) return std::nullopt;
    return hit{t, (1 / o.size.x) * (to + t * r.along)};
}

vec3 turned(vec3 v, double angle)
{
    double const c = std::cos(angle), s = std::sin(angle);
    return {c * v.x + s * v.z, v.y, -s * v.x + c * v.z};
}

std::optional<hit> meet_box(thing const& o, ray const& r)
{
    vec3 const from = turned(r.from - o.position, o.turn), along = turned(r.along, o.turn);
    double const f[] = {from.x, from.y, from.z}, d[] = {along.x, along.y, along.z},
                 half[] = {o.size.x, o.size.y, o.size.z};
    double enter = -1e30, leave = 1e30;
    int axis = 0;
    for (int k = 0; k < 3; ++k) {
        double const a = (-half[k] - f[k]) / d[k], b = (half[k] - f[k]) / d[k];
        if (std::min(a, b) > enter) {
            enter = std::min(a, b);
            axis = k;
        }
        leave = std::min(leave, std::max(a, b));
    }
    if (!(enter > nearest_hit) || enter > leave) return std::nullopt;
    double const side = d[axis] > 0 ? -1 : 1;
    vec3 const normal{axis == 0 ? side : 0, axis == 1 ? side : 0, axis == 2 ? side : 0};
    return hit{enter, turned(normal, -o.turn)};
}

std::optional<hit> meet(thing const& o, ray const& r)
{
    if (o.kind == shape::plane) return meet_plane(o, r);
    return o.kind == shape::sphere ? meet_sphere(o, r) : meet_box(o, r);
}

vec3 colour_at(thing const& o, vec3 p)
{
    auto const cell = [&](double v) { return static_cast<long>(std::floor(v / o.scale)); };
    long const cx = cell(p.x), cy = cell(p.y), cz = cell(p.z);
    bool second = false;
    if (o.pattern == texture::checker) second = (cx + cy + cz) % 2 != 0;
    if (o.pattern == texture::stripes) second = (cx + cz) % 2 != 0;
    if (o.pattern == texture::speckle) {
        hyspn::random_stream random(static_cast<std::uint64_t>(cx * 73856093 ^ cy * 19349663 ^ cz * 83492791));
        return (0.75 + 0.5 * random.uniform()) * o.colour;
    }
    return second ? o.second : o.colour;
}

std::vector<thing> make_things()
{
    vec3 const none{0, 0, 0};
    vec3 const wall{0.72, 0.69, 0.62};
    return {
        {shape::plane, {0, 1.3, 0}, {0, -1, 0}, 0, texture::checker, 0.6, {0.62, 0.45, 0.30}, {0.50, 0.34, 0.22}},
        {shape::plane, {0, 0, 7}, {0, 0, -1}, 0, texture::speckle, 0.12, wall, none},
        {shape::plane, {-3.2, 0, 0}, {1, 0, 0}, 0, texture::stripes, 0.5, {0.42, 0.55, 0.62}, {0.50, 0.62, 0.68}},
        {shape::plane, {3.4, 0, 0}, {-1, 0, 0}, 0, texture::plain, 1, {0.60, 0.62, 0.52}, none},
        {shape::plane, {0, -2, 0}, {0, 1, 0}, 0, texture::plain, 1, {0.85, 0.85, 0.83}, none},
        {shape::box, {-1.3, 0.7, 4.2}, {0.6, 0.6, 0.5}, 0.5, texture::checker, 0.2, {0.75, 0.2, 0.18}, {0.9, 0.8, 0.7}},
        {shape::box, {1.5, 0.1, 5.6}, {0.5, 1.2, 0.5}, -0.3, texture::plain, 1, wall, none},  // as the wall behind it
        {shape::box,
         {0.3, 1.05, 2.6},
         {0.35, 0.25, 0.3},
         0.9,
         texture::stripes,
         0.1,
         {0.2, 0.5, 0.3},
         {0.85, 0.8, 0.3}},
        {shape::box, {-0.2, -0.4, 5.2}, {0.06, 1.7, 0.06}, 0, texture::plain, 1, {0.15, 0.15, 0.18}, none},
        {shape::sphere, {0.9, 0.75, 3.6}, {0.5, 0, 0}, 0, texture::speckle, 0.1, {0.25, 0.4, 0.8}, none},
        {shape::sphere, {-0.9, 1.0, 2.4}, {0.3, 0, 0}, 0, texture::plain, 1, {0.85, 0.6, 0.2}, none},
        {shape::sphere, {-2.3, -0.6, 5.8}, {0.6, 0, 0}, 0, texture::stripes, 0.25, {0.8, 0.8, 0.85}, {0.4, 0.3, 0.5}},
    };
}

struct sight {
    thing const* what;
    hit where;
};

sight look(std::vector<thing> const& things, ray const& r)
{
    sight seen{nullptr, {1e30, {0, 0, 0}}};
    for (thing const& o : things)
        if (auto const h = meet(o, r); h && h->t < seen.where.t) seen = {&o, *h};
    return seen;
}

vec3 shade(std::vector<thing> const& things, sight const& seen, vec3 point)
{
    vec3 const lamp{-1.2, -1.9, 1.8};
    vec3 const to_lamp = lamp - point;
    bool const shadow = look(things, {point + 1e-4 * seen.where.normal, to_lamp}).where.t < 1;
    double const facing = std::max(0.0, dot(seen.where.normal, to_lamp)) / std::sqrt(dot(to_lamp, to_lamp));
    return (0.35 + (shadow ? 0 : 0.65 * facing)) * colour_at(*seen.what, point);
}

}  // namespace

scene make_synthetic_scene(index_t height, index_t width, std::uint64_t seed)
{
    auto const things = make_things();
    double const focal = 0.8 * static_cast<double>(width);
    scene s{hyspn::tensor<float, 3>(3, height, width), hyspn::tensor<float, 2>(height, width)};
    hyspn::random_stream noise(seed);
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            double const y = (static_cast<double>(i) + 0.5 - static_cast<double>(height) / 2) / focal;
            double const x = (static_cast<double>(j) + 0.5 - static_cast<double>(width) / 2) / focal;
            ray const r{{0, 0, 0}, {x, y, 1}};
            sight const seen = look(things, r);  // the room is closed in front of the camera
            vec3 const colour = shade(things, seen, seen.where.t * r.along);
            double const channels[] = {colour.x, colour.y, colour.z};
            for (index_t c = 0; c < 3; ++c)
                s.rgb(c, i, j) = static_cast<float>(std::clamp(channels[c] + 0.01 * noise.normal(), 0.0, 1.0));
            s.depth(i, j) = static_cast<float>(seen.where.t);
        }
    return s;
}

}  // namespace complete_depth
