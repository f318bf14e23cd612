// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <type_traits>

#include <hyspn/affinity/detail/neighbour_weights.hpp>
#include <hyspn/backends/omp/affinity/ham_tile.hpp>
#include <hyspn/core/simd_math.hpp>

/// \file
/// First stages of a tile: rows enter (packed features, norms), then distances from a row to its forward neighbours. A
/// pixel is a lane. Where radii are too large or too small for plain formulas, the row goes through the scalar
/// functions of the reference instead.

namespace hyspn::detail {

/// Range of the plain formulas: sinh²(2sr) and squares of differences of close vectors stay well inside the type.
template <class T>
struct tame_range {
    static constexpr T largest_scaled_radius = 10;
    static constexpr T smallest_square = std::is_same_v<T, float> ? T(0x1p-60f) : T(0x1p-700);
};

template <class T>
class ham_distance_stage {
    using lanes = simd::pack<T>;
    using V = lanes;

public:
    ham_distance_stage(ham_forward_op<T, memory::host> const& op, ham_workspace<T>& work)
        : op_(op), work_(work), s_(std::sqrt(op.c)), half_(op.options.around.half())
    {
    }

    /// Copies row `row` of the tile's columns, with r and sinh 2sr of each pixel.
    void enter(ham_tile const& tile, index_t row)
    {
        index_t const channels = op_.x.extent(1), width = tile.width();
        for (index_t c = 0; c < channels; ++c) {
            T const* const from = &op_.x(tile.n, c, row, tile.left);
            std::copy_n(from, width, work_.features.line(row, c) + work_.margin);
            if (row + 1 < op_.x.extent(2)) prefetch(from + op_.x.stride(2), width);
        }
        T* const radius = work_.radius.line(row);
        T* const sinh_radius = work_.sinh_radius.line(row);
        T const* const v = work_.features.line(row);
        T largest = 0;
        bool tame = true;
        for (index_t u = work_.margin; u < work_.margin + width; u += V::size) {
            V square(T(0));
            for (index_t c = 0; c < channels; ++c) {
                V const x = V::load(v + c * work_.pitch + u);
                square = fma(x, x, square);
            }
            V const r = sqrt(square);
            r.store(radius + u);
            index_t const valid = std::min(V::size, work_.margin + width - u);
            for (index_t l = 0; l < valid; ++l) {
                // In this order, so that NaN counts as not tame.
                if (!(square.v[l] >= tame_range<T>::smallest_square)) tame &= radius_again(tile, row, radius, u + l);
                largest = largest < r.v[l] ? r.v[l] : largest;
            }
            sinh(min(V(T(2)) * V(s_) * r, V(T(2) * tame_range<T>::largest_scaled_radius))).store(sinh_radius + u);
        }
        work_.tame_row(row) = tame && s_ * largest <= tame_range<T>::largest_scaled_radius;
    }

    /// Distances and likeness from row `row` to its forward neighbours in rows [first_row, …) that this tile needs.
    void pairs(ham_tile const& tile, index_t row)
    {
        auto const& around = op_.options.around;
        for (index_t h = 0; h < half_;) {
            index_t const k = around.forward(h), other = row + around.row_offset(k);
            if (other >= op_.x.extent(2) || other < tile.row0) {
                absent(row, h, 0, work_.pitch);
                ++h;
            } else if (!op_.options.needs_distances()) {
                std::fill_n(work_.distance.line(row, h), work_.pitch, T(0));
                std::fill_n(work_.likeness.line(row, h), work_.pitch, T(1));
                outside(tile, row, h++);
            } else if (!work_.tame_row(row) || !work_.tame_row(other)) {
                careful(tile, row, h);
                outside(tile, row, h++);
            } else {
                index_t group = 1;
                while (group < 4 && h + group < half_ && fast(row, h + group)) ++group;
                if (group == 4) {
                    together<4>(tile, row, h);
                } else {
                    together<1>(tile, row, h);
                    group = 1;
                }
                for (index_t end = h + group; h < end; ++h) outside(tile, row, h);
            }
        }
    }

private:
    /// The channels of a row are as many short streams, too short for the processor to foresee.
    static void prefetch(T const* from, index_t count)
    {
        for (index_t i = 0; i < count; i += static_cast<index_t>(64 / sizeof(T))) __builtin_prefetch(from + i, 0, 2);
    }

    bool fast(index_t row, index_t h) const
    {
        index_t const other = row + op_.options.around.row_offset(op_.options.around.forward(h));
        return other < op_.x.extent(2) && work_.tame_row(other);
    }

    /// r by the norm that neither underflows nor overflows; whether the pixel is zero, which the formulas can take.
    bool radius_again(ham_tile const& tile, index_t row, T* radius, index_t u) const
    {
        radius[u] = norm(pixel(op_.x, tile.n, row, tile.left + u - work_.margin));
        return radius[u] == T(0);
    }

    /// Marks pairs that do not exist. What is saved of them must not depend on what a thread did before.
    void absent(index_t row, index_t h, index_t from, index_t to)
    {
        std::fill(&work_.chord(h, 0) + from, &work_.chord(h, 0) + to, T(0));
        std::fill(&work_.radial(h, 0) + from, &work_.radial(h, 0) + to, T(0));
        std::fill(work_.distance.line(row, h) + from, work_.distance.line(row, h) + to, static_cast<T>(HUGE_VAL));
        std::fill(work_.likeness.line(row, h) + from, work_.likeness.line(row, h) + to, T(0));
    }

    /// Marks the pairs of which one pixel lies outside the tile's columns.
    void outside(ham_tile const& tile, index_t row, index_t h)
    {
        auto const [first, end] = columns(tile, h);
        absent(row, h, 0, first);
        absent(row, h, end, work_.pitch);
    }

    struct range {
        index_t first, end;
    };

    /// Elements of which the forward neighbour h lies in the tile's columns too.
    range columns(ham_tile const& tile, index_t h) const
    {
        index_t const dx = op_.options.around.column_offset(op_.options.around.forward(h));
        index_t const first = work_.margin, end = work_.margin + tile.width();
        index_t const from = std::clamp(first - dx, first, end);
        return {from, std::max(from, std::min(end, end - dx))};
    }

    /// `Group` forward neighbours from the h-th on, a register of pixels at a time, in two passes over the channels.
    template <std::size_t Group>
    void together(ham_tile const& tile, index_t row, index_t h)
    {
        auto const& around = op_.options.around;
        index_t const channels = op_.x.extent(1), pitch = work_.pitch;
        T const* const here = work_.features.line(row);
        T const *there[Group], *r2[Group], *sinh2[Group];
        for (std::size_t g = 0; g < Group; ++g) {
            index_t const k = around.forward(h + static_cast<index_t>(g)), other = row + around.row_offset(k),
                          dx = around.column_offset(k);
            there[g] = work_.features.line(other) + dx;
            r2[g] = work_.radius.line(other) + dx;
            sinh2[g] = work_.sinh_radius.line(other) + dx;
        }
        for (index_t u = work_.margin; u < work_.margin + tile.width(); u += V::size) {
            V product[Group], square[Group];
            for (std::size_t g = 0; g < Group; ++g) product[g] = square[g] = V(T(0));
            for (index_t c = 0; c < channels; ++c) {
                V const v1 = V::load(here + c * pitch + u);
                for (std::size_t g = 0; g < Group; ++g) {
                    V const v2 = V::load(there[g] + c * pitch + u), delta = v1 - v2;
                    product[g] = fma(delta, v1 + v2, product[g]);
                    square[g] = fma(delta, delta, square[g]);
                }
            }
            V const r1 = V::load(work_.radius.line(row) + u);
            V radial[Group], of_first[Group], of_second[Group], rest[Group];
            for (std::size_t g = 0; g < Group; ++g) {
                V const r = V::load(r2[g] + u), sum = r1 + r, zero(T(0));
                radial[g] = select<T>(sum > zero, product[g] / sum, zero);
                auto const second_is_shorter = r1 >= r;
                V const shorter = select<T>(second_is_shorter, r, r1);
                V const q = select<T>(shorter > zero, radial[g] / shorter, zero);
                of_first[g] = select<T>(second_is_shorter, zero, q);
                of_second[g] = select<T>(second_is_shorter, q, zero);
                rest[g] = zero;
            }
            for (index_t c = 0; c < channels; ++c) {
                V const v1 = V::load(here + c * pitch + u);
                for (std::size_t g = 0; g < Group; ++g) {
                    V const v2 = V::load(there[g] + c * pitch + u);
                    V const e = (v1 - v2) - fma(of_first[g], v1, of_second[g] * v2);
                    rest[g] = fma(e, e, rest[g]);
                }
            }
            for (std::size_t g = 0; g < Group; ++g)
                finish(row, h + static_cast<index_t>(g), u, r1, V::load(r2[g] + u), V::load(sinh2[g] + u), radial[g],
                       rest[g], square[g]);
        }
    }

    /// From the two sums to chord, distance and likeness.
    void finish(index_t row, index_t h, index_t u, V r1, V r2, V sinh2, V radial, V rest, V square)
    {
        constexpr T noise = 16 * math_traits<T>::unit_roundoff;
        V const zero(T(0)), longer = max(r1, r2);
        V const kept = select<T>(rest <= V(noise * noise) * square, zero, rest);
        V const chord = select<T>(longer > zero, kept / (longer * longer), zero);
        V const gap = sinh(V(s_) * radial), sinh1 = V::load(work_.sinh_radius.line(row) + u);
        V const sigma = fma(gap, gap, sinh1 * sinh2 * (chord * V(T(0.25))));
        V const d = V(T(2) / s_) * asinh(sqrt(sigma));
        chord.store(&work_.chord(h, u));
        radial.store(&work_.radial(h, u));
        d.store(work_.distance.line(row, h) + u);
        exp(-d / V(op_.tau)).store(work_.likeness.line(row, h) + u);
    }

    /// One forward neighbour by the reference's scalar functions, for all radii.
    void careful(ham_tile const& tile, index_t row, index_t h)
    {
        auto const& around = op_.options.around;
        index_t const k = around.forward(h), other = row + around.row_offset(k), dx = around.column_offset(k);
        auto const [first, end] = columns(tile, h);
        for (index_t u = first; u < end; ++u) {
            T const r1 = work_.radius.line(row)[u], r2 = work_.radius.line(other)[u + dx];
            index_t const x = tile.left + u - work_.margin;
            auto const g = geometry_of(pixel(op_.x, tile.n, row, x), pixel(op_.x, tile.n, other, x + dx), r1, r2);
            T const d = tangent_distance(s_, r1, r2, g);
            work_.chord(h, u) = g.chord;
            work_.radial(h, u) = g.radial;
            work_.distance.line(row, h)[u] = d;
            work_.likeness.line(row, h)[u] = std::exp(-d / op_.tau);
        }
    }

    ham_forward_op<T, memory::host> const& op_;
    ham_workspace<T>& work_;
    T s_;
    index_t half_;
};

}  // namespace hyspn::detail
