// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/guidance/nearest_samples.hpp>

/// \file
/// A dense map from the nearest samples of every pixel: a weighted plane through them, read at the pixel.

namespace hyspn::guidance {

/// In which quantity the surface is taken to be planar.
enum class depth_space { linear, logarithmic };

struct local_plane_options {
    /// Weight of sample k: exp(−(D_k − D_0) / (softness · mean D)). Small values trust the nearest samples only.
    double softness = 0.15;
    /// Added to the diagonal of the second moments of position, as a fraction of their mean: pulls the slope to 0
    /// where the samples do not determine it.
    double ridge = 0.01;
    /// The result stays between the least and the greatest of the samples whose weight is at least this.
    double range_weight = 0.01;
    depth_space space = depth_space::linear;
};

}  // namespace hyspn::guidance

namespace hyspn::detail {

/// Samples as the kernel reads them: value already in the space of the plane.
template <class T, class M>
struct sample_views {
    view<std::int32_t const, 1, M> y, x;
    view<T const, 1, M> value;
};

/// Weighted sums of a plane fit about the pixel itself, where the plane is read.
template <class T>
struct plane_moments {
    T w = 0, y = 0, x = 0, z = 0, yy = 0, yx = 0, xx = 0, yz = 0, xz = 0;

    HYSPN_HD void add(T weight, T dy, T dx, T value)
    {
        w += weight;
        y += weight * dy;
        x += weight * dx;
        z += weight * value;
        yy += weight * dy * dy;
        yx += weight * dy * dx;
        xx += weight * dx * dx;
        yz += weight * dy * value;
        xz += weight * dx * value;
    }

    /// Value at the origin of the plane with least weighted squares, its slope held back by `ridge`.
    HYSPN_HD T at_origin(T ridge) const
    {
        T const my = y / w, mx = x / w, mz = z / w;
        T cyy = yy / w - my * my, cxx = xx / w - mx * mx;
        T const cyx = yx / w - my * mx;
        T const cyz = yz / w - my * mz, cxz = xz / w - mx * mz;
        T const held = ridge * (cyy + cxx) / 2;
        cyy += held;
        cxx += held;
        T const determinant = cyy * cxx - cyx * cyx;
        if (!(determinant > 0)) return mz;  // all weight on one sample
        T const slope_y = (cyz * cxx - cxz * cyx) / determinant;
        T const slope_x = (cxz * cyy - cyz * cyx) / determinant;
        return mz - slope_y * my - slope_x * mx;
    }
};

template <class T, class M>
struct local_plane_op {
    view<std::int32_t const, 3, M> index;
    view<T const, 3, M> distance;
    sample_views<T, M> samples;
    view<T, 2, M> out;
    T softness, ridge, range_weight;
    bool logarithmic;  ///< the values are logarithms: write the exponential

    dims<2> shape() const { return out.extents(); }

    HYSPN_HD index_t present(index_t i, index_t j) const
    {
        index_t count = index.extent(2);
        while (index(i, j, count - 1) < 0) --count;
        return count;
    }
    HYSPN_HD void operator()(index_t i, index_t j) const
    {
        using std::exp;
        index_t const count = present(i, j);
        T mean = 0;
        for (index_t k = 0; k < count; ++k) mean += distance(i, j, k);
        mean /= static_cast<T>(count);
        T const rate = mean > 0 ? 1 / (softness * mean) : T(0);

        plane_moments<T> moments;
        T least = samples.value(index(i, j, 0)), greatest = least;
        T const centre = least;  // values are taken relative to the nearest: differences keep their digits
        for (index_t k = 0; k < count; ++k) {
            index_t const s = index(i, j, k);
            T const weight = exp((distance(i, j, 0) - distance(i, j, k)) * rate);
            T const value = samples.value(s);
            moments.add(weight, static_cast<T>(samples.y(s) - static_cast<std::int32_t>(i)),
                        static_cast<T>(samples.x(s) - static_cast<std::int32_t>(j)), value - centre);
            if (weight < range_weight) continue;
            least = value < least ? value : least;
            greatest = value > greatest ? value : greatest;
        }
        T const fitted = centre + moments.at_origin(ridge);
        T const limited = fitted < least ? least : fitted > greatest ? greatest : fitted;
        out(i, j) = logarithmic ? exp(limited) : limited;
    }
};

}  // namespace hyspn::detail

namespace hyspn::guidance {

/// A dense map [H, W]: at every pixel the weighted plane through its nearest samples, read at the pixel. O(K) per
/// pixel. Values must be positive for depth_space::logarithmic. Throws value_error for options out of range,
/// shape_error when `near` does not belong to a map.
template <execution_policy P, class T>
tensor<T, 2> fit_local_planes(P const& exec, nearest_samples<T> const& near, sample_list<T> const& samples,
                              local_plane_options const& options = {})
{
    char const* const name = "fit_local_planes";
    detail::require_value(options.softness > 0, name, "softness", "above 0", options.softness);
    detail::require_value(options.ridge >= 0, name, "ridge", "at least 0", options.ridge);
    detail::require_value(options.range_weight >= 0 && options.range_weight <= 1, name, "range_weight", "in [0, 1]",
                          options.range_weight);
    detail::require_shape(name, "near.distance", "the shape of near.index", near.distance.extents(),
                          near.index.extents());
    bool const logarithmic = options.space == depth_space::logarithmic;
    tensor<T, 1> value(samples.value);
    if (logarithmic)
        for (T& z : value) z = std::log(z);
    tensor<T, 2> out(near.index.extent(0), near.index.extent(1));
    dispatch(exec, detail::local_plane_op<T, memory::host>{as_const(near.index),
                                                           as_const(near.distance),
                                                           {as_const(samples.y), as_const(samples.x), as_const(value)},
                                                           out,
                                                           static_cast<T>(options.softness),
                                                           static_cast<T>(options.ridge),
                                                           static_cast<T>(options.range_weight),
                                                           logarithmic});
    return out;
}

}  // namespace hyspn::guidance
