// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include <Eigen/Core>

#include <hyspn/backends/omp/lattice_gradient.hpp>
#include <hyspn/backends/omp/lattice_product.hpp>
#include <hyspn/backends/omp/nn/lattice.hpp>
#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/nn/detail/correlation.hpp>

/// \file
/// Correlations and their transposes: over rows of neighbouring points by the kernels of lattice_product.hpp and
/// lattice_gradient.hpp, over single points and narrow images as products of matrices, tile by tile. What a tile
/// computes depends on the shapes alone: any number of threads gives the same bits.

namespace hyspn::detail {

template <class T>
using dense_matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// A tile's columns and the product with them.
template <class T>
struct correlation_workspace {
    dense_matrix<T> columns, product;
};

/// z of group g as [O/G, taps·C/G], its taps in the order of the lattice.
template <class T>
dense_matrix<T> weights_of_group(correlation_plan<T> const& plan, view<T const, 3, memory::host> const& z, index_t g)
{
    index_t const O = z.extent(0) / plan.groups, K = z.extent(1), C = z.extent(2);
    dense_matrix<T> w(O, K * C);
    for (index_t o = 0; o < O; ++o)
        for (index_t m = 0; m < K; ++m)
            for (index_t c = 0; c < C; ++c) w(o, m * C + c) = z(g * O + o, m, c);
    return w;
}

/// zᵀ of group g as [C/G, taps·O/G] for the taps of a transposed lattice.
template <class T>
dense_matrix<T> transposed_weights(correlation_plan<T> const& plan, view<T const, 3, memory::host> const& z, index_t g,
                                   lattice const& l)
{
    index_t const O = z.extent(0) / plan.groups, C = z.extent(2);
    dense_matrix<T> w(C, static_cast<index_t>(l.taps.size()) * O);
    for (std::size_t t = 0; t < l.taps.size(); ++t)
        for (index_t o = 0; o < O; ++o)
            for (index_t c = 0; c < C; ++c) w(c, static_cast<index_t>(t) * O + o) = z(g * O + o, l.taps[t].index, c);
    return w;
}

/// out(n, first + o, …) = scale · (weights · columns of the source) + bias, where there is one, for every point of the
/// lattice. `place(axis, a)` is where a point's result goes.
template <class T, class Place>
void multiply_columns(exec::omp const& exec, lattice const& l, dense_matrix<T> const& weights,
                      view<T const, 4, memory::host> const& source, index_t first_in, index_t channels, T scale,
                      view<T, 4, memory::host> const& out, index_t first_out, Place const& place,
                      view<T const, 1, memory::host> const& bias = {})
{
    index_t const depth = weights.cols(), height = weights.rows();
    index_t const size = tile_points(depth), points = l.points(source.extent(0)), tiles = (points + size - 1) / size;
    for_each_tile(
        exec, tiles,
        [&] {
            return std::make_unique<correlation_workspace<T>>(
                correlation_workspace<T>{dense_matrix<T>(depth, size), dense_matrix<T>(height, size)});
        },
        [&](correlation_workspace<T>& work, index_t tile) {
            index_t const from = tile * size, to = std::min(points, from + size), count = to - from;
            gather_columns(l, source, first_in, channels, from, to, work.columns.data(), size);
            work.product.leftCols(count).noalias() = weights * work.columns.leftCols(count);
            for_each_stretch(l, from, to, [&](index_t n, index_t a, index_t b, index_t at, index_t some) {
                for (index_t o = 0; o < height; ++o) {
                    T const start = bias.data_handle() ? bias(first_out + o) : T(0);
                    for (index_t k = 0; k < some; ++k)
                        out(n, first_out + o, place(0, a), place(1, b + k)) = scale * work.product(o, at + k) + start;
                }
            });
        });
}

/// Whether rows of points are long enough for kernels that hold neighbouring points, or sums over them, in registers.
template <class T>
bool suits_registers(lattice const& l)
{
    if constexpr (simd::number<T>)
        return l.columns >= simd::pack<T>::size / 2;
    else
        return false;
}

template <class T>
void dispatch(exec::omp const& exec, correlation_op<T, memory::host> const& op)
{
    if (op.inner.size() == 0) return;
    index_t const C = op.z.extent(2), O = op.z.extent(0) / op.plan.groups;
    lattice const l = forward_lattice(op.plan.over, op.inner.extent(2), op.inner.extent(3));
    if constexpr (simd::number<T>)
        if (suits_registers<T>(l))
            return multiply_lattice<T>(
                exec, {l, by_group(op.z, op.plan.groups), op.x, op.inner, {0, 0}, {1, 1}, op.plan.kappa, op.bias});
    for (index_t g = 0; g < op.plan.groups; ++g)
        multiply_columns<T>(
            exec, l, weights_of_group(op.plan, op.z, g), op.x, g * C, C, op.plan.kappa, op.inner, g * O,
            [](std::size_t, index_t a) { return a; }, op.bias);
}

/// Input pixels of one phase of the stride.
template <class T>
void correlation_input_vjp(exec::omp const& exec, correlation_input_vjp_op<T, memory::host> const& op,
                           dims<2> const& at)
{
    dims<2> const stride = op.plan.over.stride;
    index_t const C = op.z.extent(2), O = op.z.extent(0) / op.plan.groups;
    lattice const l = transposed_lattice(op.plan.over, at, op.dx.extent(2), op.dx.extent(3));
    if (l.points(1) == 0) return;
    if constexpr (simd::number<T>)
        if (suits_registers<T>(l))
            return multiply_lattice<T>(
                exec,
                {l, exchanged(by_group(op.z, op.plan.groups)), op.inner_bar, op.dx, at, stride, op.plan.kappa, {}});
    for (index_t g = 0; g < op.plan.groups; ++g)
        multiply_columns<T>(exec, l, transposed_weights(op.plan, op.z, g, l), op.inner_bar, g * O, O, op.plan.kappa,
                            op.dx, g * C, [&](std::size_t axis, index_t a) { return at[axis] + stride[axis] * a; });
}

template <class T>
void dispatch(exec::omp const& exec, correlation_input_vjp_op<T, memory::host> const& op)
{
    if (op.dx.size() == 0) return;
    dims<2> const stride = op.plan.over.stride;
    for (index_t phase = 0; phase < stride[0] * stride[1]; ++phase)
        correlation_input_vjp(exec, op, {phase / stride[1], phase % stride[1]});
}

/// Each chunk of outputs, tile by tile, on one thread.
template <class T>
void dispatch(exec::omp const& exec, correlation_row_vjp_op<T, memory::host> const& op)
{
    if (op.partial.size() == 0) return;
    index_t const groups = op.plan.groups, C = op.partial.extent(3), O = op.partial.extent(1) / groups;
    lattice const l = forward_lattice(op.plan.over, op.inner_bar.extent(2), op.inner_bar.extent(3));
    lattice const own{l.rows, l.columns, {1, 1}, {{0, 0, 0}}};
    index_t const depth = op.partial.extent(2) * C, size = tile_points(depth);
    for_each_tile(
        exec, op.chunks.count * groups,
        [&] {
            return std::make_unique<correlation_workspace<T>>(
                correlation_workspace<T>{dense_matrix<T>(depth, size), dense_matrix<T>(O, size)});
        },
        [&](correlation_workspace<T>& work, index_t job) {
            index_t const chunk = job / groups, g = job % groups, end = op.chunks.end(chunk);
            Eigen::Map<dense_matrix<T>> sum(&op.partial(chunk, g * O, 0, 0), O, depth);
            sum.setZero();
            for (index_t from = op.chunks.first(chunk); from < end; from += size) {
                index_t const to = std::min(end, from + size), count = to - from;
                gather_columns(l, op.x, g * C, C, from, to, work.columns.data(), size);
                gather_columns(own, op.inner_bar, g * O, O, from, to, work.product.data(), size);
                sum.noalias() += work.product.leftCols(count) * work.columns.leftCols(count).transpose();
            }
            sum *= op.plan.kappa;
        });
}

template <class T>
void dispatch(exec::omp const& exec, correlation_weight_vjp_op<T, memory::host> const& op)
{
    lattice const l = forward_lattice(op.plan.over, op.inner_bar.extent(2), op.inner_bar.extent(3));
    if (!suits_registers<T>(l) || op.inner_bar.size() == 0) return add_weight_chunks(exec, op);
    if constexpr (simd::number<T>)
        add_lattice_gradient<T>(exec, {l, op.x, op.inner_bar, op.plan.kappa, by_group(op.dz, op.plan.groups)});
    if (!op.extra.exists) return;
    tensor<T, 4> const nothing(0, op.dz.extent(0), op.dz.extent(1), op.dz.extent(2));
    dispatch(exec, add_row_sums_op<T, memory::host>{as_const(nothing), true, op.extra.radial, op.extra.z, op.dz});
}

}  // namespace hyspn::detail
