// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/pipeline/pipeline.hpp>

/// \file
/// Label refinement as a task of a pipeline: coarse class probabilities are propagated as logits. The guidance sees how
/// sure they are but not of which class, so that a network serves any set of classes.

namespace hyspn {

/// Channels of label_arrays::image: red, green, blue, less 0.5; the greatest probability; the entropy over that of all
/// classes alike.
inline constexpr index_t label_image_channels = 5;

/// One image, ready for a pipeline with start::given{.maps = L}.
template <class T>
struct label_arrays {
    tensor<T, 4> image;  ///< [1, label_image_channels, H, W]
    tensor<T, 4> maps;   ///< logits [1, L, H, W]: log(L·p), p at least 1e-4; 0 where all classes are alike

    pipeline_inputs<T> inputs() const { return {.image = as_const(image), .maps = as_const(maps)}; }
};

}  // namespace hyspn

namespace hyspn::detail {

template <class T>
struct label_arrays_op {
    static constexpr double least = 1e-4;  ///< probability, so that logits are finite

    view<T const, 3> rgb, probabilities;
    view<T, 3> image, maps;

    dims<2> shape() const { return {image.extent(1), image.extent(2)}; }
    void operator()(index_t i, index_t j) const
    {
        index_t const classes = probabilities.extent(0);
        double greatest = 0, entropy = 0;
        for (index_t l = 0; l < classes; ++l) {
            double const p = std::fmax(static_cast<double>(probabilities(l, i, j)), least);
            greatest = std::fmax(greatest, p);
            entropy -= p * std::log(p);
            maps(l, i, j) = static_cast<T>(std::log(static_cast<double>(classes) * p));
        }
        for (index_t k = 0; k < 3; ++k) image(k, i, j) = rgb(k, i, j) - T(0.5);
        image(3, i, j) = static_cast<T>(greatest);
        image(4, i, j) = static_cast<T>(classes > 1 ? entropy / std::log(static_cast<double>(classes)) : 0);
    }
};

}  // namespace hyspn::detail

namespace hyspn {

/// The arrays of an image [3, H, W] in [0, 1] with coarse probabilities [L, H, W]. Host policies. Throws shape_error,
/// value_error for a probability that is negative or not finite.
template <execution_policy P, view_of_rank<3> X, view_of_rank<3> Y, class T = value_type_of<X>>
    requires same_space<P, X, Y> label_arrays<T> make_label_arrays(P const& exec, X const& rgb, Y const& probabilities)
    {
        char const* const name = "make_label_arrays";
        view<T const, 3> const colours = as_const(rgb), coarse = as_const(probabilities);
        index_t const classes = coarse.extent(0), height = coarse.extent(1), width = coarse.extent(2);
        detail::require_shape(name, "rgb", "[3, H, W]", colours.extents(), dims<3>{3, height, width});
        detail::require_value(classes >= 1, name, "classes", "at least 1", static_cast<double>(classes));
        for_each_element(coarse, [&](T p) {
            detail::require_value(p >= T(0) && std::isfinite(p), name, "every probability", "finite and at least 0",
                                  static_cast<double>(p));
        });
        label_arrays<T> arrays{tensor<T, 4>(index_t{1}, label_image_channels, height, width),
                               tensor<T, 4>(index_t{1}, classes, height, width)};
        dispatch(exec, detail::label_arrays_op<T>{colours, coarse, as_view(arrays.image)[0], as_view(arrays.maps)[0]});
        return arrays;
    }

}  // namespace hyspn
