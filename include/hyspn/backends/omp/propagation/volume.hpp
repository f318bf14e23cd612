// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/backends/omp/propagation/step.hpp>
#include <hyspn/propagation/volume_step.hpp>

/// \file
/// Volume operations by whole rows: the gaps of zeros spare them any case at the ends of a row. The maps of a volume
/// take turns at each row, so that its taps are read once. Included by propagation/volume_step.hpp.

namespace hyspn::detail {

/// Whether rows of the sizes at hand are served: every neighbour within the gaps, all terms in one sum.
inline bool volume_rows_served(volume_neighbours const& neighbours)
{
    return neighbours.reach() <= volume_gap && neighbours.count() <= most_row_terms;
}

/// The neighbours, worked out once.
class voxel_offsets {
public:
    explicit voxel_offsets(volume_neighbours const& neighbours)
    {
        for (index_t j = 0; j < neighbours.count(); ++j) all_[static_cast<std::size_t>(j)] = neighbours[j];
    }
    voxel_offset const& operator[](index_t j) const { return all_[static_cast<std::size_t>(j)]; }

    /// Whether neighbour j lies in another row than the one before: where rows are has to be worked out anew.
    bool enters_row(index_t j) const
    {
        return j == 0 || (*this)[j].dz != (*this)[j - 1].dz || (*this)[j].dy != (*this)[j - 1].dy;
    }

private:
    std::array<voxel_offset, static_cast<std::size_t>(most_row_terms)> all_{};
};

/// f(n, z, y) for each row of the volumes, in parallel.
template <class F>
void for_each_row(exec::omp const& exec, dims<5> const& e, F const& f)
{
    if (e[0] * e[1] * e[2] * e[3] * e[4] == 0) return;
    exec::detail::for_each_index_omp(exec, e[0] * e[2] * e[3],
                                     [&](index_t row) { f(row / (e[2] * e[3]), row / e[3] % e[2], row % e[3]); });
}

/// One row of each map: what changes from map to map is where the values are, by a constant.
template <class T>
class row_of_maps {
public:
    void add(T const* weight, T const* value) { terms_[static_cast<std::size_t>(count_++)] = {weight, value}; }

    /// to_l = start_l + Σ over the terms, for each map; a start without data is 0.
    void run(index_t maps, index_t value_stride, T const* start, index_t start_stride, T* to, index_t to_stride,
             index_t width)
    {
        constexpr index_t together = 4;
        for (index_t l = 0; l < maps;) {
            bool const block = l + together <= maps;
            index_t const done = block ? sum_products_of_maps<together>(terms_.data(), count_, value_stride, start,
                                                                        start_stride, to, to_stride, width)
                                       : 0;
            for (index_t const end = l + (block ? together : 1); l < end; ++l) {
                if (done < width) sum_products(terms_.data(), count_, start, to, done, width);
                for (index_t j = 0; j < count_; ++j) terms_[static_cast<std::size_t>(j)].value += value_stride;
                if (start) start += start_stride;
                to += to_stride;
            }
        }
    }

private:
    row_terms<T> terms_;
    index_t count_ = 0;
};

template <std::floating_point T>
void dispatch(exec::omp const& exec, volume_step_op<T, memory::host> const& op)
{
    if (!volume_rows_served(op.neighbours) || !all_rows_contiguous(op.taps, op.bias, op.from, op.to))
        return parallel_for(exec, op.shape(), op);
    dims<5> const e = op.to.extents();
    voxel_offsets const offsets(op.neighbours);
    for_each_row(exec, e, [&](index_t n, index_t z, index_t y) {
        row_of_maps<T> maps;
        for (index_t j = 0; j < op.taps.extent(1); ++j) {
            auto const [dz, dy, dx] = offsets[j];
            if (z + dz >= 0 && z + dz < e[2] && y + dy >= 0 && y + dy < e[3])
                maps.add(&op.taps(n, j, z, y, 0), &op.from(n, 0, z + dz, y + dy, 0) + dx);
        }
        maps.run(e[1], op.from.stride(1), op.bias.data_handle() ? &op.bias(n, 0, z, y, 0) : nullptr, op.bias.stride(1),
                 &op.to(n, 0, z, y, 0), op.to.stride(1), e[4]);
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, volume_transposed_op<T, memory::host> const& op)
{
    if (!volume_rows_served(op.neighbours) || !all_rows_contiguous(op.taps, op.from, op.to))
        return parallel_for(exec, op.shape(), op);
    dims<5> const e = op.to.extents();
    voxel_offsets const offsets(op.neighbours);
    for_each_row(exec, e, [&](index_t n, index_t z, index_t y) {
        row_of_maps<T> maps;
        for (index_t j = 0; j < op.taps.extent(1); ++j) {
            auto const [dz, dy, dx] = offsets[j];
            if (z - dz >= 0 && z - dz < e[2] && y - dy >= 0 && y - dy < e[3])
                maps.add(&op.taps(n, j, z - dz, y - dy, 0) - dx, &op.from(n, 0, z - dz, y - dy, 0) - dx);
        }
        maps.run(e[1], op.from.stride(1), nullptr, 0, &op.to(n, 0, z, y, 0), op.to.stride(1), e[4]);
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, volume_taps_gradient_op<T, memory::host> const& op)
{
    index_t const G = op.from.extent(0), L = op.from.extent(2);
    if (!volume_rows_served(op.neighbours) || G * L > most_row_terms ||
        !all_rows_contiguous(op.lambda, op.from, op.dtaps))
        return parallel_for(exec, op.shape(), op);
    dims<5> const e = op.dtaps.extents();
    voxel_offsets const offsets(op.neighbours);
    for_each_row(exec, e, [&](index_t n, index_t z, index_t y) {
        row_terms<T> terms;
        for (index_t j = 0; j < e[1]; ++j) {
            auto const [dz, dy, dx] = offsets[j];
            if (z + dz < 0 || z + dz >= e[2] || y + dy < 0 || y + dy >= e[3]) continue;
            std::size_t count = 0;
            for (index_t g = 0; g < G; ++g)
                for (index_t l = 0; l < L; ++l)
                    terms[count++] = {&op.lambda(g, n, l, z, y, 0), &op.from(g, n, l, z + dz, y + dy, 0) + dx};
            T* const to = &op.dtaps(n, j, z, y, 0);
            sum_products(terms.data(), G * L, static_cast<T const*>(to), to, index_t{0}, e[4]);
        }
    });
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, volume_assign_op<T, memory::host> const& op)
{
    if (!all_rows_contiguous(op.from, op.to)) return parallel_for(exec, op.shape(), op);
    dims<5> const e = op.to.extents();
    for_each_row(exec, e, [&](index_t n, index_t z, index_t y) {
        for (index_t c = 0; c < e[1]; ++c) {
            T* const to = &op.to(n, c, z, y, 0);
            if (!op.from.data_handle()) {
                std::fill_n(to, op.add ? 0 : e[4], T(0));
                continue;
            }
            T const* const from = &op.from(n, c, z, y, 0);
#pragma omp simd
            for (index_t x = 0; x < e[4]; ++x) to[x] = op.add ? to[x] + from[x] : from[x];
        }
    });
}

}  // namespace hyspn::detail
