// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hyspn/data/scene_shapes.hpp>

/// \file
/// What surfaces look like: procedural patterns of colour, in linear light.

namespace hyspn::data {

enum class pattern {
    plain,
    stripes,
    checks,
    bricks,    ///< rows of 2 : 1 bricks, mortar in the second colour
    planks,    ///< boards of differing tint
    tiles,     ///< thin lines in the second colour
    clouds,    ///< value noise of four octaves between the colours
    blotches,  ///< the same with sharp edges
    marble,
    speckle,  ///< small cells of random tint
    facade,   ///< rows of windows in the second colour
    poster,   ///< rectangles and discs of random colours
    print     ///< lines of something like text in the second colour
};

/// A surface. Lengths in metres, colours in linear light and [0, 1].
struct material {
    pattern look = pattern::plain;
    vec3 first{0.5, 0.5, 0.5}, second{};
    double scale = 1;        ///< period of the pattern; of posters, side
    double angle = 0;        ///< of the pattern, radians
    double grain = 0;        ///< amplitude of a value noise of three octaves, relative
    double grain_scale = 1;  ///< its longest period
    double gloss = 0;        ///< strength of the specular spot
    double shininess = 30;   ///< its sharpness, Phong's exponent
    double glow = 0;         ///< light of its own, in units of the colour
    std::uint32_t salt = 0;  ///< makes random patterns differ
};

namespace detail {

inline double smoothstep(double t)
{
    return t * t * (3 - 2 * t);
}

inline std::uint64_t lattice_hash(std::int64_t x, std::int64_t y, std::int64_t z, std::uint64_t salt)
{
    auto const mixed = static_cast<std::uint64_t>(x) * 0x9e3779b97f4a7c15u ^
                       static_cast<std::uint64_t>(y) * 0xc2b2ae3d27d4eb4fu ^
                       static_cast<std::uint64_t>(z) * 0x165667b19e3779f9u ^ salt * 0xd6e8feb86659fd93u;
    std::uint64_t const folded = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93u;
    return (folded ^ (folded >> 29)) * 0x9e3779b97f4a7c15u;
}

inline double lattice_value(std::int64_t x, std::int64_t y, std::int64_t z, std::uint64_t salt)
{
    return static_cast<double>(lattice_hash(x, y, z, salt) >> 11) * 0x1p-53;
}

/// Value noise of period 1: random numbers in [0, 1) on the lattice of whole numbers, smooth between them.
inline double value_noise(vec3 p, std::uint64_t salt)
{
    double const fx = std::floor(p.x), fy = std::floor(p.y), fz = std::floor(p.z);
    auto const x = static_cast<std::int64_t>(fx), y = static_cast<std::int64_t>(fy), z = static_cast<std::int64_t>(fz);
    double const u = smoothstep(p.x - fx), v = smoothstep(p.y - fy), w = smoothstep(p.z - fz);
    auto const along_x = [&](std::int64_t j, std::int64_t k) {
        return (1 - u) * lattice_value(x, j, k, salt) + u * lattice_value(x + 1, j, k, salt);
    };
    double const front = (1 - v) * along_x(y, z) + v * along_x(y + 1, z);
    double const back = (1 - v) * along_x(y, z + 1) + v * along_x(y + 1, z + 1);
    return (1 - w) * front + w * back;
}

/// Sum of octaves of value noise in [0, 1), each of half the period and 0.6 of the weight of the one before. Octaves
/// shorter than two pixels are left at their mean. `footprint`: periods of the first octave per pixel.
inline double octaves(vec3 p, int count, std::uint64_t salt, double footprint)
{
    double sum = 0, total = 0, weight = 1;
    for (int k = 0; k < count; ++k) {
        double const seen = std::clamp(1.5 - 2 * footprint, 0.0, 1.0);
        sum += weight * (seen > 0 ? 0.5 + seen * (value_noise(p, salt + static_cast<std::uint64_t>(k)) - 0.5) : 0.5);
        total += weight;
        weight *= 0.6;
        footprint *= 2;
        p = 2 * p;
    }
    return sum / total;
}

inline double fraction(double x)
{
    return x - std::floor(x);
}

inline std::int64_t cell(double x)
{
    return static_cast<std::int64_t>(std::floor(x));
}

/// A colour of any hue; saturation and value in [0, 1].
inline vec3 hue_colour(double hue, double saturation, double value)
{
    auto const channel = [&](double shift) {
        double const k = fraction(hue + shift) * 6;
        return value * (1 - saturation * std::clamp(std::min(k, 4 - k), 0.0, 1.0));
    };
    return {channel(5.0 / 6), channel(3.0 / 6), channel(1.0 / 6)};
}

/// The picture of a poster at (u, v) in [0, 1]².
inline vec3 poster_colour(material const& m, double u, double v)
{
    random_stream random(m.salt);
    vec3 colour = m.first;
    index_t const pieces = 4 + random.below(6);
    for (index_t k = 0; k < pieces; ++k) {
        double const x = random.uniform(), y = random.uniform(), half = 0.05 + 0.25 * random.uniform();
        double const tall = half * (0.3 + random.uniform()), kind = random.uniform();
        double const value = 0.03 + 0.85 * random.uniform(), saturation = random.uniform(), hue = random.uniform();
        vec3 const paint = hue_colour(hue, saturation, value);
        double const a = (u - x) / half, b = (v - y) / tall;
        bool const inside = kind < 0.5 ? std::fabs(a) < 1 && std::fabs(b) < 1 : a * a + b * b < 1;
        if (inside) colour = paint;
    }
    return colour;
}

/// Windows in rows, some lit, some with curtains, each with a light frame; u and v in periods.
inline vec3 facade_colour(material const& m, double u, double v)
{
    double const x = fraction(u) - 0.5, y = fraction(v) - 0.5;
    if (std::fabs(x) > 0.3 || std::fabs(y) > 0.34) return m.first;
    if (std::fabs(x) > 0.26 || std::fabs(y) > 0.30 || std::fabs(x) < 0.015) return mix(m.first, {0.8, 0.8, 0.8}, 0.7);
    double const window = lattice_value(cell(u), cell(v), 0, m.salt);
    return window < 0.25 ? mix(m.second, {0.7, 0.65, 0.5}, window * 3) : (0.6 + window) * m.second;
}

/// Share of the second colour in patterns of two colours, at (u, v) in periods.
inline double second_share(material const& m, double u, double v, vec3 local, double footprint)
{
    auto const noise = [&] { return octaves(local, 4, m.salt, footprint); };
    switch (m.look) {
        case pattern::stripes:
            return fraction(u) < 0.5 ? 1 : 0;
        case pattern::checks:
            return (cell(2 * u) + cell(2 * v)) % 2 != 0 ? 1 : 0;
        case pattern::bricks: {
            double const row = std::floor(4 * v);
            double const along = u + (std::fmod(row, 2) != 0 ? 0.5 : 0);
            return fraction(4 * v) < 0.12 || fraction(along) < 0.03 ? 1 : 0;
        }
        case pattern::tiles:
            return fraction(u) < 0.04 || fraction(v) < 0.04 ? 1 : 0;
        case pattern::clouds:
            return noise();
        case pattern::blotches:
            return noise() > 0.5 ? 1 : 0;
        case pattern::marble:
            return 0.5 + 0.5 * std::sin(6.2832 * (u + 1.5 * noise()));
        case pattern::print:
            return fraction(8 * v) < 0.5 && fraction(v) < 0.85 &&
                           lattice_value(cell(24 * u), cell(8 * v), 0, m.salt) > 0.25
                       ? 1
                       : 0;
        default:
            return 0;
    }
}

inline vec3 pattern_colour(material const& m, surface_point const& s, double footprint)
{
    double const c = std::cos(m.angle), sn = std::sin(m.angle);
    double const u = (c * s.u + sn * s.v) / m.scale, v = (c * s.v - sn * s.u) / m.scale;
    switch (m.look) {
        case pattern::plain:
            return m.first;
        case pattern::planks: {
            double const row = std::floor(4 * v), shift = hashed_unit(m.salt, static_cast<std::uint64_t>(cell(row)));
            if (fraction(4 * v) < 0.05) return 0.5 * m.second;
            return mix(m.first, m.second, lattice_value(cell(0.5 * u + shift), cell(row), 0, m.salt));
        }
        case pattern::speckle:
            return mix(m.first, m.second,
                       lattice_value(cell(s.local.x / m.scale * 4), cell(s.local.y / m.scale * 4),
                                     cell(s.local.z / m.scale * 4), m.salt));
        case pattern::facade:
            return facade_colour(m, u, v);
        case pattern::poster:
            return poster_colour(m, fraction(u + 0.5), fraction(v + 0.5));
        default:
            return mix(m.first, m.second, second_share(m, u, v, (1 / m.scale) * s.local, footprint));
    }
}

/// What a pattern looks like from far away.
inline vec3 mean_colour(material const& m)
{
    switch (m.look) {
        case pattern::plain:
        case pattern::poster:
            return m.first;
        case pattern::bricks:
        case pattern::tiles:
        case pattern::print:
            return mix(m.first, m.second, 0.12);
        default:
            return mix(m.first, m.second, 0.5);
    }
}

/// The colour of a surface, in linear light. `footprint`: metres per pixel there; finer patterns fade to their mean.
inline vec3 colour_at(material const& m, surface_point const& s, double footprint)
{
    // The finest edges of a pattern are about a quarter of its period apart.
    double const seen = std::clamp(0.25 * m.scale / footprint - 0.25, 0.0, 1.0);
    vec3 colour = m.look == pattern::plain ? m.first : mean_colour(m);
    if (m.look != pattern::plain && seen > 0) colour = mix(colour, pattern_colour(m, s, footprint / m.scale), seen);
    if (m.grain > 0) {
        double const noise = octaves((1 / m.grain_scale) * s.local, 3, m.salt + 17u, footprint / m.grain_scale);
        colour = std::max(0.0, 1 + m.grain * (2 * noise - 1)) * colour;
    }
    return colour;
}

}  // namespace detail
}  // namespace hyspn::data
