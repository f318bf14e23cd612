// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include <hyspn/backends/omp/lattice_patch.hpp>
#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/core/simd.hpp>
#include <hyspn/core/tensor.hpp>

/// \file
/// Convolutions over a lattice without the matrix of windows: a register holds neighbouring points of one output, and
/// a few outputs of a few registers are summed at once, so that the multiplications, not the memory, take the time.
/// A sum runs over channels, then taps, one multiply-add after another: what surrounds a point, and the number of
/// threads, do not change its bits.

namespace hyspn::detail {

/// out(n, g·J + j, origin + step·(a, b)) = scale · Σ_{i,t} weights(g, j, t, i) · source(n, g·I + i, under tap t) +
/// bias(g·J + j), where there is one, for every point (a, b) of a lattice.
template <class T>
struct lattice_product {
    lattice const& over;
    view<T const, 4> weights;  ///< [G, J, all taps, I], the taps by their index
    view<T const, 4> source;   ///< [N, G·I, …]
    view<T, 4> out;            ///< [N, G·J, …]
    dims<2> origin, step;
    T scale;
    view<T const, 1> bias;  ///< or null
};

/// Outputs and registers of points that a kernel sums at once: as many as there are registers for.
inline constexpr index_t product_outputs = simd::register_bytes == 64 ? 8 : 4;
inline constexpr index_t product_registers = 3;

/// What a kernel reads, at its first point, and where it writes.
template <class T>
struct product_site {
    T const* from;
    index_t plane;  ///< from one channel to the next
    index_t channels;
    std::vector<index_t> const& shifts;
    T const* weights;  ///< [I, taps, outputs]
    T scale;
    T const* bias;  ///< of the outputs; or null
    T* to;
    index_t to_plane, to_step;
    index_t points;  ///< that there are from the first on; sums of more are dropped
};

/// Numbers [outputs, pitch], of which `points` count, to places apart from each other.
template <class T>
void scatter_sums(product_site<T> const& at, T const* sums, index_t outputs, index_t pitch)
{
    for (index_t o = 0; o < outputs; ++o) {
        T* const to = at.to + o * at.to_plane;
        for (index_t k = 0; k < std::min(at.points, pitch); ++k) to[k * at.to_step] = sums[o * pitch + k];
    }
}

/// Outputs [0, Outputs) of Registers registers of points.
template <std::size_t Outputs, std::size_t Registers, class T>
void product_kernel(product_site<T> const& at)
{
    using V = simd::pack<T>;
    V sum[Outputs][Registers];
#pragma GCC unroll 8
    for (std::size_t o = 0; o < Outputs; ++o)
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Registers; ++v) sum[o][v] = V(T(0));
    T const* w = at.weights;
    index_t const* const shifts = at.shifts.data();
    std::size_t const taps = at.shifts.size();
    for (index_t c = 0; c < at.channels; ++c) {
        T const* const from = at.from + c * at.plane;
        for (std::size_t t = 0; t < taps; ++t, w += Outputs) {
            V x[Registers];
#pragma GCC unroll 8
            for (std::size_t v = 0; v < Registers; ++v)
                x[v] = V::load(from + shifts[t] + static_cast<index_t>(v) * V::size);
#pragma GCC unroll 8
            for (std::size_t o = 0; o < Outputs; ++o) {
                V const factor(w[o]);
#pragma GCC unroll 8
                for (std::size_t v = 0; v < Registers; ++v) sum[o][v] = fma(factor, x[v], sum[o][v]);
            }
        }
    }
    V const scale(at.scale);
    bool const plain = at.to_step == 1 && at.points >= static_cast<index_t>(Registers) * V::size;
#pragma GCC unroll 8
    for (std::size_t o = 0; o < Outputs; ++o) {
        V const bias(at.bias ? at.bias[o] : T(0));
        T* const to = at.to + static_cast<index_t>(o) * at.to_plane;
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Registers; ++v) {
            sum[o][v] = fma(scale, sum[o][v], bias);
            if (plain) sum[o][v].store(to + static_cast<index_t>(v) * V::size);
        }
    }
    if (plain) return;
    alignas(simd::register_bytes) T buffer[Outputs][Registers * static_cast<std::size_t>(V::size)];
    std::memcpy(buffer, sum, sizeof sum);
    scatter_sums(at, &buffer[0][0], static_cast<index_t>(Outputs), static_cast<index_t>(Registers) * V::size);
}

/// The kernel for so many outputs and registers.
template <class T>
void run_product_kernel(index_t outputs, index_t registers, product_site<T> const& site)
{
    using kernel = void (*)(product_site<T> const&);
    constexpr auto R = static_cast<std::size_t>(product_registers), O = static_cast<std::size_t>(product_outputs);
    static constexpr auto table = []<std::size_t... I>(std::index_sequence<I...>)
    {
        return std::array<kernel, sizeof...(I)>{&product_kernel<I / R + 1, I % R + 1, T>...};
    }
    (std::make_index_sequence<O * R>{});
    table[static_cast<std::size_t>((outputs - 1) * product_registers + registers - 1)](site);
}

/// Outputs of a group in blocks of nearly equal size, and their weights in the order in which kernels read them.
template <class T>
class product_weights {
public:
    product_weights(lattice const& l, view<T const, 4> const& w)
        : outputs_(w.extent(1)),
          blocks_((outputs_ + product_outputs - 1) / product_outputs),
          depth_(w.extent(3) * static_cast<index_t>(l.taps.size())),
          packed_(w.extent(0) * outputs_ * depth_)
    {
        T* next = packed_.data();
        for (index_t g = 0; g < w.extent(0); ++g)
            for (index_t b = 0; b < blocks_; ++b)
                for (index_t i = 0; i < w.extent(3); ++i)
                    for (lattice_tap const& tap : l.taps)
                        for (index_t j = first(b); j < first(b + 1); ++j) *next++ = w(g, j, tap.index, i);
    }

    index_t blocks() const { return blocks_; }
    index_t first(index_t block) const { return block * outputs_ / blocks_; }
    T const* of(index_t group, index_t block) const
    {
        return packed_.data() + (group * outputs_ + first(block)) * depth_;
    }

private:
    index_t outputs_, blocks_, depth_;
    tensor<T, 1> packed_;
};

/// The points of one tile, all outputs of one group.
template <class T>
void multiply_tile(lattice_product<T> const& p, product_weights<T> const& weights, tensor<T, 1> const& bias,
                   index_t group, lattice_tile const& tile, patch_layout const& layout, T const* patch)
{
    constexpr index_t lanes = simd::pack<T>::size;
    index_t const J = p.weights.extent(1), registers = (tile.columns + lanes - 1) / lanes;
    index_t const parts = (registers + product_registers - 1) / product_registers;
    for (index_t r = 0; r < tile.rows; ++r)
        for (index_t part = 0; part < parts; ++part) {
            index_t const from = part * registers / parts, count = (part + 1) * registers / parts - from;
            // The last registers end with the row, where it is long enough: points summed twice are the same.
            index_t const b = std::clamp<index_t>(tile.columns - count * lanes, 0, from * lanes);
            for (index_t block = 0; block < weights.blocks(); ++block) {
                index_t const j = weights.first(block), o = group * J + j;
                T* const to = &p.out(tile.n, o, p.origin[0] + p.step[0] * (tile.row + r),
                                     p.origin[1] + p.step[1] * (tile.column + b));
                run_product_kernel<T>(
                    weights.first(block + 1) - j, count,
                    {patch + r * layout.pitch() + b, layout.plane(), p.weights.extent(3), layout.shifts(),
                     weights.of(group, block), p.scale, bias.size() > 0 ? bias.data() + o : nullptr, to,
                     p.out.stride(1), p.step[1] * p.out.stride(3), tile.columns - b});
            }
        }
}

/// Tiles whose patch stays within the second-level cache, but no fewer than keep many threads busy.
template <class T>
lattice_tiles product_tiles(lattice_product<T> const& p)
{
    constexpr index_t lanes = simd::pack<T>::size, most_columns = 192, enough = 32;
    constexpr index_t room = (index_t{1} << 18) / static_cast<index_t>(sizeof(T));
    lattice_tiles const strips(p.over, p.out.extent(0), 1, most_columns, lanes);
    index_t const one = patch_layout(p.over, 1, strips.columns(), lanes).plane();
    index_t const each = patch_layout(p.over, 2, strips.columns(), lanes).plane() - one;
    index_t const rows = (room / p.weights.extent(3) - one) / std::max<index_t>(1, each);
    return {p.over, p.out.extent(0), std::clamp<index_t>(std::min(rows, strips.count() / enough), 4, 32), most_columns,
            lanes};
}

template <class T>
void multiply_lattice(exec::omp const& exec, lattice_product<T> const& p)
{
    constexpr index_t lanes = simd::pack<T>::size;
    index_t const groups = p.weights.extent(0), I = p.weights.extent(3);
    lattice_tiles const tiles = product_tiles(p);
    patch_layout const layout(p.over, tiles.rows(), tiles.columns(), lanes);
    product_weights<T> const weights(p.over, p.weights);
    tensor<T, 1> bias(p.bias.data_handle() ? p.bias.extent(0) : 0);
    if (bias.size() > 0) copy(p.bias, as_view(bias));
    auto const make_patch = [&] { return std::make_unique<tensor<T, 1>>(std::max<index_t>(1, I * layout.plane())); };
    auto const run = [&](tensor<T, 1>& patch, index_t job) {
        index_t const g = job % groups;
        lattice_tile const tile = tiles[job / groups];
        layout.fill(p.over, tile, p.source, g * I, I, patch.data());
        multiply_tile(p, weights, bias, g, tile, layout, static_cast<T const*>(patch.data()));
    };
    for_each_tile(exec, tiles.count() * groups, make_patch, run, 1);
}

}  // namespace hyspn::detail
