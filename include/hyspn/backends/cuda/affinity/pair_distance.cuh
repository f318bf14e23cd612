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
        T const radius = of.radius(n, i, j);
        vector const v = pixel(of.x, n, i, j);
        vector_out const dv = pixel(of.dx, n, i, j);
        T along(0);
        for (index_t first = 0; first < around.count() - 1; first += at_once) {
            pair_share share[at_once];
            for (int s = 0; s < at_once; ++s)  // by constant numbers, so that they stay in registers
                share[s] = look_at(n, i, j, first + s, v, along);
            bool const last = first + at_once >= around.count() - 1;
            for (index_t c = 0; c < v.extent(0); ++c) {
                T sum = last && radius > T(0) ? along * (v(c) / radius) : T(0);
                for (int s = 0; s < at_once; ++s) sum += share[s].factor * share[s].difference(c);
                dv(c) += sum;
            }
        }
    }

private:
    using vector = view<T const, 1, memory::device>;
    using vector_out = view<T, 1, memory::device>;

    /// factor·(û − û of a neighbour).
    struct pair_share {
        unit_combination<vector, vector> difference;
        T factor;
    };

    /// What the pixel gets across from neighbour number q, the centre not counted; 0 where absent. Adds what it gets
    /// along itself, and c's.
    HYSPN_HD pair_share look_at(index_t n, index_t i, index_t j, index_t q, vector const& v, T& along) const
    {
        auto const& around = of.around;
        pair_share const none{{v, v, T(-1), T(1), T(0), T(0), true}, T(0)};
        index_t const k = q < around.centre() ? q : q + 1;
        if (k >= around.count() || !around.present(k, i, j, of.x.extent(2), of.x.extent(3))) return none;
        index_t const y = i + around.row_offset(k), z = j + around.column_offset(k);
        T const g = of.distance_bar(n, k, i, j) + of.distance_bar(n, around.opposite(k), y, z);
        T const r1 = of.radius(n, i, j), r2 = of.radius(n, y, z);
        T const from_here = pair_value(around, of.radial, n, k, i, j);
        pair_geometry<T> const pair{pair_value(around, of.chord, n, k, i, j),
                                    k > around.centre() ? from_here : -from_here};
        distance_terms<T> const d(of.s, r1, r2, pair);
        auto const slope = tangent_distance_slope(d);
        along += g * slope.along;
        if (!(pair.chord > T(0))) return none;
        vector const u = pixel(of.x, n, y, z);
        if (k > around.centre()) of.c_bar(n, i, j) += g * tangent_distance_c(d, chord_complement(v, u, r1, r2, pair));
        return {make_unit_combination(v, u, T(-1), r1, r2, pair.radial), g * slope.across};
    }
};

template <class T>
void dispatch(exec::cuda const& exec, pair_distance_vjp_op<T, memory::device> const& op)
{
    pair_distances_vjp_op<T> const several{op};
    parallel_for(exec, several.shape(), several);
}

}  // namespace hyspn::detail
