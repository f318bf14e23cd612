// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/core/simd_math.hpp>
#include <hyspn/propagation/dense_walk.hpp>

/// \file
/// Dense walks as products of matrices, a block of pixel pairs at a time: 64 rows of the walk's matrix by 512 columns,
/// while they lie in the cache. Included by propagation/dense_walk.hpp.

namespace hyspn::detail {

template <class T>
using walk_matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// The maps of an image, map by map and pixel by pixel.
template <class T>
struct walk_maps {
    walk_matrix<T> planes, pixels;

    explicit walk_maps(view<T const, 3, memory::host> const& v) : planes(v.extent(0), v.extent(1) * v.extent(2))
    {
        for (index_t c = 0; c < v.extent(0); ++c)
            for (index_t y = 0; y < v.extent(1); ++y)
                for (index_t x = 0; x < v.extent(2); ++x) planes(c, y * v.extent(2) + x) = v(c, y, x);
        pixels = planes.transpose();
    }
};

/// row[i] = exp(row[i] - shift_i), with one shift or one for each; returns the sum.
template <class T, class Shift>
T exponentials(T const* from, Shift const& shift, index_t count, T* to)
{
    using pack = simd::pack<T>;
    using simd::exp;
    pack sums{};
    index_t i = 0;
    for (; i + pack::size <= count; i += pack::size) {
        pack const e = exp(pack::load(from + i) - shift.template at<pack>(i));
        e.store(to + i);
        sums += e;
    }
    T lanes[static_cast<std::size_t>(pack::size)], sum(0);
    sums.store(lanes);
    for (T lane : lanes) sum += lane;
    for (; i < count; ++i) sum += to[i] = exp(from[i] - shift.template at<T>(i));
    return sum;
}

template <class T>
struct same_shift {
    T value;
    template <class V>
    V at(index_t) const
    {
        return V(value);
    }
};

template <class T>
struct shift_each {
    T const* values;
    template <class V>
    V at(index_t i) const
    {
        if constexpr (std::same_as<V, T>)
            return values[i];
        else
            return V::load(values + i);
    }
};

/// Blocks of a thread: similarities, walk there and back, products, and what the rows collect.
template <class T>
struct walk_workspace {
    walk_matrix<T> similar, there, back, products, maps, slopes;
};

inline constexpr index_t walk_rows = 64, walk_columns = 512;

/// One tile of rows, first to last, of the walk: the softmax's largest and sum are corrected block by block (as in
/// Milakov, Gimelshein 2018).
template <class T>
void walk_tile(walk_maps<T> const& f, walk_maps<T> const& h, index_t first, index_t rows, walk_workspace<T>& w,
               T* log_sums)
{
    index_t const n = f.pixels.rows();
    T largest[walk_rows], sums[walk_rows];
    w.maps.setZero(rows, h.pixels.cols());
    for (index_t j = 0; j < n; j += walk_columns) {
        index_t const columns = std::min(walk_columns, n - j);
        w.similar.resize(rows, columns);
        w.similar.noalias() = f.pixels.middleRows(first, rows) * f.planes.middleCols(j, columns);
        for (index_t i = 0; i < rows; ++i) {
            T* const row = &w.similar(i, 0);
            T const here = w.similar.row(i).maxCoeff(), top = j == 0 ? here : std::max(largest[i], here);
            T const keep = j == 0 ? T(0) : simd::exp(largest[i] - top);
            T const sum = exponentials(row, same_shift<T>{top}, columns, row);
            sums[i] = j == 0 ? sum : sums[i] * keep + sum;
            largest[i] = top;
            if (keep != T(1)) w.maps.row(i) *= keep;
        }
        w.maps.noalias() += w.similar * h.pixels.middleRows(j, columns);
    }
    for (index_t i = 0; i < rows; ++i) {
        w.maps.row(i) /= sums[i];
        log_sums[i] = largest[i] + std::log(sums[i]);
    }
}

/// to(c, pixel) (+)= rows(pixel - first, c).
template <class T>
void place_rows(walk_matrix<T> const& rows, index_t first, bool add, view<T, 3, memory::host> const& to)
{
    index_t const width = to.extent(2);
    for (index_t c = 0; c < to.extent(0); ++c)
        for (index_t i = 0; i < rows.rows(); ++i) {
            T& place = to(c, (first + i) / width, (first + i) % width);
            place = add ? place + rows(i, c) : rows(i, c);
        }
}

template <class T>
std::unique_ptr<walk_workspace<T>> make_walk_workspace()
{
    return std::make_unique<walk_workspace<T>>();
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, dense_walk_op<T, memory::host> const& op)
{
    index_t const n = op.h.extent(2) * op.h.extent(3), width = op.h.extent(3);
    for (index_t image = 0; n > 0 && image < op.h.extent(0); ++image) {
        walk_maps<T> const f(op.features[image]), h(op.h[image]);
        for_each_tile(exec, (n + walk_rows - 1) / walk_rows, make_walk_workspace<T>, [&](auto& w, index_t tile) {
            index_t const first = tile * walk_rows, rows = std::min(walk_rows, n - first);
            T log_sums[walk_rows];
            walk_tile(f, h, first, rows, w, log_sums);
            place_rows(w.maps, first, false, op.walked[image]);
            for (index_t i = 0; i < rows; ++i)
                op.log_sums(image, 0, (first + i) / width, (first + i) % width) = log_sums[i];
        });
    }
}

/// What the adjoint reads of an image.
template <class T>
struct walk_adjoint_image {
    walk_maps<T> f, h, g, log_sums, dots;
};

/// One tile of the adjoint: w.maps becomes its part of dh, w.slopes that of df.
template <class T>
void walk_adjoint_tile(walk_adjoint_image<T> const& in, index_t first, index_t rows, walk_workspace<T>& w)
{
    index_t const n = in.f.pixels.rows();
    T const *const log_sums = in.log_sums.planes.data(), *const dots = in.dots.planes.data();
    w.maps.setZero(rows, in.h.pixels.cols());
    w.slopes.setZero(rows, in.f.pixels.cols());
    for (index_t j = 0; j < n; j += walk_columns) {
        index_t const columns = std::min(walk_columns, n - j);
        w.similar.resize(rows, columns);
        w.there.resize(rows, columns);
        w.back.resize(rows, columns);
        w.products.resize(rows, columns);
        w.similar.noalias() = in.f.pixels.middleRows(first, rows) * in.f.planes.middleCols(j, columns);
        w.products.noalias() = in.g.pixels.middleRows(first, rows) * in.h.planes.middleCols(j, columns);
        for (index_t i = 0; i < rows; ++i) {
            exponentials(&w.similar(i, 0), same_shift<T>{log_sums[first + i]}, columns, &w.there(i, 0));
            exponentials(&w.similar(i, 0), shift_each<T>{log_sums + j}, columns, &w.back(i, 0));
            T *const there = &w.there(i, 0), *const product = &w.products(i, 0);
            T const dot = dots[first + i];
#pragma omp simd
            for (index_t k = 0; k < columns; ++k) there[k] *= product[k] - dot;
        }
        w.maps.noalias() += w.back * in.g.pixels.middleRows(j, columns);
        w.products.noalias() = in.h.pixels.middleRows(first, rows) * in.g.planes.middleCols(j, columns);
        for (index_t i = 0; i < rows; ++i) {
            T* const there = &w.there(i, 0);
            T const *const back = &w.back(i, 0), *const product = &w.products(i, 0);
#pragma omp simd
            for (index_t k = 0; k < columns; ++k) there[k] += back[k] * (product[k] - dots[j + k]);
        }
        w.slopes.noalias() += w.there * in.f.pixels.middleRows(j, columns);
    }
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, dense_walk_adjoint_op<T, memory::host> const& op)
{
    index_t const n = op.h.extent(2) * op.h.extent(3);
    for (index_t image = 0; n > 0 && image < op.h.extent(0); ++image) {
        walk_adjoint_image<T> const in{walk_maps<T>(op.features[image]), walk_maps<T>(op.h[image]),
                                       walk_maps<T>(op.g[image]), walk_maps<T>(op.log_sums[image]),
                                       walk_maps<T>(op.dots[image])};
        for_each_tile(exec, (n + walk_rows - 1) / walk_rows, make_walk_workspace<T>, [&](auto& w, index_t tile) {
            index_t const first = tile * walk_rows, rows = std::min(walk_rows, n - first);
            walk_adjoint_tile(in, first, rows, w);
            place_rows(w.maps, first, true, op.dh[image]);
            place_rows(w.slopes, first, false, op.dfeatures[image]);
        });
    }
}

}  // namespace hyspn::detail
