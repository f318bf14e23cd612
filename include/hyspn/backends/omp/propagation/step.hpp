// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <utility>

#include <hyspn/backends/omp/image_rows.hpp>
#include <hyspn/backends/omp/propagation/rows.hpp>
#include <hyspn/propagation/step.hpp>

/// \file
/// Stencil operations by rows: columns whose neighbours all lie in the row by vectors. Included by
/// propagation/step.hpp.

namespace hyspn::detail {

/// The most terms of one row sum; larger windows run by the generic driver.
inline constexpr index_t most_row_terms = 256;

template <class T>
using row_terms = std::array<row_term<T>, static_cast<std::size_t>(most_row_terms)>;

/// Adds to a row, from column begin to end, what `steps` steps of `maps` maps give: term(g, l) for each, in order.
template <class T, class F>
void add_steps(index_t steps, index_t maps, F const& term, T* to, index_t begin, index_t end)
{
    row_terms<T> terms;
    index_t used = 0;
    auto const flush = [&] { sum_products<T>(terms.data(), std::exchange(used, 0), to, to, begin, end); };
    for (index_t g = 0; g < steps; ++g)
        for (index_t l = 0; l < maps; ++l) {
            terms[static_cast<std::size_t>(used++)] = term(g, l);
            if (used == most_row_terms) flush();
        }
    if (used > 0) flush();
}

/// Sums of one row whose terms read columns x + dx: by vectors where all of these are inside the row, else one by one.
template <class T>
class stencil_row {
public:
    stencil_row(stencil_neighbours const& neighbours, index_t width) : width_(width)
    {
        index_t const margin = neighbours.kernel / 2 * neighbours.dilation;
        begin_ = std::min(margin, width);
        end_ = std::max(begin_, width - margin);
    }

    void clear() { count_ = 0; }

    /// A term of the columns x with 0 <= x + dx < width.
    void add(T const* weight, T const* value, index_t dx)
    {
        terms_[count_] = {weight, value};
        dx_[count_++] = dx;
    }

    /// to = start + the terms; a null start is 0.
    void run(T const* start, T* to) const
    {
        sum_products(terms_.data(), static_cast<index_t>(count_), start, to, begin_, end_);
        for (index_t x = 0; x < begin_; ++x) to[x] = sum(start, x);
        for (index_t x = end_; x < width_; ++x) to[x] = sum(start, x);
    }

private:
    T sum(T const* start, index_t x) const
    {
        T a = start ? start[x] : T(0);
        for (std::size_t j = 0; j < count_; ++j)
            if (x + dx_[j] >= 0 && x + dx_[j] < width_) a += terms_[j].weight[x] * terms_[j].value[x];
        return a;
    }

    row_terms<T> terms_;
    std::array<index_t, static_cast<std::size_t>(most_row_terms)> dx_;
    std::size_t count_ = 0;
    index_t width_, begin_, end_;
};

template <std::floating_point T>
void dispatch(exec::omp const& exec, stencil_step_op<T, memory::host> const& op)
{
    index_t const N = op.to.extent(0), channels = op.to.extent(1), height = op.to.extent(2), width = op.to.extent(3);
    if (op.taps.extent(1) > most_row_terms || !all_rows_contiguous(op.taps, op.bias, op.from, op.to))
        return parallel_for(exec, op.shape(), op);
    if (width == 0) return;
    exec::detail::for_each_index_omp(exec, N * height, [&](index_t row) {
        index_t const n = row / height, y = row % height;
        stencil_row<T> terms(op.neighbours, width);
        for (index_t l = 0; l < channels; ++l) {
            terms.clear();
            for (index_t j = 0; j < op.taps.extent(1); ++j) {
                auto const [dy, dx] = op.neighbours[j];
                if (y + dy >= 0 && y + dy < height) terms.add(&op.taps(n, j, y, 0), &op.from(n, l, y + dy, 0) + dx, dx);
            }
            terms.run(&op.bias(n, l, y, 0), &op.to(n, l, y, 0));
        }
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, stencil_transposed_op<T, memory::host> const& op)
{
    index_t const N = op.to.extent(0), channels = op.to.extent(1), height = op.to.extent(2), width = op.to.extent(3);
    if (op.taps.extent(1) > most_row_terms || !all_rows_contiguous(op.taps, op.bias, op.from, op.to))
        return parallel_for(exec, op.shape(), op);
    if (width == 0) return;
    exec::detail::for_each_index_omp(exec, N * height, [&](index_t row) {
        index_t const n = row / height, y = row % height;
        stencil_row<T> terms(op.neighbours, width);
        for (index_t l = 0; l < channels; ++l) {
            terms.clear();
            for (index_t j = 0; j < op.taps.extent(1); ++j) {
                auto const [dy, dx] = op.neighbours[j];
                if (y - dy >= 0 && y - dy < height)
                    terms.add(&op.taps(n, j, y - dy, 0) - dx, &op.from(n, l, y - dy, 0) - dx, -dx);
            }
            terms.run(op.bias.data_handle() ? &op.bias(n, l, y, 0) : nullptr, &op.to(n, l, y, 0));
        }
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, stencil_taps_gradient_op<T, memory::host> const& op)
{
    index_t const N = op.dtaps.extent(0), height = op.dtaps.extent(2), width = op.dtaps.extent(3);
    index_t const G = op.from.extent(0), L = op.from.extent(2);
    if (!all_rows_contiguous(op.lambda, op.from, op.dtaps)) return parallel_for(exec, op.shape(), op);
    if (width == 0) return;
    exec::detail::for_each_index_omp(exec, N * height, [&](index_t row) {
        index_t const n = row / height, y = row % height;
        for (index_t j = 0; j < op.dtaps.extent(1); ++j) {
            pixel_offset const d = op.neighbours[j];
            if (y + d.dy < 0 || y + d.dy >= height) continue;
            auto const term = [&](index_t g, index_t l) {
                return row_term<T>{&op.lambda(g, n, l, y, 0), &op.from(g, n, l, y + d.dy, 0) + d.dx};
            };
            add_steps(G, L, term, &op.dtaps(n, j, y, 0), std::max<index_t>(0, -d.dx), std::min(width, width - d.dx));
        }
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, stencil_sum_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.from, op.to)) return parallel_for(exec, op.shape(), op);
    auto const e = op.to.extents();
    if (op.to.size() == 0) return;
    exec::detail::for_each_index_omp(exec, e[0] * e[1] * e[2], [&](index_t row) {
        index_t const y = row % e[2], l = row / e[2] % e[1], n = row / e[2] / e[1];
        T* const to = &op.to(n, l, y, 0);
        for (index_t g = 0; g < op.from.extent(0); ++g) {
            T const* const from = &op.from(g, n, l, y, 0);
#pragma omp simd
            for (index_t x = 0; x < e[3]; ++x) to[x] += from[x];
        }
    });
}

}  // namespace hyspn::detail
