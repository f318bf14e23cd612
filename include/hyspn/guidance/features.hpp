// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/elementwise.hpp>

/// \file
/// Hand-made image features for guidance without training: colour at several scales and the strength of edges. They
/// are tangent vectors at the origin, as the affinities and guidance::nearest_samples take them.

namespace hyspn::guidance {

/// What image_features computes. The distance of two features is meant to be 2‖v_i − v_j‖, the geodesic distance at
/// small curvature; the defaults give about 0.02 on a smooth surface and 0.5 across a clear edge.
struct image_feature_options {
    /// Standard deviations, in pixels, of the Gaussians before colour is taken. Each scale gives three channels,
    /// divided by the square root of the number of scales.
    std::vector<double> colour_scales = {0.7, 1.5, 3.0};
    /// Standard deviation, in pixels, of the Gaussian before the lightness gradient is taken.
    double gradient_scale = 1.5;
    /// Factor of the gradient channel: the magnitude of the Sobel gradient, lightness/100 per pixel times 8. Along an
    /// edge the channel rises and falls, so that a path pays twice for crossing. 0 leaves the channel out.
    double gradient_weight = 1.0;
    /// Factor of two channels y/H and x/H. 0 leaves them out.
    double position_weight = 0.0;
};

}  // namespace hyspn::guidance

namespace hyspn::detail {

/// sRGB in [0, 1] to CIE L*a*b* / 100 under the white point D65.
template <class T, class M>
struct lab_op {
    view<T const, 3, M> rgb;
    view<T, 3, M> lab;

    dims<2> shape() const { return {rgb.extent(1), rgb.extent(2)}; }

    HYSPN_HD static T linear(T u)
    {
        using std::pow;
        return u <= T(0.04045) ? u / T(12.92) : pow((u + T(0.055)) / T(1.055), T(2.4));
    }
    HYSPN_HD static T root(T t)
    {
        using std::cbrt;
        return t > T(216.0 / 24389) ? cbrt(t) : (T(24389.0 / 27) * t + 16) / 116;
    }
    HYSPN_HD void operator()(index_t i, index_t j) const
    {
        T const r = linear(rgb(0, i, j)), g = linear(rgb(1, i, j)), b = linear(rgb(2, i, j));
        // The rows are divided by the white point (0.95047, 1, 1.08883).
        T const x = root(T(0.4339499) * r + T(0.3762098) * g + T(0.1898403) * b);
        T const y = root(T(0.2126729) * r + T(0.7151522) * g + T(0.0721750) * b);
        T const z = root(T(0.0177566) * r + T(0.1094680) * g + T(0.8727755) * b);
        lab(0, i, j) = T(1.16) * y - T(0.16);
        lab(1, i, j) = T(5) * (x - y);
        lab(2, i, j) = T(2) * (y - z);
    }
};

/// One half of a symmetric convolution kernel, by value so that it travels with the operation.
template <class T>
struct gaussian_taps {
    static constexpr index_t max_radius = 32;
    index_t radius;
    T weight[max_radius + 1];
};

/// A Gaussian cut off at three standard deviations, normalised to sum 1.
template <class T>
gaussian_taps<T> make_gaussian_taps(char const* function, double sigma)
{
    require_value(sigma > 0 && sigma <= 10, function, "every standard deviation", "in (0, 10] pixels", sigma);
    gaussian_taps<T> taps{static_cast<index_t>(std::ceil(3 * sigma)), {}};
    double sum = 0;
    for (index_t r = 0; r <= taps.radius; ++r) {
        double const w = std::exp(-double(r * r) / (2 * sigma * sigma));
        taps.weight[r] = static_cast<T>(w);
        sum += r == 0 ? w : 2 * w;
    }
    for (index_t r = 0; r <= taps.radius; ++r) taps.weight[r] /= static_cast<T>(sum);
    return taps;
}

/// Convolution of every plane along its rows (Axis 2) or columns (Axis 1); the border pixel is repeated outside.
template <class T, class M, int Axis>
struct gaussian_blur_op {
    view<T const, 3, M> in;
    view<T, 3, M> out;
    gaussian_taps<T> taps;

    dims<3> shape() const { return in.extents(); }

    HYSPN_HD T at(index_t c, index_t i, index_t j, index_t step) const
    {
        index_t const last = in.extent(Axis) - 1;
        index_t const q = (Axis == 1 ? i : j) + step;
        index_t const inside = q < 0 ? 0 : q > last ? last : q;
        return Axis == 1 ? in(c, inside, j) : in(c, i, inside);
    }
    HYSPN_HD void operator()(index_t c, index_t i, index_t j) const
    {
        T sum = taps.weight[0] * in(c, i, j);
        for (index_t r = 1; r <= taps.radius; ++r) sum += taps.weight[r] * (at(c, i, j, -r) + at(c, i, j, r));
        out(c, i, j) = sum;
    }
};

/// Magnitude of the Sobel gradient (its plain integer kernels, so 8 times the slope); border pixels repeated outside.
template <class T, class M>
struct sobel_magnitude_op {
    view<T const, 2, M> in;
    view<T, 2, M> out;
    T weight;

    dims<2> shape() const { return in.extents(); }

    HYSPN_HD void operator()(index_t i, index_t j) const
    {
        using std::sqrt;
        index_t const u = i > 0 ? i - 1 : 0, d = i + 1 < in.extent(0) ? i + 1 : i;
        index_t const l = j > 0 ? j - 1 : 0, r = j + 1 < in.extent(1) ? j + 1 : j;
        T const gx = (in(u, r) - in(u, l)) + 2 * (in(i, r) - in(i, l)) + (in(d, r) - in(d, l));
        T const gy = (in(d, l) - in(u, l)) + 2 * (in(d, j) - in(u, j)) + (in(d, r) - in(u, r));
        out(i, j) = weight * sqrt(gx * gx + gy * gy);
    }
};

/// y/H and x/H of the pixel centres, measured from the middle of the image.
template <class T, class M>
struct position_op {
    view<T, 3, M> out;
    T weight;

    dims<2> shape() const { return {out.extent(1), out.extent(2)}; }
    HYSPN_HD void operator()(index_t i, index_t j) const
    {
        T const height = static_cast<T>(out.extent(1)), width = static_cast<T>(out.extent(2));
        out(0, i, j) = weight * (static_cast<T>(i) + T(0.5) - height / 2) / height;
        out(1, i, j) = weight * (static_cast<T>(j) + T(0.5) - width / 2) / height;
    }
};

/// Channels first ... first + count - 1.
template <class T, class M>
view<T, 3, M> channels(view<T, 3, M> const& v, index_t first, index_t count)
{
    return {v.data_handle() + first * v.stride(0), {count, v.extent(1), v.extent(2)}, v.strides()};
}

template <execution_policy P, class T, class M>
void gaussian_blur(P const& exec, view<T const, 3, M> in, view<T, 3, M> out, view<T, 3, M> scratch, double sigma)
{
    auto const taps = make_gaussian_taps<T>("image_features", sigma);
    dispatch(exec, gaussian_blur_op<T, M, 2>{in, scratch, taps});
    dispatch(exec, gaussian_blur_op<T, M, 1>{as_const(scratch), out, taps});
}

}  // namespace hyspn::detail

namespace hyspn::guidance {

/// Number of channels image_features gives.
inline index_t channels_of(image_feature_options const& options)
{
    return 3 * static_cast<index_t>(options.colour_scales.size()) + (options.gradient_weight != 0 ? 1 : 0) +
           (options.position_weight != 0 ? 2 : 0);
}

/// CIE L*a*b*/100 (D65) of an sRGB image. rgb and lab [3, H, W], values of rgb in [0, 1]; in place allowed.
/// Throws shape_error.
template <execution_policy P, view_of_rank<3> X, view_of_rank<3> Y>
    requires same_space<P, X, Y>
void rgb_to_lab(P const& exec, X&& rgb, Y&& lab)
{
    auto const in = as_const(rgb);
    auto const out = as_view(lab);
    if (in.extent(0) != 3) detail::raise<shape_error>("rgb_to_lab", "rgb", "[3, H, W]", to_string(in.extents()));
    detail::require_shape("rgb_to_lab", "lab", "[3, H, W]", out.extents(), in.extents());
    using T = value_type_of<X>;
    dispatch(exec, detail::lab_op<T, typename P::memory_space>{in, out});
}

/// Features of an sRGB image [3, H, W] with values in [0, 1]: tangent vectors [C, H, W], C = channels_of(options).
/// Order of the channels: L, a, b per colour scale, gradient magnitude, y, x.
/// Throws shape_error unless rgb has three planes, value_error for standard deviations outside (0, 10].
template <execution_policy P, view_of_rank<3> X>
    requires same_space<P, X>
auto image_features(P const& exec, X&& rgb, image_feature_options const& options = {})
{
    using T = value_type_of<X>;
    using M = typename P::memory_space;
    auto const in = as_const(rgb);
    if (in.extent(0) != 3) detail::raise<shape_error>("image_features", "rgb", "[3, H, W]", to_string(in.extents()));
    index_t const height = in.extent(1), width = in.extent(2);
    tensor<T, 3, M> lab(3, height, width), scratch(3, height, width), smooth(3, height, width);
    tensor<T, 3, M> features(channels_of(options), height, width);
    rgb_to_lab(exec, in, lab);

    index_t next = 0;
    T const share = static_cast<T>(1 / std::sqrt(static_cast<double>(options.colour_scales.size())));
    for (double const sigma : options.colour_scales) {
        detail::gaussian_blur<P, T, M>(exec, as_const(lab), smooth, scratch, sigma);
        dispatch(exec, detail::scaled_copy_op<T, 3, M>{share, as_const(smooth),
                                                       detail::channels(as_view(features), next, 3)});
        next += 3;
    }
    if (options.gradient_weight != 0) {
        detail::gaussian_blur<P, T, M>(exec, as_const(lab), smooth, scratch, options.gradient_scale);
        dispatch(exec, detail::sobel_magnitude_op<T, M>{as_const(smooth)[0], as_view(features)[next],
                                                        static_cast<T>(options.gradient_weight)});
        next += 1;
    }
    if (options.position_weight != 0)
        dispatch(exec, detail::position_op<T, M>{detail::channels(as_view(features), next, 2),
                                                 static_cast<T>(options.position_weight)});
    return features;
}

}  // namespace hyspn::guidance
