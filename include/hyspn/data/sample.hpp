// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <hyspn/core/tensor.hpp>

namespace hyspn::data {

/// One picture with what is known of it. Maps that are not known have no elements; all others are of one size.
struct sample {
    tensor<float, 3> rgb{};            ///< [3, H, W] in [0, 1]
    tensor<float, 2> depth{};          ///< [H, W], metres, 0 = not measured: the truth
    tensor<float, 2> sparse{};         ///< [H, W], metres, 0 = not measured: what is given
    tensor<std::int32_t, 2> labels{};  ///< [H, W], class, 0 = unlabelled
};

namespace detail {

/// Calls f(map) for every map of a sample that is there.
template <class Sample, class F>
void for_each_map(Sample& s, F const& f)
{
    if (s.rgb.size() > 0) f(s.rgb);
    if (s.depth.size() > 0) f(s.depth);
    if (s.sparse.size() > 0) f(s.sparse);
    if (s.labels.size() > 0) f(s.labels);
}

/// Height and width of a sample's maps; zero when there are none. Throws shape_error when two maps differ.
inline dims<2> size_of(sample const& s, char const* function)
{
    dims<2> size{};
    for_each_map(s, [&](auto const& map) {
        constexpr std::size_t rank = std::remove_cvref_t<decltype(map)>::rank();
        dims<2> const found{map.extent(rank - 2), map.extent(rank - 1)};
        if (size == dims<2>{}) size = found;
        hyspn::detail::require_shape(function, "every map", "[..., H, W]", found, size);
    });
    return size;
}

}  // namespace detail
}  // namespace hyspn::data
