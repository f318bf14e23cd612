// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include <hyspn/nn/detail/pixel_map.hpp>

/// \file
/// Maps [N, C, H, W] joined, taken apart and added.

namespace hyspn {

namespace detail {

/// The number itself.
struct map_copy {
    HYSPN_HD map_copy at(index_t, index_t) const { return *this; }
    template <class V>
    HYSPN_HD V operator()(V x) const
    {
        return x;
    }
};

}  // namespace detail

namespace nn {

/// Channels [first, first + count) of maps [N, C, H, W], as a view of the same memory. Where layers write to such parts
/// of one array, concatenation costs nothing, and its adjoint is to read the parts of the array of cotangents. Throws
/// shape_error.
template <view_of_rank<4> X>
auto channel_range(X&& x, index_t first, index_t count)
{
    auto const v = as_view(x);
    if (first < 0 || count < 0 || first + count > v.extent(1))
        detail::raise<shape_error>("channel_range", "x",
                                   "of channels " + std::to_string(first) + " to " + std::to_string(first + count),
                                   to_string(v.extents()));
    dims<4> e = v.extents();
    e[1] = count;
    return view_of<X>(v.data_handle() + first * v.stride(1), e, v.strides());
}

/// Copies parts [N, C_k, H, W], in order, to y [N, ΣC_k, H, W], for arrays that are not parts of y already. Throws
/// shape_error.
template <execution_policy P, class T, class M, view_of_rank<4> Y>
    requires same_space<P, Y>
void concatenate_channels(P const& exec, std::vector<view<T const, 4, M>> const& parts, Y&& y)
{
    view<T, 4, M> const to = as_view(y);
    index_t at = 0;
    for (auto const& part : parts) {
        dims<4> const e = part.extents();
        detail::require_shape("concatenate_channels", "a part", "[N, C, H, W]", e,
                              {to.extent(0), e[1], to.extent(2), to.extent(3)});
        dispatch(exec, detail::pixel_map_op<detail::map_copy, 1, T, M>{{}, {part}, channel_range(to, at, e[1])});
        at += e[1];
    }
    detail::require_shape("concatenate_channels", "y", "[N, channels of all parts, H, W]", to.extents(),
                          {to.extent(0), at, to.extent(2), to.extent(3)});
}

/// y = a + b, as at the end of a residual block; y may be a or b. Its adjoint hands dy to both. Throws shape_error.
template <execution_policy P, view_of_rank<4> A, view_of_rank<4> B, view_of_rank<4> Y>
    requires same_space<P, A, B, Y>
void add_maps(P const& exec, A const& a, B const& b, Y&& y)
{
    using T = value_type_of<A const>;
    auto const left = as_const(a), right = as_const(b);
    auto const to = as_view(y);
    detail::require_shape("add_maps", "b", "[N, C, H, W]", right.extents(), left.extents());
    detail::require_shape("add_maps", "y", "[N, C, H, W]", to.extents(), left.extents());
    dispatch(exec, detail::pixel_map_op<detail::map_sum, 2, T, typename P::memory_space>{{}, {left, right}, to});
}

}  // namespace nn
}  // namespace hyspn
