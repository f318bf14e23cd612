// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <Eigen/Core>

#include <hyspn/core/view.hpp>

/// \file
/// Views as Eigen maps and dense Eigen arrays as views, without copies. Host only: no header that a .cu file needs
/// includes this one.

namespace hyspn {

namespace detail {

template <class T>
using eigen_row_major =
    Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor | Eigen::AutoAlign>;

template <class T, class Matrix>
using eigen_map_of =
    Eigen::Map<std::conditional_t<std::is_const_v<T>, Matrix const, Matrix>, Eigen::Unaligned, Eigen::OuterStride<>>;

}  // namespace detail

/// A host matrix [rows, columns] with contiguous rows as a row-major Eigen map. Throws shape_error for strided rows.
template <class T>
auto as_eigen(view<T, 2, memory::host> m)
{
    detail::require_rows("as_eigen", "the matrix", m);
    return detail::eigen_map_of<T, detail::eigen_row_major<T>>(m.data_handle(), m.extent(0), m.extent(1),
                                                               Eigen::OuterStride<>(m.stride(0)));
}

/// Dense Eigen objects with direct access (matrices, arrays, maps, blocks): element (i, j) stays element (i, j).
template <class Derived>
    requires(std::is_base_of_v<Eigen::DenseBase<Derived>, Derived>)
struct view_adapter<Derived> {
    template <class M>
    static auto make(M& m)
    {
        using T = std::remove_pointer_t<decltype(m.data())>;
        index_t const row = Derived::IsRowMajor ? m.outerStride() : m.innerStride();
        index_t const column = Derived::IsRowMajor ? m.innerStride() : m.outerStride();
        return view<T, 2, memory::host>(m.data(), dims<2>{m.rows(), m.cols()}, dims<2>{row, column});
    }
};

}  // namespace hyspn
