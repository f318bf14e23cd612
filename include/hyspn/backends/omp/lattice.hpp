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

}  // namespace hyspn::detail
