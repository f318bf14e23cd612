// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/core/view.hpp>

namespace hyspn::detail {

/// One tap of a lattice: where it lies beside a point's own place in the source.
struct lattice_tap {
    index_t index;        ///< m of z(o, m, c)
    index_t row, column;  ///< offsets
};

/// Points (n, a, b), numbered in row-major order, that look at rows a·step + offset of a source image, columns
/// likewise. For a forward pass the points are the outputs; for its transpose they are the input pixels of one phase of
/// the stride, which all see the same taps, and the source is the outputs.
struct lattice {
    index_t rows, columns;
    dims<2> step;
    std::vector<lattice_tap> taps;

    index_t points(index_t batch) const { return batch * rows * columns; }
};

/// Weights z [O, K, C/G] as [G, O/G, K, C/G].
template <class V>
view<V, 4> by_group(view<V, 3> const& z, index_t groups)
{
    index_t const O = z.extent(0) / groups;
    return {z.data_handle(),
            {groups, O, z.extent(1), z.extent(2)},
            {O * z.stride(0), z.stride(0), z.stride(1), z.stride(2)}};
}

/// The same weights for the way back, [G, C/G, K, O/G].
template <class V>
view<V, 4> exchanged(view<V, 4> const& w)
{
    return {w.data_handle(),
            {w.extent(0), w.extent(3), w.extent(2), w.extent(1)},
            {w.stride(0), w.stride(3), w.stride(2), w.stride(1)}};
}

}  // namespace hyspn::detail
