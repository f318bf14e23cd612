// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory>
#include <utility>

#include <hyspn/backends/omp/manifold/lane_tile.hpp>
#include <hyspn/backends/omp/manifold/planar.hpp>
#include <hyspn/backends/omp/manifold/rows.hpp>
#include <hyspn/backends/omp/manifold/runs.hpp>
#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/core/simd_math.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

/// \file
/// Pointwise operations a register of points at a time: the text of the formula itself runs with T = simd::pack<T>, on
/// tiles copied from whatever layout. A formula takes part by saying `static constexpr bool on_lanes = true`: its
/// choices are then made by select and branch, not by if.

namespace hyspn::detail {

template <class Formula, class T>
concept on_lanes = std::floating_point<T> && requires
{
    requires Formula::on_lanes;
};

/// Points a tile: all arrays of a call together stay well inside the second-level cache.
template <class T>
index_t points_a_tile(index_t elements_a_point, index_t longest_run)
{
    constexpr index_t lanes = simd::pack<T>::size, bytes = 192 * 1024, most = 512;
    index_t const fitting = bytes / std::max<index_t>(1, elements_a_point * static_cast<index_t>(sizeof(T)));
    index_t const wanted = std::min({fitting, most, (longest_run + lanes - 1) / lanes * lanes});
    return std::max(wanted / lanes, index_t{1}) * lanes;
}

/// Calls body(worker, n, i, j, count) for runs of at most `tile` places that cover the grid.
template <class MakeWorker, class Body>
void for_each_run(exec::omp const& exec, dims<3> const& grid, index_t tile, MakeWorker const& make_worker,
                  Body const& body)
{
    index_t const tiles = (grid[2] + tile - 1) / tile;
    auto const run_body = [&](auto& worker, index_t task) {
        index_t const j = task % tiles * tile, row = task / tiles;
        body(worker, row / grid[1], row % grid[1], j, std::min(tile, grid[2] - j));
    };
    for_each_tile(exec, grid[0] * grid[1] * tiles, make_worker, run_body, 1);
}

/// Tiles of one thread.
template <class T, std::size_t Inputs, std::size_t Outputs>
struct lane_worker {
    lane_tile<T> in[Inputs], out[Outputs];
};

template <class T, std::size_t Inputs, std::size_t Outputs, std::size_t... I, std::size_t... O>
auto make_lane_worker(index_t blocks, point_field<T const, memory::host> const (&in)[Inputs],
                      point_field<T, memory::host> const (&out)[Outputs], std::index_sequence<I...>,
                      std::index_sequence<O...>)
{
    return std::unique_ptr<lane_worker<T, Inputs, Outputs>>(new lane_worker<T, Inputs, Outputs>{
        {lane_tile<T>(blocks, in[I].extent)...}, {lane_tile<T>(blocks, out[O].extent)...}});
}

/// body(worker, number of the first place, places, block) for every block of the grid, with the inputs loaded before
/// and the outputs stored after. The fields are arranged for runs along the last axis.
template <class T, std::size_t Inputs, std::size_t Outputs, class Body>
void for_each_block(exec::omp const& exec, dims<3> const& grid, point_field<T const, memory::host> const (&in)[Inputs],
                    point_field<T, memory::host> const (&out)[Outputs], Body const& body)
{
    constexpr index_t lanes = simd::pack<T>::size;
    index_t elements = 0;
    for (auto& f : in) elements += f.extent;
    for (auto& f : out) elements += f.extent;
    index_t const tile = points_a_tile<T>(elements, grid[2]);
    auto const make_worker = [&] {
        return make_lane_worker<T>(tile / lanes, in, out, std::make_index_sequence<Inputs>{},
                                   std::make_index_sequence<Outputs>{});
    };
    for_each_run(exec, grid, tile, make_worker, [&](auto& worker, index_t n, index_t i, index_t j, index_t count) {
        for (std::size_t k = 0; k < Inputs; ++k) worker.in[k].load(run_at(in[k], n, i, j, count));
        for (index_t b = 0; b * lanes < count; ++b)
            body(worker, (n * grid[1] + i) * grid[2] + j + b * lanes, std::min(lanes, count - b * lanes), b);
        for (std::size_t k = 0; k < Outputs; ++k) worker.out[k].store(run_at(out[k], n, i, j, count));
    });
}

/// A streaming kernel over runs of `run` places; take(runs of the inputs, run of the output) says how many of the first
/// places it has done, the formula's text does the others.
template <class Formula, class T, std::size_t Inputs, class Take>
void dispatch_streaming(exec::omp const& exec, pointwise_op<Formula, T, memory::host, Inputs> const& op, index_t run,
                        bool streaming, Take const& take)
{
    dims<3> const grid = op.shape();
    index_t const runs = (grid[2] + run - 1) / run;
    exec::detail::for_each_index_omp(exec, grid[0] * grid[1] * runs, [&](index_t task) {
        index_t const begin = task % runs * run, row = task / runs, n = row / grid[1], i = row % grid[1];
        index_t const count = std::min(run, grid[2] - begin);
        point_run<T const> in[Inputs];
        for (std::size_t k = 0; k < Inputs; ++k) in[k] = run_at(op.in[k], n, i, begin, count);
        for (index_t j = take(in, run_at(op.out, n, i, begin, count)); j < count; ++j) op(n, i, begin + j);
        if (streaming) simd::stream_fence();
    });
}

/// Through the formula's streaming kernel, where the layout is planar or rows; whether it was.
template <class Formula, class T, std::size_t Inputs>
bool dispatched_streaming(exec::omp const& exec, pointwise_op<Formula, T, memory::host, Inputs> const& op)
{
    using V = simd::pack<T>;
    using kernel = streaming_kernel<Formula, V>;
    dims<3> const grid = op.shape();
    index_t const bytes = grid[0] * grid[1] * grid[2] * op.out.extent * static_cast<index_t>(sizeof(T));
    bool const streaming = bytes > simd::streaming_bytes;
    bool planar = op.out.strides[2] == 1, rows = Formula::scalar_output || op.out.stride == 1;
    for (auto const& f : op.in) {
        planar = planar && f.strides[2] == 1;
        rows = rows && f.stride == 1;
    }
    curvature<V> const c(op.c);
    if (planar && grid[2] >= V::size)
        dispatch_streaming(exec, op, planar_registers * V::size, streaming, [&](auto const& in, auto const& out) {
            return run_planar_kernel<kernel>(c, in, out, streaming) ? out.count / V::size * V::size : 0;
        });
    else if (rows && op.in[0].extent >= V::size)
        dispatch_streaming(exec, op, V::size, streaming, [&](auto const& in, auto const& out) -> index_t {
            row_group<kernel, T, Inputs> group(c, in);
            if (!group.accumulate()) return 0;
            group.store(out, streaming);
            return out.count;
        });
    else
        return false;
    return true;
}

template <class Formula, class T, std::size_t Inputs>
    requires on_lanes<Formula, T>
void dispatch(exec::omp const& exec, pointwise_op<Formula, T, memory::host, Inputs> op)
{
    using V = simd::pack<T>;
    [&]<std::size_t... I>(std::index_sequence<I...>)
    {
        run_grid const runs(op.shape(), op.out, op.in[I]...);
        op.out = runs(op.out);
        ((op.in[I] = runs(op.in[I])), ...);
        if constexpr (streams<Formula, T>)
            if (dispatched_streaming(exec, op)) return;
        typename curvature_for<Formula, V>::type const c(op.c);
        point_field<T, memory::host> const out[] = {op.out};
        for_each_block<T>(exec, op.shape(), op.in, out, [&](auto& worker, index_t, index_t, index_t b) {
            auto const result = worker.out[0].block(b);
            if constexpr (Formula::scalar_output)
                result(0) =
                    Formula::value(c, element_of<Formula::inputs[I].is_number()>(as_const(worker.in[I].block(b)))...);
            else
                Formula::forward(c, element_of<Formula::inputs[I].is_number()>(as_const(worker.in[I].block(b)))...,
                                 result);
        });
    }
    (std::make_index_sequence<Inputs>{});
}

/// The cotangent of c is added up in the order of exec::reduce, as on every policy.
template <class Formula, class T, std::size_t Inputs>
    requires on_lanes<Formula, T> T dispatch_sum(exec::omp const& exec,
                                                 pointwise_vjp_op<Formula, T, memory::host, Inputs> const& op)
    {
        using V = simd::pack<T>;
        typename curvature_for<Formula, V>::type const c(op.c);
        dims<3> const grid = op.shape();
        tensor<T, 1> shares(grid[0] * grid[1] * grid[2]);
        [&]<std::size_t... I>(std::index_sequence<I...>)
        {
            run_grid const runs(grid, op.g, op.in[I]..., op.grad[I]...);
            point_field<T const, memory::host> const in[] = {runs(op.in[I])..., runs(op.g)};
            point_field<T, memory::host> const grad[] = {runs(op.grad[I])...};
            for_each_block<T>(
                exec, runs.extents(), in, grad, [&](auto& worker, index_t place, index_t count, index_t b) {
                    V const share =
                        Formula::vjp(c, element_of<Formula::inputs[I].is_number()>(as_const(worker.in[I].block(b)))...,
                                     element_of<Formula::scalar_output>(as_const(worker.in[Inputs].block(b))),
                                     element_of<Formula::inputs[I].is_number()>(worker.out[I].block(b))...);
                    share.store(shares.data() + place, count);
                });
        }
        (std::make_index_sequence<Inputs>{});
        return reduce(exec, shares.size(), [data = shares.data()](index_t k) { return data[k]; });
    }

}  // namespace hyspn::detail
