// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// Edges of the 4-grid as two maps [N, 2, H, W], and the symmetric system of weighted differences over them. Channel 0
/// at (y, x) is the edge from (y, x - 1) to (y, x), channel 1 the edge from (y - 1, x); column 0 and row 0 have none.

namespace hyspn::detail {

/// D_e x at edge (channel, y, x): the value at its end less that at its start. The caller knows that the edge exists.
template <class T, class M>
HYSPN_HD T edge_difference(view<T const, 4, M> const& map, index_t n, index_t channel, index_t y, index_t x)
{
    return map(n, 0, y, x) - (channel == 0 ? map(n, 0, y, x - 1) : map(n, 0, y - 1, x));
}

/// Whether (channel, y, x) is an edge inside the image.
HYSPN_HD constexpr bool edge_exists(index_t channel, index_t y, index_t x)
{
    return channel == 0 ? x > 0 : y > 0;
}

/// to = (Σ_e c_e D_eᵀ D_e + diag(pull)) from, with weights c [N, 2, H, W], 0 where there is no edge.
template <class T, class M>
struct grid_system_op {
    view<T const, 4, M> weights, pull, from;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    /// In differences, which lose less to rounding than the sums of the matrix's rows.
    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        T const centre = from(n, l, y, x);
        T sum = pull(n, 0, y, x) * centre;
        if (x > 0) sum += weights(n, 0, y, x) * (centre - from(n, l, y, x - 1));
        if (x + 1 < to.extent(3)) sum += weights(n, 0, y, x + 1) * (centre - from(n, l, y, x + 1));
        if (y > 0) sum += weights(n, 1, y, x) * (centre - from(n, l, y - 1, x));
        if (y + 1 < to.extent(2)) sum += weights(n, 1, y + 1, x) * (centre - from(n, l, y + 1, x));
        to(n, l, y, x) = sum;
    }
};

/// inverse = 1/A_pp of that system, 1 where the row is 0.
template <class T, class M>
struct grid_inverse_diagonal_op {
    view<T const, 4, M> weights, pull;
    view<T, 4, M> inverse;

    dims<4> shape() const { return inverse.extents(); }

    HYSPN_HD void operator()(index_t n, index_t, index_t y, index_t x) const
    {
        T sum = pull(n, 0, y, x) + weights(n, 0, y, x) + weights(n, 1, y, x);
        if (x + 1 < inverse.extent(3)) sum += weights(n, 0, y, x + 1);
        if (y + 1 < inverse.extent(2)) sum += weights(n, 1, y + 1, x);
        inverse(n, 0, y, x) = sum > T(0) ? T(1) / sum : T(1);
    }
};

/// The system as a solver asks for it.
template <class T, class M>
struct grid_system {
    view<T const, 4, M> weights, pull, inverse;

    view<T const, 4, M> inverse_diagonal() const { return inverse; }

    template <execution_policy P>
    void apply(P const& exec, view<T const, 4, M> from, view<T, 4, M> to) const
    {
        dispatch(exec, grid_system_op<T, M>{weights, pull, from, to});
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/grid_edges.hpp>
#endif
