// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include <hyspn/backends/omp/propagation/step.hpp>
#include <hyspn/propagation/options.hpp>

/// \file
/// Gates and injection maps by pieces of a row, as folding and its adjoint read them. Serves all divisions by Σ|g| and
/// injection after the step; what it does per pixel is in propagation/normalise.hpp and fold.hpp.

namespace hyspn::detail {

/// Columns handled at a time: K rows of them fit the first-level cache.
inline constexpr index_t fold_chunk = 256;

/// A vector, or one number, at p.
template <class V, class T>
V read(T const* p)
{
    if constexpr (std::is_same_v<V, T>)
        return *p;
    else
        return row_vector<T>::load(p);
}
template <class V, class T>
void write(T* p, V v)
{
    if constexpr (std::is_same_v<V, T>)
        *p = v;
    else
        row_vector<T>::store(p, v);
}

/// Calls f.template operator()<V>(i) for 0 <= i < count, by whole vectors as long as they fit, then one by one.
template <class T, class F>
void for_columns(index_t count, F const& f)
{
    constexpr index_t lanes = row_vector<T>::lanes;
    index_t i = 0;
    for (; i + lanes <= count; i += lanes) f.template operator()<typename row_vector<T>::type>(i);
    for (; i < count; ++i) f.template operator()<T>(i);
}

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
class row_gates {
public:
    row_gates(exec::omp const& exec, propagation::stencil const& o, propagation::inputs<T> const& arrays)
        : axes(o),
          in(arrays),
          neighbours(o.neighbours()),
          K(neighbours.count()),
          measured(o.injected == propagation::injected_value::initial ? arrays.initial : arrays.measured),
          travels(o.owner == propagation::gate_owner::source),
          divided_at_source(travels && o.normaliser == gate_normaliser::abs_sum_at_source),
          rest_of_own(divided_at_source && o.centre == centre_term::anchor),
          divides(!divided_at_source && o.normaliser != gate_normaliser::none)
    {
        if (!divided_at_source) return;
        divisors_ = tensor<T, 4>(with_channels(in.gates, 1));
        exec::detail::for_each_index_omp(exec, in.gates.extent(0) * height(), [&](index_t i) {
            index_t const n = i / height(), y = i % height();
            for (index_t x = 0; x < width(); x += fold_chunk)
                sum_of_own(n, y, x, std::min(fold_chunk, width() - x), &divisors_(n, 0, y, x));
        });
    }

    /// Whether this combination and these arrays are served.
    static bool serves(propagation::stencil const& o, propagation::inputs<T> const& arrays)
    {
        return o.neighbours().count() <= most_row_terms && o.normaliser != gate_normaliser::softmax &&
               o.normaliser != gate_normaliser::softmax_present && o.injection != propagation::injection_time::before &&
               all_rows_contiguous(arrays.initial, arrays.gates, arrays.measured, arrays.confidence);
    }

    index_t width() const { return in.initial.extent(3); }
    index_t height() const { return in.initial.extent(2); }
    index_t measured_channel(index_t l) const { return measured.extent(1) == 1 ? 0 : l; }
    bool anchors(index_t k) const
    {
        return axes.centre == centre_term::in_set_anchor && k == neighbours.centre_channel();
    }
    T const* divisors(index_t n, index_t y, index_t x) const { return &divisors_(n, 0, y, x); }

    /// The gates of channel k that meet at the destination, already divided where that happens at the source: in place
    /// if they lie in one piece, else copied to `scratch`.
    T const* arrive(index_t n, index_t k, index_t y, index_t x, index_t count, T* scratch) const
    {
        auto const d = neighbours[k];
        index_t const v = travels ? y + d.dy : y, dx = travels ? d.dx : 0;
        if (v < 0 || v >= height()) {
            std::fill(scratch, scratch + count, T(0));
            return scratch;
        }
        T const* const gate = &in.gates(n, k, v, 0);
        if (!divided_at_source && x + dx >= 0 && x + count + dx <= width()) return gate + x + dx;
        load_shifted(gate, width(), x, count, dx, scratch);
        if (!divided_at_source) return scratch;
        T divisor[fold_chunk];
        load_shifted(&divisors_(n, 0, v, 0), width(), x, count, dx, divisor);
#pragma omp simd
        for (index_t i = 0; i < count; ++i) scratch[i] /= divisor[i] == T(0) ? T(1) : divisor[i];
        return scratch;
    }

    /// S, or what a division uses for it, of the arrived gates at columns i, i + 1, ...
    template <class V>
    V divisor(T const* const* gates, index_t i) const
    {
        V sum = V{} + static_cast<T>(axes.epsilon);
        for (index_t k = 0; k < K; ++k) {
            V const g = read<V>(gates[k] + i);
            sum += g < V{} ? -g : g;
        }
        return divisor_of(sum);
    }

    /// 1 where S is 0 (all gates are 0 there) or below the clamp.
    template <class V>
    V divisor_of(V sum) const
    {
        V const one = V{} + T(1);
        if (axes.normaliser == gate_normaliser::abs_sum_clamped) return sum < one ? one : sum;
        return sum == V{} ? one : sum;
    }

    /// rest = 1 - the sum of what a pixel's own gates give away.
    void fill_rest_of_own(index_t n, index_t y, index_t x, index_t count, T* rest) const
    {
        T const* const divisor = &divisors_(n, 0, y, x);
        std::fill(rest, rest + count, T(0));
        for (index_t k = 0; k < K; ++k) {
            T const* const g = &in.gates(n, k, y, x);
#pragma omp simd
            for (index_t i = 0; i < count; ++i) rest[i] += g[i] / divisor[i];
        }
#pragma omp simd
        for (index_t i = 0; i < count; ++i) rest[i] = T(1) - rest[i];
    }

    /// 1 - β.
    void kept(index_t n, index_t y, index_t x, index_t count, T* keep) const
    {
        if (!in.confidence.data_handle()) {
            std::fill(keep, keep + count, T(1));
            return;
        }
        T const* const beta = &in.confidence(n, 0, y, x);
#pragma omp simd
        for (index_t i = 0; i < count; ++i) keep[i] = T(1) - beta[i];
    }

    propagation::stencil axes;
    propagation::inputs<T> in;
    stencil_neighbours neighbours;
    index_t K;
    view<T const, 4> measured;  ///< what is injected
    bool travels;               ///< gates act at another pixel than their own
    bool divided_at_source;     ///< and are divided before they go
    bool rest_of_own;           ///< the rest is what a pixel's own gates leave
    bool divides;               ///< gates are divided where they arrive

private:
    /// Divisors of a pixel's own gates.
    void sum_of_own(index_t n, index_t y, index_t x, index_t count, T* sum) const
    {
        std::fill(sum, sum + count, static_cast<T>(axes.epsilon));
        for (index_t k = 0; k < K; ++k) {
            T const* const g = &in.gates(n, k, y, x);
#pragma omp simd
            for (index_t i = 0; i < count; ++i) sum[i] += std::abs(g[i]);
        }
        for (index_t i = 0; i < count; ++i) sum[i] = divisor_of(sum[i]);
    }

    tensor<T, 4> divisors_{};  ///< of every pixel over its own gates
};

}  // namespace hyspn::detail
