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
/// samples inside the image reach; then each pixel adds up the cells around it, band by band. Image after image in the
/// same cells: at worst, where some sample of every band lies at the other end of the image, 64 numbers to a pixel.

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
          bands_(static_cast<std::size_t>(images_ * bands_of_image())),
          cells_(static_cast<std::size_t>(bands_of_image()))
    {
        measure(points);
    }

    /// How far the samples reach; run serves these until the next call.
    void measure(sample_points<T, memory::host> const& points)
    {
        locate_ = sample_locator<T>(points);
        index_t const count = bands_of_image();
        exec::detail::for_each_index_omp(exec_, images_ * count,
                                         [&](index_t i) { bands_[index(i)] = rows_of(i / count, i % count); });
        for (index_t b = 0; b < count; ++b) {
            index_t most = 0;
            for (index_t n = 0; n < images_; ++n) most = std::max(most, size(band_of(n, b)));
            if (cells_[index(b)].size() < most) cells_[index(b)] = tensor<T, 1>(most);
        }
    }

    void run(sampled_transposed_op<T, memory::host> const& op)
    {
        for (index_t n = 0; n < images_; ++n)
            for (index_t l = 0; l < op.to.extent(1); ++l) {
                exec::detail::for_each_index_omp(exec_, bands_of_image(), [&](index_t b) { scatter(op, n, l, b); });
                for_row_chunks(exec_, 1, height_, width_, [&](index_t, index_t y, index_t x, index_t columns) {
                    collect(op, n, l, y, x, columns);
                });
            }
    }

    /// Cells held.
    index_t cells() const
    {
        index_t total = 0;
        for (auto const& of_band : cells_) total += of_band.size() / 4;
        return total;
    }

private:
    /// The rows of a band's cells, counted from the top of the margin: first <= row < end.
    struct band {
        std::int32_t first = 0, end = 0;
    };

    static std::size_t index(index_t i) { return static_cast<std::size_t>(i); }
    index_t bands_of_image() const { return std::min<index_t>(height_, 16); }
    band const& band_of(index_t n, index_t b) const { return bands_[index(n * bands_of_image() + b)]; }
    /// Numbers of a band: its cells and one more, for what no pixel sees.
    index_t size(band const& b) const { return 4 * ((b.end - b.first) * locate_.stride() + 1); }

    band rows_of(index_t n, index_t b) const
    {
        std::int32_t low = std::numeric_limits<std::int32_t>::max(), high = -1;
        for_chunks(b, [&](index_t y, index_t x, index_t columns) {
            for (index_t k = 0; k < locate_.count(); ++k) locate_.widen(n, k, y, x, columns, low, high);
        });
        return high < 0 ? band{} : band{low, high + 1};
    }

    /// Calls f(y, x, columns) for pieces of the rows of a band.
    template <class F>
    void for_chunks(index_t b, F const& f) const
    {
        index_t const count = bands_of_image();
        for (index_t y = b * height_ / count; y < (b + 1) * height_ / count; ++y)
            for (index_t x = 0; x < width_; x += sample_chunk) f(y, x, std::min(sample_chunk, width_ - x));
    }

    void scatter(sampled_transposed_op<T, memory::host> const& op, index_t n, index_t l, index_t b)
    {
        T* const cells = cells_[index(b)].data();
        std::fill_n(cells, size(band_of(n, b)), T(0));
        for_chunks(b, [&](index_t y, index_t x, index_t columns) {
            T given[sample_chunk];
            located_samples<T> located;
            for (index_t k = 0; k < locate_.count(); ++k) {
                locate_(n, k, y, x, columns, located);
                to_cells(band_of(n, b), columns, located);
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

    /// Places in the plane to places in the cells of a band; those of other rows go to the last.
    void to_cells(band const& b, index_t columns, located_samples<T>& located) const
    {
        auto const stride = static_cast<std::int32_t>(locate_.stride());
        std::int32_t const start = b.first * stride, last = (b.end - b.first) * stride;
#pragma omp simd
        for (index_t i = 0; i < columns; ++i) {
            std::int32_t const at = located.at[i] - start;
            located.at[i] = at >= 0 && at < last ? at : last;
        }
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
        for (index_t b = 0; b < bands_of_image(); ++b) {
            add_row(n, b, y + plane_margin, x, columns, 0, sum);
            add_row(n, b, y + plane_margin - 1, x, columns, 2, sum);
        }
        std::copy_n(sum, columns, &op.to(n, l, y, x));
    }

    /// Adds what the cells of a row hold for the pixels to their left (lane) and right (lane + 1).
    void add_row(index_t n, index_t b, index_t row, index_t x, index_t columns, index_t lane, T* sum) const
    {
        auto const [first, end] = band_of(n, b);
        if (row < first || row >= end) return;
        T const* const cell =
            cells_[index(b)].data() + 4 * ((row - first) * locate_.stride() + x + plane_margin) + lane;
        for (index_t i = 0; i < columns; ++i) sum[i] += cell[4 * i] + cell[4 * (i - 1) + 1];
    }

    exec::omp exec_;
    sample_locator<T> locate_;
    index_t images_, height_, width_;
    std::vector<band> bands_;          ///< of every image
    std::vector<tensor<T, 1>> cells_;  ///< of every band of one image
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
