// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>

#include <hyspn/backends/omp/propagation/scan_kernel.hpp>
#include <hyspn/backends/omp/propagation/step.hpp>
#include <hyspn/propagation/scan_line.hpp>

/// \file
/// Scans on the processor's cores, one thread per direction, image and map: vertical scans walk the rows as they lie in
/// memory, horizontal ones turn a few columns at a time into rows. Included by propagation/scan_line.hpp.

namespace hyspn::detail {

/// Calls f.template operator()<Way, Kind>() for a rule.
template <index_t Way, class F>
void with_scan_kind(scan_rule const& rule, F const& f)
{
    switch (rule.normalisation) {
        case scan_normalisation::always:
            return f.template operator()<Way, scan_normalisation::always>();
        case scan_normalisation::if_above_one:
            return f.template operator()<Way, scan_normalisation::if_above_one>();
        case scan_normalisation::sigmoid_share:
            return f.template operator()<Way, scan_normalisation::sigmoid_share>();
    }
}
template <class F>
void with_scan_rule(scan_rule const& rule, F const& f)
{
    rule.way == 1 ? with_scan_kind<1>(rule, f) : with_scan_kind<3>(rule, f);
}

/// The columns of an image in tiles, in the order of a horizontal scan.
struct column_order {
    scan_frame frame;
    index_t width;

    index_t tiles() const { return (frame.width + width - 1) / width; }
    index_t first(index_t tile) const { return (frame.reversed() ? tiles() - 1 - tile : tile) * width; }
    index_t columns(index_t tile) const { return std::min(width, frame.width - first(tile)); }
    /// Column of a tile that is scanned as its k-th.
    index_t column(index_t tile, index_t k) const { return frame.reversed() ? columns(tile) - 1 - k : k; }
    index_t line(index_t tile, index_t column) const { return frame.line_of(0, first(tile) + column); }
};

/// The arrays of one map of one image under one scan; gate j is `gates[j]`.
template <class T>
struct scanned_map {
    scan_frame frame;
    scan_rule rule;
    view<T const, 2> x, gates[3], factor;  ///< factor may have no data

    scanned_map(directed_scan<T, memory::host> const& scan, index_t n, index_t l)
        : frame(scan.frame), rule(scan.rule), x(scan.x[n][l])
    {
        for (index_t j = 0; j < rule.way; ++j) gates[j] = scan.gates[n][j * scan.x.extent(1) + l];
        if (scan.factor.data_handle()) factor = scan.factor[n][l];
    }

    /// Row y as a line.
    scan_line_inputs<T> row(index_t y) const
    {
        scan_line_inputs<T> in{{}, &x(y, 0), factor.data_handle() ? &factor(y, 0) : nullptr};
        for (index_t j = 0; j < rule.way; ++j) in.gates[j] = &gates[j](y, 0);
        return in;
    }
};

/// Inputs of a tile of columns, turned.
template <class T>
class turned_inputs {
public:
    explicit turned_inputs(scanned_map<T> const& map)
        : map_(map),
          x_(map.x.extent(0)),
          gates_{column_tile<T>(map.x.extent(0)), column_tile<T>(map.rule.way == 3 ? map.x.extent(0) : 0),
                 column_tile<T>(map.rule.way == 3 ? map.x.extent(0) : 0)},
          factor_(map.factor.data_handle() ? map.x.extent(0) : 0)
    {
    }

    void load(index_t first, index_t columns)
    {
        x_.load(&map_.x(0, first), map_.x.stride(0), columns);
        for (index_t j = 0; j < map_.rule.way; ++j)
            gates_[j].load(&map_.gates[j](0, first), map_.gates[j].stride(0), columns);
        if (map_.factor.data_handle()) factor_.load(&map_.factor(0, first), map_.factor.stride(0), columns);
    }

    scan_line_inputs<T> line(index_t column)
    {
        scan_line_inputs<T> in{{}, x_.line(column), map_.factor.data_handle() ? factor_.line(column) : nullptr};
        for (index_t j = 0; j < map_.rule.way; ++j) in.gates[j] = gates_[j].line(column);
        return in;
    }

private:
    scanned_map<T> const& map_;
    column_tile<T> x_, gates_[3], factor_;
};

template <class T, index_t Way, scan_normalisation Kind>
void scan_rows(scanned_map<T> const& map, view<T, 2> h)
{
    scan_kernel<T, Way, Kind> kernel(map.frame.width);
    for (index_t t = 0; t < map.frame.height; ++t) {
        index_t const y = map.frame.at(t, 0).dy;
        kernel.forward(map.row(y), map.rule.starts(t), &h(y, 0));
    }
}

template <class T, index_t Way, scan_normalisation Kind>
void scan_columns(scanned_map<T> const& map, view<T, 2> h)
{
    scan_kernel<T, Way, Kind> kernel(map.frame.height);
    turned_inputs<T> in(map);
    column_tile<T> results(map.frame.height);
    column_order const order{map.frame, column_tile<T>::most_columns};
    for (index_t tile = 0; tile < order.tiles(); ++tile) {
        in.load(order.first(tile), order.columns(tile));
        for (index_t k = 0; k < order.columns(tile); ++k) {
            index_t const column = order.column(tile, k);
            kernel.forward(in.line(column), map.rule.starts(order.line(tile, column)), results.line(column));
        }
        results.store(&h(0, order.first(tile)), h.stride(0), order.columns(tile));
    }
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, scan_op<T, memory::host> const& op)
{
    if (op.h.size() == 0) return;
    bool contiguous = op.h.rows_contiguous();
    for (index_t d = 0; d < op.scans.count; ++d)
        contiguous =
            contiguous && all_rows_contiguous(op.scans.each[d].x, op.scans.each[d].gates, op.scans.each[d].factor);
    if (!contiguous) return run_scans(exec, op);
    index_t const N = op.h.extent(1), L = op.h.extent(2);
    exec::detail::for_each_index_omp(exec, op.scans.count * N * L, [&](index_t task) {
        index_t const l = task % L, n = task / L % N, d = task / L / N;
        scanned_map<T> const map(op.scans.each[d], n, l);
        with_scan_rule(map.rule, [&]<index_t Way, scan_normalisation Kind>() {
            if (map.frame.horizontal())
                scan_columns<T, Way, Kind>(map, op.h[d][n][l]);
            else
                scan_rows<T, Way, Kind>(map, op.h[d][n][l]);
        });
    });
}

/// The arrays the adjoint of one map reads and writes beyond its inputs; gradients may have no data.
template <class T>
struct scanned_map_gradients {
    view<T const, 2> h;
    view<T, 2> lambda, dgates[3], dfactor;
    bool accumulate;

    scanned_map_gradients(scan_adjoint_op<T, memory::host> const& op, index_t d, index_t n, index_t l)
        : h(op.h[d][n][l]), lambda(op.lambda[d][n][l]), accumulate(op.accumulate)
    {
        if (op.dgates[d].data_handle())
            for (index_t j = 0; j < op.scans.each[d].rule.way; ++j)
                dgates[j] = op.dgates[d][n][j * op.lambda.extent(2) + l];
        if (op.dfactor[d].data_handle()) dfactor = op.dfactor[d][n][l];
    }

    scan_line_outputs<T> row(index_t y) const
    {
        scan_line_outputs<T> out{&lambda(y, 0), {}, dfactor.data_handle() ? &dfactor(y, 0) : nullptr, accumulate};
        for (index_t j = 0; j < 3; ++j) out.dgates[j] = dgates[j].data_handle() ? &dgates[j](y, 0) : nullptr;
        return out;
    }
};

template <class T, index_t Way, scan_normalisation Kind>
void scan_rows_back(scanned_map<T> const& map, scanned_map_gradients<T> const& d)
{
    scan_kernel<T, Way, Kind> kernel(map.frame.width);
    for (index_t t = map.frame.height - 1; t >= 0; --t) {
        index_t const y = map.frame.at(t, 0).dy;
        bool const starts = map.rule.starts(t);
        kernel.backward(map.row(y), starts, starts ? nullptr : &d.h(map.frame.at(t - 1, 0).dy, 0), d.row(y));
    }
}

/// λ and gradients of a tile of columns, turned.
template <class T>
class turned_gradients {
public:
    turned_gradients(scanned_map_gradients<T> const& d, index_t rows)
        : d_(d),
          lambda_(rows),
          dgates_{column_tile<T>(rows_of(d.dgates[0], rows)), column_tile<T>(rows_of(d.dgates[1], rows)),
                  column_tile<T>(rows_of(d.dgates[2], rows))},
          dfactor_(rows_of(d.dfactor, rows))
    {
    }

    void load(index_t first, index_t columns) { lambda_.load(&d_.lambda(0, first), d_.lambda.stride(0), columns); }

    void store(index_t first, index_t columns)
    {
        lambda_.store(&d_.lambda(0, first), d_.lambda.stride(0), columns);
        for (index_t j = 0; j < 3; ++j) store(dgates_[j], d_.dgates[j], first, columns);
        store(dfactor_, d_.dfactor, first, columns);
    }

    scan_line_outputs<T> line(index_t column)
    {
        scan_line_outputs<T> out{
            lambda_.line(column), {}, d_.dfactor.data_handle() ? dfactor_.line(column) : nullptr, false};
        for (index_t j = 0; j < 3; ++j) out.dgates[j] = d_.dgates[j].data_handle() ? dgates_[j].line(column) : nullptr;
        return out;
    }

private:
    static index_t rows_of(view<T, 2> const& array, index_t rows) { return array.data_handle() ? rows : 0; }

    void store(column_tile<T>& tile, view<T, 2> const& to, index_t first, index_t columns) const
    {
        if (to.data_handle()) tile.store(&to(0, first), to.stride(0), columns, d_.accumulate);
    }

    scanned_map_gradients<T> const& d_;
    column_tile<T> lambda_, dgates_[3], dfactor_;
};

template <class T, index_t Way, scan_normalisation Kind>
void scan_columns_back(scanned_map<T> const& map, scanned_map_gradients<T> const& d)
{
    index_t const rows = map.frame.height;
    scan_kernel<T, Way, Kind> kernel(rows);
    turned_inputs<T> in(map);
    turned_gradients<T> out(d, rows);
    column_tile<T> h(rows);
    tensor<T, 1> h_before_tile(rows);
    column_order const order{map.frame, column_tile<T>::most_columns};
    for (index_t tile = order.tiles() - 1; tile >= 0; --tile) {
        index_t const first = order.first(tile), columns = order.columns(tile);
        in.load(first, columns);
        out.load(first, columns);
        h.load(&d.h(0, first), d.h.stride(0), columns);
        if (tile > 0) {
            index_t const before = first + order.column(tile, 0) + (map.frame.reversed() ? 1 : -1);
            for (index_t y = 0; y < rows; ++y) h_before_tile(y) = d.h(y, before);
        }
        for (index_t k = columns - 1; k >= 0; --k) {
            index_t const column = order.column(tile, k);
            T const* const before = k > 0 ? h.line(order.column(tile, k - 1)) : h_before_tile.data();
            kernel.backward(in.line(column), map.rule.starts(order.line(tile, column)), before, out.line(column));
        }
        out.store(first, columns);
    }
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, scan_adjoint_op<T, memory::host> const& op)
{
    if (op.lambda.size() == 0) return;
    bool contiguous = all_rows_contiguous(op.h, op.lambda);
    for (index_t d = 0; d < op.scans.count; ++d) {
        auto const& scan = op.scans.each[d];
        contiguous = contiguous && all_rows_contiguous(scan.x, scan.gates, scan.factor, op.dgates[d], op.dfactor[d]);
    }
    if (!contiguous) return run_scans_back(exec, op);
    index_t const N = op.lambda.extent(1), L = op.lambda.extent(2);
    exec::detail::for_each_index_omp(exec, op.scans.count * N * L, [&](index_t task) {
        index_t const l = task % L, n = task / L % N, d = task / L / N;
        scanned_map<T> const map(op.scans.each[d], n, l);
        scanned_map_gradients<T> const gradients(op, d, n, l);
        with_scan_rule(map.rule, [&]<index_t Way, scan_normalisation Kind>() {
            if (map.frame.horizontal())
                scan_columns_back<T, Way, Kind>(map, gradients);
            else
                scan_rows_back<T, Way, Kind>(map, gradients);
        });
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, scan_merge_op<T, memory::host> const& op)
{
    if (op.out.size() == 0 || !all_rows_contiguous(op.maps, op.out)) return parallel_for(exec, op.shape(), op);
    dims<4> const e = op.out.extents();
    exec::detail::for_each_index_omp(exec, e[0] * e[1] * e[2], [&](index_t row) {
        index_t const y = row % e[2], l = row / e[2] % e[1], n = row / e[2] / e[1];
        T* const out = &op.out(n, l, y, 0);
        std::copy_n(&op.maps(0, n, l, y, 0), e[3], out);
        for (index_t d = 1; d < op.maps.extent(0); ++d) {
            T const* const map = &op.maps(d, n, l, y, 0);
#pragma omp simd
            for (index_t x = 0; x < e[3]; ++x) out[x] = map[x] > out[x] ? map[x] : out[x];
        }
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, scan_route_op<T, memory::host> const& op)
{
    if (op.dout.size() == 0 || op.maps.extent(0) != 4 || !all_rows_contiguous(op.maps, op.dout, op.dmaps))
        return parallel_for(exec, op.shape(), op);
    dims<4> const e = op.dout.extents();
    exec::detail::for_each_index_omp(exec, e[0] * e[1] * e[2], [&](index_t row) {
        index_t const y = row % e[2], l = row / e[2] % e[1], n = row / e[2] / e[1];
        T const* maps[4];
        T* to[4];
        for (index_t d = 0; d < 4; ++d) maps[d] = &op.maps(d, n, l, y, 0), to[d] = &op.dmaps(d, n, l, y, 0);
        T const* const dout = &op.dout(n, l, y, 0);
#pragma omp simd
        for (index_t x = 0; x < e[3]; ++x) {
            T best = maps[0][x];
            T first = T(0);  // the direction, as a number of the same width as the maps'
            for (index_t d = 1; d < 4; ++d) {
                bool const larger = maps[d][x] > best;
                first = larger ? static_cast<T>(d) : first;
                best = larger ? maps[d][x] : best;
            }
            for (index_t d = 0; d < 4; ++d) to[d][x] = first == static_cast<T>(d) ? dout[x] : T(0);
        }
    });
}

}  // namespace hyspn::detail
