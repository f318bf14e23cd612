// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include <hyspn/propagation/options.hpp>

/// \file
/// Gates to taps and bias by pieces of a row, everything between in the first-level cache: arrive, normalise, rest and
/// fold of propagation/normalise.hpp and fold.hpp in one pass, for all divisions by Σ|g| and injection after the step.

namespace hyspn::detail {

/// Columns handled at a time.
inline constexpr index_t fold_chunk = 256;

/// Where one piece of a row goes: tap j of column begin + i at taps[j * taps_stride + i], bias likewise.
template <class T>
struct folded_piece {
    T* taps;
    index_t taps_stride;
    T* bias;
    index_t bias_stride;
};

/// A row of an array, shifted: values at begin + i + dx, 0 outside the image.
template <class T>
void load_shifted(T const* row, index_t width, index_t begin, index_t count, index_t dx, T* to)
{
    index_t const first = std::clamp<index_t>(-dx - begin, 0, count);
    index_t const last = std::clamp<index_t>(width - dx - begin, first, count);
    std::fill(to, to + first, T(0));
    if (last > first) std::copy(row + begin + first + dx, row + begin + last + dx, to + first);
    std::fill(to + last, to + count, T(0));
}

template <class T>
class row_folder {
public:
    row_folder(exec::omp const& exec, propagation::stencil const& axes, propagation::inputs<T> const& in)
        : axes_(axes), in_(in)
    {
        travels_ = axes.owner == propagation::gate_owner::source;
        divided_at_source_ = travels_ && axes.normaliser == propagation::gate_normaliser::abs_sum_at_source;
        measured_ = axes.injected == propagation::injected_value::initial ? in.initial : in.measured;
        if (!divided_at_source_) return;
        divisors_ = tensor<T, 4>(with_channels(in.gates, 1));
        exec::detail::for_each_index_omp(exec, in.gates.extent(0) * height(), [&](index_t row) {
            index_t const n = row / height(), y = row % height();
            for (index_t x = 0; x < width(); x += fold_chunk)
                divisors(n, y, x, std::min(fold_chunk, width() - x), &divisors_(n, 0, y, x));
        });
    }

    /// Whether this combination and these arrays are served.
    static bool serves(propagation::stencil const& axes, propagation::inputs<T> const& in)
    {
        using propagation::gate_normaliser;
        return axes.normaliser != gate_normaliser::softmax && axes.normaliser != gate_normaliser::softmax_present &&
               axes.injection != propagation::injection_time::before && in.initial.rows_contiguous() &&
               in.gates.rows_contiguous() && in.measured.rows_contiguous() && in.confidence.rows_contiguous();
    }

    /// Writes columns begin <= x < end of row y. Taps of neighbours outside the image are written as 0.
    void operator()(index_t n, index_t y, index_t begin, index_t end, folded_piece<T> to) const
    {
        for (index_t x = begin; x < end; x += fold_chunk) {
            index_t const count = std::min(fold_chunk, end - x);
            chunk(n, y, x, count, to);
            to.taps += count;
            to.bias += count;
        }
    }

private:
    index_t width() const { return in_.initial.extent(3); }
    index_t height() const { return in_.initial.extent(2); }

    void chunk(index_t n, index_t y, index_t x, index_t count, folded_piece<T> const& to) const
    {
        auto const neighbours = axes_.neighbours();
        index_t const K = neighbours.count();
        T rest[fold_chunk], keep[fold_chunk];
        for (index_t k = 0; k < K; ++k) arrive(n, k, y, x, count, neighbours[k], to.taps + k * to.taps_stride);
        if (!divided_at_source_) divide(K, count, to);
        rest_of(n, K, y, x, count, to, rest);
        kept(n, y, x, count, keep);
        anchor(n, y, x, count, neighbours, rest, keep, to);
        scale(K, y, x, count, neighbours, rest, keep, to);
    }

    /// taps_k = the gate that meets at the destination, already divided where that happens at the source.
    void arrive(index_t n, index_t k, index_t y, index_t x, index_t count, pixel_offset d, T* t) const
    {
        index_t const v = travels_ ? y + d.dy : y;
        if (v < 0 || v >= height()) {
            std::fill(t, t + count, T(0));
            return;
        }
        load_shifted(&in_.gates(n, k, v, 0), width(), x, count, travels_ ? d.dx : 0, t);
        if (!divided_at_source_) return;
        T divisor[fold_chunk];
        load_shifted(&divisors_(n, 0, v, 0), width(), x, count, d.dx, divisor);
        for (index_t i = 0; i < count; ++i) divisor[i] = divisor[i] == T(0) ? T(1) : divisor[i];
#pragma omp simd
        for (index_t i = 0; i < count; ++i) t[i] /= divisor[i];
    }

    /// What a division by S uses for S: 1 where S is 0 (all gates are 0 there) or below the clamp.
    T divisor_of(T sum) const
    {
        T const least = axes_.normaliser == propagation::gate_normaliser::abs_sum_clamped ? T(1) : T(0);
        return sum == T(0) || sum < least ? T(1) : sum;
    }

    /// Divisors of a pixel's own gates.
    void divisors(index_t n, index_t y, index_t x, index_t count, T* sum) const
    {
        std::fill(sum, sum + count, static_cast<T>(axes_.epsilon));
        for (index_t k = 0; k < in_.gates.extent(1); ++k) {
            T const* const g = &in_.gates(n, k, y, x);
#pragma omp simd
            for (index_t i = 0; i < count; ++i) sum[i] += std::abs(g[i]);
        }
        for (index_t i = 0; i < count; ++i) sum[i] = divisor_of(sum[i]);
    }

    void divide(index_t K, index_t count, folded_piece<T> const& to) const
    {
        if (axes_.normaliser == propagation::gate_normaliser::none) return;
        T sum[fold_chunk];
        std::fill(sum, sum + count, static_cast<T>(axes_.epsilon));
        for (index_t k = 0; k < K; ++k) {
            T const* const t = to.taps + k * to.taps_stride;
#pragma omp simd
            for (index_t i = 0; i < count; ++i) sum[i] += std::abs(t[i]);
        }
#pragma omp simd
        for (index_t i = 0; i < count; ++i) sum[i] = divisor_of(sum[i]);
        for (index_t k = 0; k < K; ++k) {
            T* const t = to.taps + k * to.taps_stride;
#pragma omp simd
            for (index_t i = 0; i < count; ++i) t[i] /= sum[i];
        }
    }

    void rest_of(index_t n, index_t K, index_t y, index_t x, index_t count, folded_piece<T> const& to, T* rest) const
    {
        bool const own = divided_at_source_ && axes_.centre == propagation::centre_term::anchor;
        std::fill(rest, rest + count, T(0));
        for (index_t k = 0; k < K; ++k) {
            if (own) {
                T const* const g = &in_.gates(n, k, y, x);
                T const* const divisor = &divisors_(n, 0, y, x);
#pragma omp simd
                for (index_t i = 0; i < count; ++i) rest[i] += g[i] / divisor[i];
            } else {
                T const* const t = to.taps + k * to.taps_stride;
#pragma omp simd
                for (index_t i = 0; i < count; ++i) rest[i] += t[i];
            }
        }
#pragma omp simd
        for (index_t i = 0; i < count; ++i) rest[i] = T(1) - rest[i];
    }

    void kept(index_t n, index_t y, index_t x, index_t count, T* keep) const
    {
        if (!in_.confidence.data_handle()) return std::fill(keep, keep + count, T(1)), void();
        T const* const beta = &in_.confidence(n, 0, y, x);
#pragma omp simd
        for (index_t i = 0; i < count; ++i) keep[i] = T(1) - beta[i];
    }

    /// bias = (1 - β) a h0 + β s.
    void anchor(index_t n, index_t y, index_t x, index_t count, stencil_neighbours const& neighbours, T const* rest,
                T const* keep, folded_piece<T> const& to) const
    {
        using propagation::centre_term;
        T const* a = nullptr;
        if (axes_.centre == centre_term::anchor) a = rest;
        if (axes_.centre == centre_term::in_set_anchor) a = to.taps + neighbours.centre_channel() * to.taps_stride;
        for (index_t l = 0; l < in_.initial.extent(1); ++l) {
            T* const b = to.bias + l * to.bias_stride;
            std::fill(b, b + count, T(0));
            T const* const h0 = &in_.initial(n, l, y, x);
            if (a) {
#pragma omp simd
                for (index_t i = 0; i < count; ++i) b[i] = keep[i] * a[i] * h0[i];
            }
            if (!in_.confidence.data_handle()) continue;
            T const* const beta = &in_.confidence(n, 0, y, x);
            T const* const s = &measured_(n, measured_.extent(1) == 1 ? 0 : l, y, x);
#pragma omp simd
            for (index_t i = 0; i < count; ++i) {
                T const measured = s[i];
                T const used = beta[i] == T(0) ? T(0) : measured;
                b[i] += beta[i] * used;
            }
        }
    }

    /// taps = (1 - β) [w, z], 0 where the neighbour is absent or anchored.
    void scale(index_t K, index_t y, index_t x, index_t count, stencil_neighbours const& neighbours, T const* rest,
               T const* keep, folded_piece<T> const& to) const
    {
        for (index_t k = 0; k < K; ++k) {
            T* const t = to.taps + k * to.taps_stride;
            auto const [dy, dx] = neighbours[k];
            bool const anchored =
                axes_.centre == propagation::centre_term::in_set_anchor && k == neighbours.centre_channel();
            if (y + dy < 0 || y + dy >= height() || anchored) {
                std::fill(t, t + count, T(0));
                continue;
            }
#pragma omp simd
            for (index_t i = 0; i < count; ++i) t[i] *= keep[i];
            for (index_t i = 0; i < std::min(count, -dx - x); ++i) t[i] = T(0);
            for (index_t i = std::max<index_t>(0, width() - dx - x); i < count; ++i) t[i] = T(0);
        }
        if (axes_.centre != propagation::centre_term::current) return;
        T* const z = to.taps + K * to.taps_stride;
#pragma omp simd
        for (index_t i = 0; i < count; ++i) z[i] = keep[i] * rest[i];
    }

    propagation::stencil axes_;
    propagation::inputs<T> in_;
    view<T const, 4> measured_;
    tensor<T, 4> divisors_{};  ///< of every pixel over its own gates, where they are divided before they travel
    bool travels_ = false, divided_at_source_ = false;
};

/// Copies rows of taps and bias that exist already.
template <class T>
class row_copier {
public:
    row_copier(stencil_neighbours const& neighbours, view<T const, 4> taps, view<T const, 4> bias)
        : neighbours_(neighbours), taps_(taps), bias_(bias)
    {
    }

    void operator()(index_t n, index_t y, index_t begin, index_t end, folded_piece<T> to) const
    {
        index_t const count = end - begin, height = taps_.extent(2), width = taps_.extent(3);
        for (index_t j = 0; j < taps_.extent(1); ++j) {
            T* const t = to.taps + j * to.taps_stride;
            auto const [dy, dx] = neighbours_[j];
            if (y + dy < 0 || y + dy >= height)
                std::fill(t, t + count, T(0));
            else
                std::copy_n(&taps_(n, j, y, begin), count, t);
            for (index_t i = 0; i < std::min(count, -dx - begin); ++i) t[i] = T(0);
            for (index_t i = std::max<index_t>(0, width - dx - begin); i < count; ++i) t[i] = T(0);
        }
        for (index_t l = 0; l < bias_.extent(1); ++l)
            std::copy_n(&bias_(n, l, y, begin), count, to.bias + l * to.bias_stride);
    }

private:
    stencil_neighbours neighbours_;
    view<T const, 4> taps_, bias_;
};

}  // namespace hyspn::detail
