// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>

/// \file
/// Sparse measurements as a list, drawing them from a dense map, and the shape of their pattern.

namespace hyspn::guidance {

/// Measurements of a sparse map in raster order.
template <class T>
struct sample_list {
    /// Row and column of each sample, [n].
    tensor<std::int32_t, 1> y, x;
    /// Measured value, [n].
    tensor<T, 1> value;

    index_t size() const { return value.extent(0); }
};

/// The positive pixels of a sparse map [H, W]; 0 means not measured.
/// Throws value_error when there are none, or when a pixel is negative, infinite or NaN.
template <view_of_rank<2> X>
auto collect_samples(X&& sparse)
{
    using T = value_type_of<X>;
    auto const map = as_const(sparse);
    index_t n = 0;
    for (index_t i = 0; i < map.extent(0); ++i)
        for (index_t j = 0; j < map.extent(1); ++j) {
            if (!(std::isfinite(map(i, j)) && map(i, j) >= 0))
                detail::raise<value_error>(
                    "collect_samples", "every pixel of sparse", "0 or a positive number",
                    std::to_string(map(i, j)) + " at (" + std::to_string(i) + ", " + std::to_string(j) + ")");
            n += map(i, j) > 0 ? 1 : 0;
        }
    if (n == 0)
        detail::raise<value_error>("collect_samples", "sparse", "a map with at least one positive pixel", "none");
    sample_list<T> list{tensor<std::int32_t, 1>(n), tensor<std::int32_t, 1>(n), tensor<T, 1>(n)};
    index_t k = 0;
    for (index_t i = 0; i < map.extent(0); ++i)
        for (index_t j = 0; j < map.extent(1); ++j) {
            if (!(map(i, j) > 0)) continue;
            list.y(k) = static_cast<std::int32_t>(i);
            list.x(k) = static_cast<std::int32_t>(j);
            list.value(k) = map(i, j);
            ++k;
        }
    return list;
}

}  // namespace hyspn::guidance

namespace hyspn::detail {

template <class T>
void require_inside(char const* name, guidance::sample_list<T> const& samples, index_t height, index_t width)
{
    for (index_t s = 0; s < samples.size(); ++s)
        if (samples.y(s) < 0 || samples.y(s) >= height || samples.x(s) < 0 || samples.x(s) >= width)
            raise<value_error>(name, "every sample", "inside the image " + to_string(dims<2>{height, width}),
                               to_string(dims<2>{samples.y(s), samples.x(s)}));
}

}  // namespace hyspn::detail

namespace hyspn::guidance {

/// Writes the samples over their pixels of a map [H, W]. Throws value_error when one lies outside; then the map is as
/// it was.
template <class T>
void write_samples(sample_list<T> const& samples, tensor<T, 2>& map)
{
    detail::require_inside("write_samples", samples, map.extent(0), map.extent(1));
    for (index_t s = 0; s < samples.size(); ++s) map(samples.y(s), samples.x(s)) = samples.value(s);
}

/// A sparse map [H, W] with `count` of the positive pixels of `dense` [H, W], every choice equally likely; all of them
/// when there are fewer. The same seed draws the same pixels on every platform. Throws value_error for a negative
/// count.
template <view_of_rank<2> X>
auto draw_samples(X&& dense, index_t count, std::uint64_t seed)
{
    using T = value_type_of<X>;
    auto const map = as_const(dense);
    detail::require_value(count >= 0, "draw_samples", "count", "at least 0", static_cast<double>(count));
    tensor<T, 2> sparse(map.extents());
    index_t left = 0;
    for_each_element(map, [&](T const& z) { left += z > 0 ? 1 : 0; });
    // Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
    random_stream random(seed);
    for (index_t i = 0; i < map.extent(0); ++i)
        for (index_t j = 0; j < map.extent(1); ++j) {
            if (!(map(i, j) > 0)) continue;
            if (count > 0 && random.below(left) < count) {
                sparse(i, j) = map(i, j);
                --count;
            }
            --left;
        }
    return sparse;
}

}  // namespace hyspn::guidance

namespace hyspn::detail {

/// Distance from a sample to the nearest other one that lies more along Axis (0 rows, 1 columns) than across it; 0 if
/// there is none.
template <int Axis, class T>
index_t gap_along(view<T const, 2, memory::host> const& map, index_t i, index_t j)
{
    index_t const along = map.extent(Axis), across = map.extent(1 - Axis);
    index_t const p = Axis == 0 ? i : j, q = Axis == 0 ? j : i;
    for (index_t step = 1; step < along; ++step)
        for (index_t const end : {p - step, p + step}) {
            if (end < 0 || end >= along) continue;
            index_t const last = std::min(across - 1, q + step - 1);
            for (index_t s = std::max<index_t>(0, q - step + 1); s <= last; ++s)
                if (Axis == 0 ? map(end, s) > 0 : map(s, end) > 0) return step;
        }
    return 0;
}

template <int Axis, class T>
double median_gap(view<T const, 2, memory::host> const& map)
{
    std::vector<index_t> gaps;
    for (index_t i = 0; i < map.extent(0); ++i)
        for (index_t j = 0; j < map.extent(1); ++j)
            if (map(i, j) > 0)
                if (index_t const gap = gap_along<Axis>(map, i, j); gap > 0) gaps.push_back(gap);
    if (gaps.empty()) return 0;
    auto const middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::nth_element(gaps.begin(), middle, gaps.end());
    return static_cast<double>(*middle);
}

}  // namespace hyspn::detail

namespace hyspn::guidance {

/// How much farther apart samples are down the image than across it: the median vertical gap over the median
/// horizontal gap, where the gap of a sample is the distance to the nearest other one in the 90-degree wedges of that
/// direction. About 1 for random samples, well above 2 for the scan lines of a LiDAR. sparse [H, W], 0 is no sample.
/// 1 when a direction has no neighbours at all.
template <view_of_rank<2> X>
double sampling_anisotropy(X&& sparse)
{
    auto const map = as_const(sparse);
    double const vertical = detail::median_gap<0>(map), horizontal = detail::median_gap<1>(map);
    return vertical > 0 && horizontal > 0 ? vertical / horizontal : 1.0;
}

/// Above this sampling_anisotropy the pattern counts as scan lines.
inline constexpr double scan_line_anisotropy = 2;

}  // namespace hyspn::guidance
