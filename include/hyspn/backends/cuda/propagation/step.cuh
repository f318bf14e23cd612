// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/step.hpp>

/// \file
/// Steps of stencils on CUDA. Where each tap looks is found once, on the host; threads lie as the pixels do. Sums have
/// the order of the plain operations.

namespace hyspn::detail {

/// Taps that a table holds: a 7 × 7 window and the centre apart.
inline constexpr int most_taps = 50;
/// Maps that a thread runs through with the taps of its pixel in registers.
inline constexpr index_t maps_of_thread = 8;

/// The places of a stencil's taps, and where they are in memory.
struct tap_table {
    int count = 0;
    int dy[most_taps], dx[most_taps];
    index_t from[most_taps];  ///< of the map, from the pixel
    index_t taps[most_taps];  ///< of the gates

    /// `sign` −1 for the transpose, which looks the other way, at gates too.
    template <class T>
    tap_table(stencil_neighbours const& neighbours, view<T, 4, memory::device> const& gates,
              dims<4> const& from_strides, int sign)
        : count(static_cast<int>(neighbours.count()))
    {
        for (int j = 0; j < count; ++j) {
            auto const [y, x] = neighbours[j];
            dy[j] = sign * static_cast<int>(y);
            dx[j] = sign * static_cast<int>(x);
            from[j] = dy[j] * from_strides[2] + dx[j] * from_strides[3];
            taps[j] = j * gates.stride(1) + (sign < 0 ? dy[j] * gates.stride(2) + dx[j] * gates.stride(3) : 0);
        }
    }
    static bool holds(stencil_neighbours const& neighbours) { return neighbours.count() <= most_taps; }

    HYSPN_HD bool present(int j, int y, int x, int height, int width) const
    {
        int const v = y + dy[j], u = x + dx[j];
        return v >= 0 && v < height && u >= 0 && u < width;
    }
};

/// to = bias + Σ_j tap_j · from at the table's places; bias without data counts as 0. With a known Count of taps, a
/// pixel has all of them in registers; with Count 0 they are read one after another.
template <class T>
struct stencil_sum_of_taps {
    tap_table table;
    view<T const, 4, memory::device> taps, bias, from;
    view<T, 4, memory::device> to;

    /// Maps first … of image n at pixel (y, x).
    template <int Count>
    HYSPN_HD void at(index_t n, index_t first, int y, int x) const
    {
        int const height = static_cast<int>(to.extent(2)), width = static_cast<int>(to.extent(3));
        int const count = Count > 0 ? Count : table.count;
        T const* const gates = &taps(n, 0, y, x);
        T own[Count > 0 ? Count : 1];
        if constexpr (Count > 0)
            for (int j = 0; j < Count; ++j)
                own[j] = table.present(j, y, x, height, width) ? gates[table.taps[j]] : T(0);
        index_t const end = first + maps_of_thread < to.extent(1) ? first + maps_of_thread : to.extent(1);
        for (index_t l = first; l < end; ++l) {
            T const* const map = &from(n, l, y, x);
            T sum = bias.data_handle() ? bias(n, l, y, x) : T(0);
            for (int j = 0; j < count; ++j) {
                if (!table.present(j, y, x, height, width)) continue;
                if constexpr (Count > 0)
                    sum += own[j] * map[table.from[j]];
                else
                    sum += gates[table.taps[j]] * map[table.from[j]];
            }
            to(n, l, y, x) = sum;
        }
    }
};

/// dtaps_j += Σ_g Σ_l λ_gl · x_gl at the table's places.
template <class T>
struct stencil_taps_gradients {
    tap_table table;
    view<T const, 5, memory::device> lambda, from;
    view<T, 4, memory::device> dtaps;

    template <int Count>
    HYSPN_HD void at(index_t n, index_t, int y, int x) const
    {
        int const height = static_cast<int>(dtaps.extent(2)), width = static_cast<int>(dtaps.extent(3));
        int const count = Count > 0 ? Count : table.count;
        T* const gates = &dtaps(n, 0, y, x);
        if constexpr (Count > 0) {
            T sum[Count];
            for (int j = 0; j < Count; ++j) sum[j] = gates[table.taps[j]];
            for_each_map(n, y, x, [&](T adjoint, T const* map) {
                for (int j = 0; j < Count; ++j)
                    if (table.present(j, y, x, height, width))
                        sum[j] = multiply_add(adjoint, map[table.from[j]], sum[j]);
            });
            for (int j = 0; j < Count; ++j) gates[table.taps[j]] = sum[j];
        } else {
            for (int j = 0; j < count; ++j) {
                if (!table.present(j, y, x, height, width)) continue;
                T sum = gates[table.taps[j]];
                for_each_map(n, y, x,
                             [&](T adjoint, T const* map) { sum = multiply_add(adjoint, map[table.from[j]], sum); });
                gates[table.taps[j]] = sum;
            }
        }
    }

private:
    template <class F>
    HYSPN_HD void for_each_map(index_t n, int y, int x, F const& f) const
    {
        for (index_t g = 0; g < from.extent(0); ++g)
            for (index_t l = 0; l < from.extent(2); ++l) f(lambda(g, n, l, y, x), &from(g, n, l, y, x));
    }
};

namespace [[gnu::visibility("hidden")]] kernels {

template <int Count, class Op>
__global__ void at_pixels(Op op, int height, int width, index_t parts)
{
    int const x = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    int const y = static_cast<int>(blockIdx.y * blockDim.y + threadIdx.y);
    if (x < width && y < height) op.template at<Count>(blockIdx.z / parts, blockIdx.z % parts * maps_of_thread, y, x);
}

// clang-format off
}  // namespace kernels
// clang-format on

/// `parts` of the maps of each of N images, a thread a pixel.
template <class Op>
void run_at_pixels(exec::cuda const& exec, Op const& op, dims<4> const& e, index_t parts)
{
    if (e[0] * parts * e[2] * e[3] == 0) return;
    dim3 const threads(32, 8);
    dim3 const blocks(static_cast<unsigned>((e[3] + 31) / 32), static_cast<unsigned>((e[2] + 7) / 8),
                      static_cast<unsigned>(e[0] * parts));
    int const height = static_cast<int>(e[2]), width = static_cast<int>(e[3]);
    if (op.table.count == 8)
        kernels::at_pixels<8><<<blocks, threads, 0, exec.stream>>>(op, height, width, parts);
    else if (op.table.count == 9)
        kernels::at_pixels<9><<<blocks, threads, 0, exec.stream>>>(op, height, width, parts);
    else
        kernels::at_pixels<0><<<blocks, threads, 0, exec.stream>>>(op, height, width, parts);
    check_cuda(cudaGetLastError(), "stencil kernel launch");
}

/// Within what a launch and 32-bit places can count.
inline bool suits_pixels(stencil_neighbours const& neighbours, dims<4> const& e, index_t parts)
{
    constexpr index_t most_blocks = 65535;
    constexpr index_t most_places = index_t{1} << 30;
    return tap_table::holds(neighbours) && neighbours.kernel / 2 * neighbours.dilation < most_places &&
           e[0] * parts <= most_blocks && (e[2] + 7) / 8 <= most_blocks && e[3] < most_places;
}

inline index_t parts_of_maps(index_t maps)
{
    return (maps + maps_of_thread - 1) / maps_of_thread;
}

template <class T>
void dispatch(exec::cuda const& exec, stencil_step_op<T, memory::device> const& op)
{
    dims<4> const e = op.shape();
    if (!suits_pixels(op.neighbours, e, parts_of_maps(e[1]))) return parallel_for(exec, e, op);
    tap_table const table(op.neighbours, op.taps, op.from.strides(), 1);
    run_at_pixels(exec, stencil_sum_of_taps<T>{table, op.taps, op.bias, op.from, op.to}, e, parts_of_maps(e[1]));
}

template <class T>
void dispatch(exec::cuda const& exec, stencil_transposed_op<T, memory::device> const& op)
{
    dims<4> const e = op.shape();
    if (!suits_pixels(op.neighbours, e, parts_of_maps(e[1]))) return parallel_for(exec, e, op);
    tap_table const table(op.neighbours, op.taps, op.from.strides(), -1);
    run_at_pixels(exec, stencil_sum_of_taps<T>{table, op.taps, op.bias, op.from, op.to}, e, parts_of_maps(e[1]));
}

template <class T>
void dispatch(exec::cuda const& exec, stencil_taps_gradient_op<T, memory::device> const& op)
{
    dims<4> const e = op.shape();
    if (!suits_pixels(op.neighbours, e, 1)) return parallel_for(exec, e, op);
    dims<5> const s = op.from.strides();
    tap_table const table(op.neighbours, op.dtaps, dims<4>{s[1], s[2], s[3], s[4]}, 1);
    run_at_pixels(exec, stencil_taps_gradients<T>{table, op.lambda, op.from, op.dtaps}, e, 1);
}

}  // namespace hyspn::detail
