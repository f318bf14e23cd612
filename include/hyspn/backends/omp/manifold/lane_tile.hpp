// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include <hyspn/backends/omp/lane_square.hpp>
#include <hyspn/backends/omp/manifold/runs.hpp>
#include <hyspn/core/simd.hpp>
#include <hyspn/core/tensor.hpp>

/// \file
/// A run of neighbouring points copied so that a register holds one element of as many points as it has lanes: the text
/// for one point then serves all of them at once, whatever the layout in memory.

namespace hyspn::detail {

/// The tile: blocks of V::size points each, a block holding one register an element of a point.
template <class T>
class lane_tile {
    using V = simd::pack<T>;
    static constexpr index_t lanes = V::size;

public:
    /// Room for `blocks` blocks of points of `extent` elements. Blocks lie an odd number of registers apart, so that
    /// the same element of all of them does not fall on one set of a cache.
    lane_tile(index_t blocks, index_t extent) : extent_(extent), pitch_(extent | 1), registers_(blocks * pitch_) {}

    view<V, 1> block(index_t b) { return {registers_.data() + b * pitch_, dims<1>{{extent_}}, dims<1>{{1}}}; }
    view<V const, 1> block(index_t b) const
    {
        return {registers_.data() + b * pitch_, dims<1>{{extent_}}, dims<1>{{1}}};
    }

    /// Copies a run in. Lanes beyond its end repeat the last point.
    void load(point_run<T const> const& run)
    {
        if (run.step == 1)
            load_planes(run);
        else if (run.stride == 1)
            load_rows(run);
        else
            for_each_lane(run, [](V& x, index_t lane, T const& a) { x.v[lane] = a; });
    }

    /// Copies the tile's points out.
    void store(point_run<T> const& run) const
    {
        if (run.step == 1)
            store_planes(run);
        else if (run.stride == 1)
            store_rows(run);
        else
            store_elements(run);
    }

private:
    V* at(index_t b, index_t i) { return registers_.data() + b * pitch_ + i; }
    V const* at(index_t b, index_t i) const { return registers_.data() + b * pitch_ + i; }

    /// Elements of one kind lie side by side.
    void load_planes(point_run<T const> const& run)
    {
        index_t const whole = run.count / lanes, rest = run.count % lanes;
        for (index_t i = 0; i < run.extent; ++i) {
            T const* const plane = run.first + i * run.stride;
            for (index_t b = 0; b < whole; ++b) *at(b, i) = V::load(plane + b * lanes);
            if (rest == 0) continue;
            V last(plane[run.count - 1]);
            for (index_t l = 0; l < rest; ++l) last.v[l] = plane[whole * lanes + l];
            *at(whole, i) = last;
        }
    }

    void store_planes(point_run<T> const& run) const
    {
        index_t const whole = run.count / lanes, rest = run.count % lanes;
        for (index_t i = 0; i < run.extent; ++i) {
            T* const plane = run.first + i * run.stride;
            for (index_t b = 0; b < whole; ++b) at(b, i)->store(plane + b * lanes);
            if (rest > 0) at(whole, i)->store(plane + whole * lanes, rest);
        }
    }

    /// Elements of one point lie side by side: squares of points and elements are turned in registers.
    void load_rows(point_run<T const> const& run)
    {
        for (index_t b = 0; b * lanes < run.count; ++b)
            for (index_t i = 0; i < run.extent; i += lanes) {
                index_t const width = std::min(lanes, run.extent - i);
                lane_square<T> square;
                for (index_t l = 0; l < lanes; ++l) {
                    T const* const row = run.first + std::min(b * lanes + l, run.count - 1) * run.step + i;
                    square.row[l] = width == lanes ? V::load(row) : V::load(row, width);
                }
                square.transpose();
                for (index_t k = 0; k < width; ++k) *at(b, i + k) = square.row[k];
            }
    }

    void store_rows(point_run<T> const& run) const
    {
        for (index_t b = 0; b * lanes < run.count; ++b)
            for (index_t i = 0; i < run.extent; i += lanes) {
                index_t const width = std::min(lanes, run.extent - i), height = std::min(lanes, run.count - b * lanes);
                lane_square<T> square;
                for (index_t k = 0; k < lanes; ++k) square.row[k] = k < width ? *at(b, i + k) : V(T(0));
                square.transpose();
                for (index_t l = 0; l < height; ++l) {
                    T* const row = run.first + (b * lanes + l) * run.step + i;
                    if (width == lanes)
                        square.row[l].store(row);
                    else
                        square.row[l].store(row, width);
                }
            }
    }

    template <class F>
    void for_each_lane(point_run<T const> const& run, F const& f)
    {
        for (index_t p = 0; p < (run.count + lanes - 1) / lanes * lanes; ++p)
            for (index_t i = 0; i < run.extent; ++i)
                f(*at(p / lanes, i), p % lanes, run.first[std::min(p, run.count - 1) * run.step + i * run.stride]);
    }

    void store_elements(point_run<T> const& run) const
    {
        for (index_t p = 0; p < run.count; ++p)
            for (index_t i = 0; i < run.extent; ++i)
                run.first[p * run.step + i * run.stride] = at(p / lanes, i)->v[p % lanes];
    }

    index_t extent_, pitch_;
    tensor<V, 1> registers_;
};

}  // namespace hyspn::detail
