// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <hyspn/backends/omp/manifold/runs.hpp>
#include <hyspn/backends/omp/manifold/streaming_kernel.hpp>

/// \file
/// Streaming kernels on planar maps, channel by channel: the running sums of a run of pixels stay in the first-level
/// cache while whole runs of each channel stream past, at most three times.

namespace hyspn::detail {

/// Pixels a run: their kernels fit the first-level cache.
inline constexpr index_t planar_registers = 16;

/// One run through a kernel, whole registers only. False where a lane needs the formula's text.
template <class Kernel, class T, std::size_t Inputs>
bool run_planar_kernel(curvature<simd::pack<T>> const& c, point_run<T const> const (&in)[Inputs],
                       point_run<T> const& out, bool streaming)
{
    using V = simd::pack<T>;
    index_t const registers = out.count / V::size;
    std::vector<Kernel> work(static_cast<std::size_t>(registers), Kernel(c));
    Kernel* const kernels = work.data();
    auto const for_each = [&](auto const& f) {
        [&]<std::size_t... I>(std::index_sequence<I...>)
        {
            for (index_t i = 0; i < in[0].extent; ++i) {
                T const* const channel[] = {in[I].first + i * in[I].stride...};
                for (index_t b = 0; b < registers; ++b) f(i, b, V::load(channel[I] + b * V::size)...);
            }
        }
        (std::make_index_sequence<Inputs>{});
    };
    for_each([&](index_t, index_t b, auto... x) { kernels[b].add(x...); });
    bool usable = true;
    for (index_t b = 0; b < registers; ++b) usable &= kernels[b].finish();
    if (!usable) return false;
    if constexpr (has_second_pass<Kernel>) {
        for_each([&](index_t, index_t b, auto... x) { kernels[b].add_again(x...); });
        for (index_t b = 0; b < registers; ++b) kernels[b].finish_again();
    }
    auto const put = [&](V value, T* to) { streaming ? simd::stream(value, to) : value.store(to); };
    if constexpr (yields_number<Kernel>)
        for (index_t b = 0; b < registers; ++b) put(kernels[b].result(), out.first + b * V::size);
    else
        for_each([&](index_t i, index_t b, auto... x) {
            put(kernels[b].result(x...), out.first + i * out.stride + b * V::size);
        });
    return true;
}

}  // namespace hyspn::detail
