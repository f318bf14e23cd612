// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/guidance/features.hpp>
#include <hyspn/guidance/local_planes.hpp>
#include <hyspn/guidance/nearest_samples.hpp>
#include <hyspn/guidance/samples.hpp>

/// \file
/// From an image and sparse measurements to a dense map without any training: the map that propagation starts from.

namespace hyspn::guidance {

struct initial_depth_options {
    image_feature_options features{};
    path_options paths{};
    /// K, samples per pixel.
    index_t neighbours = 14;
    local_plane_options planes{};
};

/// Options that suit a sampling pattern. Scan lines get more samples per pixel, since many of them lie on one line, a
/// step along the lines that costs as much more as they are denser, at most 4, softer weights, and planes in log depth.
inline initial_depth_options options_for_sampling(double anisotropy)
{
    initial_depth_options options;
    options.paths.horizontal_step = std::clamp(anisotropy, 0.25, 4.0);
    if (anisotropy > scan_line_anisotropy) {
        options.neighbours = 24;
        options.paths.contrast = 30;
        options.planes.softness = 0.25;
        options.planes.space = depth_space::logarithmic;
    }
    return options;
}

/// A dense map [H, W] from features [C, H, W] and a sparse map [H, W] (0: not measured): nearest samples along paths,
/// then local planes. Measured pixels keep their values. Host policies. Throws value_error when there are no samples,
/// shape_error when the sizes differ.
template <execution_policy P, view_of_rank<3> V, view_of_rank<2> S>
    requires same_space<P, V, S>
auto initial_depth(P const& exec, V&& features, S&& sparse, initial_depth_options const& options)
{
    auto const v = as_const(features);
    auto const map = as_const(sparse);
    detail::require_shape("initial_depth", "sparse", "[H, W]", map.extents(), dims<2>{v.extent(1), v.extent(2)});
    auto const samples = collect_samples(map);
    auto const near = find_nearest_samples(exec, v, samples, options.neighbours, options.paths);
    auto depth = fit_local_planes(exec, near, samples, options.planes);
    write_samples(samples, depth);
    return depth;
}

}  // namespace hyspn::guidance
