// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/omp/propagation/volume.hpp>

/// \file
/// A few steps of a volume in one pass over its taps, which are far larger than the maps where those are few. A strip
/// of rows goes through the planes: level t lags behind level t - 1 by the reach of the window, and only a ring of
/// planes of each level exists. Strips recompute the rows that their neighbours would have supplied. A voxel's
/// arithmetic does not depend on the cut. Included by propagation/volume_step.hpp.

namespace hyspn::detail {

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
