// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <memory>

#include <Eigen/Core>

#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/manifold/detail/matrix_product.hpp>

/// \file
/// Products of points of floats with one matrix as products of matrices of doubles, tile by tile: the digits that
/// compensation keeps, at the speed of a GEMM. What a tile computes depends on the shapes alone: any number of threads
/// gives the same bits.

namespace hyspn::detail {

using double_matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Points of a tile, and their products.
struct product_workspace {
    double_matrix points, product;
};

inline constexpr index_t product_tile = 64;

/// Below this many products a point the plain loop is as fast.
inline constexpr index_t least_product = 64;

/// put(product of a point, place) for each row `source` has, times `right`.
template <class Put>
void multiply_points(exec::omp const& exec, point_field<float const, memory::host> const& source,
                     double_matrix const& right, Put const& put)
{
    index_t const places = source.places();
    auto const make_workspace = [&] {
        return std::make_unique<product_workspace>(
            product_workspace{double_matrix(product_tile, right.rows()), double_matrix(product_tile, right.cols())});
    };
    auto const run = [&](product_workspace& w, index_t tile) {
        index_t const first = tile * product_tile, count = std::min(product_tile, places - first);
        for (index_t p = 0; p < count; ++p) {
            auto const x = source.at(first + p);
            for (index_t i = 0; i < x.extent(0); ++i) w.points(p, i) = static_cast<double>(x(i));
        }
        w.product.topRows(count).noalias() = w.points.topRows(count) * right;
        for (index_t p = 0; p < count; ++p) put(w.product.row(p).data(), first + p);
    };
    for_each_tile(exec, (places + product_tile - 1) / product_tile, make_workspace, run);
}

inline double_matrix in_double(view<float const, 2, memory::host> const& m)
{
    double_matrix wide(m.extent(0), m.extent(1));
    for (index_t o = 0; o < m.extent(0); ++o)
        for (index_t i = 0; i < m.extent(1); ++i) wide(o, i) = static_cast<double>(m(o, i));
    return wide;
}

inline void dispatch(exec::omp const& exec, matrix_product_op<float, memory::host> const& op)
{
    if (op.m.size() < least_product) return parallel_for(exec, op.shape(), op);
    multiply_points(exec, op.x, in_double(op.m).transpose(), [&](double const* y, index_t place) {
        auto const out = op.y.at(place);
        for (index_t o = 0; o < out.extent(0); ++o) out(o) = static_cast<float>(y[o]);
    });
}

inline void dispatch(exec::omp const& exec, transposed_product_op<float, memory::host> const& op)
{
    if (op.m.size() < least_product) return parallel_for(exec, op.shape(), op);
    multiply_points(exec, op.y_bar, in_double(op.m), [&](double const* y, index_t place) {
        auto const x = op.x.at(place);
        auto const out = op.x_bar.at(place);
        double const on_x = static_cast<double>(op.on_x_at(place));
        for (index_t i = 0; i < out.extent(0); ++i)
            out(i) = static_cast<float>(y[i] + on_x * static_cast<double>(x(i)));
    });
}

}  // namespace hyspn::detail
