// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/omp/nn/map_lines.hpp>
#include <hyspn/core/simd.hpp>
#include <hyspn/nn/detail/norm_ops.hpp>

/// \file
/// Sums over stretches of planes, four registers at a time. A stretch is small enough for the first-level cache to
/// hold it from the mean to the squares.

namespace hyspn::detail {

/// Σ f(x_1[j], …) over 0 ≤ j < length, added to the lanes of `sum`.
template <class T>
struct lane_sum {
    using V = simd::pack<T>;
    V part[4] = {V(T(0)), V(T(0)), V(T(0)), V(T(0))};
    T rest = T(0);

    /// f(j, V{}) is the register of numbers j, j + 1, …; f(j, T{}) one number.
    template <class F>
    void add(index_t length, F const& f)
    {
        index_t j = 0;
        for (; j + 4 * V::size <= length; j += 4 * V::size)
            for (index_t k = 0; k < 4; ++k) part[k] += f(j + k * V::size, V{});
        for (; j + V::size <= length; j += V::size) part[0] += f(j, V{});
        for (; j < length; ++j) rest += f(j, T{});
    }
    T total() const
    {
        V const sum = (part[0] + part[1]) + (part[2] + part[3]);
        T all = rest;
        for (index_t l = 0; l < V::size; ++l) all += sum.v[l];
        return all;
    }
};

template <lane_number T>
T number_at(T const* p, T)
{
    return *p;
}
template <lane_number T>
simd::pack<T> number_at(T const* p, simd::pack<T>)
{
    return simd::pack<T>::load(p);
}

/// Rows of stretch k as `count` lines of `length` numbers.
inline map_lines stretch_lines(plane_stretches const& s, index_t k, bool dense)
{
    return map_lines({1, 1, s.end(k) - s.first(k), s.width}, dense);
}

template <lane_number T>
void dispatch(exec::omp const& exec, stretch_moments_op<T, memory::host> const& op)
{
    if (!op.x.rows_contiguous()) return parallel_for(exec, op.shape(), op);
    bool const dense = all_planes_dense(op.x);
    index_t const C = op.moments.extent(1), K = op.moments.extent(2);
    exec::detail::for_each_index_omp(exec, op.moments.extent(0) * C * K, [&](index_t job) {
        index_t const k = job % K, c = job / K % C, n = job / K / C;
        map_lines const lines = stretch_lines(op.stretches, k, dense);
        auto const sum = [&](auto const& f) {
            lane_sum<T> s;
            for (index_t i = 0; i < lines.count; ++i) {
                T const* const x = &op.x(n, c, op.stretches.first(k) + i, 0);
                s.add(lines.length, [&](index_t j, auto kind) { return f(number_at(x + j, kind)); });
            }
            return s.total();
        };
        T const mean = sum([](auto x) { return x; }) / static_cast<T>(op.stretches.pixels(k));
        op.moments(n, c, k, 0) = mean;
        op.moments(n, c, k, 1) = sum([&](auto x) {
            using V = decltype(x);
            V const d = x - V(mean);
            return d * d;
        });
    });
}

template <lane_number T>
void dispatch(exec::omp const& exec, norm_vjp_sums_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.x, op.dy)) return parallel_for(exec, op.shape(), op);
    bool const dense = all_planes_dense(op.x, op.dy);
    index_t const C = op.sums.extent(1), K = op.sums.extent(2);
    exec::detail::for_each_index_omp(exec, op.sums.extent(0) * C * K, [&](index_t job) {
        index_t const k = job % K, c = job / K % C, n = job / K / C;
        plane_norm<T> const norm(op.values, n, c);
        map_lines const lines = stretch_lines(op.stretches, k, dense);
        lane_sum<T> all, along;
        for (index_t i = 0; i < lines.count; ++i) {
            T const* const x = &op.x(n, c, op.stretches.first(k) + i, 0);
            T const* const dy = &op.dy(n, c, op.stretches.first(k) + i, 0);
            auto const centred = [&](index_t j, auto kind) {
                return number_at(x + j, kind) - decltype(kind)(norm.mean);
            };
            auto const g = [&](index_t j, auto kind) { return norm.passed(centred(j, kind), number_at(dy + j, kind)); };
            all.add(lines.length, g);
            along.add(lines.length, [&](index_t j, auto kind) { return g(j, kind) * centred(j, kind); });
        }
        op.sums(n, c, k, 0) = all.total();
        op.sums(n, c, k, 1) = along.total();
    });
}

}  // namespace hyspn::detail
