// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <limits>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/propagation/sampled/cells.hpp>

/// \file
/// Where bilinear samples lie, by pieces of a row. Maps lie in planes with two rows and columns of zeros around them,
/// so that a sample never asks where it is: positions are clamped to the margin, which holds nothing.

namespace hyspn::detail {

/// Columns handled at a time: long enough for the processor to fetch ahead in K channels at once.
inline constexpr index_t sample_chunk = 256;
/// The most neighbours served; larger windows run by the generic drivers.
inline constexpr index_t most_samples = 49;
/// Zeros on each side of a plane.
inline constexpr index_t plane_margin = 2;

/// Planes with their margins; a place holds a V.
template <class V>
class padded_planes {
public:
    padded_planes(index_t count, index_t height, index_t width)
        : planes_(count, height + 2 * plane_margin, width + 2 * plane_margin)
    {
    }

    static bool fits(index_t height, index_t width)
    {
        constexpr index_t most = std::numeric_limits<std::int32_t>::max();
        return height < most / 2 && (height + 2 * plane_margin) <= most / (width + 2 * plane_margin);
    }
    index_t stride() const { return planes_.extent(2); }
    V const* plane(index_t i) const { return planes_.data() + i * planes_.extent(1) * planes_.extent(2); }
    /// Where pixel (y, x) lies.
    V* at(index_t i, index_t y, index_t x) { return &planes_(i, y + plane_margin, x + plane_margin); }
    V const* at(index_t i, index_t y, index_t x) const { return &planes_(i, y + plane_margin, x + plane_margin); }

private:
    tensor<V, 3> planes_;
};

/// Samples of one neighbour at the columns of a chunk: where their cell starts in a plane, and the fractions.
template <class T, std::size_t Chunk = static_cast<std::size_t>(sample_chunk)>
struct located_samples {
    std::int32_t at[Chunk];
    T fy[Chunk], fx[Chunk];
};

/// Finds the samples of a step.
template <class T>
class sample_locator {
public:
    explicit sample_locator(sample_points<T, memory::host> const& points)
        : points_(points), stride_(static_cast<std::int32_t>(points.width() + 2 * plane_margin))
    {
    }

    index_t stride() const { return stride_; }
    index_t count() const { return points_.count(); }

    template <std::size_t Chunk>
    void operator()(index_t n, index_t k, index_t y, index_t x, index_t count, located_samples<T, Chunk>& to) const
    {
        static constexpr T unmoved[sample_chunk] = {};
        bool const stays = points_.stays(k);
        T const* const dy = stays ? unmoved : &points_.offsets(n, 2 * k, y, x);
        T const* const dx = stays ? unmoved : &points_.offsets(n, 2 * k + 1, y, x);
        auto const place = points_.places[k];
        auto const row = static_cast<std::int32_t>(y + points_.spread * place.dy);
        auto const column = static_cast<std::int32_t>(x + points_.spread * place.dx);
        auto const height = static_cast<std::int32_t>(points_.height());
        auto const width = static_cast<std::int32_t>(points_.width());
        auto const columns = static_cast<std::int32_t>(count);
        std::int32_t const start = (row + 2) * stride_ + 2;
#pragma omp simd
        for (std::int32_t i = 0; i < columns; ++i) {
            std::int32_t const whole = split(dy[i], row, height, to.fy[i]);
            to.at[i] = start + whole * stride_;
        }
#pragma omp simd
        for (std::int32_t i = 0; i < columns; ++i) {
            std::int32_t const whole = split(dx[i], column + i, width, to.fx[i]);
            to.at[i] += column + i + whole;
        }
    }

    /// Widens low ... high by the rows of these samples' cells, counted from the top of the margin. Cells of the
    /// outermost rows, where no pixel looks, do not count.
    void widen(index_t n, index_t k, index_t y, index_t x, index_t count, std::int32_t& low, std::int32_t& high) const
    {
        static constexpr T unmoved[sample_chunk] = {};
        T const* const dy = points_.stays(k) ? unmoved : &points_.offsets(n, 2 * k, y, x);
        auto const row = static_cast<std::int32_t>(y + points_.spread * points_.places[k].dy);
        auto const height = static_cast<std::int32_t>(points_.height());
        std::int32_t least = low, most = high;
#pragma omp simd reduction(min : least) reduction(max : most)
        for (index_t i = 0; i < count; ++i) {
            T fraction;
            std::int32_t const at = row + 2 + split(dy[i], row, height, fraction);
            bool const seen = at > 0 && at < height + 2;
            least = seen && at < least ? at : least;
            most = seen && at > most ? at : most;
        }
        low = least;
        high = most;
    }

private:
    /// Whole part and fraction of an offset from `place`; a sample at or below -1 (or nowhere) is moved to -2, one at
    /// or above `size` to it.
    static std::int32_t split(T offset, std::int32_t place, std::int32_t size, T& fraction)
    {
        T const p = static_cast<T>(place), below = T(-1) - p, beyond = static_cast<T>(size) - p;
        T const near = offset > below ? offset : below - T(1);
        T const d = near < beyond ? near : beyond;
        auto whole = static_cast<std::int32_t>(d);
        whole -= static_cast<T>(whole) > d ? 1 : 0;
        fraction = d - static_cast<T>(whole);
        return whole;
    }

    sample_points<T, memory::host> points_;
    std::int32_t stride_;
};

/// All neighbours of a chunk.
template <class T, std::size_t Chunk>
struct located_chunk {
    located_samples<T, Chunk> of[static_cast<std::size_t>(most_samples)];

    void locate(sample_locator<T> const& locator, index_t n, index_t y, index_t x, index_t count)
    {
        for (index_t k = 0; k < locator.count(); ++k) locator(n, k, y, x, count, of[k]);
    }
};

/// Where an array [N, K, H, W] holds the columns of a chunk, for each of its K channels.
template <class U>
struct channel_rows {
    std::array<U*, static_cast<std::size_t>(most_samples)> of;
    index_t count;

    channel_rows(view<U, 4> const& array, index_t n, index_t y, index_t x) : count(array.extent(1))
    {
        for (index_t k = 0; k < count; ++k) of[static_cast<std::size_t>(k)] = &array(n, k, y, x);
    }
    U* operator[](index_t k) const { return of[static_cast<std::size_t>(k)]; }

    /// rest = 1 - Σ_k w_k.
    template <class T>
    void fill_rest(index_t columns, T* rest) const
    {
        std::fill(rest, rest + columns, T(1));
        for (index_t k = 0; k < count; ++k) {
            T const* const w = (*this)[k];
#pragma omp simd
            for (index_t i = 0; i < columns; ++i) rest[i] -= w[i];
        }
    }
};

template <class T>
using weight_rows = channel_rows<T const>;

/// Calls f(n, y, x, columns) for pieces of rows, rows in parallel.
template <index_t Chunk = sample_chunk, class F>
void for_row_chunks(exec::omp const& exec, index_t images, index_t height, index_t width, F const& f)
{
    exec::detail::for_each_index_omp(exec, images * height, [&](index_t row) {
        for (index_t x = 0; x < width; x += Chunk) f(row / height, row % height, x, std::min(Chunk, width - x));
    });
}

template <class T>
bool serves_samples(sample_points<T, memory::host> const& points)
{
    return points.count() <= most_samples && points.offsets.rows_contiguous() && points.offsets.size() > 0 &&
           padded_planes<T>::fits(points.height(), points.width());
}

}  // namespace hyspn::detail
