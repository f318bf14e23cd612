// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/backends/omp/lattice_gradient.hpp>
#include <hyspn/backends/omp/lattice_product.hpp>

/// \file
/// The Euclidean affinity as the convolution it is.

namespace hyspn::detail {

/// Pixels of images [N, …, H, W] and their neighbours, or, on the way back, those whose neighbour they are.
template <class T>
lattice pixel_lattice(affinity::neighbourhood const& around, view<T const, 4> const& images, bool back)
{
    lattice l{images.extent(2), images.extent(3), {1, 1}, {}};
    for (index_t k = 0; k < around.count(); ++k) {
        index_t const seen = back ? around.opposite(k) : k;
        l.taps.push_back({k, around.row_offset(seen), around.column_offset(seen)});
    }
    return l;
}

template <simd::number T>
void dispatch(exec::omp const& exec, euclidean_forward_op<T, memory::host> const& op)
{
    lattice const l = pixel_lattice(op.around, op.x, false);
    multiply_lattice<T>(exec, {l, by_group(op.z, 1), op.x, op.y, {0, 0}, {1, 1}, T(1), op.bias});
}

template <simd::number T>
void dispatch(exec::omp const& exec, euclidean_backward_op<T, memory::host> const& op)
{
    lattice const forth = pixel_lattice(op.around, op.x, false), back = pixel_lattice(op.around, op.x, true);
    multiply_lattice<T>(exec, {back, exchanged(by_group(op.z, 1)), op.dy, op.dx, {0, 0}, {1, 1}, T(1), {}});
    add_lattice_gradient<T>(exec, {forth, op.x, op.dy, T(1), by_group(op.dz, 1)});
    sum_planes<exec::omp, T, memory::host>(exec, op.dy, true, op.dbias);
}

}  // namespace hyspn::detail
