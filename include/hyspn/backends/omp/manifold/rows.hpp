// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

#include <hyspn/backends/omp/manifold/runs.hpp>
#include <hyspn/backends/omp/manifold/streaming_kernel.hpp>

/// \file
/// Streaming kernels on points that lie element beside element: a register holds elements of one point while its sums
/// run, and one sum of as many points once they are complete.

namespace hyspn::detail {

/// As many points as there are lanes, each a row.
template <class Kernel, class T, std::size_t Inputs>
class row_group {
    using V = simd::pack<T>;
    static constexpr std::size_t lanes = static_cast<std::size_t>(V::size);

public:
    row_group(curvature<V> const& c, point_run<T const> const (&in)[Inputs])
        : row_group(c, in, std::make_index_sequence<lanes>{})
    {
    }

    /// The kernel of all points, its sums complete; false where a point needs the formula's text.
    bool accumulate()
    {
        for (std::size_t r = 0; r < lanes; ++r) for_each_element(r, [&](auto... x) { rows_[r].add(x...); });
        gather(all_.sums(), [](Kernel& k) { return k.sums(); });
        if (!all_.finish()) return false;
        if constexpr (has_second_pass<Kernel>) {
            for (std::size_t r = 0; r < lanes; ++r) {
                spread(r);
                for_each_element(r, [&](auto... x) { rows_[r].add_again(x...); });
            }
            gather(all_.sums_again(), [](Kernel& k) { return k.sums_again(); });
            all_.finish_again();
        }
        return true;
    }

    /// Numbers side by side, or points.
    void store(point_run<T> const& out, bool streaming)
    {
        if constexpr (yields_number<Kernel>) {
            V const numbers = all_.result();
            for (index_t r = 0; r < out.count; ++r) out.first[r * out.step] = numbers.v[r];
        } else {
            for (index_t r = 0; r < out.count; ++r) store_row(static_cast<std::size_t>(r), out, streaming);
        }
    }

private:
    template <std::size_t... R>
    row_group(curvature<V> const& c, point_run<T const> const (&in)[Inputs], std::index_sequence<R...>)
        : in_(in), all_(c), rows_{((void)R, Kernel(c))...}
    {
    }

    /// f(V x…) for the elements of point r, zeros after the last.
    template <class F>
    void for_each_element(std::size_t r, F const& f) const
    {
        for_each_register(r, [&](index_t, index_t, auto... x) { f(x...); });
    }

    /// f(first element, number of elements, V x…)
    template <class F>
    void for_each_register(std::size_t r, F const& f) const
    {
        [&]<std::size_t... I>(std::index_sequence<I...>)
        {
            T const* const row[] = {in_[I].first +
                                    std::min(static_cast<index_t>(r), in_[I].count - 1) * in_[I].step...};
            index_t const extent = in_[0].extent, whole = extent / V::size * V::size;
            // Several streams in and one out are more than the processor foresees by itself.
            constexpr bool many_streams = Inputs > 1 && !yields_number<Kernel>;
            for (index_t i = 0; i < whole; i += V::size) {
                if constexpr (many_streams) (__builtin_prefetch(row[I] + i + V::size * in_[I].step), ...);
                f(i, V::size, V::load(row[I] + i)...);
            }
            if (whole < extent) f(whole, extent - whole, V::load(row[I] + whole, extent - whole)...);
        }
        (std::make_index_sequence<Inputs>{});
    }

    /// Every sum of `into`: lane r from the kernel of point r.
    template <class Sums, class Get>
    void gather(Sums into, Get const& get)
    {
        [&]<std::size_t... M>(std::index_sequence<M...>)
        {
            ((gather_one<M>(std::get<M>(into), get)), ...);
        }
        (std::make_index_sequence<std::tuple_size_v<Sums>>{});
    }

    template <std::size_t M, class Sum, class Get>
    void gather_one(Sum& into, Get const& get)
    {
        std::array<Sum, lanes> parts;
        for (std::size_t r = 0; r < lanes; ++r) parts[r] = std::get<M>(get(rows_[r]));
        into = Sum::across(parts.data());
    }

    /// The coefficients of point r, in all lanes of its own kernel.
    void spread(std::size_t r)
    {
        auto const from = all_.coefficients();
        auto const to = rows_[r].coefficients();
        [&]<std::size_t... M>(std::index_sequence<M...>)
        {
            ((std::get<M>(to) = V(std::get<M>(from).v[r])), ...);
        }
        (std::make_index_sequence<std::tuple_size_v<decltype(all_.coefficients())>>{});
    }

    void store_row(std::size_t r, point_run<T> const& out, bool streaming)
    {
        spread(r);
        T* const row = out.first + static_cast<index_t>(r) * out.step;
        for_each_register(r, [&](index_t i, index_t count, auto... x) {
            V const value = rows_[r].result(x...);
            if (count < V::size)
                value.store(row + i, count);
            else if (streaming)
                simd::stream(value, row + i);
            else
                value.store(row + i);
        });
    }

    point_run<T const> const (&in_)[Inputs];
    Kernel all_;
    std::array<Kernel, lanes> rows_;
};

}  // namespace hyspn::detail
