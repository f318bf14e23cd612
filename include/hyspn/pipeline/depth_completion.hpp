// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/guidance/plane_experts.hpp>
#include <hyspn/pipeline/pipeline.hpp>

/// \file
/// Depth completion as a task of a pipeline: from an image, its sparse depths and what the plane experts say of them to
/// the arrays a network reads. Depths are divided by the mean of the measured ones, so that networks know no unit.

namespace hyspn {

/// Channels of depth_arrays::image: red, green, blue, less 0.5; the logarithm of each candidate less their mean, times
/// 3; that mean; the spread of the logarithms, times 5; log(1 + length of the path to the nearest sample)/4; the mask.
inline constexpr index_t depth_image_channels = 3 + guidance::plane_expert_count + 4;

/// Prior weights are at least this, so that training can call on experts that leave-one-out errors have silenced.
inline constexpr double least_prior_weight = 0.01;

/// One image, ready for a pipeline with start::mixture{.candidates = 6}.
template <class T>
struct depth_arrays {
    tensor<T, 4> image;     ///< [1, depth_image_channels, H, W]
    tensor<T, 4> maps;      ///< [1, 12, H, W]: the candidates, in units of `scale`, and their prior weights
    tensor<T, 4> measured;  ///< [1, 1, H, W], in units of `scale`, 0 where nothing was measured
    tensor<T, 4> mask;      ///< [1, 1, H, W], 1 where something was
    T scale = 1;            ///< the unit of the depths, e.g. in metres

    pipeline_inputs<T> inputs() const { return {as_const(image), as_const(maps), as_const(measured), as_const(mask)}; }
};

}  // namespace hyspn

namespace hyspn::detail {

/// The arrays of one pixel.
template <class T>
struct depth_arrays_op {
    static constexpr index_t experts = guidance::plane_expert_count;

    view<T const, 3> rgb, candidates, weights;
    view<T const, 2> distance, sparse;
    T scale;
    view<T, 3> image, maps;
    view<T, 2> measured, mask;

    dims<2> shape() const { return sparse.extents(); }

    void operator()(index_t i, index_t j) const
    {
        bool const given = sparse(i, j) > T(0);
        measured(i, j) = given ? sparse(i, j) / scale : T(0);
        mask(i, j) = given ? T(1) : T(0);
        T log_depth[experts], mean = 0, square = 0;
        for (index_t k = 0; k < experts; ++k) {
            maps(k, i, j) = candidates(k, i, j) / scale;
            maps(experts + k, i, j) = weights(k, i, j) + static_cast<T>(least_prior_weight);
            log_depth[k] = std::log(maps(k, i, j));
            mean += log_depth[k] / experts;
        }
        for (index_t k = 0; k < 3; ++k) image(k, i, j) = rgb(k, i, j) - T(0.5);
        for (index_t k = 0; k < experts; ++k) {
            T const difference = log_depth[k] - mean;
            image(3 + k, i, j) = 3 * difference;
            square += difference * difference;
        }
        image(3 + experts, i, j) = mean;
        image(4 + experts, i, j) = 5 * std::sqrt(square / experts);
        image(5 + experts, i, j) = std::log1p(distance(i, j)) / 4;
        image(6 + experts, i, j) = mask(i, j);
    }
};

}  // namespace hyspn::detail

namespace hyspn {

/// The arrays of an image [3, H, W] in [0, 1] with sparse depths [H, W] (0: not measured) and the experts' maps of
/// them. Host policies. Throws shape_error when sizes differ, value_error when nothing was measured.
template <execution_policy P, view_of_rank<3> X, view_of_rank<2> S, class T = value_type_of<X>>
    requires same_space<P, X, S> depth_arrays<T> make_depth_arrays(P const& exec, X const& rgb, S const& sparse,
                                                                   guidance::plane_expert_maps<T> const& experts)
    {
        char const* const name = "make_depth_arrays";
        view<T const, 3> const colours = as_const(rgb);
        view<T const, 2> const given = as_const(sparse);
        index_t const height = given.extent(0), width = given.extent(1);
        detail::require_shape(name, "rgb", "[3, H, W]", colours.extents(), dims<3>{3, height, width});
        detail::require_shape(name, "experts.candidates", "[6, H, W]", experts.candidates.extents(),
                              dims<3>{guidance::plane_expert_count, height, width});
        detail::require_shape(name, "experts.weights", "[6, H, W]", experts.weights.extents(),
                              experts.candidates.extents());
        detail::require_shape(name, "experts.distance", "[H, W]", experts.distance.extents(), given.extents());
        auto const samples = guidance::collect_samples(given);
        double sum = 0;
        for (T const z : samples.value) sum += static_cast<double>(z);
        auto const of = [&](index_t channels) { return tensor<T, 4>(index_t{1}, channels, height, width); };
        depth_arrays<T> arrays{of(depth_image_channels), of(2 * guidance::plane_expert_count), of(1), of(1),
                               static_cast<T>(sum / static_cast<double>(samples.size()))};
        dispatch(exec, detail::depth_arrays_op<T>{colours, as_const(experts.candidates), as_const(experts.weights),
                                                  as_const(experts.distance), given, arrays.scale,
                                                  as_view(arrays.image)[0], as_view(arrays.maps)[0],
                                                  as_view(arrays.measured)[0][0], as_view(arrays.mask)[0][0]});
        return arrays;
    }

}  // namespace hyspn
