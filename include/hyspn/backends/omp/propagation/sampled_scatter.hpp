// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <vector>

#include <hyspn/backends/omp/propagation/sampled_lanes.hpp>
#include <hyspn/backends/omp/propagation/step.hpp>
#include <hyspn/propagation/sampled/transposed.hpp>

/// \file
/// The transpose of sampling on the processor's cores. An image is cut into bands of rows, a number that does not
/// depend on the threads; each band scatters into sums of its own, over no more rows than its samples inside the image
/// reach; then each pixel adds up what the bands hold for it, one after the other. Image after image, and one map or
/// vector of maps after the other, in the same sums: at worst, where some sample of every band lies at the other end of
/// the image, 64 numbers to a pixel for one map and 16 registers, up to 1 kB, for several.

namespace hyspn::detail {

/// Where a band adds up what its samples give. Of one map: four sums to a cell, one for each pixel around it, added as
/// one vector.
template <class V>
struct scatter_cells {
    static constexpr index_t sums = 4;        ///< of a cell
    static constexpr index_t rows = 2;        ///< of cells hold sums for a row of pixels: its own and that above
    static constexpr index_t rows_below = 0;  ///< that a sample adds to below the row of its cell

    static void add(V* cell, index_t, quad<V> const& shares, V given)
    {
        quad<V> sum;
        std::memcpy(&sum, cell, sizeof sum);
        sum += shares * given;
        std::memcpy(cell, &sum, sizeof sum);
    }

    /// Adds what a row of cells holds for the pixels to their left and right.
    static void collect(V const* cells, index_t above, index_t columns, V* to)
    {
        V const* const left = cells + 2 * above;
        V const* const right = left - 3;
        for (index_t i = 0; i < columns; ++i) to[i] += left[4 * i] + right[4 * i];
    }
};

/// Of several maps: a vector for each pixel.
template <class T>
struct scatter_cells<simd::pack<T>> {
    using V = simd::pack<T>;
    static constexpr index_t sums = 1;
    static constexpr index_t rows = 1;
    static constexpr index_t rows_below = 1;

    static void add(V* cell, index_t stride, quad<T> const& shares, V given)
    {
        cell[0] += V(shares[0]) * given;
        cell[1] += V(shares[1]) * given;
        cell[stride] += V(shares[2]) * given;
        cell[stride + 1] += V(shares[3]) * given;
    }

    static void collect(V const* cells, index_t, index_t columns, V* to)
    {
        for (index_t i = 0; i < columns; ++i) to[i] += cells[i];
    }
};

template <class V>
class sample_scatter {
    using T = simd::scalar_of<V>;
    using groups = map_groups<V>;
    using cells = scatter_cells<V>;
    using located = located_samples<T, groups::chunk>;

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
            if (cells_[index(b)].size() < most) cells_[index(b)] = tensor<V, 1>(most);
        }
    }

    void run(sampled_transposed_op<T, memory::host> const& op)
    {
        for (index_t n = 0; n < images_; ++n)
            for (index_t g = 0; g < groups::count(op.to.extent(1)); ++g) {
                exec::detail::for_each_index_omp(exec_, bands_of_image(), [&](index_t b) { scatter(op, n, g, b); });
                for_row_chunks<groups::chunk>(
                    exec_, 1, height_, width_,
                    [&](index_t, index_t y, index_t x, index_t columns) { collect(op, n, g, y, x, columns); });
            }
    }

    /// Cells held.
    index_t size() const
    {
        index_t total = 0;
        for (auto const& of_band : cells_) total += of_band.size() / cells::sums;
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
    /// Sums of a band: those of its cells and of one more, for what no pixel sees. Where samples add to rows below,
    /// that one lies in the margin, whose first two columns nobody reads.
    index_t size(band const& b) const
    {
        static_assert(plane_margin >= 2);
        index_t const stride = locate_.stride();
        return cells::sums * ((b.end - b.first) * stride + 1) + cells::rows_below * (stride + 1);
    }

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
            for (index_t x = 0; x < width_; x += groups::chunk) f(y, x, std::min(groups::chunk, width_ - x));
    }

    void scatter(sampled_transposed_op<T, memory::host> const& op, index_t n, index_t group, index_t b)
    {
        V* const to = cells_[index(b)].data();
        std::fill_n(to, size(band_of(n, b)), V(T(0)));
        for_chunks(b, [&](index_t y, index_t x, index_t columns) {
            V given[groups::chunk];
            V const* const from = given_by(op, n, group, y, x, columns, given);
            located at;
            for (index_t k = 0; k < locate_.count(); ++k) {
                locate_(n, k, y, x, columns, at);
                to_cells(band_of(n, b), columns, at);
                add_samples(at, &op.weights(n, k, y, x), from, columns, to);
            }
        });
    }

    /// What the pixels of a chunk give, 1 where the operation has no values.
    static V const* given_by(sampled_transposed_op<T, memory::host> const& op, index_t n, index_t group, index_t y,
                             index_t x, index_t columns, V* buffer)
    {
        if (op.from.data_handle()) return groups::join(op.from, false, n, group, y, x, columns, buffer);
        std::fill_n(buffer, columns, V(T(1)));
        return buffer;
    }

    /// Places in the plane to places in the cells of a band; those of other rows go to the last.
    void to_cells(band const& b, index_t columns, located& samples) const
    {
        auto const stride = static_cast<std::int32_t>(locate_.stride());
        std::int32_t const start = b.first * stride, last = (b.end - b.first) * stride;
#pragma omp simd
        for (index_t i = 0; i < columns; ++i) {
            std::int32_t const at = samples.at[i] - start;
            samples.at[i] = at >= 0 && at < last ? at : last;
        }
    }

    void add_samples(located const& samples, T const* weights, V const* from, index_t columns, V* to) const
    {
        for (index_t i = 0; i < columns; ++i) {
            quad<T> shares;
            bilinear_quad(samples.fy[i], samples.fx[i], shares);
            cells::add(to + cells::sums * static_cast<index_t>(samples.at[i]), locate_.stride(), shares,
                       from[i] * V(weights[i]));
        }
    }

    void collect(sampled_transposed_op<T, memory::host> const& op, index_t n, index_t group, index_t y, index_t x,
                 index_t columns) const
    {
        V sum[groups::chunk], given[groups::chunk];
        std::fill_n(sum, columns, V(T(0)));
        if (op.current) {
            T rest[groups::chunk];
            weight_rows<T>(op.weights, n, y, x).fill_rest(columns, rest);
            V const* const from = given_by(op, n, group, y, x, columns, given);
            add_products(rest, from, columns, sum);
        }
        for (index_t b = 0; b < bands_of_image(); ++b) add_band(n, b, y + plane_margin, x + plane_margin, columns, sum);
        groups::split(sum, n, group, y, x, columns, op.to);
    }

    /// Adds what a band holds for pixels of a row.
    void add_band(index_t n, index_t b, index_t row, index_t x, index_t columns, V* sum) const
    {
        auto const [first, end] = band_of(n, b);
        for (index_t above = 0; above < cells::rows; ++above) {
            index_t const at = row - above;
            if (at < first || at >= end + cells::rows_below) continue;
            V const* const from = cells_[index(b)].data() + cells::sums * ((at - first) * locate_.stride() + x);
            cells::collect(from, above, columns, sum);
        }
    }

    exec::omp exec_;
    sample_locator<T> locate_;
    index_t images_, height_, width_;
    std::vector<band> bands_;          ///< of every image
    std::vector<tensor<V, 1>> cells_;  ///< of every band of one image
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
    if (!scatters(op)) return transpose_samples(exec::seq{}, op);
    split_maps<T>(op, op.to.extent(1), [&](auto const& part) {
        with_lanes<T>(part.to.extent(1), [&]<class V>() { sample_scatter<V>(exec, op.points).run(part); });
    });
}

}  // namespace hyspn::detail
