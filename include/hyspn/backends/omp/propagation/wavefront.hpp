// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>

#include <hyspn/backends/omp/propagation/step.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/propagation/axes.hpp>

/// \file
/// All steps of a stencil in one pass over the image. Level t lags behind level t - 1 by the reach R of the window, so
/// when a band of rows of level 0 enters, each level advances by a band, and rows of level t + 2 take the place of rows
/// of level t that nothing reads any more. Taps exist only for the rows between the first level and the last, in a
/// ring that fits the second-level cache; columns are cut into strips for the same reason, and each strip recomputes
/// the R columns per step that its neighbour would have supplied. A pixel's arithmetic does not depend on the cut.

namespace hyspn::detail {

/// What a wavefront computes.
template <class T>
struct wavefront_job {
    stencil_neighbours neighbours;
    index_t steps;
    view<T const, 4> initial;
    view<T, 4> out;
    view<T, 5> iterates;     ///< x_1 ... x_{steps - 1}, or no data
    view<T, 4> taps;         ///< receives the taps, or no data
    view<T, 5> snapshots{};  ///< receives x_t for t = snapshots_at[0], ..., or no data
    index_t const* snapshots_at{};

    index_t reach() const { return neighbours.kernel / 2 * neighbours.dilation; }
    index_t height() const { return initial.extent(2); }
    index_t width() const { return initial.extent(3); }
};

/// Rows that a level advances by at a time, and the bytes the working set of one strip may take: those of the
/// second-level cache, and, for windows that do not fit it, a thread's share of the third, which still costs less than
/// folding the gates again or storing the taps of the image (CSPN++ at 352 x 1216: 57 ms with the first alone, 37 ms).
struct wavefront_shape {
    index_t band = 4;
    index_t bytes = 900 * 1024;
    index_t most_bytes = 3600 * 1024;
};

/// A rectangle of the output and the scratch to compute it: rows [top, bottom), columns [left, right).
template <class T, class Source>
class wavefront_tile {
public:
    wavefront_tile(wavefront_job<T> const& job, Source const& source, index_t band, index_t n, index_t top,
                   index_t bottom, index_t left, index_t right)
        : job_(job),
          source_(source),
          band_(band),
          n_(n),
          top_(top),
          bottom_(bottom),
          left_(left),
          right_(right),
          R_(job.reach()),
          J_(job.neighbours.count()),
          L_(job.initial.extent(1))
    {
        index_t const halo = R_ * job.steps;
        first_ = std::max<index_t>(0, left - halo);
        last_ = std::min(job.width(), right + halo);
        pitch_ = round_up(last_ - first_) + 2 * pad();
        rows_ = ring_rows(job, band);
        row_size_ = (J_ + L_) * round_up(last_ - first_);
        storage_ = tensor<T, 1>(rows_ * (row_size_ + 2 * L_ * pitch_));
        map_ = storage_.data() + rows_ * row_size_;
        // Once: where a channel's neighbour lies takes divisions to tell.
        for (index_t j = 0; j < J_; ++j) offsets_[static_cast<std::size_t>(j)] = job.neighbours[j];
    }

    void run()
    {
        index_t const lag = R_ * job_.steps;
        for (index_t s = std::max<index_t>(0, top_ - lag); s < bottom_ + lag; s += band_) {
            for (index_t y = s; y < s + band_; ++y) enter(y);
            for (index_t t = 1; t <= job_.steps; ++t)
                for (index_t y = s - t * R_; y < s - t * R_ + band_; ++y) advance(t, y);
        }
    }

    static index_t ring_rows(wavefront_job<T> const& job, index_t band) { return job.reach() * (job.steps + 1) + band; }

    /// Elements of scratch per column.
    static index_t column_size(wavefront_job<T> const& job, index_t band)
    {
        return ring_rows(job, band) * (job.neighbours.count() + 3 * job.initial.extent(1));
    }

private:
    static constexpr index_t lanes = simd::pack<T>::size;
    static index_t round_up(index_t n) { return (n + lanes - 1) / lanes * lanes; }
    /// Zeros on both sides of a row of the map, read by neighbours outside the image and by the last vector.
    index_t pad() const { return round_up(R_) + lanes; }

    index_t slot(index_t y) const { return y % rows_; }
    T* taps(index_t y) { return storage_.data() + slot(y) * row_size_; }
    T* bias(index_t y, index_t l) { return taps(y) + (J_ + l) * round_up(last_ - first_); }
    /// Row y of map l at a level, at column first_.
    T* map(index_t level, index_t y, index_t l) const
    {
        return map_ + (((level % 2) * rows_ + slot(y)) * L_ + l) * pitch_ + pad();
    }

    /// Rows that level t has to know.
    bool needed(index_t t, index_t y) const
    {
        index_t const margin = R_ * (job_.steps - t);
        return y >= std::max<index_t>(0, top_ - margin) && y < std::min(job_.height(), bottom_ + margin);
    }

    /// Taps, bias and x_0 of row y.
    void enter(index_t y)
    {
        if (!needed(0, y)) return;
        for (index_t l = 0; l < L_; ++l) std::copy_n(&job_.initial(n_, l, y, first_), last_ - first_, map(0, y, l));
        if (!needed(1, y)) return;
        index_t const stride = round_up(last_ - first_);
        source_(n_, y, first_, last_, {taps(y), stride, bias(y, 0), stride});
        if (job_.taps.data_handle() && y >= top_ && y < bottom_)
            for (index_t j = 0; j < J_; ++j)
                std::copy_n(taps(y) + j * stride + left_ - first_, right_ - left_, &job_.taps(n_, j, y, left_));
    }

    /// Row y of level t.
    void advance(index_t t, index_t y)
    {
        if (!needed(t, y)) return;
        index_t const margin = R_ * (job_.steps - t), stride = round_up(last_ - first_);
        index_t const begin = std::max(first_, left_ - margin) - first_;
        index_t const end = std::min(last_, right_ + margin) - first_;
        index_t const from = begin / lanes * lanes, to = round_up(end);
        T const* const weights = taps(y);
        for (index_t l = 0; l < L_; ++l) {
            row_terms<T> terms;
            std::size_t count = 0;
            T const* row = nullptr;
            index_t row_dy = job_.height();
            for (index_t j = 0; j < J_; ++j) {
                auto const [dy, dx] = offsets_[static_cast<std::size_t>(j)];
                if (y + dy < 0 || y + dy >= job_.height()) continue;
                if (dy != row_dy) row = map(t - 1, y + dy, l);
                row_dy = dy;
                terms[count++] = {weights + j * stride, row + dx};
            }
            sum_products(terms.data(), static_cast<index_t>(count), bias(y, l), map(t, y, l), from, to);
            clear_outside(map(t, y, l), to);
            emit(t, y, l);
        }
    }

    /// Vectors may have written past the image's last column.
    void clear_outside(T* row, index_t to) const
    {
        for (index_t x = last_ - first_; x < to; ++x) row[x] = T(0);
    }

    void emit(index_t t, index_t y, index_t l) const
    {
        if (y < top_ || y >= bottom_) return;
        T const* const row = map(t, y, l) + left_ - first_;
        if (t == job_.steps)
            std::copy_n(row, right_ - left_, &job_.out(n_, l, y, left_));
        else if (job_.iterates.data_handle())
            std::copy_n(row, right_ - left_, &job_.iterates[t - 1](n_, l, y, left_));
        for (index_t s = 0; s < job_.snapshots.extent(0); ++s)
            if (job_.snapshots_at[s] == t) std::copy_n(row, right_ - left_, &job_.snapshots(s, n_, l, y, left_));
    }

    wavefront_job<T> const& job_;
    Source const& source_;
    index_t band_, n_, top_, bottom_, left_, right_, R_, J_, L_;
    index_t first_, last_, pitch_, rows_, row_size_;
    std::array<pixel_offset, static_cast<std::size_t>(most_row_terms)> offsets_;
    tensor<T, 1> storage_;
    T* map_;
};

/// The widest strip that fits, in whole cache lines: the second-level cache, or else the share of the third; 0 when
/// none of use does.
template <class T, class Source>
index_t wavefront_strip(wavefront_job<T> const& job, wavefront_shape const& shape)
{
    index_t const column = wavefront_tile<T, Source>::column_size(job, shape.band) * static_cast<index_t>(sizeof(T));
    index_t const halo = 2 * job.reach() * job.steps;
    for (index_t const bytes : {shape.bytes, shape.most_bytes}) {
        index_t const widest = bytes / column - halo;
        if (widest >= job.width()) return job.width();
        if (widest >= halo) return widest;
    }
    return 0;
}

/// Runs the job if its working set fits; the source fills taps and bias by pieces of rows.
template <class T, class Source>
bool run_wavefront(exec::omp const& exec, wavefront_job<T> const& job, Source const& source,
                   wavefront_shape const& shape = {})
{
    index_t const N = job.initial.extent(0), W = job.width(), H = job.height();
    if (job.steps == 0 || job.initial.size() == 0 || job.neighbours.count() > most_row_terms) return false;
    index_t const strip = wavefront_strip<T, Source>(job, shape);
    if (strip == 0) return false;
    index_t const strips = (W + strip - 1) / strip;
    int const threads = exec.threads > 0 ? exec.threads : omp_get_max_threads();
    index_t const bands = std::clamp<index_t>((threads + N * strips - 1) / (N * strips), 1, H);
    exec::detail::for_each_index_omp(exec, N * bands * strips, [&](index_t i) {
        index_t const s = i % strips, b = i / strips % bands, n = i / strips / bands;
        wavefront_tile<T, Source>(job, source, shape.band, n, b * H / bands, (b + 1) * H / bands, s * W / strips,
                                  (s + 1) * W / strips)
            .run();
    });
    return true;
}

}  // namespace hyspn::detail
