// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
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

/// Samples as a kernel reads them: values already in the spaces of the planes.
template <class T, class M, std::size_t Spaces = 1>
struct sample_views {
    view<std::int32_t const, 1, M> y, x;
    view<T const, 1, M> value[Spaces];
};

/// The lists of guidance::nearest_samples.
template <class T, class M>
struct sample_list_views {
    view<std::int32_t const, 3, M> index;
    view<T const, 3, M> distance;
};

/// local_plane_options, for planes of several softnesses through the same samples.
template <class T, std::size_t Softnesses>
struct plane_rule {
    T softness[Softnesses];
    T ridge, range_weight;
};

/// Weighted sums over the places of samples, measured from the pixel where planes are read.
template <class T>
struct plane_places {
    T w = 0, y = 0, x = 0, yy = 0, yx = 0, xx = 0;

    HYSPN_HD void add(T weight, T dy, T dx)
    {
        w += weight;
        y += weight * dy;
        x += weight * dx;
        yy += weight * dy * dy;
        yx += weight * dy * dx;
        xx += weight * dx * dx;
    }
};

/// The normal equations of a plane, its slope held back by `ridge`; planes through the same places share them.
template <class T>
struct plane_normals {
    T w, my, mx, cyy, cyx, cxx, determinant;

    HYSPN_HD plane_normals(plane_places<T> const& p, T ridge)
        : w(p.w),
          my(p.y / p.w),
          mx(p.x / p.w),
          cyy(p.yy / p.w - my * my),
          cyx(p.yx / p.w - my * mx),
          cxx(p.xx / p.w - mx * mx)
    {
        T const held = ridge * (cyy + cxx) / 2;
        cyy += held;
        cxx += held;
        determinant = cyy * cxx - cyx * cyx;
    }
};

/// Weighted sums over the values of samples and the range of those that carry weight.
template <class T>
struct plane_values {
    T centre, least, greatest;  ///< values are taken relative to the nearest: differences keep their digits
    T z = 0, yz = 0, xz = 0;

    HYSPN_HD void start(T nearest) { centre = least = greatest = nearest; }
    HYSPN_HD void add(T weight, T dy, T dx, T value)
    {
        T const from_centre = value - centre;
        z += weight * from_centre;
        yz += weight * dy * from_centre;
        xz += weight * dx * from_centre;
    }
    HYSPN_HD void widen(T value)
    {
        least = value < least ? value : least;
        greatest = value > greatest ? value : greatest;
    }

    /// The plane at the pixel, within the range.
    HYSPN_HD T at_pixel(plane_normals<T> const& n) const
    {
        T const mz = z / n.w;
        T fitted = centre + mz;  // all weight on one sample
        if (n.determinant > 0) {
            T const cyz = yz / n.w - n.my * mz, cxz = xz / n.w - n.mx * mz;
            T const slope_y = (cyz * n.cxx - cxz * n.cyx) / n.determinant;
            T const slope_x = (cxz * n.cyy - cyz * n.cyx) / n.determinant;
            fitted = centre + (mz - slope_y * n.my - slope_x * n.mx);
        }
        return fitted < least ? least : fitted > greatest ? greatest : fitted;
    }
};

/// Leaves no sample out.
struct keep_all_samples {
    HYSPN_HD bool operator()(index_t) const { return true; }
};

/// Planes through those samples of pixel (i, j)'s list that `keep(sample)` accepts, one for each softness and space,
/// read at the pixel in their own space. False, and nothing is written, when none is left.
template <class T, class M, std::size_t Softnesses, std::size_t Spaces, class Keep>
HYSPN_HD bool fit_planes_at(index_t i, index_t j, sample_list_views<T, M> const& near,
                            sample_views<T, M, Spaces> const& samples, plane_rule<T, Softnesses> const& rule,
                            Keep const& keep, T (&out)[Softnesses][Spaces])
{
    using std::exp;
    index_t first = -1, count = 0, last = 0;
    T mean = 0;
    for (; last < near.index.extent(2) && near.index(i, j, last) >= 0; ++last) {
        if (!keep(near.index(i, j, last))) continue;
        if (first < 0) first = last;
        mean += near.distance(i, j, last);
        ++count;
    }
    if (count == 0) return false;
    mean /= static_cast<T>(count);

    plane_places<T> places[Softnesses];
    plane_values<T> values[Softnesses][Spaces];
    T rate[Softnesses];
    for (std::size_t a = 0; a < Softnesses; ++a) {
        rate[a] = mean > 0 ? 1 / (rule.softness[a] * mean) : T(0);
        for (std::size_t b = 0; b < Spaces; ++b) values[a][b].start(samples.value[b](near.index(i, j, first)));
    }
    for (index_t k = first; k < last; ++k) {
        index_t const s = near.index(i, j, k);
        if (!keep(s)) continue;
        T const dy = static_cast<T>(samples.y(s) - static_cast<std::int32_t>(i));
        T const dx = static_cast<T>(samples.x(s) - static_cast<std::int32_t>(j));
        for (std::size_t a = 0; a < Softnesses; ++a) {
            T const weight = exp((near.distance(i, j, first) - near.distance(i, j, k)) * rate[a]);
            places[a].add(weight, dy, dx);
            for (std::size_t b = 0; b < Spaces; ++b) {
                values[a][b].add(weight, dy, dx, samples.value[b](s));
                if (weight >= rule.range_weight) values[a][b].widen(samples.value[b](s));
            }
        }
    }
    for (std::size_t a = 0; a < Softnesses; ++a) {
        plane_normals<T> const normals(places[a], rule.ridge);
        for (std::size_t b = 0; b < Spaces; ++b) out[a][b] = values[a][b].at_pixel(normals);
    }
    return true;
}

template <class T, class M>
struct local_plane_op {
    sample_list_views<T, M> near;
    sample_views<T, M> samples;
    view<T, 2, M> out;
    plane_rule<T, 1> rule;
    bool logarithmic;  ///< the values are logarithms: write the exponential

    dims<2> shape() const { return out.extents(); }

    HYSPN_HD void operator()(index_t i, index_t j) const
    {
        using std::exp;
        T fitted[1][1];
        fit_planes_at(i, j, near, samples, rule, keep_all_samples{}, fitted);
        out(i, j) = logarithmic ? exp(fitted[0][0]) : fitted[0][0];
    }
};

/// The logarithms of the values of samples.
template <class T>
tensor<T, 1> logarithms(tensor<T, 1> const& value)
{
    tensor<T, 1> result(value);
    for (T& z : result) z = std::log(z);
    return result;
}

template <class T>
sample_list_views<T, memory::host> views_of(guidance::nearest_samples<T> const& near)
{
    return {as_const(near.index), as_const(near.distance)};
}

/// The lists are of at least one sample each, and of samples there are.
template <class T>
void require_sample_lists(char const* name, guidance::nearest_samples<T> const& near, index_t samples)
{
    dims<3> const lists = near.index.extents();
    if (lists[2] < 1) raise<shape_error>(name, "near.index", "[H, W, K] with K at least 1", to_string(lists));
    require_shape(name, "near.distance", "the shape of near.index", near.distance.extents(), lists);
    for (index_t i = 0; i < near.index.size(); ++i) {
        std::int32_t const s = near.index.data()[i];
        require_value(s < samples && (s >= 0 || i % lists[2] > 0), name, "near.index",
                      "below the number of samples, and a list of at least one", s);
    }
}

inline void require_plane_options(char const* name, double softness, double ridge, double range_weight)
{
    require_value(softness > 0, name, "softness", "above 0", softness);
    require_value(ridge >= 0, name, "ridge", "at least 0", ridge);
    require_value(range_weight >= 0 && range_weight <= 1, name, "range_weight", "in [0, 1]", range_weight);
}

}  // namespace hyspn::detail

namespace hyspn::guidance {

/// A dense map [H, W]: at every pixel the weighted plane through its nearest samples, read at the pixel. O(K) per
/// pixel. Values must be positive for depth_space::logarithmic. Throws value_error for options out of range and lists
/// without a sample or of others than there are, shape_error for lists of length 0 or without distances.
template <execution_policy P, class T>
tensor<T, 2> fit_local_planes(P const& exec, nearest_samples<T> const& near, sample_list<T> const& samples,
                              local_plane_options const& options = {})
{
    char const* const name = "fit_local_planes";
    detail::require_plane_options(name, options.softness, options.ridge, options.range_weight);
    detail::require_sample_lists(name, near, samples.size());
    bool const logarithmic = options.space == depth_space::logarithmic;
    tensor<T, 1> const value = logarithmic ? detail::logarithms(samples.value) : samples.value;
    tensor<T, 2> out(near.index.extent(0), near.index.extent(1));
    detail::plane_rule<T, 1> const rule{
        {static_cast<T>(options.softness)}, static_cast<T>(options.ridge), static_cast<T>(options.range_weight)};
    dispatch(exec,
             detail::local_plane_op<T, memory::host>{detail::views_of(near),
                                                     {as_const(samples.y), as_const(samples.x), {as_const(value)}},
                                                     out,
                                                     rule,
                                                     logarithmic});
    return out;
}

}  // namespace hyspn::guidance
