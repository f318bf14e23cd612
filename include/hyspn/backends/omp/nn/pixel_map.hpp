// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <type_traits>

#include <hyspn/backends/omp/nn/map_lines.hpp>
#include <hyspn/core/simd_math.hpp>
#include <hyspn/nn/detail/pixel_map.hpp>

/// \file
/// Functions of pixels along lines of memory, a register at a time. The same text serves the last numbers of a line,
/// in a register that is not full: a result does not depend on where its pixel lies.

namespace hyspn::detail {

template <class F, std::size_t Inputs, lane_number T>
struct pixel_map_line {
    pixel_map_op<F, Inputs, T, memory::host> const& op;

    /// Numbers [begin, end) of the line that starts at (n, c, i, 0).
    void operator()(index_t n, index_t c, index_t i, index_t begin, index_t end) const
    {
        T const* x[Inputs];
        for (std::size_t k = 0; k < Inputs; ++k) x[k] = &op.x[k](n, c, i, 0);
        along(op.f.at(n, c), x, &op.y(n, c, i, 0), begin, end, std::make_index_sequence<Inputs>{});
    }

private:
    template <class G, std::size_t... K>
    static void along(G const& g, T const* const (&x)[Inputs], T* y, index_t begin, index_t end,
                      std::index_sequence<K...>)
    {
        using V = simd::pack<T>;
        index_t j = begin;
        for (; j + V::size <= end; j += V::size) g(V::load(x[K] + j)...).store(y + j);
        if (j < end) g(V::load(x[K] + j, end - j)...).store(y + j, end - j);
    }
};

template <class F, std::size_t Inputs, lane_number T>
void dispatch(exec::omp const& exec, pixel_map_op<F, Inputs, T, memory::host> const& op)
{
    constexpr index_t run = 8192;
    if (op.y.size() == 0) return;
    bool rows = op.y.rows_contiguous(), planes = all_planes_dense(op.y);
    for (auto const& x : op.x) {
        rows = rows && x.rows_contiguous();
        planes = planes && all_planes_dense(x);
    }
    if (!rows) return parallel_for(exec, op.shape(), op);
    map_lines const lines(op.y.extents(), planes);
    index_t const C = op.y.extent(1), runs = (lines.length + run - 1) / run;
    pixel_map_line<F, Inputs, T> const line{op};
    exec::detail::for_each_index_omp(exec, op.y.extent(0) * C * lines.count * runs, [&](index_t job) {
        index_t const begin = job % runs * run, plane = job / runs / lines.count;
        line(plane / C, plane % C, job / runs % lines.count, begin, std::min(begin + run, lines.length));
    });
}

}  // namespace hyspn::detail
