// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <type_traits>

#include <hyspn/backends/omp/affinity/layer_packs.hpp>
#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/nn/detail/layer_call.hpp>

/// \file
/// Heads of the Poincaré layers, a register of points at a time. A register is the same points whoever runs it: any
/// number of threads gives the same bits.

namespace hyspn::detail {

// clang-format off

template <class Head, class T>
concept poincare_head = (std::same_as<T, float> || std::same_as<T, double>) &&
                        (std::same_as<Head, poincare_layer_head<T, memory::host>> ||
                         std::same_as<Head, poincare_mlr_head<T, memory::host>>);

// clang-format on

/// Points (n, g, i, j) of [N, G, H, W] in the order g, n, i, j, a register at a time: none spans two groups.
struct point_registers {
    dims<4> grid;
    index_t lanes;

    index_t per_group() const { return (points() + lanes - 1) / lanes; }
    index_t points() const { return grid[0] * grid[2] * grid[3]; }
    index_t count() const { return grid[1] * per_group(); }
    /// Calls f(lane, n, i, j) for the points of a register; returns how many there are.
    template <class F>
    index_t for_each(index_t in_group, F const& f) const
    {
        index_t const first = in_group * lanes, valid = std::min(lanes, points() - first);
        for (index_t l = 0; l < valid; ++l) {
            index_t const p = first + l, row = p / grid[3];
            f(l, row / grid[2], row % grid[2], p % grid[3]);
        }
        return valid;
    }
};

/// Lines of one register: element [o][lane] of a few arrays.
template <class T>
struct head_worker {
    using V = simd::pack<T>;

    tensor<T, 3> lines;  ///< [arrays, O/G, lanes]
    layer_packs<T> packs;

    head_worker(layer_rows<T> const& rows, index_t outputs, index_t arrays)
        : lines(arrays, outputs, V::size), packs(rows, 0, outputs)
    {
    }
    T* line(index_t array, index_t o) { return &lines(array, o, 0); }
};

template <class Head>
inline constexpr bool is_mlr = false;
template <class T, class M>
inline constexpr bool is_mlr<poincare_mlr_head<T, M>> = true;

template <class T, class Head>
layer_rows<T> rows_of_group(Head const& head, index_t first, index_t count)
{
    layer_rows<T> rows;
    rows.s = head.s;
    rows.c = head.c;
    for (index_t o = first; o < first + count; ++o) rows.add(head.zeta(o), head.r(o));
    return rows;
}

/// Runs work(worker, group, register) for every register of every group.
template <class T, class Head, class Work>
void for_each_register(exec::omp const& exec, Head const& head, point_registers const& registers, index_t outputs,
                       index_t arrays, Work const& work)
{
    constexpr index_t in_a_tile = 16;
    index_t const size = outputs / registers.grid[1], per_group = registers.per_group();
    for (index_t g = 0; g < registers.grid[1]; ++g) {
        layer_rows<T> const rows = rows_of_group<T>(head, g * size, size);
        for_each_tile(
            exec, (per_group + in_a_tile - 1) / in_a_tile,
            [&] { return std::make_unique<head_worker<T>>(rows, size, arrays); },
            [&](head_worker<T>& worker, index_t tile) {
                index_t const end = std::min(per_group, (tile + 1) * in_a_tile);
                for (index_t r = tile * in_a_tile; r < end; ++r) work(worker, g, r);
            });
    }
}

template <class Head, class T>
    requires poincare_head<Head, T>
void dispatch(exec::omp const& exec, head_op<Head, T, memory::host> const& op)
{
    using V = simd::pack<T>;
    if (op.y.size() == 0) return;
    point_registers const registers{op.length.extents(), V::size};
    index_t const size = op.y.extent(1) / registers.grid[1];
    for_each_register<T>(
        exec, op.head, registers, op.y.extent(1), 2, [&](head_worker<T>& worker, index_t g, index_t r) {
            index_t const first = g * size;
            T norms[V::size] = {};
            index_t const valid = registers.for_each(r, [&](index_t l, index_t n, index_t i, index_t j) {
                norms[l] = op.length(n, g, i, j);
                auto const inner = channels_of(op.inner, n, first, size, i, j);
                for (index_t o = 0; o < size; ++o) worker.line(0, o)[l] = inner(o);
            });
            if (!worker.packs.distances(V::load(norms), worker.line(0, 0), V::size, valid)) {
                registers.for_each(r, [&](index_t, index_t n, index_t i, index_t j) { op(n, g, i, j); });
                return;
            }
            if constexpr (is_mlr<Head>) {
                for (index_t o = 0; o < size; ++o) (worker.packs.distance(o) / V(op.head.s)).store(worker.line(1, o));
            } else {
                V const scale(op.head.scale);
                worker.packs.logits([&](index_t o, V logit) { (scale * logit).store(worker.line(1, o)); });
            }
            registers.for_each(r, [&](index_t l, index_t n, index_t i, index_t j) {
                auto const y = channels_of(op.y, n, first, size, i, j);
                for (index_t o = 0; o < size; ++o) y(o) = worker.line(1, o)[l];
            });
        });
}

template <class Head, class T>
    requires poincare_head<Head, T>
void dispatch(exec::omp const& exec, head_vjp_op<Head, T, memory::host> const& op)
{
    using V = simd::pack<T>;
    if (op.dy.size() == 0) return;
    point_registers const registers{op.length.extents(), V::size};
    index_t const size = op.dy.extent(1) / registers.grid[1];
    for_each_register<T>(
        exec, op.head, registers, op.dy.extent(1), 5, [&](head_worker<T>& worker, index_t g, index_t r) {
            index_t const first = g * size;
            T norms[V::size] = {}, norm_bar[V::size], c_bar[V::size];
            index_t const valid = registers.for_each(r, [&](index_t l, index_t n, index_t i, index_t j) {
                norms[l] = op.length(n, g, i, j);
                auto const inner = channels_of(op.inner, n, first, size, i, j),
                           dy = channels_of(op.dy, n, first, size, i, j);
                for (index_t o = 0; o < size; ++o) {
                    worker.line(0, o)[l] = inner(o);
                    worker.line(1, o)[l] = dy(o);
                }
            });
            if (!worker.packs.distances(V::load(norms), worker.line(0, 0), V::size, valid)) {
                registers.for_each(r, [&](index_t, index_t n, index_t i, index_t j) { op(n, g, i, j); });
                return;
            }
            V stretch(T(0)), curvature;
            if constexpr (is_mlr<Head>)
                curvature = worker.packs.as_distances([&](index_t o) { return V::load(worker.line(1, o)); });
            else
                curvature =
                    worker.packs.through_norm([&](index_t o) { return V(op.head.scale) * V::load(worker.line(1, o)); });
            worker.packs.planes_vjp(stretch, curvature, [&](index_t o, V at_inner, V at_bias, V at_z) {
                at_inner.store(worker.line(2, o));
                at_bias.store(worker.line(3, o));
                at_z.store(worker.line(4, o));
            });
            stretch.store(norm_bar);
            (curvature / V(T(2) * op.head.c)).store(c_bar);
            registers.for_each(r, [&](index_t l, index_t n, index_t i, index_t j) {
                op.norm_bar(n, g, i, j) = norm_bar[l];
                op.c_bar(n, g, i, j) = c_bar[l];
                auto const inner = channels_of(op.inner_bar, n, first, size, i, j);
                auto const bias = channels_of(op.bias_bar, n, first, size, i, j);
                auto const radial = channels_of(op.radial_bar, n, first, size, i, j);
                for (index_t o = 0; o < size; ++o) {
                    inner(o) = worker.line(2, o)[l];
                    bias(o) = worker.line(3, o)[l];
                    radial(o) = worker.line(4, o)[l];
                }
            });
        });
}

}  // namespace hyspn::detail
