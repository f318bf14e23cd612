// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include <hyspn/core/math.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/data/scene_trace.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/guidance/features.hpp>

/// \file
/// Draws a scene: one ray a pixel, then what a camera does to the light.

namespace hyspn::data {

/// What is seen: all maps of one size.
struct scene_images {
    tensor<float, 3> rgb;            ///< [3, H, W], sRGB-like, in [0, 1]
    tensor<float, 2> depth;          ///< [H, W], metres along the camera's axis; 0 = nothing there, or too far
    tensor<std::int32_t, 2> labels;  ///< [H, W], scene_class
    tensor<std::int32_t, 2> parts;   ///< [H, W], scene_part
    double focal = 0;                ///< of the camera, in widths of the image; its axis meets the image's middle
};

/// What the camera does to the light.
struct photograph {
    double max_depth = 80;    ///< metres; farther depths are 0
    double brightness = 0.4;  ///< of the picture, in [0, 1]: where the mean of the light is put
    double vignetting = 0;    ///< share of the light lost in the corners
    double blur = 0.5;        ///< standard deviation, pixels; 0 for none, else up to 10
    bool soft_edges = true;   ///< pixels at the edges of things have colours of both sides
    double noise = 0.01;      ///< standard deviation in grey areas, [0, 1]
    vec3 tint{1, 1, 1};       ///< of the white balance
    std::uint64_t seed = 0;   ///< of the noise
};

namespace detail {

/// What is seen at a place of the image: row y, column x, in pixels; the middle of pixel (i, j) is (i + 0.5, j + 0.5).
inline traced trace_place(scene const& s, dims<2> const& size, double y, double x)
{
    double const height = static_cast<double>(size[0]), width = static_cast<double>(size[1]);
    double const pixel = 1 / (s.eye.focal * width);
    // The third component is 1, so that t is depth.
    vec3 const along = s.eye.axes.to_world({(x - width / 2) * pixel, (y - height / 2) * pixel, 1});
    return trace(s, {s.eye.position, along}, pixel);
}

inline void put_light(view<float, 3> const& light, index_t i, index_t j, vec3 const& l)
{
    light(0, i, j) = static_cast<float>(l.x);
    light(1, i, j) = static_cast<float>(l.y);
    light(2, i, j) = static_cast<float>(l.z);
}

/// Traces one ray through each pixel's middle. Not inlined: compilers fuse multiplications and additions otherwise in
/// each loop they see, and every policy shall draw the same bits.
struct trace_op {
    scene const* what;
    double max_depth;
    view<float, 3> light;
    view<float, 2> depth;
    view<std::int32_t, 2> labels, parts;

    dims<2> shape() const { return depth.extents(); }
    [[gnu::noinline]] void operator()(index_t i, index_t j) const
    {
        traced const seen =
            trace_place(*what, depth.extents(), static_cast<double>(i) + 0.5, static_cast<double>(j) + 0.5);
        put_light(light, i, j, seen.light);
        depth(i, j) = seen.depth <= max_depth ? static_cast<float>(seen.depth) : 0.0F;
        labels(i, j) = static_cast<std::int32_t>(class_of(seen.part));
        parts(i, j) = static_cast<std::int32_t>(seen.part);
    }
};

/// Pixels at the edge of a thing get the mean light of four rays: as in photographs, they have colours of both sides.
/// The others keep theirs. Not inlined, as trace_op.
struct soften_op {
    scene const* what;
    view<float const, 3> light;
    view<float const, 2> depth;
    view<std::int32_t const, 2> parts;
    view<float, 3> out;

    dims<2> shape() const { return parts.extents(); }

    bool differs(index_t i, index_t j, index_t y, index_t x) const
    {
        if (y < 0 || x < 0 || y >= parts.extent(0) || x >= parts.extent(1)) return false;
        float const a = depth(i, j), b = depth(y, x);
        return parts(i, j) != parts(y, x) || std::fabs(a - b) > 0.05F * std::min(a, b);
    }
    bool at_edge(index_t i, index_t j) const
    {
        return differs(i, j, i - 1, j) || differs(i, j, i + 1, j) || differs(i, j, i, j - 1) || differs(i, j, i, j + 1);
    }
    [[gnu::noinline]] void operator()(index_t i, index_t j) const
    {
        if (!at_edge(i, j))
            return put_light(out, i, j,
                             {static_cast<double>(light(0, i, j)), static_cast<double>(light(1, i, j)),
                              static_cast<double>(light(2, i, j))});
        vec3 sum{};
        for (double const y : {0.25, 0.75})
            for (double const x : {0.25, 0.75})
                sum = sum +
                      trace_place(*what, parts.extents(), static_cast<double>(i) + y, static_cast<double>(j) + x).light;
        put_light(out, i, j, 0.25 * sum);
    }
};

/// Light cut off where the sensor would be full at twice the mean's place, for a mean that lamps do not decide.
struct mean_light_op {
    view<float const, 3> light;

    double operator()(index_t k) const
    {
        index_t const width = light.extent(2), i = k / width, j = k % width;
        double const grey = (static_cast<double>(light(0, i, j)) + static_cast<double>(light(1, i, j)) +
                             static_cast<double>(light(2, i, j))) /
                            3;
        return std::sqrt(std::min(grey, 4.0));
    }
};

/// Vignetting, exposure, white balance.
struct expose_op {
    view<float, 3> light;
    double gain, vignetting;
    vec3 tint;

    dims<3> shape() const { return light.extents(); }
    void operator()(index_t c, index_t i, index_t j) const
    {
        double const height = static_cast<double>(light.extent(1)), width = static_cast<double>(light.extent(2));
        double const y = static_cast<double>(i) + 0.5 - height / 2, x = static_cast<double>(j) + 0.5 - width / 2;
        double const square = multiply_add(x, x, y * y), largest = 0.25 * multiply_add(height, height, width * width);
        double const kept = multiply_add(-vignetting, square / largest, 1.0);
        double const filter = c == 0 ? tint.x : c == 1 ? tint.y : tint.z;
        light(c, i, j) = static_cast<float>(gain * filter * kept * static_cast<double>(light(c, i, j)));
    }
};

/// Shot and read noise, and the curve from light to picture: gamma 1/2.2 with a soft end.
struct develop_op {
    view<float const, 3> light;
    view<float, 3> rgb;
    double noise;
    std::uint64_t seed;

    dims<3> shape() const { return rgb.extents(); }
    void operator()(index_t c, index_t i, index_t j) const
    {
        double value = std::max(0.0, static_cast<double>(light(c, i, j)));
        if (value > 0.7) value = 1 - 0.09 / (value - 0.4);  // meets the line at 0.7 with its slope, ends at 1
        double grey = std::pow(value, 1 / 2.2);
        if (noise > 0) {
            index_t const place = (c * rgb.extent(1) + i) * rgb.extent(2) + j;
            random_stream random(hashed(seed, static_cast<std::uint64_t>(place)));
            grey = multiply_add(noise * multiply_add(-0.8, grey, 1.4), random.normal(), grey);
        }
        rgb(c, i, j) = static_cast<float>(std::clamp(grey, 0.0, 1.0));
    }
};

}  // namespace detail

/// Draws a scene, [H, W]. One ray a pixel through its middle decides depth and labels, exactly; colours at the edges of
/// things come from four more, and all are smoothed by `photograph::blur`. The same bits on every host policy and for
/// any number of threads. Throws value_error for a height or width below 1, a blur outside [0, 10], a max_depth that is
/// not positive.
template <execution_policy P>
    requires same_space<P, tensor<float, 2>> scene_images draw(P const& exec, scene const& what, index_t height,
                                                               index_t width, photograph const& how = {})
    {
        using hyspn::detail::require_value;
        require_value(height >= 1, "draw", "height", "at least 1", static_cast<double>(height));
        require_value(width >= 1, "draw", "width", "at least 1", static_cast<double>(width));
        require_value(how.blur >= 0 && how.blur <= 10, "draw", "blur", "in [0, 10] pixels", how.blur);
        require_value(how.max_depth > 0, "draw", "max_depth", "positive", how.max_depth);
        scene_images made{tensor<float, 3>(3, height, width), tensor<float, 2>(height, width),
                          tensor<std::int32_t, 2>(height, width), tensor<std::int32_t, 2>(height, width),
                          what.eye.focal};
        tensor<float, 3> light(3, height, width), other(3, height, width), scratch(3, height, width);
        using hyspn::detail::dispatch;
        dispatch(exec, detail::trace_op{&what, how.max_depth, light, made.depth, made.labels, made.parts});
        if (how.soft_edges) {
            dispatch(exec, detail::soften_op{&what, light, made.depth, made.parts, other});
            std::swap(light, other);
        }
        double const root =
            reduce(exec, height * width, detail::mean_light_op{light}) / static_cast<double>(height * width);
        double const wanted = std::pow(how.brightness, 2.2);
        dispatch(exec, detail::expose_op{light, wanted / std::max(root * root, 1e-6), how.vignetting, how.tint});
        if (how.blur > 0) {
            hyspn::detail::gaussian_blur<P, float, memory::host>(exec, as_const(light), as_view(other),
                                                                 as_view(scratch), how.blur);
            std::swap(light, other);
        }
        dispatch(exec, detail::develop_op{light, made.rgb, how.noise, how.seed});
        return made;
    }

}  // namespace hyspn::data
