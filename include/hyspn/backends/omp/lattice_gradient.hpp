// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <hyspn/backends/omp/lane_square.hpp>
#include <hyspn/backends/omp/lattice_patch.hpp>
#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/core/simd.hpp>
#include <hyspn/core/tensor.hpp>

/// \file
/// The gradient of a convolution's weights. Of outputs and channels one is laid side by side in registers, point after
/// point; each number of the other is multiplied with them, a few at a time, and summed over a tile's points. Tiles
/// are summed into a number of chunks that depends on the shapes alone, and these in order: any number of threads
/// gives the same bits.

namespace hyspn::detail {

/// sums(g, j, t, i) += scale · Σ over images n and points (a, b) of a lattice of cotangent(n, g·J + j, a, b) ·
/// source(n, g·I + i, under tap t).
template <class T>
struct lattice_gradient {
    lattice const& over;
    view<T const, 4> source;     ///< [N, G·I, …]
    view<T const, 4> cotangent;  ///< [N, G·J, rows, columns]
    T scale;
    view<T, 4> sums;  ///< [G, J, all taps, I], the taps by their index
};

/// Rows and registers that a kernel multiplies at once.
inline constexpr index_t gradient_rows = simd::register_bytes == 64 ? 8 : 4;
inline constexpr index_t gradient_registers = 2;

/// sums[row][lane] += Σ over points (r, b) of rows[row] · lanes, for rows [0, Rows) of so many registers of lanes.
template <class T>
struct gradient_site {
    T const* const* rows;  ///< where each begins
    index_t pitch;         ///< of rows
    T const* lanes;
    index_t lanes_pitch;  ///< from one row of points to the next; neighbours lie side by side
    index_t height, width;
    T* sums;
    index_t sums_pitch;
};

template <std::size_t Rows, std::size_t Registers, class T>
void gradient_kernel(gradient_site<T> const& at)
{
    using V = simd::pack<T>;
    V sum[Rows][Registers];
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Rows; ++k)
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Registers; ++v) sum[k][v] = V(T(0));
    for (index_t r = 0; r < at.height; ++r) {
        T const* row[Rows];
#pragma GCC unroll 8
        for (std::size_t k = 0; k < Rows; ++k) row[k] = at.rows[k] + r * at.pitch;
        T const* lanes = at.lanes + r * at.lanes_pitch;
        for (index_t b = 0; b < at.width; ++b, lanes += static_cast<index_t>(Registers) * V::size) {
            V x[Registers];
#pragma GCC unroll 8
            for (std::size_t v = 0; v < Registers; ++v) x[v] = V::load(lanes + static_cast<index_t>(v) * V::size);
#pragma GCC unroll 8
            for (std::size_t k = 0; k < Rows; ++k) {
                V const factor(row[k][b]);
#pragma GCC unroll 8
                for (std::size_t v = 0; v < Registers; ++v) sum[k][v] = fma(factor, x[v], sum[k][v]);
            }
        }
    }
#pragma GCC unroll 8
    for (std::size_t k = 0; k < Rows; ++k)
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Registers; ++v) {
            T* const to = at.sums + static_cast<index_t>(k) * at.sums_pitch + static_cast<index_t>(v) * V::size;
            (V::load(to) + sum[k][v]).store(to);
        }
}

template <class T>
void run_gradient_kernel(index_t rows, index_t registers, gradient_site<T> const& site)
{
    using kernel = void (*)(gradient_site<T> const&);
    constexpr auto R = static_cast<std::size_t>(gradient_registers), K = static_cast<std::size_t>(gradient_rows);
    static constexpr auto table = []<std::size_t... I>(std::index_sequence<I...>)
    {
        return std::array<kernel, sizeof...(I)>{&gradient_kernel<I / R + 1, I % R + 1, T>...};
    }
    (std::make_index_sequence<K * R>{});
    table[static_cast<std::size_t>((rows - 1) * gradient_registers + registers - 1)](site);
}

/// Planes of a patch side by side: `registers` registers of them at each place.
template <class T>
void interleave(T const* patch, index_t planes, index_t plane, index_t registers, T* out)
{
    using V = simd::pack<T>;
    lane_square<T> square;
    for (index_t p = 0; p < plane; p += V::size)
        for (index_t v = 0; v < registers; ++v) {
            index_t const count = std::clamp<index_t>(planes - v * V::size, 0, V::size);
            for (index_t i = 0; i < V::size; ++i)
                square.row[i] = i < count ? V::load(patch + (v * V::size + i) * plane + p) : V(T(0));
            square.transpose();
            for (index_t i = 0; i < V::size; ++i) square.row[i].store(out + ((p + i) * registers + v) * V::size);
        }
}

/// How the work is cut. What lies in registers, "lanes", are outputs or, where that leaves fewer of them empty,
/// channels; what is multiplied with them, "rows", is the other. Taps belong to the channels.
template <class T>
struct gradient_plan {
    static constexpr index_t lanes = simd::pack<T>::size;
    static constexpr index_t block = 32;  ///< channels at a time

    index_t I, J, groups, taps;
    lattice own;  ///< the outputs themselves
    lattice_tiles tiles;
    patch_layout seen, given;  ///< of the source and of the cotangents
    bool channels_in_lanes;

    explicit gradient_plan(lattice_gradient<T> const& g)
        : I(g.sums.extent(3)),
          J(g.sums.extent(1)),
          groups(g.sums.extent(0)),
          taps(static_cast<index_t>(g.over.taps.size())),
          own{g.over.rows, g.over.columns, {1, 1}, {{0, 0, 0}}},
          tiles(g.over, g.cotangent.extent(0), 4, 80, lanes),
          seen(g.over, tiles.rows(), tiles.columns(), lanes),
          given(own, tiles.rows(), tiles.columns(), lanes),
          channels_in_lanes(rounded(I) * J < rounded(J) * I)
    {
    }

    static index_t rounded(index_t n) { return (n + lanes - 1) / lanes * lanes; }
    /// One chunk of one group: [taps, J] or [I, taps] rows of `pitch` lanes.
    index_t rows() const { return taps * (channels_in_lanes ? J : I); }
    index_t pitch() const { return rounded(channels_in_lanes ? I : J); }
    index_t blocks() const { return (I + block - 1) / block; }
    index_t chunks() const
    {
        constexpr index_t room = index_t{1} << 22, jobs = 32;
        index_t const fit =
            std::min(room / (groups * rows() * pitch()), std::max<index_t>(4, jobs / (groups * blocks())));
        return std::clamp<index_t>(fit, 1, tiles.count());
    }
};

/// One thread's arrays, and what it does with them.
template <class T>
class gradient_worker {
    static constexpr index_t lanes = simd::pack<T>::size;

public:
    gradient_worker(lattice_gradient<T> const& g, gradient_plan<T> const& plan)
        : g_(g),
          plan_(plan),
          seen_(plan.block * plan.seen.plane()),
          given_(plan.J * plan.given.plane()),
          side_by_side_(std::max(plan.seen.plane(), plan.given.plane()) * gradient_registers * lanes)
    {
    }

    /// One tile's part of the sums of channels [first, first + block) of a group.
    void add(index_t group, index_t first, lattice_tile const& tile, T* sums)
    {
        index_t const channels = std::min(plan_.block, plan_.I - first);
        plan_.seen.fill(g_.over, tile, g_.source, group * plan_.I + first, channels, seen_.data());
        plan_.given.fill(plan_.own, tile, g_.cotangent, group * plan_.J, plan_.J, given_.data());
        rows_.clear();
        if (plan_.channels_in_lanes) {
            for (index_t j = 0; j < plan_.J; ++j) rows_.push_back(given_.data() + j * plan_.given.plane());
            multiply(tile, plan_.given.pitch(), seen_.data(), channels, plan_.seen, plan_.seen.shifts(), sums + first);
        } else {
            for (index_t c = 0; c < channels; ++c)
                for (index_t shift : plan_.seen.shifts())
                    rows_.push_back(seen_.data() + c * plan_.seen.plane() + shift);
            multiply(tile, plan_.seen.pitch(), given_.data(), plan_.J, plan_.given, plan_.given.shifts(),
                     sums + first * plan_.taps * plan_.pitch());
        }
    }

private:
    /// sums[shift, row] += the products of all rows with `count` planes, laid side by side, at each shift.
    void multiply(lattice_tile const& tile, index_t pitch, T const* planes, index_t count, patch_layout const& layout,
                  std::vector<index_t> const& shifts, T* sums)
    {
        auto const K = static_cast<index_t>(rows_.size());
        index_t const registers = (count + lanes - 1) / lanes;
        index_t const parts = (registers + gradient_registers - 1) / gradient_registers;
        index_t const blocks = (K + gradient_rows - 1) / gradient_rows;
        for (index_t part = 0; part < parts; ++part) {
            index_t const v = part * registers / parts, some = (part + 1) * registers / parts - v;
            interleave(planes + v * lanes * layout.plane(), count - v * lanes, layout.plane(), some,
                       side_by_side_.data());
            T* to = sums + v * lanes;
            for (index_t shift : shifts)
                for (index_t b = 0; b < blocks; ++b) {
                    index_t const k = b * K / blocks, rows = (b + 1) * K / blocks - k;
                    run_gradient_kernel<T>(rows, some,
                                           {rows_.data() + k, pitch, side_by_side_.data() + shift * some * lanes,
                                            layout.pitch() * some * lanes, tile.rows, tile.columns, to, plan_.pitch()});
                    to += rows * plan_.pitch();
                }
        }
    }

    lattice_gradient<T> const& g_;
    gradient_plan<T> const& plan_;
    tensor<T, 1> seen_, given_, side_by_side_;
    std::vector<T const*> rows_;
};

/// One row of lanes: the sum of all chunks.
template <class T>
void add_gradient_row(lattice_gradient<T> const& g, gradient_plan<T> const& plan, view<T const, 4> const& partial,
                      index_t group, index_t row)
{
    using V = simd::pack<T>;
    bool const swapped = plan.channels_in_lanes;
    index_t const used = swapped ? plan.I : plan.J;
    index_t const tap = swapped ? row / plan.J : row % plan.taps, other = swapped ? row % plan.J : row / plan.taps;
    index_t const index = g.over.taps[static_cast<std::size_t>(tap)].index;
    for (index_t first = 0; first < used; first += V::size) {
        V sum(T(0));
        for (index_t chunk = 0; chunk < partial.extent(0); ++chunk) sum += V::load(&partial(chunk, group, row, first));
        for (index_t k = 0; k < std::min(V::size, used - first); ++k)
            (swapped ? g.sums(group, other, index, first + k) : g.sums(group, first + k, index, other)) +=
                g.scale * sum.v[k];
    }
}

template <class T>
void add_lattice_gradient(exec::omp const& exec, lattice_gradient<T> const& g)
{
    gradient_plan<T> const plan(g);
    index_t const chunks = plan.chunks(), blocks = plan.blocks(), rows = plan.rows();
    tensor<T, 4> partial(chunks, plan.groups, rows, plan.pitch());
    auto const run = [&](gradient_worker<T>& worker, index_t job) {
        index_t const block = job % blocks, group = job / blocks % plan.groups, chunk = job / blocks / plan.groups;
        index_t const end = (chunk + 1) * plan.tiles.count() / chunks;
        for (index_t t = chunk * plan.tiles.count() / chunks; t < end; ++t)
            worker.add(group, block * plan.block, plan.tiles[t], &partial(chunk, group, 0, 0));
    };
    for_each_tile(
        exec, chunks * plan.groups * blocks, [&] { return std::make_unique<gradient_worker<T>>(g, plan); }, run, 1);
    exec::detail::for_each_index_omp(exec, plan.groups * rows, [&](index_t row) {
        add_gradient_row(g, plan, as_const(as_view(partial)), row / rows, row % rows);
    });
}

}  // namespace hyspn::detail
