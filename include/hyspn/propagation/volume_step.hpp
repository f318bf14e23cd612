// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/propagation/axes.hpp>

/// \file
/// The affine step x_{t+1} = C x_t + b on volumes [N, L, D, H, W] with taps [N, K, D, H, W], and its adjoints.

namespace hyspn::detail {

struct voxel_offset {
    index_t dz, dy, dx;
};

/// The k³ - 1 neighbours of a voxel in channel order: row-major over the window without its centre, or that reversed.
struct volume_neighbours {
    index_t kernel;
    bool flipped;

    HYSPN_HD index_t count() const { return kernel * kernel * kernel - 1; }
    HYSPN_HD index_t reach() const { return kernel / 2; }

    HYSPN_HD voxel_offset operator[](index_t k) const
    {
        index_t cell = flipped ? count() - 1 - k : k;
        if (cell >= count() / 2) ++cell;
        index_t const plane = kernel * kernel;
        return {cell / plane - reach(), cell / kernel % kernel - reach(), cell % kernel - reach()};
    }
};

HYSPN_HD inline bool inside(index_t z, index_t y, index_t x, dims<5> const& e)
{
    return z >= 0 && z < e[2] && y >= 0 && y < e[3] && x >= 0 && x < e[4];
}

/// Columns of zeros before and after each row of a gapped array, which neighbours outside the volume then read. A
/// vector of any width, and a cache line.
inline constexpr index_t volume_gap = 16;

/// An array of `count` volumes whose rows have gaps: [count, N, C, D, H, W + gaps], to be looked at by volumes_of.
template <class T, class M>
dims<6> gapped_extents(view<T, 5, M> const& like, index_t count)
{
    dims<5> const e = like.extents();
    index_t const columns = (e[4] + volume_gap - 1) / volume_gap * volume_gap;
    return {count, e[0], e[1], e[2], e[3], columns + 2 * volume_gap};
}

/// The volumes between the gaps.
template <class T, class M>
view<T, 6, M> volumes_of(view<T, 6, M> const& gapped, index_t width)
{
    dims<6> e = gapped.extents();
    e[5] = width;
    return {gapped.data_handle() ? gapped.data_handle() + volume_gap : nullptr, e, gapped.strides()};
}

/// to(p) = bias(p) + Σ_j tap_j(p) from(p + d_j), neighbours outside the volume left out. A bias without data is 0.
/// `from` is gapped.
template <class T, class M>
struct volume_step_op {
    volume_neighbours neighbours;
    view<T const, 5, M> taps, bias, from;
    view<T, 5, M> to;

    /// Volumes and maps together.
    dims<4> shape() const { return {to.extent(0) * to.extent(1), to.extent(2), to.extent(3), to.extent(4)}; }

    HYSPN_HD void operator()(index_t i, index_t z, index_t y, index_t x) const
    {
        index_t const n = i / to.extent(1), l = i % to.extent(1);
        T sum = bias.data_handle() ? bias(n, l, z, y, x) : T(0);
        for (index_t j = 0; j < taps.extent(1); ++j) {
            auto const [dz, dy, dx] = neighbours[j];
            if (inside(z + dz, y + dy, x + dx, to.extents()))
                sum += taps(n, j, z, y, x) * from(n, l, z + dz, y + dy, x + dx);
        }
        to(n, l, z, y, x) = sum;
    }
};

/// to = Cᵀ from: to(q) = Σ_j tap_j(q - d_j) from(q - d_j). A gather. `taps` and `from` are gapped.
template <class T, class M>
struct volume_transposed_op {
    volume_neighbours neighbours;
    view<T const, 5, M> taps, from;
    view<T, 5, M> to;

    dims<4> shape() const { return {to.extent(0) * to.extent(1), to.extent(2), to.extent(3), to.extent(4)}; }

    HYSPN_HD void operator()(index_t i, index_t z, index_t y, index_t x) const
    {
        index_t const n = i / to.extent(1), l = i % to.extent(1);
        T sum = T(0);
        for (index_t j = 0; j < taps.extent(1); ++j) {
            auto const [dz, dy, dx] = neighbours[j];
            index_t const w = z - dz, v = y - dy, u = x - dx;
            if (inside(w, v, u, to.extents())) sum += taps(n, j, w, v, u) * from(n, l, w, v, u);
        }
        to(n, l, z, y, x) = sum;
    }
};

/// dtaps_j(p) += Σ_g Σ_l λ_gl(p) x_gl(p + d_j), for G steps of which step g took x_g to the map whose adjoint is λ_g.
/// `from` is gapped.
template <class T, class M>
struct volume_taps_gradient_op {
    volume_neighbours neighbours;
    view<T const, 6, M> lambda, from;  ///< [G, N, L, D, H, W]
    view<T, 5, M> dtaps;

    /// Volumes and taps together.
    dims<4> shape() const
    {
        return {dtaps.extent(0) * dtaps.extent(1), dtaps.extent(2), dtaps.extent(3), dtaps.extent(4)};
    }

    HYSPN_HD void operator()(index_t i, index_t z, index_t y, index_t x) const
    {
        index_t const n = i / dtaps.extent(1), j = i % dtaps.extent(1);
        auto const [dz, dy, dx] = neighbours[j];
        if (!inside(z + dz, y + dy, x + dx, dtaps.extents())) return;
        T sum = dtaps(n, j, z, y, x);
        for (index_t g = 0; g < from.extent(0); ++g)
            for (index_t l = 0; l < from.extent(2); ++l)
                sum += lambda(g, n, l, z, y, x) * from(g, n, l, z + dz, y + dy, x + dx);
        dtaps(n, j, z, y, x) = sum;
    }
};

/// to = from, to += from, or to = 0 without a source, element by element.
template <class T, class M>
struct volume_assign_op {
    view<T const, 5, M> from;
    view<T, 5, M> to;
    bool add = false;

    dims<4> shape() const { return {to.extent(0) * to.extent(1), to.extent(2), to.extent(3), to.extent(4)}; }

    HYSPN_HD void operator()(index_t i, index_t z, index_t y, index_t x) const
    {
        index_t const n = i / to.extent(1), c = i % to.extent(1);
        T const value = from.data_handle() ? from(n, c, z, y, x) : T(0);
        to(n, c, z, y, x) = add ? to(n, c, z, y, x) + value : value;
    }
};

/// `steps` steps, at least 1, from x_0 = initial to out = x_steps. With `keep`, maps [steps, N, L, D, H, W] receive
/// x_0 ... x_{steps - 1}; without, two maps are scratch. Maps are gapped. A bias without data is 0.
template <class T, class M>
struct volume_iterate_op {
    volume_neighbours neighbours;
    index_t steps;
    view<T const, 5, M> taps, bias, initial;
    view<T, 6, M> maps;
    bool keep;
    view<T, 5, M> out;

    /// x_t for t < steps; without `keep` that after `turn` others.
    view<T, 5, M> map(index_t t, index_t turn) const { return maps[keep ? t : turn % 2]; }
};

/// Step by step, one launch each.
template <execution_policy P, class T, class M>
void iterate_volume(P const& exec, volume_iterate_op<T, M> const& op)
{
    dispatch(exec, volume_assign_op<T, M>{op.initial, op.map(0, 0)});
    for (index_t t = 1; t <= op.steps; ++t)
        dispatch(exec, volume_step_op<T, M>{op.neighbours, op.taps, op.bias, op.map(t - 1, t - 1),
                                            t == op.steps ? op.out : op.map(t, t)});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, volume_iterate_op<T, M> const& op)
{
    iterate_volume(exec, op);
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/volume.hpp>
#endif
