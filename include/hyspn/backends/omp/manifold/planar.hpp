// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <hyspn/exec/omp.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

/// \file
/// Pointwise operations on planar maps, channel by channel: a tile of neighbouring pixels keeps its running sums in the
/// first-level cache while whole runs of each channel stream past. The generic loop walks one pixel's channels, a plane
/// apart, and pays a cache line for each. A formula takes part by specialising planar_kernel.

namespace hyspn::detail {

/// Pixels a tile: a few running sums of this many numbers fit the first-level cache.
inline constexpr index_t planar_tile = 512;

/// One channel's run of `count` neighbouring pixels after the other.
template <class T>
struct planar_run {
    T* first;
    index_t channels;
    index_t stride;
    T* operator[](index_t channel) const { return first + channel * stride; }
};

/// One number a pixel of the tile.
template <class T>
struct alignas(64) planar_sums {
    T at[planar_tile];
};

/// planar_kernel<Formula, T>::run(k, in, count, out) writes the outputs of a tile and returns true, or writes nothing
/// and returns false to have the formula itself run pixel by pixel.
template <class Formula, class T>
struct planar_kernel;

/// Adjacent pixels lie side by side in every channel.
template <class T, class M>
bool is_planar(point_field<T, M> const& f)
{
    return f.strides[2] == 1 || f.grid[2] <= 1;
}

template <class Formula, class T, std::size_t Inputs>
void dispatch(exec::omp const& exec, pointwise_op<Formula, T, memory::host, Inputs> const& op) requires requires
{
    planar_kernel<Formula, T>::run;
}
{
    bool planar = is_planar(op.out) && op.in[0].grid[2] > 1;
    for (auto const& f : op.in) planar = planar && is_planar(f);
    if (!planar) return parallel_for(exec, op.shape(), op);

    dims<3> const grid = op.shape();
    index_t const tiles = (grid[2] + planar_tile - 1) / planar_tile;
    exec::detail::for_each_index_omp(exec, grid[0] * grid[1] * tiles, [&](index_t task) {
        index_t const begin = task % tiles * planar_tile, row = task / tiles;
        index_t const n = row / grid[1], i = row % grid[1], count = std::min(planar_tile, grid[2] - begin);
        auto const run_of = [&](auto const& f) {
            auto const first = f(n, i, begin);
            return planar_run<std::remove_pointer_t<decltype(first.data_handle())>>{first.data_handle(), f.extent,
                                                                                    f.stride};
        };
        planar_run<T const> in[Inputs];
        for (std::size_t k = 0; k < Inputs; ++k) in[k] = run_of(op.in[k]);
        if (planar_kernel<Formula, T>::run(op.c, in, count, run_of(op.out))) return;
        for (index_t j = begin; j < begin + count; ++j) op(n, i, j);
    });
}

/// Σ x² for each pixel.
template <class T>
void planar_squares(planar_run<T const> x, index_t count, planar_sums<T>& sum)
{
    std::fill_n(sum.at, count, T(0));
    for (index_t channel = 0; channel < x.channels; ++channel) {
        T const* const a = x[channel];
        for (index_t j = 0; j < count; ++j) sum.at[j] += a[j] * a[j];
    }
}

/// Σ (x + sign·y)² for each pixel.
template <class T>
void planar_squares(planar_run<T const> x, planar_run<T const> y, T sign, index_t count, planar_sums<T>& sum)
{
    std::fill_n(sum.at, count, T(0));
    for (index_t channel = 0; channel < x.channels; ++channel) {
        T const *const a = x[channel], *const b = y[channel];
        for (index_t j = 0; j < count; ++j) {
            T const p = a[j] + sign * b[j];
            sum.at[j] += p * p;
        }
    }
}

/// 1 − c‖x‖² for each pixel, as core/compensated.hpp has it.
template <class T>
void planar_complements(T c, planar_run<T const> x, index_t count, planar_sums<T>& complement)
{
    planar_sums<T> low;
    std::fill_n(complement.at, count, T(1));
    std::fill_n(low.at, count, T(0));
    for (index_t channel = 0; channel < x.channels; ++channel) {
        T const* const a = x[channel];
        for (index_t j = 0; j < count; ++j) {
            auto const cx = two_product(c, a[j]);
            auto const square = two_product(-cx.high, a[j]);
            auto const s = two_sum(complement.at[j], square.high);
            complement.at[j] = s.high;
            low.at[j] += s.low + square.low - cx.low * a[j];
        }
    }
    for (index_t j = 0; j < count; ++j) complement.at[j] += low.at[j];
}

/// out = factor·x for each pixel.
template <class T>
void planar_scale(planar_run<T const> x, index_t count, planar_sums<T> const& factor, planar_run<T> out)
{
    for (index_t channel = 0; channel < x.channels; ++channel) {
        T const* const a = x[channel];
        T* const to = out[channel];
        for (index_t j = 0; j < count; ++j) to[j] = factor.at[j] * a[j];
    }
}

}  // namespace hyspn::detail
