// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/view.hpp>

/// \file
/// Layers that look at one point at a time take rows [N, C], maps [C, H, W] and batches of maps [N, C, H, W]; inside
/// they are all [N, C, H, W], rows as maps of one pixel.

namespace hyspn::detail {

template <class T, class M>
view<T, 4, M> as_maps(view<T, 2, M> x)
{
    return {x.data_handle(), {x.extent(0), x.extent(1), 1, 1}, {x.stride(0), x.stride(1), 1, 1}};
}
template <class T, class M>
view<T, 4, M> as_maps(view<T, 3, M> x)
{
    return with_batch(x);
}
template <class T, class M>
view<T, 4, M> as_maps(view<T, 4, M> x)
{
    return x;
}

/// How messages name such an array.
template <std::size_t Rank>
constexpr char const* pattern(bool output)
{
    if constexpr (Rank == 2)
        return output ? "[N, O]" : "[N, C]";
    else if constexpr (Rank == 3)
        return output ? "[O, H, W]" : "[C, H, W]";
    else
        return output ? "[N, O, H, W]" : "[N, C, H, W]";
}

/// The same extents with another number of channels.
template <std::size_t Rank>
constexpr dims<Rank> with_channels(dims<Rank> e, index_t channels)
{
    e[Rank == 3 ? 0 : 1] = channels;
    return e;
}

/// `size` channels from `first` on of one pixel.
template <class T, class M>
HYSPN_HD view<T, 1, M> channels_of(view<T, 4, M> const& x, index_t n, index_t first, index_t size, index_t i, index_t j)
{
    return {x.data_handle() + n * x.stride(0) + first * x.stride(1) + i * x.stride(2) + j * x.stride(3), dims<1>{size},
            dims<1>{x.stride(1)}};
}

}  // namespace hyspn::detail

namespace hyspn {

// clang-format off

/// Rows [N, C], maps [C, H, W] or batches of maps [N, C, H, W].
template <class X>
concept features = view_like<X> && (rank_of<X> >= 2) && (rank_of<X> <= 4);

// clang-format on

}  // namespace hyspn
