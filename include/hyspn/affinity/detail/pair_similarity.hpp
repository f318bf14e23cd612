// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/affinity/detail/neighbour_weights.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// Euclidean comparisons of a pixel's feature vector with its neighbours', each pair once: at the pixel that comes
/// first in raster order, [N, half, H, W] (see affinity::neighbourhood); where wanted, one more plane for the pixel
/// with itself.

namespace hyspn::detail {

/// products(pair) = ⟨f_p, f_q⟩, or the squares ‖f_p − f_q‖² where `squares`; 0 where the neighbour is absent.
template <class T, class M>
struct pair_products_op {
    affinity::neighbourhood around;
    bool squares;
    view<T const, 4, M> x;   ///< [N, C, H, W]
    view<T, 4, M> products;  ///< [N, half or half + 1, H, W]

    dims<4> shape() const { return products.extents(); }
    HYSPN_HD void operator()(index_t n, index_t h, index_t i, index_t j) const
    {
        index_t const k = h < around.half() ? around.forward(h) : around.centre();
        index_t const y = i + around.row_offset(k), z = j + around.column_offset(k);
        T sum(0);
        if (around.present(k, i, j, x.extent(2), x.extent(3)))
            for (index_t c = 0; c < x.extent(1); ++c) {
                T const a = x(n, c, i, j), b = x(n, c, y, z);
                sum += squares ? (a - b) * (a - b) : a * b;
            }
        products(n, h, i, j) = sum;
    }
};

/// Its adjoint: dx_p = Σ_q m_pq f_q, or 2 Σ_q m_pq (f_p − f_q) of squares, m the cotangents of the pairs; of the pixel
/// with itself 2 m f_p, or 0.
template <class T, class M>
struct pair_products_adjoint_op {
    affinity::neighbourhood around;
    bool squares;
    view<T const, 4, M> x;
    view<T const, 4, M> dproducts;
    view<T, 4, M> dx;  ///< written

    dims<4> shape() const { return dx.extents(); }
    HYSPN_HD void operator()(index_t n, index_t c, index_t i, index_t j) const
    {
        T sum(0);
        for (index_t k = 0; k < around.count(); ++k) {
            if (k == around.centre() || !around.present(k, i, j, x.extent(2), x.extent(3))) continue;
            T const other = x(n, c, i + around.row_offset(k), j + around.column_offset(k));
            T const m = pair_value(around, dproducts, n, k, i, j);
            sum += m * (squares ? T(2) * (x(n, c, i, j) - other) : other);
        }
        bool const own = !squares && dproducts.extent(1) > around.half();
        dx(n, c, i, j) = own ? sum + T(2) * dproducts(n, around.half(), i, j) * x(n, c, i, j) : sum;
    }
};

/// u = f/‖f‖, 0 where f is 0; and ‖f‖.
template <class T, class M>
struct unit_features_op {
    view<T const, 4, M> x;
    view<T, 4, M> unit;
    view<T, 3, M> length;

    dims<3> shape() const { return length.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        T const r = norm(pixel(x, n, i, j));
        length(n, i, j) = r;
        for (index_t c = 0; c < x.extent(1); ++c) unit(n, c, i, j) = r == T(0) ? T(0) : x(n, c, i, j) / r;
    }
};

/// Its adjoint: dx = (du − ⟨du, u⟩ u)/‖f‖; in place. 0 where f is 0.
template <class T, class M>
struct unit_features_adjoint_op {
    view<T const, 4, M> unit;
    view<T const, 3, M> length;
    view<T, 4, M> dx;  ///< du, and then dx

    dims<3> shape() const { return length.extents(); }
    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        T const r = length(n, i, j);
        T along(0);
        for (index_t c = 0; c < unit.extent(1); ++c) along += dx(n, c, i, j) * unit(n, c, i, j);
        for (index_t c = 0; c < unit.extent(1); ++c)
            dx(n, c, i, j) = r == T(0) ? T(0) : (dx(n, c, i, j) - along * unit(n, c, i, j)) / r;
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/affinity/pair_similarity.hpp>
#endif
