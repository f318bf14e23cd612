// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/backends/omp/lattice.hpp>
#include <hyspn/nn/detail/window.hpp>

/// \file
/// Vectors under a window as columns of a matrix, a tile of them at a time: what turns correlations into products of
/// matrices. The whole matrix never exists.

namespace hyspn::detail {

inline lattice forward_lattice(window const& over, index_t rows, index_t columns)
{
    lattice l{rows, columns, over.stride, {}};
    for (index_t m = 0; m < over.taps(); ++m) l.taps.push_back({m, over.offset(0, m), over.offset(1, m)});
    return l;
}

/// Input pixels (phase + stride·a) of an image [height, width], seen from the outputs.
inline lattice transposed_lattice(window const& over, dims<2> const& phase, index_t height, index_t width)
{
    auto const count = [&](index_t length, std::size_t axis) {
        return length > phase[axis] ? (length - phase[axis] + over.stride[axis] - 1) / over.stride[axis] : 0;
    };
    lattice l{count(height, 0), count(width, 1), {1, 1}, {}};
    for (index_t m = 0; m < over.taps(); ++m) {
        index_t const row = phase[0] - over.offset(0, m), column = phase[1] - over.offset(1, m);
        if (row % over.stride[0] == 0 && column % over.stride[1] == 0)
            l.taps.push_back({m, row / over.stride[0], column / over.stride[1]});
    }
    return l;
}

/// Points of a tile: what keeps `rows_of_matrix` rows of them within the second-level cache. A multiple of 16.
inline index_t tile_points(index_t rows_of_matrix)
{
    constexpr index_t numbers = 1 << 16;
    return std::clamp<index_t>(numbers / std::max<index_t>(1, rows_of_matrix) / 16 * 16, 32, 512);
}

/// Calls f(n, a, b, first, count) for each stretch of points of one row of the lattice among points [from, to); `first`
/// is the stretch's position in the tile.
template <class F>
void for_each_stretch(lattice const& l, index_t from, index_t to, F const& f)
{
    for (index_t p = from; p < to;) {
        index_t const b = p % l.columns, row = p / l.columns;
        index_t const count = std::min(to - p, l.columns - b);
        f(row / l.rows, row % l.rows, b, p - from, count);
        p += count;
    }
}

/// Fills `columns` (row t·C + c, `pitch` numbers a row) with channels [first, first + C) of `source` under tap t of
/// points [from, to); zeros outside the image.
template <class T>
void gather_columns(lattice const& l, view<T const, 4, memory::host> const& source, index_t first, index_t channels,
                    index_t from, index_t to, T* columns, index_t pitch)
{
    auto const one_row = [&](index_t n, index_t a, index_t b, index_t at, index_t count) {
        for (std::size_t t = 0; t < l.taps.size(); ++t) {
            lattice_tap const& tap = l.taps[t];
            T* const out = columns + static_cast<index_t>(t) * channels * pitch + at;
            index_t const row = a * l.step[0] + tap.row;
            bool const present = row >= 0 && row < source.extent(2);
            for (index_t k = 0; k < count; ++k) {
                index_t const column = (b + k) * l.step[1] + tap.column;
                bool const inside = present && column >= 0 && column < source.extent(3);
                T const* const in = inside ? &source(n, first, row, column) : nullptr;
                if (inside)
                    for (index_t c = 0; c < channels; ++c) out[c * pitch + k] = in[c * source.stride(1)];
                else
                    for (index_t c = 0; c < channels; ++c) out[c * pitch + k] = T(0);
            }
        }
    };
    auto const by_channel = [&](index_t n, index_t a, index_t b, index_t at, index_t count) {
        for (std::size_t t = 0; t < l.taps.size(); ++t) {
            lattice_tap const& tap = l.taps[t];
            index_t const row = a * l.step[0] + tap.row;
            bool const present = row >= 0 && row < source.extent(2);
            // Points [k0, k1) of the stretch lie inside the row.
            index_t k0 = 0, k1 = count;
            while (k0 < count && (b + k0) * l.step[1] + tap.column < 0) ++k0;
            while (k1 > k0 && (b + k1 - 1) * l.step[1] + tap.column >= source.extent(3)) --k1;
            if (!present) k1 = k0 = 0;
            index_t const step = l.step[1] * source.stride(3);
            for (index_t c = 0; c < channels; ++c) {
                T* const out = columns + (static_cast<index_t>(t) * channels + c) * pitch + at;
                std::fill(out, out + k0, T(0));
                std::fill(out + k1, out + count, T(0));
                if (k1 <= k0) continue;
                T const* const in = &source(n, first + c, row, (b + k0) * l.step[1] + tap.column);
                if (step == 1)
                    std::copy(in, in + (k1 - k0), out + k0);
                else
                    for (index_t k = 0; k < k1 - k0; ++k) out[k0 + k] = in[k * step];
            }
        }
    };
    if (l.columns < 8)
        for_each_stretch(l, from, to, one_row);
    else
        for_each_stretch(l, from, to, by_channel);
}

}  // namespace hyspn::detail
