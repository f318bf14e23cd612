// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/backends/omp/lane_square.hpp>
#include <hyspn/exec/pixel_sums.hpp>

/// \file
/// Sums over planes with a stretch of pixels in each lane of a register: the additions, and the bits, of the plain
/// loop.

namespace hyspn::detail {

/// One chunk of one plane, as plane_sum_op adds it, of images whose rows follow one another.
template <class T>
T dense_plane_sum(plane_sum_op<T, memory::host> const& op, index_t chunk, index_t o)
{
    using V = simd::pack<T>;
    constexpr index_t run = pixels_in_a_row;
    index_t const image = op.chunks.height * op.chunks.width, end = op.chunks.end(chunk);
    T total(0);
    for (index_t p = op.chunks.first(chunk); p < end;) {
        index_t const n = op.chunks.batch(p), left = std::min(end, (n + 1) * image) - p;
        T const* const from = &op.planes(n, o, 0, 0) + (p - n * image);
        if (left < run) {  // short, or on into the next image
            T sum(0);
            for (index_t q = p; q < end && q < p + run; ++q)
                sum += (&op.planes(op.chunks.batch(q), o, 0, 0))[q % image];
            total += sum;
            p += run;
            continue;
        }
        index_t const runs = std::min(left / run, V::size);
        V sum(T(0));
        for (index_t k = 0; k < run; k += V::size) {
            lane_square<T> square{};
            for (index_t i = 0; i < runs; ++i) square.row[i] = V::load(from + i * run + k);
            square.transpose();
            for (index_t i = 0; i < V::size; ++i) sum += square.row[i];
        }
        for (index_t i = 0; i < runs; ++i) total += sum.v[i];
        p += runs * run;
    }
    return total;
}

template <class T>
void dispatch(exec::omp const& exec, plane_sum_op<T, memory::host> const& op)
{
    if constexpr (simd::number<T>) {
        auto const& x = op.planes;
        if (x.rows_contiguous() && x.stride(2) == x.extent(3))
            return parallel_for(exec, op.shape(), [&](index_t chunk, index_t o) {
                op.partial(chunk, o) = dense_plane_sum(op, chunk, o);
            });
    }
    parallel_for(exec, op.shape(), op);
}

}  // namespace hyspn::detail
