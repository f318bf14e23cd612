// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <limits>

#include <hyspn/backends/omp/propagation/step.hpp>
#include <hyspn/core/simd_math.hpp>
#include <hyspn/propagation/options.hpp>

/// \file
/// Gates and injection maps by pieces of a row, as folding and its adjoint read them. Serves injection after the step;
/// what it does per pixel is in propagation/normalise.hpp and fold.hpp.

namespace hyspn::detail {

/// Columns handled at a time: K rows of them fit the first-level cache.
inline constexpr index_t fold_chunk = 256;

/// Whether V is a vector of T, not one number.
template <class V, class T>
inline constexpr bool is_pack = std::is_same_v<V, simd::pack<T>>;

/// A vector, or one number, at p.
template <class V, class T>
V read(T const* p)
{
    if constexpr (is_pack<V, T>)
        return V::load(p);
    else
        return *p;
}
template <class V, class T>
void write(T* p, V v)
{
    if constexpr (is_pack<V, T>)
        v.store(p);
    else
        *p = v;
}

/// chosen ? a : b, lane by lane or for one number.
template <class T>
simd::pack<T> choose(typename simd::pack<T>::mask chosen, simd::pack<T> a, simd::pack<T> b)
{
    return simd::select<T>(chosen, a, b);
}
template <std::floating_point T>
T choose(bool chosen, T a, T b)
{
    return chosen ? a : b;
}

/// Calls f.template operator()<V>(i) for 0 <= i < count, by whole vectors as long as they fit, then one by one.
template <class T, class F>
void for_columns(index_t count, F const& f)
{
    constexpr index_t lanes = simd::pack<T>::size;
    index_t i = 0;
    for (; i + lanes <= count; i += lanes) f.template operator()<simd::pack<T>>(i);
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

/// Sets what belongs to neighbours outside the image to `value`; `all` sets the whole piece.
template <class T>
void set_absent(pixel_offset d, bool all, index_t y, index_t x, index_t count, index_t height, index_t width, T value,
                T* piece)
{
    all = all || y + d.dy < 0 || y + d.dy >= height;
    index_t const first = all ? count : std::clamp<index_t>(-d.dx - x, 0, count);
    index_t const last = std::clamp<index_t>(width - d.dx - x, 0, count);
    std::fill(piece, piece + first, value);
    std::fill(piece + last, piece + count, value);
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
          present_only(o.normaliser == gate_normaliser::softmax_present),
          softmax(present_only || o.normaliser == gate_normaliser::softmax),
          divides(!divided_at_source && !softmax && o.normaliser != gate_normaliser::none)
    {
        if (!divided_at_source) return;
        divisors_ = tensor<T, 4>(with_channels(in.gates, 1));
        if (rest_of_own) rests_ = tensor<T, 4>(divisors_.extents());
        exec::detail::for_each_index_omp(exec, in.gates.extent(0) * height(), [&](index_t i) {
            index_t const n = i / height(), y = i % height();
            for (index_t x = 0; x < width(); x += fold_chunk) {
                index_t const count = std::min(fold_chunk, width() - x);
                sum_of_own(n, y, x, count, &divisors_(n, 0, y, x));
                if (rest_of_own) left_of_own(n, y, x, count, &divisors_(n, 0, y, x), &rests_(n, 0, y, x));
            }
        });
    }

    /// Whether this combination and these arrays are served.
    static bool serves(propagation::stencil const& o, propagation::inputs<T> const& arrays)
    {
        bool const asks_neighbours =
            o.normaliser == gate_normaliser::softmax_present && propagation::present(arrays.active);
        return o.neighbours().count() <= most_row_terms && o.injection != propagation::injection_time::before &&
               !asks_neighbours && o.normaliser != gate_normaliser::minus_mean &&
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

    /// The gates of channel k that meet at the destination, already divided where that happens at the source, and -∞
    /// where a softmax leaves them out: in place if they lie in one piece, else copied to `scratch`.
    T const* arrive(index_t n, index_t k, index_t y, index_t x, index_t count, T* scratch) const
    {
        auto const d = neighbours[k];
        index_t const v = travels ? y + d.dy : y, dx = travels ? d.dx : 0;
        bool const row_inside = y + d.dy >= 0 && y + d.dy < height();
        bool const all_inside = row_inside && x + d.dx >= 0 && x + count + d.dx <= width();
        if (!divided_at_source && (all_inside || (!travels && !present_only))) return &in.gates(n, k, v, 0) + x + dx;
        if (travels && !row_inside) {
            std::fill(scratch, scratch + count, T(0));
        } else if (divided_at_source) {
            load_divided(&in.gates(n, k, v, 0), &divisors_(n, 0, v, 0), x, count, dx, scratch);
        } else {
            load_shifted(&in.gates(n, k, v, 0), width(), x, count, dx, scratch);
        }
        if (present_only)
            set_absent(d, false, y, x, count, height(), width(), -std::numeric_limits<T>::infinity(), scratch);
        return scratch;
    }

    /// The weights of the gates that met at columns i, i + 1, ...
    template <class V>
    struct weighing {
        T const* const* gates;
        index_t i;
        bool exponential, divided;
        V divisor, largest;

        V operator[](index_t k) const
        {
            V const g = read<V>(gates[k] + i);
            if (!exponential) return divided ? g / divisor : g;
            using std::exp;
            return exp(g - largest) / divisor;
        }
    };

    template <class V>
    weighing<V> weigh(T const* const* gates, index_t i) const
    {
        if (softmax) return weigh_exponentials<V>(gates, i);
        return {gates, i, false, divides, divides ? divisor_of(abs_sum<V>(gates, i)) : V(T(1)), V{}};
    }

    /// S of the gates that met.
    template <class V>
    V abs_sum(T const* const* gates, index_t i) const
    {
        using std::abs;
        V sum = V(static_cast<T>(axes.epsilon));
        for (index_t k = 0; k < K; ++k) sum = sum + abs(read<V>(gates[k] + i));
        return sum;
    }

    /// 1 where S is 0 (all gates are 0 there) or below the clamp.
    template <class V>
    V divisor_of(V sum) const
    {
        V const one = V(T(1));
        if (axes.normaliser == gate_normaliser::abs_sum_clamped) return choose(sum < one, one, sum);
        return choose(sum == V{}, one, sum);
    }

    /// What a pixel's own gates leave, copied since callers change it.
    void fill_rest_of_own(index_t n, index_t y, index_t x, index_t count, T* rest) const
    {
        std::copy_n(&rests_(n, 0, y, x), count, rest);
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
    bool present_only;          ///< absent neighbours take no part in the softmax
    bool softmax;
    bool divides;  ///< gates are divided where they arrive

private:
    template <class V>
    weighing<V> weigh_exponentials(T const* const* gates, index_t i) const
    {
        using std::exp;
        V const none = V(-std::numeric_limits<T>::infinity());
        V largest = none, sum{};
        for (index_t k = 0; k < K; ++k) {
            V const g = read<V>(gates[k] + i);
            largest = choose(largest < g, g, largest);
        }
        largest = choose(largest == none, V{}, largest);
        for (index_t k = 0; k < K; ++k) sum = sum + exp(read<V>(gates[k] + i) - largest);
        return {gates, i, true, true, choose(sum == V{}, V(T(1)), sum), largest};
    }

    /// A row of gates divided by a row of divisors, shifted: what load_shifted would give of their quotients.
    void load_divided(T const* gates, T const* divisors, index_t x, index_t count, index_t dx, T* to) const
    {
        index_t const first = std::clamp<index_t>(-dx - x, 0, count);
        index_t const last = std::clamp<index_t>(width() - dx - x, first, count);
        std::fill(to, to + first, T(0));
#pragma omp simd
        for (index_t i = first; i < last; ++i) to[i] = gates[x + dx + i] / divisors[x + dx + i];
        std::fill(to + last, to + count, T(0));
    }

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

    /// 1 - the sum of what a pixel's own gates give away.
    void left_of_own(index_t n, index_t y, index_t x, index_t count, T const* divisor, T* left) const
    {
        std::fill(left, left + count, T(0));
        for (index_t k = 0; k < K; ++k) {
            T const* const g = &in.gates(n, k, y, x);
#pragma omp simd
            for (index_t i = 0; i < count; ++i) left[i] += g[i] / divisor[i];
        }
#pragma omp simd
        for (index_t i = 0; i < count; ++i) left[i] = T(1) - left[i];
    }

    tensor<T, 4> divisors_{};  ///< of every pixel over its own gates
    tensor<T, 4> rests_{};     ///< and what they leave
};

}  // namespace hyspn::detail
