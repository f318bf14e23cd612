// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <climits>

#include <hyspn/backends/cuda/matrix_product.cuh>

/// \file
/// What layers and affinities with weights [O, K, C] share when cuBLAS multiplies for them.

namespace hyspn::detail {

/// Channels times outputs of a group from which on products pay.
inline constexpr index_t least_group_product = 64;

/// Pixels of an image from which on they pay where images are many: rows of points come as images of one pixel.
inline constexpr index_t least_pixels = 16, few_images = 64;

/// Whether products pay for weights z at the pixels of `at` [N, ·, H, W].
template <class T>
bool products_pay(view<T const, 3, memory::device> const& z, index_t groups, dims<4> const& at)
{
    return z.extent(0) / groups * z.extent(2) >= least_group_product &&
           (at[0] <= few_images || at[2] * at[3] >= least_pixels);
}

/// Every plane lies in one piece and planes follow each other, so that they are the rows of a matrix.
template <class T>
bool planes_are_rows(view<T, 4, memory::device> const& x)
{
    bool const pieces = (x.extent(3) <= 1 || x.stride(3) == 1) && (x.extent(2) <= 1 || x.stride(2) == x.extent(3));
    index_t const plane = x.extent(2) * x.extent(3);
    return pieces && (x.extent(1) <= 1 || (x.stride(1) >= plane && x.stride(1) <= INT_MAX));
}

/// Weights of one group transposed, [C, K·O]: column m·O + o.
template <class T>
struct transposed_weights_op {
    view<T const, 3, memory::device> z;
    index_t first;
    view<T, 3, memory::device> to;  ///< [C, K, O]

    dims<3> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t c, index_t m, index_t o) const { to(c, m, o) = z(first + o, m, c); }
};

}  // namespace hyspn::detail
