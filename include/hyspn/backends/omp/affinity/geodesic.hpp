// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/backends/omp/affinity/ham_backward_features.hpp>
#include <hyspn/backends/omp/tiles.hpp>

/// \file
/// The geodesic affinity on all cores: the hyperbolic affinity module's tiles without its layer, that is with no
/// outputs. Included by affinity/geodesic.hpp.

namespace hyspn::detail {

template <class T>
ham_forward_op<T, memory::host> without_layer(ham_options const& options, view<T const, 4> x, T c, T tau)
{
    view<T const, 3> const no_rows(nullptr, dims<3>{0, options.around.count(), x.extent(1)});
    return {options, x, no_rows, {}, c, tau, T(1), {}, false, {}};
}

template <class T>
ham_backward_op<T, memory::host> without_layer(geodesic_backward_op<T, memory::host> const& op)
{
    auto const f = without_layer(op.options, op.x, op.c, op.tau);
    dims<4> none = op.x.extents();
    none[1] = 0;
    view<T const, 4> const no_logits(nullptr, none);
    return {f.options, f.x, f.z, f.r, f.c, f.tau, f.kappa, op.saved, no_logits, op.dx, {}, {}, op.dc, op.dtau};
}

/// Gates are weights of neighbours, the centre left out.
inline index_t gate_of(affinity::neighbourhood const& around, index_t k)
{
    return k < around.centre() ? k : k - 1;
}

template <class T>
class geodesic_forward_worker {
public:
    geodesic_forward_worker(geodesic_forward_op<T, memory::host> const& op, index_t width)
        : op_(op),
          plain_(without_layer(op.options, op.x, op.c, op.tau)),
          work_(op.options.around, op.x.extent(1), 0, width, reach(op.options.around)),
          distances_(plain_, work_),
          weights_(plain_, work_)
    {
    }
    geodesic_forward_worker(geodesic_forward_worker const&) = delete;
    geodesic_forward_worker& operator=(geodesic_forward_worker const&) = delete;

    void run(ham_tile const& tile)
    {
        index_t const height = op_.x.extent(2), halo = work_.halo;
        for (index_t row = std::max<index_t>(0, tile.row0 - halo); row < tile.row1 + halo; ++row) {
            if (row < height) distances_.enter(tile, row);
            index_t const centre = row - halo;
            if (centre < std::max<index_t>(0, tile.row0 - halo)) continue;
            distances_.pairs(tile, centre);
            if (centre >= tile.row0) output(tile, centre);
        }
    }

private:
    void output(ham_tile const& tile, index_t row)
    {
        auto const& around = op_.options.around;
        weights_.run(tile, row);
        for (index_t k = 0; k < around.count(); ++k)
            if (k != around.centre()) put(tile, row, work_.weight.line(row, k), op_.y, gate_of(around, k));
        T const* const radius = work_.radius.line(row) + work_.margin - tile.left;
        for (index_t x = tile.col0; x < tile.col1; ++x) op_.memory.radius(tile.n, row, x) = radius[x];
        for (index_t h = 0; h < around.half(); ++h) {
            put(tile, row, work_.distance.line(row, h), op_.memory.distance, h);
            if (!op_.keep) continue;
            put(tile, row, &work_.chord(h, 0), op_.memory.chord, h);
            put(tile, row, &work_.radial(h, 0), op_.memory.radial, h);
        }
    }

    /// The tile's own columns of a line into row `row` of an array.
    void put(ham_tile const& tile, index_t row, T const* line, view<T, 4> const& to, index_t plane) const
    {
        T const* const from = line + work_.margin - tile.left;
        for (index_t x = tile.col0; x < tile.col1; ++x) to(tile.n, plane, row, x) = from[x];
    }

    geodesic_forward_op<T, memory::host> op_;
    ham_forward_op<T, memory::host> plain_;
    ham_workspace<T> work_;
    ham_distance_stage<T> distances_;
    ham_weight_stage<T> weights_;
};

/// First half of the backward pass: from the gates' cotangents to the distances'.
template <class T>
class geodesic_weight_vjp_worker {
public:
    geodesic_weight_vjp_worker(geodesic_backward_op<T, memory::host> const& op, index_t width, ham_cotangents<T>& out)
        : op_(op),
          plain_(without_layer(op)),
          forward_(forward_of(plain_)),
          work_(op.options.around, op.x.extent(1), 0, width, reach(op.options.around)),
          weights_(forward_, work_),
          distances_vjp_(plain_, work_, out)
    {
    }
    geodesic_weight_vjp_worker(geodesic_weight_vjp_worker const&) = delete;
    geodesic_weight_vjp_worker& operator=(geodesic_weight_vjp_worker const&) = delete;

    void run(ham_tile const& tile, ham_tile_sums<T>& sums)
    {
        index_t const height = op_.x.extent(2), halo = work_.halo;
        for (index_t row = std::max<index_t>(0, tile.row0 - halo); row < tile.row1 + halo; ++row) {
            if (row < height) load_distances(plain_, work_, tile, row);
            index_t const centre = row - halo;
            if (centre < tile.row0) continue;
            weights_.run(tile, centre);
            take_cotangents(tile, centre);
            distances_vjp_.distance_cotangents(tile, centre, sums);
        }
    }

private:
    /// ḡ of the gates; the centre has none.
    void take_cotangents(ham_tile const& tile, index_t row)
    {
        auto const& around = op_.options.around;
        index_t const shift = work_.margin - tile.left;
        for (index_t k = 0; k < around.count(); ++k) {
            T* const to = &distances_vjp_.weight_bar(k, 0) + shift;
            for (index_t x = tile.col0; x < tile.col1; ++x)
                to[x] = k == around.centre() ? T(0) : op_.dy(tile.n, gate_of(around, k), row, x);
        }
    }

    geodesic_backward_op<T, memory::host> op_;
    ham_backward_op<T, memory::host> plain_;
    ham_forward_op<T, memory::host> forward_;
    ham_workspace<T> work_;
    ham_weight_stage<T> weights_;
    ham_distance_vjp_stage<T> distances_vjp_;
};

template <std::floating_point T>
void dispatch(exec::omp const& exec, geodesic_forward_op<T, memory::host> const& op)
{
    if (!op.options.needs_distances() || !tiles_take(op.options, op.x))
        return dispatch<exec::omp, T, memory::host>(exec, op);
    ham_tiling const tiles(op.x.extents(), reach(op.options.around));
    for_each_tile(
        exec, tiles.count(), [&] { return std::make_unique<geodesic_forward_worker<T>>(op, tiles.largest_width()); },
        [&](geodesic_forward_worker<T>& worker, index_t t) { worker.run(tiles[t]); }, 1);
}

/// Scratch: K + 1 numbers a pixel.
template <std::floating_point T>
void dispatch(exec::omp const& exec, geodesic_backward_op<T, memory::host> const& op)
{
    if (!op.options.needs_distances() || !tiles_take(op.options, op.x))
        return dispatch<exec::omp, T, memory::host>(exec, op);
    dims<4> const e = op.x.extents();
    index_t const step = reach(op.options.around);
    auto const plain = without_layer(op);
    ham_rows<T> const rows(forward_of(plain));
    ham_cotangents<T> between{tensor<T, 4>(e[0], 0, e[2], e[3]), tensor<T, 3>(e[0], e[2], e[3]),
                              tensor<T, 4>(e[0], op.options.around.count(), e[2], e[3])};
    ham_tiling const near(e, step), far(e, 2 * step);
    std::vector<ham_tile_sums<T>> sums(static_cast<std::size_t>(near.count()));
    for_each_tile(
        exec, near.count(),
        [&] { return std::make_unique<geodesic_weight_vjp_worker<T>>(op, near.largest_width(), between); },
        [&](geodesic_weight_vjp_worker<T>& worker, index_t t) {
            worker.run(near[t], sums[static_cast<std::size_t>(t)]);
        },
        1);
    for_each_tile(
        exec, far.count(),
        [&] { return std::make_unique<ham_feature_vjp_worker<T>>(plain, rows, far.largest_width(), between); },
        [&](ham_feature_vjp_worker<T>& worker, index_t t) {
            typename ham_rows<T>::matrix none;
            worker.run(far[t], none, sums[static_cast<std::size_t>(t)]);
        },
        1);
    for (auto const& sum : sums) {
        *op.dc += sum.c;
        *op.dtau += sum.tau;
    }
}

}  // namespace hyspn::detail
