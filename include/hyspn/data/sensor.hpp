// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <hyspn/core/tensor.hpp>
#include <hyspn/data/stream.hpp>
#include <hyspn/guidance/samples.hpp>

/// \file
/// What depth sensors would have measured where the true depth is known. Every function is deterministic in its seed.

namespace hyspn::data {

namespace detail {

/// The random number `which` of a pixel.
inline double pixel_draw(std::uint64_t seed, view<float const, 2> const& map, index_t i, index_t j, int which)
{
    auto const place = static_cast<std::uint64_t>(i * map.extent(1) + j);
    return hashed_unit(hashed(seed, static_cast<std::uint64_t>(which)), place);
}

inline double pixel_normal(std::uint64_t seed, view<float const, 2> const& map, index_t i, index_t j)
{
    return random_stream(hashed(seed, static_cast<std::uint64_t>(i * map.extent(1) + j))).normal();
}

}  // namespace detail

/// A sparse map with a share `density` of the positive pixels of `depth` [H, W], rounded; every choice equally likely.
/// Throws value_error for a density outside [0, 1]. For a number of samples: guidance::draw_samples.
inline tensor<float, 2> draw_density(view<float const, 2> depth, double density, std::uint64_t seed)
{
    hyspn::detail::require_value(density >= 0 && density <= 1, "draw_density", "density", "in [0, 1]", density);
    index_t measured = 0;
    for_each_element(depth, [&](float z) { measured += z > 0 ? 1 : 0; });
    auto const count = static_cast<index_t>(std::lround(density * static_cast<double>(measured)));
    return guidance::draw_samples(depth, count, seed);
}

/// A camera that triangulates a projected pattern (Kinect, RealSense): a dense map with holes.
struct structured_light_options {
    double focal = 0.9;                     ///< of the camera, in widths of the image
    double baseline = 0.075;                ///< metres from the projector, on the right, to the camera
    double min_depth = 0.4, max_depth = 8;  ///< metres
    double sensor_width = 640;              ///< pixels of the real sensor, whose disparities are rounded
    double disparity_step = 0.125;          ///< of the rounding, pixels of the sensor; 0 for none
    double disparity_noise = 0.05;          ///< standard deviation, pixels of the sensor
    double dark = 0.12;                     ///< grey below which the pattern is lost, in [0, 1]
    double bright = 0.97;                   ///< grey above which it is lost: lamps, specular spots
    double edge_loss = 0.5;                 ///< how likely a pixel beside an edge of depth is lost
    double edge = 0.05;                     ///< relative jump of depth that counts as an edge
    double speckle_loss = 0.01;             ///< how likely any pixel is lost
    std::uint64_t seed = 0;
};

namespace detail {

struct structured_light {
    structured_light_options const& options;
    view<float const, 2> depth;
    view<float const, 3> rgb;

    double at(index_t i, index_t j) const { return static_cast<double>(depth(i, j)); }

    double grey(index_t i, index_t j) const
    {
        return (static_cast<double>(rgb(0, i, j)) + static_cast<double>(rgb(1, i, j)) +
                static_cast<double>(rgb(2, i, j))) /
               3;
    }

    /// Pixels of the image by which the projector sees a point at depth z farther left than the camera does.
    double disparity(double z) const
    {
        return options.focal * options.baseline * static_cast<double>(depth.extent(1)) / z;
    }

    /// Where the surface of a pixel ends in the projector's row of pixels, to the left (side -1) or right (1): half
    /// way to the neighbour where the surface goes on, half a pixel away where depth jumps.
    double end_for_projector(index_t i, index_t j, index_t side) const
    {
        double const own = disparity(at(i, j)), end = static_cast<double>(j) - own + 0.5 * static_cast<double>(side);
        index_t const next = j + side;
        if (next < 0 || next >= depth.extent(1) || !(at(i, next) > 0)) return end;
        double const step = disparity(at(i, next)) - own;
        return std::fabs(step) <= 0.5 ? end - 0.5 * step : end;
    }

    /// Something nearer on the right lies on the projector's ray to the middle of pixel (i, j). At pixel j + k that is
    /// where the disparities differ by k, to half a pixel: past thin things the light goes on both sides.
    bool in_shadow(index_t i, index_t j) const
    {
        double const own = disparity(at(i, j)), place = static_cast<double>(j) - own;
        double const most = disparity(options.min_depth) - own + 1;
        for (index_t k = 1; j + k < depth.extent(1) && static_cast<double>(k) < most; ++k)
            if (at(i, j + k) > 0 && end_for_projector(i, j + k, -1) <= place && place < end_for_projector(i, j + k, 1))
                return true;
        return false;
    }

    bool beside_edge(index_t i, index_t j) const
    {
        for (index_t y = std::max<index_t>(0, i - 1); y <= std::min(depth.extent(0) - 1, i + 1); ++y)
            for (index_t x = std::max<index_t>(0, j - 1); x <= std::min(depth.extent(1) - 1, j + 1); ++x)
                if (std::fabs(at(y, x) - at(i, j)) > options.edge * std::min(at(y, x), at(i, j))) return true;
        return false;
    }

    double measured(index_t i, index_t j) const
    {
        double const z = at(i, j);
        if (!(z >= options.min_depth && z <= options.max_depth)) return 0;
        if (pixel_draw(options.seed, depth, i, j, 1) < options.speckle_loss) return 0;
        double const light = grey(i, j) + 0.04 * (pixel_draw(options.seed, depth, i, j, 2) - 0.5);
        if (light < options.dark || light > options.bright) return 0;
        if (pixel_draw(options.seed, depth, i, j, 3) < options.edge_loss && beside_edge(i, j)) return 0;
        if (in_shadow(i, j)) return 0;
        double const pixels = options.focal * options.baseline * options.sensor_width;
        double disparity = pixels / z + options.disparity_noise * pixel_normal(options.seed, depth, i, j);
        if (options.disparity_step > 0)
            disparity = options.disparity_step * std::round(disparity / options.disparity_step);
        return disparity > 0 ? pixels / disparity : 0;
    }
};

}  // namespace detail

/// depth [H, W] in metres and rgb [3, H, W] as such a camera sees them: [H, W], 0 where it measures nothing: dark and
/// overexposed pixels, beside edges, in the projector's shadow, out of range. Distances are rounded in 1/z.
/// Throws shape_error.
inline tensor<float, 2> structured_light(view<float const, 2> depth, view<float const, 3> rgb,
                                         structured_light_options const& options = {})
{
    hyspn::detail::require_shape("structured_light", "rgb", "[3, H, W]", rgb.extents(),
                                 dims<3>{3, depth.extent(0), depth.extent(1)});
    tensor<float, 2> map(depth.extents());
    detail::structured_light const sensor{options, depth, rgb};
    for (index_t i = 0; i < depth.extent(0); ++i)
        for (index_t j = 0; j < depth.extent(1); ++j) map(i, j) = static_cast<float>(sensor.measured(i, j));
    return map;
}

/// A laser scanner above the camera: lines of points. The defaults are those of a Velodyne HDL-64E, except that it
/// stands higher above the camera than KITTI's 0.08 m: in small images that would be less than a pixel.
struct lidar_options {
    double focal = 0.9;                  ///< of the camera, in widths of the image
    index_t beams = 64;                  ///< 16, 32, 64
    double lowest = -24.8, highest = 2;  ///< degrees of the beams above the horizon
    double azimuth_step = 0.17;          ///< degrees
    double above = 0.3;                  ///< metres of the scanner above the camera
    double max_range = 80;               ///< metres
    double range_noise = 0.02;           ///< standard deviation, metres
    double lost = 0.1;                   ///< how likely a point does not come back
    double see_through = 0.7;            ///< how likely a point that the camera does not see stays in the map
    double pitch = 0;                    ///< degrees the camera looks down
    std::uint64_t seed = 0;
};

namespace detail {

inline constexpr double degree = 0.017453292519943295;  ///< in radians

/// What the scanner hits in the direction of pixel (i, j). From above it sees points over the upper edges of near
/// things that these hide from the camera; in the map they lie on the near thing.
inline double seen_from_above(view<float const, 2> const& depth, lidar_options const& o, index_t i, index_t j)
{
    double const near = static_cast<double>(depth(i, j));
    double const pixels = o.focal * static_cast<double>(depth.extent(1)) * o.above;
    if (!(near > 0)) return near;
    for (index_t k = 1; k <= i && static_cast<double>(k) <= pixels / near; ++k) {
        auto const far = static_cast<double>(depth(i - k, j));
        if (far > 0 && static_cast<double>(k) <= pixels * (1 / near - 1 / far)) return far;
    }
    return near;
}

/// Where a direction, in radians to the right and up, is in the image; whether it is inside.
inline bool pixel_of(lidar_options const& o, dims<2> const& size, double azimuth, double elevation, dims<2>& at)
{
    double const focal = o.focal * static_cast<double>(size[1]), pitch = o.pitch * degree;
    double const x = std::sin(azimuth) * std::cos(elevation), ahead = std::cos(azimuth) * std::cos(elevation);
    double const y = -std::sin(elevation) * std::cos(pitch) - ahead * std::sin(pitch);
    double const z = ahead * std::cos(pitch) - std::sin(elevation) * std::sin(pitch);
    if (!(z > 1e-3)) return false;
    at = {static_cast<index_t>(std::floor(focal * y / z + static_cast<double>(size[0]) / 2)),
          static_cast<index_t>(std::floor(focal * x / z + static_cast<double>(size[1]) / 2))};
    return at[0] >= 0 && at[0] < size[0] && at[1] >= 0 && at[1] < size[1];
}

}  // namespace detail

/// Points of such a scanner on a true depth [H, W], in metres along the camera's axis, as a sparse map [H, W]. Where
/// two points fall on one pixel the nearer stays. Throws value_error for beams below 1, a step that is not positive.
inline tensor<float, 2> lidar(view<float const, 2> depth, lidar_options const& options = {})
{
    using hyspn::detail::require_value;
    require_value(options.beams >= 1, "lidar", "beams", "at least 1", static_cast<double>(options.beams));
    require_value(options.azimuth_step > 0, "lidar", "azimuth_step", "positive", options.azimuth_step);
    tensor<float, 2> sparse(depth.extents());
    auto const steps = static_cast<index_t>(180 / options.azimuth_step);
    for (index_t beam = 0; beam < options.beams; ++beam) {
        double const share =
            options.beams > 1 ? static_cast<double>(beam) / static_cast<double>(options.beams - 1) : 0.5;
        double const elevation = detail::degree * (options.lowest + (options.highest - options.lowest) * share);
        for (index_t step = 0; step < steps; ++step) {
            dims<2> p{};
            double const azimuth = detail::degree * (options.azimuth_step * static_cast<double>(step) - 90);
            if (!detail::pixel_of(options, depth.extents(), azimuth, elevation, p)) continue;
            random_stream random = stream_of(options.seed, beam * steps + step);
            bool const lost = random.uniform() < options.lost, through = random.uniform() < options.see_through;
            auto const seen = static_cast<double>(depth(p[0], p[1]));
            double const hit = through ? detail::seen_from_above(depth, options, p[0], p[1]) : seen;
            double const z = hit + options.range_noise * random.normal();
            if (lost || !(hit > 0 && hit <= options.max_range && z > 0)) continue;
            float& place = sparse(p[0], p[1]);
            if (place == 0 || z < static_cast<double>(place)) place = static_cast<float>(z);
        }
    }
    return sparse;
}

/// Replaces a share of the measurements of a sparse map by wrong ones: the true distance times a factor between
/// 1/spread and spread, log-uniform. Throws value_error for a share outside [0, 1] or a spread below 1.
inline void add_outliers(view<float, 2> sparse, double share, double spread, std::uint64_t seed)
{
    using hyspn::detail::require_value;
    require_value(share >= 0 && share <= 1, "add_outliers", "share", "in [0, 1]", share);
    require_value(spread >= 1, "add_outliers", "spread", "at least 1", spread);
    for (index_t i = 0; i < sparse.extent(0); ++i)
        for (index_t j = 0; j < sparse.extent(1); ++j) {
            if (!(sparse(i, j) > 0) || detail::pixel_draw(seed, sparse, i, j, 0) >= share) continue;
            double const factor = std::pow(spread, 2 * detail::pixel_draw(seed, sparse, i, j, 1) - 1);
            sparse(i, j) = static_cast<float>(factor * static_cast<double>(sparse(i, j)));
        }
}

}  // namespace hyspn::data
