// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include <hyspn/backends/omp/affinity/ham_distances.hpp>
#include <hyspn/backends/omp/affinity/ham_layer.hpp>
#include <hyspn/backends/omp/affinity/ham_weights.hpp>
#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/exec/omp.hpp>

/// \file
/// The forward pass of the hyperbolic affinity module on all cores: project, then gather, tile by tile.

namespace hyspn::detail {

/// Everything one thread runs a tile with.
template <class T>
class ham_forward_worker {
public:
    ham_forward_worker(ham_forward_op<T, memory::host> const& op, ham_rows<T> const& rows, index_t width)
        : op_(op),
          work_(op.options.around, op.x.extent(1), op.z.extent(0), width, reach(op.options.around)),
          distances_(op_, work_),
          weights_(op_, work_),
          layer_(op_, rows, work_)
    {
    }
    ham_forward_worker(ham_forward_worker const&) = delete;
    ham_forward_worker& operator=(ham_forward_worker const&) = delete;

    void run(ham_tile const& tile)
    {
        index_t const height = op_.x.extent(2), halo = work_.halo;
        for (index_t row = std::max<index_t>(0, tile.row0 - halo); row < tile.row1 + halo; ++row) {
            if (row < height) {
                distances_.enter(tile, row);
                layer_.project(tile, row);
            }
            index_t const centre = row - halo;
            if (centre < std::max<index_t>(0, tile.row0 - halo)) continue;
            distances_.pairs(tile, centre);
            if (centre >= tile.row0) output(tile, centre);
        }
    }

private:
    void output(ham_tile const& tile, index_t row)
    {
        weights_.run(tile, row);
        layer_.gather(tile, row);
        layer_.epilogue(tile);
        for (index_t o = 0; o < op_.y.extent(1); ++o) put(tile, row, &work_.logits(o, 0), op_.y, o);
        if (op_.save) save(tile, row);
    }

    void save(ham_tile const& tile, index_t row)
    {
        auto const& saved = op_.saved;
        put(tile, row, work_.norm.data(), saved.norm);
        for (index_t o = 0; o < op_.y.extent(1); ++o) put(tile, row, &work_.inner(o, 0), saved.inner, o);
        if (!op_.options.needs_distances()) return;
        put(tile, row, work_.radius.line(row), saved.radius);
        for (index_t h = 0; h < op_.options.around.half(); ++h) {
            put(tile, row, work_.distance.line(row, h), saved.distance, h);
            put(tile, row, &work_.chord(h, 0), saved.chord, h);
            put(tile, row, &work_.radial(h, 0), saved.radial, h);
        }
    }

    /// The tile's own columns of a line into row `row` of an array.
    void put(ham_tile const& tile, index_t row, T const* line, view<T, 4> const& to, index_t plane) const
    {
        T const* const from = line + work_.margin - tile.left;
        for (index_t x = tile.col0; x < tile.col1; ++x) to(tile.n, plane, row, x) = from[x];
    }
    void put(ham_tile const& tile, index_t row, T const* line, view<T, 3> const& to) const
    {
        T const* const from = line + work_.margin - tile.left;
        for (index_t x = tile.col0; x < tile.col1; ++x) to(tile.n, row, x) = from[x];
    }

    ham_forward_op<T, memory::host> op_;
    ham_workspace<T> work_;
    ham_distance_stage<T> distances_;
    ham_weight_stage<T> weights_;
    ham_layer_stage<T> layer_;
};

/// Specialisation of the module's forward pass. Scratch per thread: 2h+1 rows of a tile's features and projections
/// (h the halo), about half a megabyte at 64 channels.
template <class T>
void dispatch(exec::omp const& exec, ham_forward_op<T, memory::host> const& op)
{
    if (!tiles_take(op.options, op.x)) return dispatch<exec::omp, T, memory::host>(exec, op);
    ham_tiling const tiles(op.x.extents(), reach(op.options.around));
    ham_rows<T> const rows(op);
    for_each_tile(
        exec, tiles.count(), [&] { return std::make_unique<ham_forward_worker<T>>(op, rows, tiles.largest_width()); },
        [&](ham_forward_worker<T>& worker, index_t t) { worker.run(tiles[t]); });
}

}  // namespace hyspn::detail
