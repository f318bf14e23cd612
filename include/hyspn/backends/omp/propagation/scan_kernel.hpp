// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <hyspn/backends/omp/manifold/lane_tile.hpp>
#include <hyspn/core/simd_math.hpp>
#include <hyspn/propagation/scan_rule.hpp>

/// \file
/// One line of a scan by vectors along the line; what it does per pixel is in propagation/scan_line.hpp.

namespace hyspn::detail {

/// What one line reads: contiguous arrays of its length.
template <class T>
struct scan_line_inputs {
    T const* gates[3];
    T const* x;
    T const* factor;  ///< or null
};

/// What one line of the adjoint writes; gradients may be null.
template <class T>
struct scan_line_outputs {
    T* lambda;
    T* dgates[3];
    T* dfactor;
    bool accumulate;  ///< adds to the gradients
};

/// Walks the lines of one map in the order of the scan, or back; remembers of the last line what the next one needs.
template <class T, index_t Way, scan_normalisation Kind>
class scan_kernel {
    using V = simd::pack<T>;
    static constexpr index_t lanes = V::size;

public:
    explicit scan_kernel(index_t across)
        : across_(across),
          pitch_((across + lanes - 1) / lanes * lanes + 2 * lanes),
          storage_(dims<1>{(2 * Way + 1) * pitch_})
    {
    }

    void forward(scan_line_inputs<T> const& in, bool starts, T* h)
    {
        T const* const before = row(turn_);
        T* const now = row(1 - turn_);
        for (index_t i = 0; i < across_; i += lanes) {
            V const x = read(in.x, i);
            V value = in.factor ? read(in.factor, i) * x : x;
            if (!starts) {
                weights const s = weigh(in, i);
                if (!in.factor) value = s.rest * x;
                for (index_t j = 0; j < Way; ++j) value = simd::fma(s.w[j], V::load(before + i + offset(j)), value);
            }
            value.store(now + i);
            write(h, i, value);
        }
        now[across_] = T(0);
        turn_ = 1 - turn_;
    }

    /// `h_before` is the result of the line before, in the order of the scan; not read where the line starts one.
    void backward(scan_line_inputs<T> const& in, bool starts, T const* h_before, scan_line_outputs<T> const& out)
    {
        T* const before = row(2 * Way);
        if (!starts) std::copy_n(h_before, across_, before);
        for (index_t i = 0; i < across_; i += lanes) {
            V lambda = read(out.lambda, i);
            for (index_t j = 0; j < Way; ++j) lambda += V::load(row(turn_ * Way + j) + i - offset(j));
            V const x = read(in.x, i);
            if (out.dfactor) put(out.dfactor, i, x * lambda, out.accumulate);
            if (starts)
                start_line(in, i, lambda, out);
            else
                pass_back(in, i, x, lambda, before, out);
        }
        for (index_t j = 0; j < Way; ++j) row((1 - turn_) * Way + j)[across_] = T(0);
        turn_ = 1 - turn_;
    }

private:
    struct weights {
        V own[3], w[3];
        V sum, divisor, rest;
    };

    static constexpr index_t offset(index_t j) { return j - Way / 2; }
    static constexpr bool sigmoid = Kind == scan_normalisation::sigmoid_share;

    /// Row k of scratch, with at least one register of zeros before it and one after.
    T* row(index_t k) { return storage_.data() + k * pitch_ + lanes; }

    V read(T const* p, index_t i) const { return i + lanes <= across_ ? V::load(p + i) : V::load(p + i, across_ - i); }
    void write(T* p, index_t i, V a) const
    {
        if (i + lanes <= across_)
            a.store(p + i);
        else
            a.store(p + i, across_ - i);
    }
    void put(T* p, index_t i, V a, bool accumulate) const { write(p, i, accumulate ? read(p, i) + a : a); }

    /// a, but 0 where neighbour j of a position is outside the image.
    V where_present(V a, index_t i, index_t j) const
    {
        if (Way == 3 && j == 0 && i == 0) a.v[0] = T(0);
        if (Way == 3 && j == 2 && across_ - 1 - i < lanes) a.v[across_ - 1 - i] = T(0);
        return a;
    }

    weights weigh(scan_line_inputs<T> const& in, index_t i) const
    {
        using std::exp;
        V const one(T(1));
        weights s;
        s.sum = V(T(0));
        for (index_t j = 0; j < Way; ++j) {
            V const g = read(in.gates[j], i);
            if constexpr (sigmoid)
                s.own[j] = where_present(one / (one + exp(-g)), i, j);
            else
                s.own[j] = g;
            s.sum += simd::abs(s.own[j]);
        }
        s.divisor = divisor_of(s.sum);
        s.rest = one;
        for (index_t j = 0; j < Way; ++j) {
            s.w[j] = where_present(s.own[j] / s.divisor, i, j);
            s.rest -= s.w[j];
        }
        return s;
    }

    static V divisor_of(V sum)
    {
        if constexpr (Kind == scan_normalisation::always) return simd::select<T>(sum == V(T(0)), V(T(1)), sum);
        V const least(Kind == scan_normalisation::if_above_one ? T(1) : T(least_sigmoid_sum));
        return simd::select<T>(sum > least, sum, least);
    }

    void start_line(scan_line_inputs<T> const& in, index_t i, V lambda, scan_line_outputs<T> const& out)
    {
        write(out.lambda, i, in.factor ? read(in.factor, i) * lambda : lambda);
        for (index_t j = 0; j < Way; ++j) {
            V(T(0)).store(row((1 - turn_) * Way + j) + i);
            if (out.dgates[j] && !out.accumulate) write(out.dgates[j], i, V(T(0)));
        }
    }

    void pass_back(scan_line_inputs<T> const& in, index_t i, V x, V lambda, T const* before,
                   scan_line_outputs<T> const& out)
    {
        weights const s = weigh(in, i);
        V const base = in.factor ? V(T(0)) : x;
        write(out.lambda, i, (in.factor ? read(in.factor, i) : s.rest) * lambda);
        V dw[3], c(T(0));
        for (index_t j = 0; j < Way; ++j) {
            (s.w[j] * lambda).store(row((1 - turn_) * Way + j) + i);
            dw[j] = where_present(lambda * (V::load(before + i + offset(j)) - base), i, j);
            c = simd::fma(dw[j], s.w[j], c);
        }
        if (!out.dgates[0]) return;
        for (index_t j = 0; j < Way; ++j) put(out.dgates[j], i, gate_adjoint(s, j, dw[j], c), out.accumulate);
    }

    static V gate_adjoint(weights const& s, index_t j, V dw, V c)
    {
        V const zero(T(0)), one(T(1)), g = s.own[j];
        if constexpr (sigmoid) {
            V const through_sum = simd::select<T>(s.sum < V(T(least_sigmoid_sum)), zero, c);
            return (dw - through_sum) / s.divisor * g * (one - g);
        } else {
            V const signed_c = simd::select<T>(g > zero, c, simd::select<T>(g < zero, -c, zero));
            V const divided = (dw - signed_c) / s.divisor;
            if constexpr (Kind == scan_normalisation::if_above_one)
                return simd::select<T>(s.sum > one, divided, dw);
            else
                return simd::select<T>(s.sum == zero, zero, divided);
        }
    }

    index_t across_, pitch_;
    tensor<T, 1> storage_;
    index_t turn_ = 0;
};

/// Some columns of an image, at most as many as a register has lanes, turned so that each is a contiguous line.
template <class T>
class column_tile {
    using V = simd::pack<T>;

public:
    static constexpr index_t most_columns = V::size;

    explicit column_tile(index_t rows)
        : rows_(rows),
          // An odd number of registers, so that the same row of all columns does not fall on one set of a cache.
          pitch_(((rows + most_columns - 1) / most_columns | 1) * most_columns),
          storage_(dims<1>{most_columns * pitch_})
    {
    }

    T* line(index_t column) { return storage_.data() + column * pitch_; }

    /// Copies `columns` columns in, rows `stride` apart.
    void load(T const* from, index_t stride, index_t columns)
    {
        for (index_t y = 0; y < rows_; y += most_columns) {
            lane_square<T> square;
            for (index_t r = 0; r < most_columns; ++r)
                square.row[r] = y + r < rows_ ? read(from + (y + r) * stride, columns) : V(T(0));
            square.transpose();
            for (index_t c = 0; c < columns; ++c) square.row[c].store(line(c) + y);
        }
    }

    /// Copies them out, or adds them to what is there.
    void store(T* to, index_t stride, index_t columns, bool accumulate = false)
    {
        for (index_t y = 0; y < rows_; y += most_columns) {
            lane_square<T> square;
            for (index_t c = 0; c < most_columns; ++c) square.row[c] = c < columns ? V::load(line(c) + y) : V(T(0));
            square.transpose();
            for (index_t r = 0; r < most_columns && y + r < rows_; ++r) {
                T* const p = to + (y + r) * stride;
                V const value = accumulate ? read(p, columns) + square.row[r] : square.row[r];
                if (columns == most_columns)
                    value.store(p);
                else
                    value.store(p, columns);
            }
        }
    }

private:
    static V read(T const* p, index_t columns) { return columns == most_columns ? V::load(p) : V::load(p, columns); }

    index_t rows_, pitch_;
    tensor<T, 1> storage_;
};

}  // namespace hyspn::detail
