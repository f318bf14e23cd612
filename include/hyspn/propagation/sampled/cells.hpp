// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/propagation/sampled/options.hpp>

/// \file
/// Places between the pixels: where they are and what a map holds there.

namespace hyspn::detail {

/// Where a sample lies: between rows y and y + 1 and columns x and x + 1, at fractions fy and fx of the way, both in
/// [0, 1).
template <class T>
struct sample_cell {
    index_t y, x;
    T fy, fx;
    bool present;  ///< inside (-1, H) x (-1, W)

    /// Whether the pixel is one of the four around the sample.
    HYSPN_HD bool around(index_t row, index_t column) const
    {
        return present && (row == y || row == y + 1) && (column == x || column == x + 1);
    }
    HYSPN_HD T row_weight(index_t row) const { return row == y ? T(1) - fy : row == y + 1 ? fy : T(0); }
    HYSPN_HD T column_weight(index_t column) const { return column == x ? T(1) - fx : column == x + 1 ? fx : T(0); }
};

/// A sample and its derivatives by row and column.
template <class T>
struct sample_slope {
    T value, dy, dx;
};

/// The greatest whole number at most v, for |v| < 2^62.
template <class T>
HYSPN_HD index_t whole_part(T v)
{
    auto const i = static_cast<index_t>(v);
    return T(i) > v ? i - 1 : i;
}

/// The fractions are those of the offset alone, so they lose nothing at large coordinates.
template <class T>
HYSPN_HD sample_cell<T> cell_at(pixel_offset place, T dy, T dx, index_t height, index_t width)
{
    T const far = T(1 << 30);
    if (!(dy > -far && dy < far && dx > -far && dx < far)) return {0, 0, T(0), T(0), false};
    index_t const wy = whole_part(dy), wx = whole_part(dx), y = place.dy + wy, x = place.dx + wx;
    T const fy = dy - T(wy), fx = dx - T(wx);
    bool const below = y < -1 || (y == -1 && fy == T(0)) || x < -1 || (x == -1 && fx == T(0));
    return {y, x, fy, fx, !below && y < height && x < width};
}

template <class T, class M>
HYSPN_HD T corner_of(view<T const, 4, M> const& map, index_t n, index_t l, index_t y, index_t x)
{
    return inside(y, x, map.extent(2), map.extent(3)) ? map(n, l, y, x) : T(0);
}

template <class T, class M>
HYSPN_HD sample_slope<T> slope_at(view<T const, 4, M> const& map, index_t n, index_t l, sample_cell<T> const& c)
{
    if (!c.present) return {T(0), T(0), T(0)};
    T const a = corner_of(map, n, l, c.y, c.x), b = corner_of(map, n, l, c.y, c.x + 1);
    T const e = corner_of(map, n, l, c.y + 1, c.x), f = corner_of(map, n, l, c.y + 1, c.x + 1);
    T const keep_y = T(1) - c.fy, keep_x = T(1) - c.fx;
    T const above = keep_x * a + c.fx * b, under = keep_x * e + c.fx * f;
    return {keep_y * above + c.fy * under, under - above, keep_y * (b - a) + c.fy * (f - e)};
}

template <class T, class M>
HYSPN_HD T sample_at(view<T const, 4, M> const& map, index_t n, index_t l, sample_cell<T> const& c)
{
    return slope_at(map, n, l, c).value;
}

/// Neighbours in channel order.
struct sampled_places {
    neighbour_set set;
    index_t kernel;

    HYSPN_HD stencil_neighbours window() const { return {kernel, 1, false, set != neighbour_set::window}; }
    HYSPN_HD index_t count() const { return set == neighbour_set::cross ? 5 : window().count(); }
    HYSPN_HD pixel_offset operator[](index_t k) const
    {
        if (set != neighbour_set::cross) return window()[k];
        return {k == 0 ? -1 : k == 4 ? 1 : 0, k == 1 ? -1 : k == 3 ? 1 : 0};
    }
    /// The channel of the centre, -1 where there is none.
    HYSPN_HD index_t centre() const { return set == neighbour_set::window ? -1 : count() / 2; }
};

/// Where the neighbours of a step are read: at p + spread d_k + Δ_k(p).
template <class T, class M>
struct sample_points {
    sampled_places places;
    index_t spread;
    bool centre_stays;
    view<T const, 4, M> offsets;  ///< [N, 2K, H, W]

    HYSPN_HD index_t count() const { return places.count(); }
    HYSPN_HD index_t height() const { return offsets.extent(2); }
    HYSPN_HD index_t width() const { return offsets.extent(3); }
    HYSPN_HD bool stays(index_t k) const { return centre_stays && k == places.centre(); }

    HYSPN_HD sample_cell<T> operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        auto const [dy, dx] = places[k];
        pixel_offset const place{y + spread * dy, x + spread * dx};
        if (stays(k)) return cell_at(place, T(0), T(0), height(), width());
        return cell_at(place, offsets(n, 2 * k, y, x), offsets(n, 2 * k + 1, y, x), height(), width());
    }
};

/// Channels first ... first + count - 1 of [..., C, H, W].
template <class T, std::size_t Rank, class M>
HYSPN_HD view<T, Rank, M> channels_of(view<T, Rank, M> const& v, index_t first, index_t count)
{
    auto extents = v.extents();
    extents[Rank - 3] = count;
    return {v.data_handle() ? v.data_handle() + first * v.stride(Rank - 3) : nullptr, extents, v.strides()};
}

inline sampled_places places_of(propagation::sampled const& o)
{
    return {o.neighbours, o.kernel};
}

/// Of step t = 0, 1, ...: where neighbours are read.
template <class T, class M>
sample_points<T, M> points_of(propagation::sampled const& o, view<T const, 4, M> const& offsets, index_t t)
{
    index_t const K = o.count();
    return {places_of(o), o.confidence == confidence_role::legacy ? 2 : 1, o.centre_stays,
            channels_of(offsets, o.offsets_per_step ? 2 * K * t : 0, 2 * K)};
}

/// Of step t: where confidence is read.
template <class T, class M>
sample_points<T, M> confidence_points_of(propagation::sampled const& o, view<T const, 4, M> const& offsets, index_t t)
{
    auto points = points_of(o, offsets, t);
    points.spread = o.confidence == confidence_role::released ? 0 : 1;
    return points;
}

}  // namespace hyspn::detail
