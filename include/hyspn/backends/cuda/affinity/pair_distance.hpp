// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/detail/neighbour_weights.hpp>

/// \file
/// Gradients of distances on CUDA: what several neighbours add to a pixel's gradient is summed in registers, so that
/// its channels are read and written once for all of them.

namespace hyspn::detail {

template <class T>
struct pair_distances_vjp_op {
    static constexpr int at_once = 4;

    pair_distance_vjp_op<T, memory::device> of;

    dims<3> shape() const { return of.shape(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        auto const& around = of.around;
        pair_share share[at_once];
        T along(0);
        int waiting = 0;
        for (index_t k = 0; k < around.count(); ++k) {
            if (k == around.centre() || !around.present(k, i, j, of.x.extent(2), of.x.extent(3))) continue;
            waiting += look_at(n, i, j, k, along, share[waiting]);
            if (waiting == at_once) add(n, i, j, T(0), share, waiting);
        }
        add(n, i, j, of.radius(n, i, j) > T(0) ? along / of.radius(n, i, j) : T(0), share, waiting);
    }

private:
    using vector = view<T const, 1, memory::device>;

    /// factor·(û − û of a neighbour).
    struct pair_share {
        unit_combination<vector, vector> difference;
        T factor;
    };

    /// Adds what neighbour k gives along the pixel itself, and c; returns whether it also gives a share across.
    HYSPN_HD bool look_at(index_t n, index_t i, index_t j, index_t k, T& along, pair_share& share) const
    {
        auto const& around = of.around;
        index_t const y = i + around.row_offset(k), z = j + around.column_offset(k);
        T const g = of.distance_bar(n, k, i, j) + of.distance_bar(n, around.opposite(k), y, z);
        T const r1 = of.radius(n, i, j), r2 = of.radius(n, y, z);
        T const from_here = pair_value(around, of.radial, n, k, i, j);
        pair_geometry<T> const pair{pair_value(around, of.chord, n, k, i, j),
                                    k > around.centre() ? from_here : -from_here};
        distance_terms<T> const d(of.s, r1, r2, pair);
        auto const slope = tangent_distance_slope(d);
        along += g * slope.along;
        if (!(pair.chord > T(0))) return false;
        vector const v = pixel(of.x, n, i, j), u = pixel(of.x, n, y, z);
        share = {make_unit_combination(v, u, T(-1), r1, r2, pair.radial), g * slope.across};
        if (k > around.centre()) of.c_bar(n, i, j) += g * tangent_distance_c(d, chord_complement(v, u, r1, r2, pair));
        return true;
    }

    /// dv += along·v + the shares, which are then none.
    HYSPN_HD void add(index_t n, index_t i, index_t j, T along, pair_share const (&share)[at_once], int& count) const
    {
        auto const v = pixel(of.x, n, i, j);
        auto const dv = pixel(of.dx, n, i, j);
        for (index_t c = 0; c < v.extent(0); ++c) {
            T sum = along * v(c);
            for (int s = 0; s < at_once; ++s)
                if (s < count) sum += share[s].factor * share[s].difference(c);
            dv(c) += sum;
        }
        count = 0;
    }
};

template <class T>
void dispatch(exec::cuda const& exec, pair_distance_vjp_op<T, memory::device> const& op)
{
    pair_distances_vjp_op<T> const several{op};
    parallel_for(exec, several.shape(), several);
}

}  // namespace hyspn::detail
