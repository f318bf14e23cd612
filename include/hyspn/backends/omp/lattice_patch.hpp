// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include <hyspn/backends/omp/lattice.hpp>
#include <hyspn/core/simd.hpp>
#include <hyspn/core/view.hpp>

/// \file
/// The part of an image that a rectangle of a lattice's points looks at, copied with zeros where the image ends. Rows
/// and columns which only every stride-th point sees lie apart, so that neighbouring points read neighbouring numbers,
/// whatever tap, stride, dilation and layout in memory.

namespace hyspn::detail {

/// Points (row + r, column + b) of image n.
struct lattice_tile {
    index_t n, row, column, rows, columns;
};

/// A lattice cut into rectangles of one size, but for the last of rows and columns.
class lattice_tiles {
public:
    /// Of at most the given size, evenly; columns a multiple of `lanes`.
    lattice_tiles(lattice const& l, index_t batch, index_t most_rows, index_t most_columns, index_t lanes)
        : image_rows_(l.rows),
          image_columns_(l.columns),
          rows_(even(l.rows, most_rows, 1)),
          columns_(even(l.columns, most_columns, lanes)),
          down_((l.rows + rows_ - 1) / rows_),
          across_((l.columns + columns_ - 1) / columns_),
          count_(batch * down_ * across_)
    {
    }

    index_t count() const { return count_; }
    index_t rows() const { return rows_; }
    index_t columns() const { return columns_; }
    lattice_tile operator[](index_t t) const
    {
        index_t const row = t / across_ % down_ * rows_, column = t % across_ * columns_;
        return {t / across_ / down_, row, column, std::min(rows_, image_rows_ - row),
                std::min(columns_, image_columns_ - column)};
    }

private:
    static index_t even(index_t length, index_t most, index_t multiple)
    {
        index_t const parts = std::max<index_t>(1, (length + most - 1) / most);
        return std::max(multiple, ((length + parts - 1) / parts + multiple - 1) / multiple * multiple);
    }

    index_t image_rows_, image_columns_, rows_, columns_, down_, across_, count_;
};

/// Every second number of two registers, from number 0 of the first and number `Start` of the second on.
template <int Start, class T>
simd::pack<T> every_second(simd::pack<T> a, simd::pack<T> b)
{
    constexpr int lanes = static_cast<int>(simd::pack<T>::size);
    return [&]<int... I>(std::integer_sequence<int, I...>)
    {
        return simd::pack<T>(__builtin_shufflevector(a.v, b.v, (2 * I + (2 * I < lanes ? 0 : Start))...));
    }
    (std::make_integer_sequence<int, lanes>{});
}

/// out[k] = in[2k] for k < count. Reads nothing beyond in[2·count − 2].
template <class T>
void copy_every_second(T const* in, index_t count, T* out)
{
    using V = simd::pack<T>;
    index_t k = 0;
    for (; k + V::size < count; k += V::size)
        every_second<0>(V::load(in + 2 * k), V::load(in + 2 * k + V::size)).store(out + k);
    if (count >= V::size) {
        k = count - V::size;
        return every_second<1>(V::load(in + 2 * k), V::load(in + 2 * k + V::size - 1)).store(out + k);
    }
    for (; k < count; ++k) out[k] = in[2 * k];
}

/// Where numbers of a patch lie: channel c of tap t of point (r, b) at c·plane + shifts[t] + r·pitch + b.
class patch_layout {
public:
    /// Patches of tiles of at most rows × columns points; columns a multiple of `lanes`.
    patch_layout(lattice const& l, index_t rows, index_t columns, index_t lanes)
    {
        if (l.taps.empty()) return;
        std::vector<place> places;
        for (lattice_tap const& tap : l.taps) places.push_back(place_of(l, tap));
        dims<2> most = least_ = places[0].steps;
        for (place const& p : places)
            for (std::size_t axis = 0; axis < 2; ++axis) {
                least_[axis] = std::min(least_[axis], p.steps[axis]);
                most[axis] = std::max(most[axis], p.steps[axis]);
            }
        rows_ = rows + most[0] - least_[0];
        pitch_ = (columns + most[1] - least_[1] + lanes - 1) / lanes * lanes;
        plane_ = static_cast<index_t>(phases_.size()) * rows_ * pitch_;
        for (place const& p : places)
            shifts_.push_back((p.phase * rows_ + p.steps[0] - least_[0]) * pitch_ + p.steps[1] - least_[1]);
    }

    index_t pitch() const { return pitch_; }
    index_t plane() const { return plane_; }
    std::vector<index_t> const& shifts() const { return shifts_; }

    /// Copies channels [first, first + channels) of the source for the points of a tile. All numbers of the patch are
    /// written: those that no point of the tile needs are the image's, or zero.
    template <class T>
    void fill(lattice const& l, lattice_tile const& tile, view<T const, 4> const& source, index_t first,
              index_t channels, T* patch) const
    {
        for (index_t c = 0; c < channels; ++c)
            for (dims<2> const& phase : phases_)
                for (index_t r = 0; r < rows_; ++r, patch += pitch_) {
                    index_t const row = (tile.row + r + least_[0]) * l.step[0] + phase[0];
                    index_t const column = (tile.column + least_[1]) * l.step[1] + phase[1];
                    if (row < 0 || row >= source.extent(2) || source.extent(3) == 0)
                        std::fill_n(patch, pitch_, T(0));
                    else
                        fill_row(&source(tile.n, first + c, row, 0), source.extent(3), source.stride(3), column,
                                 l.step[1], patch);
                }
    }

private:
    /// An offset as whole steps and one of the phases.
    struct place {
        dims<2> steps;
        index_t phase;
    };

    place place_of(lattice const& l, lattice_tap const& tap)
    {
        dims<2> const at{tap.row, tap.column};
        dims<2> steps{}, phase{};
        for (std::size_t axis = 0; axis < 2; ++axis) {
            phase[axis] = (at[axis] % l.step[axis] + l.step[axis]) % l.step[axis];
            steps[axis] = (at[axis] - phase[axis]) / l.step[axis];
        }
        auto const known = std::find(phases_.begin(), phases_.end(), phase);
        index_t const number = known - phases_.begin();
        if (known == phases_.end()) phases_.push_back(phase);
        return {steps, number};
    }

    /// Columns column, column + step, … of a row.
    template <class T>
    void fill_row(T const* row, index_t width, index_t stride, index_t column, index_t step, T* out) const
    {
        index_t const begin = std::clamp<index_t>((step - 1 - column) / step, 0, pitch_);
        index_t const end = std::clamp<index_t>((width - column + step - 1) / step, begin, pitch_);
        std::fill(out, out + begin, T(0));
        std::fill(out + end, out + pitch_, T(0));
        T const* const in = row + column * stride;
        index_t const apart = step * stride;
        if (apart == 1)
            std::copy(in + begin, in + end, out + begin);
        else if (apart == 2)
            copy_every_second(in + 2 * begin, end - begin, out + begin);
        else
            for (index_t k = begin; k < end; ++k) out[k] = in[k * apart];
    }

    dims<2> least_{};
    std::vector<dims<2>> phases_;
    index_t rows_ = 0, pitch_ = 0, plane_ = 0;
    std::vector<index_t> shifts_;
};

}  // namespace hyspn::detail
