// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/point_field.hpp>

/// \file
/// Arrays of points cut into runs of neighbouring places, as long as their layouts allow.

namespace hyspn::detail {

/// `count` points of a field, `step` elements apart.
template <class T>
struct point_run {
    T* first;
    index_t extent, stride;  ///< of one point
    index_t count, step;     ///< of the run
};

/// How the places of all arrays of a call form runs, as long as the arrays' strides allow.
class run_grid {
public:
    template <class... Fields>
    explicit run_grid(dims<3> const& grid, Fields const&... fields) : grid_(grid)
    {
        if (grid[2] > 1)
            form_ = (... && joins(fields)) ? form::joined : form::rows;
        else
            form_ = grid[1] > 1 ? form::columns : form::points;
    }

    dims<3> extents() const { return arranged(grid_, grid_[1] * grid_[2]); }

    /// The field with its longest runs along the last axis; row-major order stays what it was.
    template <class T, class M>
    point_field<T, M> operator()(point_field<T, M> f) const
    {
        f.grid = extents();
        f.strides = arranged(f.strides, f.strides[2]);
        return f;
    }

private:
    enum class form { rows, joined, columns, points };

    template <class Field>
    bool joins(Field const& f) const
    {
        return grid_[1] == 1 || f.strides[1] == grid_[2] * f.strides[2];
    }

    /// Extents or strides in the new order; `last` is that of joined rows.
    dims<3> arranged(dims<3> const& a, index_t last) const
    {
        switch (form_) {
            case form::joined:
                return {{1, a[0], last}};
            case form::columns:
                return {{1, a[0], a[1]}};
            case form::points:
                return {{1, 1, a[0]}};
            case form::rows:
                break;
        }
        return a;
    }

    dims<3> grid_;
    form form_;
};

template <class T, class M>
point_run<T> run_at(point_field<T, M> const& f, index_t n, index_t i, index_t j, index_t count)
{
    return {f(n, i, j).data_handle(), f.extent, f.stride, count, f.strides[2]};
}

}  // namespace hyspn::detail
