// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <utility>
#include <vector>

#include <hyspn/backends/omp/manifold/runs.hpp>
#include <hyspn/core/compensated.hpp>
#include <hyspn/core/simd_math.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/manifold/curvature.hpp>

/// \file
/// Hot operations on planar maps, channel by channel: the running sums of a run of pixels stay in the first-level cache
/// while whole runs of each channel stream past, at most three times. Copying points together first, as lanes.hpp does
/// for everything else, costs more than such an operation itself.

namespace hyspn::detail {

/// The running sums of a register of pixels, and what follows from them. A specialisation for a formula has
///     planar_kernel(k)            from the curvature<V>
///     void add(V x…)              one channel of every input
///     bool finish()               all channels are in; false where the formula's own text must serve instead
///     void add_again(V x…), void finish_again()     optional: a second pass
///     V result(V x…)              one channel of the output, or V result(): the number
/// V = simd::pack<T>.
template <class Formula, class V>
class planar_kernel;

template <class Formula, class T>
concept has_planar_kernel = std::floating_point<T> && requires(curvature<simd::pack<T>> const& c)
{
    planar_kernel<Formula, simd::pack<T>>(c);
};

/// Σ x².
template <class V>
class square_sum {
public:
    void add(V x) { sum_ = fma(x, x, sum_); }
    V value() const { return sum_; }
    /// Whether no lane's squares have left the range of the type; 0 counts as a loss.
    bool in_range() const
    {
        using traits = math_traits<V>;
        return V::all((sum_ >= V(traits::smallest_square)) & (sum_ <= V(traits::largest_square)));
    }

private:
    V sum_{V(0)};
};

/// Σ x² to about twice the working precision, for ‖x‖² and 1 − c‖x‖² near the boundary: floats in double precision,
/// doubles with their rounding errors kept.
template <class V>
class precise_square_sum;

template <>
class precise_square_sum<simd::pack<float>> {
    using V = simd::pack<float>;
    using wide = simd::pack<double>;

public:
    void add(V x)
    {
        simd::widened const w(x);
        low_ = fma(w.low, w.low, low_);
        high_ = fma(w.high, w.high, high_);
    }
    V value() const { return simd::widened(low_, high_).narrow(); }
    V complement(V c) const
    {
        wide const one(1.0);
        simd::widened const w(c);
        return simd::widened(fma(-w.low, low_, one), fma(-w.high, high_, one)).narrow();
    }

private:
    wide low_{0.0}, high_{0.0};
};

template <>
class precise_square_sum<simd::pack<double>> {
    using V = simd::pack<double>;

public:
    void add(V x)
    {
        auto const square = two_product(x, x);
        auto const s = two_sum(high_, square.high);
        high_ = s.high;
        low_ += s.low + square.low;
    }
    V value() const { return high_ + low_; }
    V complement(V c) const
    {
        auto const product = two_product(c, high_);
        auto const rest = two_sum(V(1.0), -product.high);
        return rest.high + (rest.low - product.low - c * low_);
    }

private:
    V high_{0.0}, low_{0.0};
};

/// Pixels a run: their kernels fit the first-level cache.
inline constexpr index_t planar_registers = 16;

/// One run through a kernel, whole registers only. False where a lane needs the formula's text.
template <class Kernel, class T, std::size_t Inputs, std::size_t... I>
bool run_planar_kernel(curvature<simd::pack<T>> const& c, point_run<T const> const (&in)[Inputs],
                       point_run<T> const& out, bool streaming, std::index_sequence<I...>)
{
    using V = simd::pack<T>;
    index_t const registers = out.count / V::size;
    std::vector<Kernel> work(static_cast<std::size_t>(registers), Kernel(c));
    Kernel* const kernels = work.data();
    auto const for_each = [&](auto const& f) {
        for (index_t i = 0; i < in[0].extent; ++i) {
            T const* const channel[] = {in[I].first + i * in[I].stride...};
            for (index_t b = 0; b < registers; ++b) f(i, b, V::load(channel[I] + b * V::size)...);
        }
    };
    for_each([&](index_t, index_t b, auto... x) { kernels[b].add(x...); });
    bool usable = true;
    for (index_t b = 0; b < registers; ++b) usable &= kernels[b].finish();
    if (!usable) return false;
    if constexpr (requires(Kernel k) { k.finish_again(); }) {
        for_each([&](index_t, index_t b, auto... x) { kernels[b].add_again(x...); });
        for (index_t b = 0; b < registers; ++b) kernels[b].finish_again();
    }
    auto const put = [&](V value, T* to) { streaming ? simd::stream(value, to) : value.store(to); };
    if constexpr (requires(Kernel k) { k.result(); })
        for (index_t b = 0; b < registers; ++b) put(kernels[b].result(), out.first + b * V::size);
    else
        for_each([&](index_t i, index_t b, auto... x) {
            put(kernels[b].result(x...), out.first + i * out.stride + b * V::size);
        });
    return true;
}

}  // namespace hyspn::detail
