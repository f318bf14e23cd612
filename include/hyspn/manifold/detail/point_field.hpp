// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <hyspn/core/view.hpp>

/// \file
/// Arrays of points, whatever their layout, as a grid of strided rank-1 views. Points are rows of [N, D], or the
/// channel vectors of planar maps [C, H, W] and [N, C, H, W]; numbers, one a point, are [N], [H, W] and [N, H, W].

namespace hyspn::detail {

/// A grid of at most three axes with a rank-1 view at each place.
template <class T, class M>
struct point_field {
    T* data;
    index_t extent;   ///< elements of one point
    index_t stride;   ///< between them
    dims<3> grid;     ///< places, leading axes 1 where there are fewer
    dims<3> strides;  ///< between places

    HYSPN_HD view<T, 1, M> operator()(index_t n, index_t i, index_t j) const
    {
        return {data + n * strides[0] + i * strides[1] + j * strides[2], dims<1>{{extent}}, dims<1>{{stride}}};
    }

    /// The same by its number in row-major order.
    HYSPN_HD view<T, 1, M> at(index_t place) const
    {
        index_t const j = place % grid[2], row = place / grid[2];
        return (*this)(row / grid[1], row % grid[1], j);
    }
    HYSPN_HD index_t places() const { return grid[0] * grid[1] * grid[2]; }
};

/// Rows of [N, D]; the grid is [N, 1, 1], so that drivers share the rows between threads.
template <class T, class M>
point_field<T, M> points_of(view<T, 2, M> x)
{
    return {x.data_handle(), x.extent(1), x.stride(1), {{x.extent(0), 1, 1}}, {{x.stride(0), 0, 0}}};
}

/// Channel vectors of [N, C, H, W].
template <class T, class M>
point_field<T, M> points_of(view<T, 4, M> x)
{
    return {x.data_handle(),
            x.extent(1),
            x.stride(1),
            {{x.extent(0), x.extent(2), x.extent(3)}},
            {{x.stride(0), x.stride(2), x.stride(3)}}};
}

/// Channel vectors of [C, H, W].
template <class T, class M>
point_field<T, M> points_of(view<T, 3, M> x)
{
    return points_of(with_batch(x));
}

/// One number a place, as a point of one element: [N], [H, W] or [N, H, W].
template <class T, class M>
point_field<T, M> numbers_of(view<T, 1, M> x)
{
    return {x.data_handle(), 1, 1, {{x.extent(0), 1, 1}}, {{x.stride(0), 0, 0}}};
}

template <class T, class M>
point_field<T, M> numbers_of(view<T, 3, M> x)
{
    return {x.data_handle(), 1, 1, x.extents(), x.strides()};
}

template <class T, class M>
point_field<T, M> numbers_of(view<T, 2, M> x)
{
    return numbers_of(with_batch(x));
}

/// Extents of the numbers that belong to points: the point axis left out.
template <std::size_t Rank>
dims<Rank - 1> without_point_axis(dims<Rank> const& e)
{
    constexpr std::size_t axis = Rank == 4 || Rank == 2 ? 1 : 0;
    dims<Rank - 1> rest{};
    for (std::size_t r = 0, to = 0; r < Rank; ++r)
        if (r != axis) rest[to++] = e[r];
    return rest;
}

/// Feature vector of one pixel of a planar image.
template <class T, class M>
HYSPN_HD view<T, 1, M> pixel(view<T, 4, M> const& x, index_t n, index_t i, index_t j)
{
    return {x.data_handle() + n * x.stride(0) + i * x.stride(2) + j * x.stride(3), dims<1>{x.extent(1)},
            dims<1>{x.stride(1)}};
}

}  // namespace hyspn::detail
