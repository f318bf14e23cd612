// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/guidance/local_planes.hpp>
#include <hyspn/guidance/nearest_samples.hpp>
#include <hyspn/guidance/plane_expert_op.hpp>
#include <hyspn/guidance/samples.hpp>

/// \file
/// A dense map without training, from six ways of fitting local planes. No one way suits every image: hard weights
/// suit objects, soft ones vegetation; planes in depth suit rooms, in log depth roads. Each measurement is predicted
/// from the others by each expert, and an expert counts where it predicts well.

namespace hyspn::guidance {

/// What the plane experts share. Two searches for nearest samples, one that keeps to edges and one that crosses them;
/// on the lists of the first the experts
///   0: softness[0], planes in depth; 1: softness[1], in depth; 2: softness[1], in log depth;
/// and on the lists of the second
///   3: softness[1], in depth; 4: softness[1], in log depth; 5: softness[2], in log depth.
struct plane_expert_options {
    std::array<double, 2> contrasts = {300, 30};          ///< of the two searches, as path_options::contrast
    double horizontal_step = 1;                           ///< as path_options::horizontal_step
    index_t neighbours = 14;                              ///< K, samples per pixel
    std::array<double, 3> softness = {0.08, 0.15, 0.25};  ///< as local_plane_options::softness
    double ridge = 0.01;                                  ///< as local_plane_options::ridge
    double range_weight = 0.01;                           ///< as local_plane_options::range_weight
    /// A sample is predicted without itself and without those fewer than this many rows away: 0 for scattered samples;
    /// on scan lines a neighbour on the same line would make the task too easy.
    index_t left_out_rows = 0;
    /// An expert with mean absolute error e counts (e_min/e)^sharpness.
    double sharpness = 8;
    /// That, times (relative error at the pixel's nearest samples, this many, + half the mean one)^-2.
    index_t local_samples = 8;

    friend bool operator==(plane_expert_options const&, plane_expert_options const&) = default;
};

/// Options that suit a sampling pattern, as options_for_sampling.
inline plane_expert_options experts_for_sampling(double anisotropy)
{
    plane_expert_options options;
    options.horizontal_step = std::clamp(anisotropy, 0.25, 4.0);
    if (anisotropy > scan_line_anisotropy) {
        options.neighbours = 30;
        options.left_out_rows = 6;
    }
    return options;
}

/// What the experts say.
template <class T>
struct plane_expert_maps {
    tensor<T, 3> candidates;  ///< each expert's map [6, H, W], in the unit of the samples
    tensor<T, 3> weights;     ///< what each counts [6, H, W], summing to 1 at every pixel
    tensor<T, 2> depth;       ///< the weighted mean [H, W]; measured pixels keep their values
    tensor<T, 2> distance;    ///< length of the path to the nearest sample [H, W], pixels, of the first search
    /// Mean absolute error of predicting samples, in their unit; 0 when none could be predicted.
    std::array<double, plane_expert_count> errors;
};

/// The lists of both searches, for fit_plane_experts. Throws as find_nearest_samples.
template <execution_policy P, view_of_rank<3> X, class T = value_type_of<X>>
    requires same_space<P, X> std::array < nearest_samples<T>,
2 > find_expert_samples(P const& exec, X&& features, sample_list<T> const& samples,
                        plane_expert_options const& options = {})
{
    auto const search = [&](double contrast) {
        return find_nearest_samples(exec, features, samples, options.neighbours,
                                    {.contrast = contrast, .horizontal_step = options.horizontal_step});
    };
    return {search(options.contrasts[0]), search(options.contrasts[1])};
}

}  // namespace hyspn::guidance

namespace hyspn::detail {

inline void require_plane_expert_options(char const* name, guidance::plane_expert_options const& o)
{
    for (double const softness : o.softness) require_plane_options(name, softness, o.ridge, o.range_weight);
    require_value(o.left_out_rows >= 0, name, "left_out_rows", "at least 0", static_cast<double>(o.left_out_rows));
    require_value(o.sharpness >= 0 && std::isfinite(o.sharpness), name, "sharpness", "finite and at least 0",
                  o.sharpness);
    require_value(o.local_samples >= 1, name, "local_samples", "at least 1", static_cast<double>(o.local_samples));
}

/// The lists belong to one map and to these samples, which lie inside it.
template <class T>
void require_expert_samples(char const* name, std::array<guidance::nearest_samples<T>, 2> const& near,
                            guidance::sample_list<T> const& samples)
{
    dims<3> const lists = near[0].index.extents();
    for (auto const& n : near) {
        require_shape(name, "near.index", "[H, W, K], the same of both searches", n.index.extents(), lists);
        require_sample_lists(name, n, samples.size());
    }
    require_samples(name, samples, lists[0], lists[1]);
    for (T const z : samples.value)
        require_value(std::isfinite(z) && z > 0, name, "every sample", "a positive number", static_cast<double>(z));
}

template <class T>
plane_expert_fit<T, memory::host> make_expert_fit(std::array<guidance::nearest_samples<T>, 2> const& near,
                                                  guidance::sample_list<T> const& samples,
                                                  tensor<T, 1> const& log_value,
                                                  guidance::plane_expert_options const& o)
{
    auto const rule = [&](double softer, double harder) {
        return plane_rule<T, 2>{
            {static_cast<T>(softer), static_cast<T>(harder)}, static_cast<T>(o.ridge), static_cast<T>(o.range_weight)};
    };
    return {{views_of(near[0]), views_of(near[1])},
            {as_const(samples.y), as_const(samples.x), {as_const(samples.value), as_const(log_value)}},
            {rule(o.softness[0], o.softness[1]), rule(o.softness[1], o.softness[2])}};
}

}  // namespace hyspn::detail

namespace hyspn::guidance {

/// Each expert's map, what each counts where, and their mean. `near` as find_expert_samples gives it. Weights are equal
/// when no sample can be predicted from others, as when there is one. O(K) per pixel. Host policies; the same bits for
/// any number of threads. Throws value_error for options out of range and samples that are not positive, shape_error
/// when the lists are not of one map.
template <execution_policy P, class T>
plane_expert_maps<T> fit_plane_experts(P const& exec, std::array<nearest_samples<T>, 2> const& near,
                                       sample_list<T> const& samples, plane_expert_options const& options = {})
{
    char const* const name = "fit_plane_experts";
    detail::require_plane_expert_options(name, options);
    detail::require_expert_samples(name, near, samples);
    index_t const height = near[0].index.extent(0), width = near[0].index.extent(1);
    auto const log_value = detail::logarithms(samples.value);
    auto const fit = detail::make_expert_fit(near, samples, log_value, options);

    tensor<T, 2> predicted(samples.size(), plane_expert_count);
    dispatch(exec, detail::leave_one_out_op<T, memory::host>{fit, options.left_out_rows, as_view(predicted)});
    auto const trust = detail::expert_trust_of<T>(predicted, samples.value, options.sharpness);

    plane_expert_maps<T> maps{tensor<T, 3>(plane_expert_count, height, width),
                              tensor<T, 3>(plane_expert_count, height, width), tensor<T, 2>(height, width),
                              tensor<T, 2>(height, width), trust.errors};
    dispatch(exec, detail::plane_expert_op<T, memory::host>{
                       fit, as_const(trust.relative), trust.scores, options.local_samples, as_view(maps.candidates),
                       as_view(maps.weights), as_view(maps.depth), as_view(maps.distance)});
    write_samples(samples, maps.depth);
    return maps;
}

/// The same from features [C, H, W] (image_features) and a sparse map [H, W], 0: not measured. Throws as above,
/// value_error when there are no samples, shape_error when the sizes differ.
template <execution_policy P, view_of_rank<3> V, view_of_rank<2> S>
    requires same_space<P, V, S>
auto plane_experts(P const& exec, V&& features, S&& sparse, plane_expert_options const& options)
{
    auto const v = as_const(features);
    auto const map = as_const(sparse);
    detail::require_shape("plane_experts", "sparse", "[H, W]", map.extents(), dims<2>{v.extent(1), v.extent(2)});
    auto const samples = collect_samples(map);
    return fit_plane_experts(exec, find_expert_samples(exec, v, samples, options), samples, options);
}

}  // namespace hyspn::guidance
