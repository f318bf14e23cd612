// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/backends/omp/propagation/sampled_rows.hpp>
#include <hyspn/backends/omp/propagation/step.hpp>
#include <hyspn/propagation/sampled/transposed.hpp>

/// \file
/// The transpose of sampling on the processor's cores. An image is cut into bands of rows, a number that does not
/// depend on the threads; each band scatters into cells of its own, four sums to a cell, over no more rows than its
/// samples reach; then each pixel adds up the cells around it, band by band.

namespace hyspn::detail {

template <class T>
class sample_scatter {
public:
    sample_scatter(exec::omp const& exec, sample_points<T, memory::host> const& points)
        : exec_(exec),
          locate_(points),
          images_(points.offsets.extent(0)),
          height_(points.height()),
          width_(points.width()),
          bands_(static_cast<std::size_t>(images_ * bands_of_image()))
    {
        measure(points);
    }

    /// How far the samples reach; run serves these until the next call.
    void measure(sample_points<T, memory::host> const& points)
    {
        locate_ = sample_locator<T>(points);
        each_band([&](band& b, index_t n, index_t first, index_t end) {
            std::int32_t low = std::numeric_limits<std::int32_t>::max(), high = 0;
            for_chunks(first, end, [&](index_t y, index_t x, index_t columns) {
                for (index_t k = 0; k < locate_.count(); ++k) locate_.widen(n, k, y, x, columns, low, high);
            });
            b.first = low;
            b.end = high + 1;
            if (b.cells.size() < b.size(locate_.stride())) b.cells = tensor<T, 1>(b.size(locate_.stride()));
        });
    }

    void run(sampled_transposed_op<T, memory::host> const& op)
    {
        for (index_t l = 0; l < op.to.extent(1); ++l) {
            each_band([&](band& b, index_t n, index_t first, index_t end) { scatter(op, b, n, l, first, end); });
            for_row_chunks(exec_, images_, height_, width_,
                           [&](index_t n, index_t y, index_t x, index_t columns) { collect(op, n, l, y, x, columns); });
        }
    }

private:
    /// Cells of rows first <= row < end, counted from the top of the margin.
    struct band {
        index_t first = 0, end = 0;
        tensor<T, 1> cells{};

        index_t size(index_t stride) const { return 4 * (end - first) * stride; }
    };

    index_t bands_of_image() const { return std::min<index_t>(height_, 16); }

    /// Calls f(band, image, first row, end row), bands in parallel.
    template <class F>
    void each_band(F const& f)
    {
        index_t const count = bands_of_image();
        exec::detail::for_each_index_omp(exec_, images_ * count, [&](index_t i) {
            index_t const b = i % count;
            f(bands_[static_cast<std::size_t>(i)], i / count, b * height_ / count, (b + 1) * height_ / count);
        });
    }

    template <class F>
    void for_chunks(index_t first, index_t end, F const& f) const
    {
        for (index_t y = first; y < end; ++y)
            for (index_t x = 0; x < width_; x += sample_chunk) f(y, x, std::min(sample_chunk, width_ - x));
    }

    void scatter(sampled_transposed_op<T, memory::host> const& op, band& b, index_t n, index_t l, index_t first,
                 index_t end) const
    {
        std::fill_n(b.cells.data(), b.size(locate_.stride()), T(0));
        T* const cells = b.cells.data() - 4 * b.first * locate_.stride();
        for_chunks(first, end, [&](index_t y, index_t x, index_t columns) {
            T given[sample_chunk];
            located_samples<T> located;
            for (index_t k = 0; k < locate_.count(); ++k) {
                locate_(n, k, y, x, columns, located);
                T const* const w = &op.weights(n, k, y, x);
                std::copy_n(w, columns, given);
                if (op.from.data_handle()) {
                    T const* const from = &op.from(n, l, y, x);
#pragma omp simd
                    for (index_t i = 0; i < columns; ++i) given[i] *= from[i];
                }
                add_quads(located, given, columns, cells);
            }
        });
    }

    static void add_quads(located_samples<T> const& located, T const* given, index_t columns, T* cells)
    {
        for (index_t i = 0; i < columns; ++i) {
            quad<T> shares, sum;
            bilinear_quad(located.fy[i], located.fx[i], shares);
            T* const cell = cells + 4 * static_cast<index_t>(located.at[i]);
            std::memcpy(&sum, cell, sizeof sum);
            sum += shares * given[i];
            std::memcpy(cell, &sum, sizeof sum);
        }
    }

    void collect(sampled_transposed_op<T, memory::host> const& op, index_t n, index_t l, index_t y, index_t x,
                 index_t columns) const
    {
        T sum[sample_chunk] = {};
        if (op.current) {
            weight_rows<T>(op.weights, n, y, x).fill_rest(columns, sum);
            for (index_t i = 0; i < columns; ++i) sum[i] *= op.value(n, l, y, x + i);
        }
        for (index_t i = n * bands_of_image(); i < (n + 1) * bands_of_image(); ++i) {
            band const& b = bands_[static_cast<std::size_t>(i)];
            add_row(b, y + plane_margin, x, columns, 0, sum);
            add_row(b, y + plane_margin - 1, x, columns, 2, sum);
        }
        std::copy_n(sum, columns, &op.to(n, l, y, x));
    }

    /// Adds what the cells of a row hold for the pixels to their left (lane) and right (lane + 1).
    void add_row(band const& b, index_t row, index_t x, index_t columns, index_t lane, T* sum) const
    {
        if (row < b.first || row >= b.end) return;
        T const* const cell = b.cells.data() + 4 * ((row - b.first) * locate_.stride() + x + plane_margin) + lane;
        for (index_t i = 0; i < columns; ++i) sum[i] += cell[4 * i] + cell[4 * (i - 1) + 1];
    }

    exec::omp exec_;
    sample_locator<T> locate_;
    index_t images_, height_, width_;
    std::vector<band> bands_;
};

/// Whether sample_scatter serves an operation.
template <class T>
bool scatters(sampled_transposed_op<T, memory::host> const& op)
{
    return serves_samples(op.points) && all_rows_contiguous(op.weights, op.from, op.to);
}

template <std::floating_point T>
void transpose_samples(exec::omp const& exec, sampled_transposed_op<T, memory::host> const& op)
{
    if (op.to.size() == 0) return;
    if (scatters(op)) return sample_scatter<T>(exec, op.points).run(op);
    transpose_samples(exec::seq{}, op);
}

}  // namespace hyspn::detail
