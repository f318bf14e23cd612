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
    if (!volume_rows_served(op.neighbours) || !all_rows_contiguous(op.lambda, op.from, op.dtaps))
        return parallel_for(exec, op.shape(), op);
    dims<5> const e = op.dtaps.extents();
    voxel_offsets const offsets(op.neighbours);
    for_each_row(exec, e, [&](index_t n, index_t z, index_t y) {
        for (index_t j = 0; j < e[1]; ++j) {
            voxel_offset const d = offsets[j];
            if (z + d.dz < 0 || z + d.dz >= e[2] || y + d.dy < 0 || y + d.dy >= e[3]) continue;
            auto const term = [&](index_t g, index_t l) {
                return row_term<T>{&op.lambda(g, n, l, z, y, 0), &op.from(g, n, l, z + d.dz, y + d.dy, 0) + d.dx};
            };
            add_steps(G, L, term, &op.dtaps(n, j, z, y, 0), index_t{0}, e[4]);
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

// A few steps of a volume in one pass over its taps, which are far larger than the maps where those are few. A strip of
// rows goes through the planes: level t lags behind level t - 1 by the reach of the window, and only a ring of planes
// of each level exists. Strips recompute the rows that their neighbours would have supplied. A voxel's arithmetic does
// not depend on the cut.

/// The most steps at a time, and the bytes the taps of one strip may take.
struct volume_block_shape {
    index_t steps = 3;
    index_t bytes = 900 * 1024;
};

/// Steps from map `from` (x_first) to map `to` (x_{first + count}); what lies between is kept if asked for.
template <class T>
struct volume_stretch {
    volume_iterate_op<T, memory::host> const& op;
    index_t first, count;
    view<T const, 5> from;
    view<T, 5> to;

    index_t reach() const { return op.neighbours.reach(); }
};

/// Rows top <= y < bottom of volume n.
template <class T>
class volume_strip {
public:
    volume_strip(volume_stretch<T> const& stretch, voxel_offsets const& offsets, index_t n, index_t top, index_t bottom)
        : s_(stretch),
          offsets_(offsets),
          n_(n),
          top_(top),
          bottom_(bottom),
          R_(stretch.reach()),
          rows_(bottom - top + 2 * R_ * (stretch.count - 1)),
          pitch_((stretch.to.extent(4) + volume_gap - 1) / volume_gap * volume_gap + 2 * volume_gap),
          storage_((stretch.count - 1) * planes() * maps() * rows_ * pitch_)
    {
    }

    void run()
    {
        index_t const depth = s_.to.extent(2);
        for (index_t front = 0; front < depth + R_ * (s_.count - 1); ++front)
            for (index_t t = 1; t <= s_.count; ++t) {
                index_t const z = front - R_ * (t - 1), margin = R_ * (s_.count - t);
                if (z < 0 || z >= depth) continue;
                index_t const end = std::min(s_.to.extent(3), bottom_ + margin);
                for (index_t y = std::max<index_t>(0, top_ - margin); y < end; ++y) row(t, z, y);
            }
    }

private:
    index_t maps() const { return s_.to.extent(1); }
    index_t planes() const { return 2 * R_ + 1; }

    /// Row y of plane z of map 0 at a level that is neither the first nor the last; the other maps follow.
    T* between(index_t t, index_t z, index_t y)
    {
        index_t const plane = (t - 1) * planes() + z % planes(), at = y - top_ + R_ * (s_.count - 1);
        return storage_.data() + (plane * maps() * rows_ + at) * pitch_ + volume_gap;
    }
    T const* level(index_t t, index_t z, index_t y) { return t == 0 ? &s_.from(n_, 0, z, y, 0) : between(t, z, y); }

    /// Row y of plane z of x_{first + t}.
    void row(index_t t, index_t z, index_t y)
    {
        auto const& op = s_.op;
        dims<5> const e = s_.to.extents();
        row_of_maps<T> terms;
        T const* const weights = &op.taps(n_, 0, z, y, 0);
        T const* values = nullptr;
        for (index_t j = 0; j < op.taps.extent(1); ++j) {
            auto const [dz, dy, dx] = offsets_[j];
            if (offsets_.enters_row(j)) values = inside(z + dz, y + dy, 0, e) ? level(t - 1, z + dz, y + dy) : nullptr;
            if (values) terms.add(weights + j * op.taps.stride(1), values + dx);
        }
        bool const last = t == s_.count;
        index_t const from_stride = t == 1 ? s_.from.stride(1) : rows_ * pitch_;
        index_t const to_stride = last ? s_.to.stride(1) : rows_ * pitch_;
        T* const to = last ? &s_.to(n_, 0, z, y, 0) : between(t, z, y);
        terms.run(e[1], from_stride, op.bias.data_handle() ? &op.bias(n_, 0, z, y, 0) : nullptr, op.bias.stride(1), to,
                  to_stride, e[4]);
        if (last || !op.keep || y < top_ || y >= bottom_) return;
        auto const kept = op.map(s_.first + t, 0);
        for (index_t l = 0; l < e[1]; ++l) std::copy_n(to + l * to_stride, e[4], &kept(n_, l, z, y, 0));
    }

    volume_stretch<T> const& s_;
    voxel_offsets const& offsets_;
    index_t n_, top_, bottom_, R_, rows_, pitch_;
    tensor<T, 1> storage_;
};

/// Rows of a strip for `steps` at a time; 0 when too few fit to pay for what is computed twice.
template <class T>
index_t volume_strip_rows(volume_iterate_op<T, memory::host> const& op, index_t steps, index_t bytes)
{
    index_t const row = (op.taps.extent(1) + 2 * op.out.extent(1)) * op.out.extent(4) * static_cast<index_t>(sizeof(T));
    index_t const halo = 2 * op.neighbours.reach() * (steps - 1), rows = bytes / (row * steps) - halo;
    return rows >= 2 * halo ? rows : 0;
}

/// Runs the steps in strips if the taps of some rows fit.
template <class T>
bool run_volume_blocks(exec::omp const& exec, volume_iterate_op<T, memory::host> const& op,
                       volume_block_shape const& shape = {})
{
    dims<5> const e = op.out.extents();
    index_t at_once = std::min(shape.steps, op.steps), rows = 0;
    for (; at_once > 1; --at_once)
        if ((rows = volume_strip_rows(op, at_once, shape.bytes)) > 0) break;
    if (at_once < 2) return false;
    index_t const strips = (e[3] + rows - 1) / rows;
    voxel_offsets const offsets(op.neighbours);
    dispatch(exec, volume_assign_op<T, memory::host>{op.initial, op.map(0, 0)});
    for (index_t t = 0, turn = 0; t < op.steps; ++turn) {
        index_t const count = std::min(at_once, op.steps - t);
        bool const last = t + count == op.steps;
        volume_stretch<T> const stretch{op, t, count, op.map(t, turn), last ? op.out : op.map(t + count, turn + 1)};
        exec::detail::for_each_index_omp(exec, e[0] * strips, [&](index_t i) {
            index_t const n = i / strips, s = i % strips;
            volume_strip<T>(stretch, offsets, n, s * e[3] / strips, (s + 1) * e[3] / strips).run();
        });
        t += count;
    }
    return true;
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, volume_iterate_op<T, memory::host> const& op)
{
    bool const by_rows =
        volume_rows_served(op.neighbours) && all_rows_contiguous(op.taps, op.bias, op.initial, op.maps, op.out);
    // Taps that fit as a whole need no strips.
    volume_block_shape const shape;
    bool const pays = op.taps.size() * static_cast<index_t>(sizeof(T)) > shape.bytes;
    if (!by_rows || !pays || !run_volume_blocks(exec, op, shape)) iterate_volume(exec, op);
}

}  // namespace hyspn::detail
