// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

/// \file
/// Formulas over arrays of points on CUDA, a thread a point. Rows of [N, D] go through shared memory, so that device
/// memory is read and written in whole lines; the formula's text works on the copies.

namespace hyspn::detail {

/// Points of a block, and the threads that copy them.
inline constexpr index_t points_in_tile = 32;
inline constexpr int threads_of_tile = 128;
/// Shared memory that every device grants a block unasked.
inline constexpr index_t most_tile_bytes = 48 << 10;
/// Rows of up to 32 bytes are read whole anyhow.
inline constexpr index_t least_row_bytes = 33;

template <class Formula, class T, class M, std::size_t Inputs, class F>
HYSPN_HD void for_each_read(pointwise_op<Formula, T, M, Inputs>& op, F const& f)
{
    for (auto& x : op.in) f(x);
}
template <class Formula, class T, class M, std::size_t Inputs, class F>
HYSPN_HD void for_each_written(pointwise_op<Formula, T, M, Inputs>& op, F const& f)
{
    f(op.out);
}
template <class Formula, class T, class M, std::size_t Inputs, class F>
HYSPN_HD void for_each_read(pointwise_vjp_op<Formula, T, M, Inputs>& op, F const& f)
{
    for (auto& x : op.in) f(x);
    f(op.g);
}
template <class Formula, class T, class M, std::size_t Inputs, class F>
HYSPN_HD void for_each_written(pointwise_vjp_op<Formula, T, M, Inputs>& op, F const& f)
{
    for (auto& x : op.grad) f(x);
}

/// Where the arrays of an operation lie in a block's shared memory; one number of padding lets threads meet different
/// banks.
struct row_tiles {
    index_t arrays = 0, pitch = 0;
    bool rows = true;  ///< every array of vectors is of rows side by side

    template <class Op>
    static row_tiles of(Op op)
    {
        row_tiles tiles;
        for_each_read(op, see{tiles});
        for_each_written(op, see{tiles});
        return tiles;
    }
    template <class T>
    index_t bytes() const
    {
        return arrays * pitch * points_in_tile * static_cast<index_t>(sizeof(T));
    }
    template <class T>
    bool pay() const
    {
        return rows && pitch * static_cast<index_t>(sizeof(T)) >= least_row_bytes && bytes<T>() <= most_tile_bytes;
    }
    HYSPN_HD index_t size() const { return pitch * points_in_tile; }

private:
    struct see {
        row_tiles& tiles;
        template <class T, class M>
        HYSPN_HD void operator()(point_field<T, M> const& x) const
        {
            if (x.extent <= 1) return;
            tiles.rows = tiles.rows && x.stride == 1 && x.grid[1] == 1 && x.grid[2] == 1;
            tiles.pitch = x.extent | 1;
            ++tiles.arrays;
        }
    };
};

/// Copies rows between device and shared memory, a warp a row.
template <class T>
HYSPN_HD void copy_rows(T const* from, index_t from_pitch, T* to, index_t to_pitch, index_t rows, index_t columns,
                        index_t thread, index_t threads)
{
    for (index_t row = thread / 32; row < rows; row += threads / 32)
        for (index_t column = thread % 32; column < columns; column += 32)
            to[row * to_pitch + column] = from[row * from_pitch + column];
}

/// f(i) for the operations that return a number a place, kept.
template <class T, class Op>
struct keep_value_op {
    Op op;
    T* values;
    HYSPN_HD void operator()(index_t i) const { values[i] = op(i); }
};

template <class Formula, class T, class M, std::size_t Inputs>
HYSPN_HD void run_point(pointwise_op<Formula, T, M, Inputs> const& op, index_t place, T*)
{
    op(place, 0, 0);
}
template <class Formula, class T, class M, std::size_t Inputs>
HYSPN_HD void run_point(pointwise_vjp_op<Formula, T, M, Inputs> const& op, index_t place, T* values)
{
    values[place] = op(place);
}

namespace [[gnu::visibility("hidden")]] kernels {

/// `values` receives what the operation returns at each place, where it returns anything.
template <class T, class Op>
__global__ void on_row_tiles(Op op, row_tiles tiles, index_t places, T* values)
{
    extern __shared__ __align__(16) unsigned char shared[];
    T* room = reinterpret_cast<T*>(shared);
    index_t const first = static_cast<index_t>(blockIdx.x) * points_in_tile, left = places - first;
    index_t const count = left < points_in_tile ? left : points_in_tile;
    index_t const thread = threadIdx.x, threads = blockDim.x;

    Op here = op;
    auto const move = [&](auto& x) {
        if (x.extent > 1) {
            x.data = room;
            x.strides[0] = tiles.pitch;
            room += tiles.size();
        } else {
            x.data += first * x.strides[0];
        }
    };
    for_each_read(here, [&](auto& x) {
        if (x.extent > 1)
            copy_rows<T>(x.data + first * x.strides[0], x.strides[0], room, tiles.pitch, count, x.extent, thread,
                         threads);
        move(x);
    });
    T* results = room;
    for_each_written(here, move);
    __syncthreads();
    if (thread < count) run_point(here, thread, values + first);
    __syncthreads();
    for_each_written(op, [&](auto& x) {
        if (x.extent <= 1) return;
        copy_rows<T>(results, tiles.pitch, x.data + first * x.strides[0], x.strides[0], count, x.extent, thread,
                     threads);
        results += tiles.size();
    });
}

// clang-format off
}  // namespace kernels
// clang-format on

template <class T, class Op>
void run_row_tiles(exec::cuda const& exec, Op const& op, row_tiles const& tiles, index_t places, T* values)
{
    if (places == 0) return;
    auto const blocks = static_cast<unsigned>((places + points_in_tile - 1) / points_in_tile);
    kernels::on_row_tiles<T, Op><<<blocks, threads_of_tile, static_cast<std::size_t>(tiles.bytes<T>()), exec.stream>>>(
        op, tiles, places, values);
    check_cuda(cudaGetLastError(), "pointwise kernel launch");
}

template <class Formula, class T, std::size_t Inputs>
void dispatch(exec::cuda const& exec, pointwise_op<Formula, T, memory::device, Inputs> const& op)
{
    row_tiles const tiles = row_tiles::of(op);
    if (tiles.pay<T>())
        run_row_tiles<T>(exec, op, tiles, op.out.places(), nullptr);
    else
        parallel_for(exec, op.shape(), op);
}

/// Every point at once, then their sum.
template <class Formula, class T, std::size_t Inputs>
T dispatch_sum(exec::cuda const& exec, pointwise_vjp_op<Formula, T, memory::device, Inputs> const& op)
{
    tensor<T, 1, memory::device> values(op.g.places());
    row_tiles const tiles = row_tiles::of(op);
    if (tiles.pay<T>())
        run_row_tiles<T>(exec, op, tiles, values.size(), values.data());
    else
        parallel_for(exec, values.extents(),
                     keep_value_op<T, pointwise_vjp_op<Formula, T, memory::device, Inputs>>{op, values.data()});
    return sum_of(exec, values);
}

}  // namespace hyspn::detail
