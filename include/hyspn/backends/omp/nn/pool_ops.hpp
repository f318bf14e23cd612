// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <type_traits>

#include <hyspn/backends/omp/nn/map_lines.hpp>
#include <hyspn/nn/detail/pool_ops.hpp>

/// \file
/// Pooling by rows, tap by tap: each tap adds one strided row of the input to a row of outputs, and the transpose
/// spreads a row of outputs over one of the input. Order of taps, and so the bits, as in the plain loops.

namespace hyspn::detail {

/// The outputs of row i that find tap m inside the image: begin ≤ j < end, at column j·stride + offset of row `row`.
struct pool_tap_row {
    index_t row, offset, begin, end;

    pool_tap_row(window const& over, index_t i, index_t m, dims<2> const& in, index_t outputs)
        : row(over.source(0, i, m)), offset(over.offset(1, m))
    {
        index_t const s = over.stride[1];
        begin = offset < 0 ? (-offset + s - 1) / s : 0;
        end = row < 0 || row >= in[0] || offset >= in[1] ? 0 : std::min(outputs, (in[1] - 1 - offset) / s + 1);
    }
};

/// Calls f(stride) with the usual strides as constants, for loops that the compiler then vectorises.
template <class F>
void with_pool_stride(index_t stride, F const& f)
{
    if (stride == 1)
        f(std::integral_constant<index_t, 1>{});
    else if (stride == 2)
        f(std::integral_constant<index_t, 2>{});
    else
        f(stride);
}

/// Calls f(n, c, i) for all rows of [N, C, H, W] in parallel.
template <class F>
void for_each_map_row(exec::omp const& exec, dims<4> const& e, F const& f)
{
    exec::detail::for_each_index_omp(exec, e[0] * e[1] * e[2],
                                     [&](index_t row) { f(row / e[2] / e[1], row / e[2] % e[1], row % e[2]); });
}

/// Whether the plain loops must do: values that do not lie in rows.
template <class T, class... V>
bool pool_in_rows(view<T, 4, memory::host> const& x, V const&... others)
{
    return x.size() > 0 && all_rows_contiguous(x, others...);
}

template <lane_number T>
void dispatch(exec::omp const& exec, max_pool_op<T, memory::host> const& op)
{
    if (!pool_in_rows(op.y, op.x, op.tap)) return parallel_for(exec, op.shape(), op);
    window const& over = op.over;
    dims<2> const in{op.x.extent(2), op.x.extent(3)};
    index_t const width = op.y.extent(3);
    for_each_map_row(exec, op.y.extents(), [&](index_t n, index_t c, index_t i) {
        tensor<std::int32_t, 1> own(op.tap.data_handle() ? 0 : width);
        T* const best = &op.y(n, c, i, 0);
        std::int32_t* const which = op.tap.data_handle() ? &op.tap(n, c, i, 0) : own.data();
        std::fill(which, which + width, -1);
        std::fill(best, best + width, T(0));
        for (index_t m = 0; m < over.taps(); ++m) {
            pool_tap_row const t(over, i, m, in, width);
            if (t.begin >= t.end) continue;
            T const* const x = &op.x(n, c, t.row, 0);
            with_pool_stride(over.stride[1], [&](auto stride) {
                for (index_t j = t.begin; j < t.end; ++j) {
                    T const v = x[j * stride + t.offset];
                    bool const take = (which[j] < 0) | (v > best[j]) | (v != v);
                    best[j] = take ? v : best[j];
                    which[j] = take ? static_cast<std::int32_t>(m) : which[j];
                }
            });
        }
    });
}

template <lane_number T>
void dispatch(exec::omp const& exec, mean_pool_op<T, memory::host> const& op)
{
    if (!pool_in_rows(op.y, op.x)) return parallel_for(exec, op.shape(), op);
    window const& over = op.weight.over;
    dims<2> const in{op.x.extent(2), op.x.extent(3)};
    index_t const width = op.y.extent(3);
    for_each_map_row(exec, op.y.extents(), [&](index_t n, index_t c, index_t i) {
        T* const y = &op.y(n, c, i, 0);
        std::fill(y, y + width, T(0));
        for (index_t m = 0; m < over.taps(); ++m) {
            pool_tap_row const t(over, i, m, in, width);
            if (t.begin >= t.end) continue;
            T const* const x = &op.x(n, c, t.row, 0);
            with_pool_stride(over.stride[1], [&](auto stride) {
                for (index_t j = t.begin; j < t.end; ++j) y[j] += x[j * stride + t.offset];
            });
        }
        if (op.weight.count_padding) {
            T const weight = op.weight.at(i, 0);
            for (index_t j = 0; j < width; ++j) y[j] *= weight;
        } else {
            for (index_t j = 0; j < width; ++j) y[j] *= op.weight.at(i, j);
        }
    });
}

/// dx(n, c, i, ·) = Σ over taps m and outputs (a, b) that see it by them of part(n, c, a, b, m), added in this order.
template <class T, class Part>
void spread_outputs(exec::omp const& exec, window const& over, view<T, 4, memory::host> const& dx, dims<4> const& out,
                    Part const& part)
{
    using input = correlation_input_vjp_op<T, memory::host>;
    dims<2> const in{dx.extent(2), dx.extent(3)};
    for_each_map_row(exec, dx.extents(), [&](index_t n, index_t c, index_t i) {
        T* const row = &dx(n, c, i, 0);
        std::fill(row, row + in[1], T(0));
        for (index_t m = 0; m < over.taps(); ++m) {
            index_t a;
            if (!input::output_of_tap(over, 0, i, m, out[2], a)) continue;
            pool_tap_row const t(over, a, m, in, out[3]);
            auto const of_row = part(n, c, a, m);
            with_pool_stride(over.stride[1], [&](auto stride) {
                for (index_t b = t.begin; b < t.end; ++b) row[b * stride + t.offset] += of_row(b);
            });
        }
    });
}

template <lane_number T>
void dispatch(exec::omp const& exec, max_pool_vjp_op<T, memory::host> const& op)
{
    if (!pool_in_rows(op.dx, op.dy, op.tap)) return parallel_for(exec, op.shape(), op);
    spread_outputs(exec, op.over, op.dx, op.dy.extents(), [&](index_t n, index_t c, index_t a, index_t m) {
        T const* const dy = &op.dy(n, c, a, 0);
        std::int32_t const* const tap = &op.tap(n, c, a, 0);
        return [=](index_t b) { return tap[b] == static_cast<std::int32_t>(m) ? dy[b] : T(0); };
    });
}

template <lane_number T>
void dispatch(exec::omp const& exec, mean_pool_vjp_op<T, memory::host> const& op)
{
    if (!pool_in_rows(op.dx, op.dy)) return parallel_for(exec, op.shape(), op);
    T const usual = op.weight.count_padding ? op.weight.at(0, 0) : T(0);
    spread_outputs(exec, op.weight.over, op.dx, op.dy.extents(), [&](index_t n, index_t c, index_t a, index_t) {
        T const* const dy = &op.dy(n, c, a, 0);
        return
            [&op, usual, dy, a](index_t b) { return (op.weight.count_padding ? usual : op.weight.at(a, b)) * dy[b]; };
    });
}

}  // namespace hyspn::detail
