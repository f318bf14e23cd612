// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/core/tensor.hpp>
#include <hyspn/manifold/detail/point_field.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

/// \file
/// Products of points with one matrix m [D_out, D_in], and their transposes: compensated, in an order of their own.

namespace hyspn::detail {

/// Compensated sums side by side: independent of each other, so that they fill a vector register.
template <class T>
struct sums_side_by_side {
    static constexpr index_t count = 8;
    T high[count] = {}, low[count] = {};

    HYSPN_HD void add_product(index_t lane, T a, T b)
    {
        auto const p = two_product(a, b);
        auto const s = two_sum(high[lane], p.high);
        high[lane] = s.high;
        low[lane] += s.low + p.low;
    }
    /// For a full set of products of what lies side by side in memory.
    HYSPN_HD void add_products(T const* a, T const* b)
    {
        for (index_t l = 0; l < count; ++l) add_product(l, a[l], b[l]);
    }
    HYSPN_HD void add_products(T const* a, T b)
    {
        for (index_t l = 0; l < count; ++l) add_product(l, a[l], b);
    }
    HYSPN_HD T total() const
    {
        compensated_sum<T> sum(T(0));
        for (index_t l = 0; l < count; ++l) {
            sum.add(high[l]);
            sum.add_correction(low[l]);
        }
        return sum.value();
    }
};

/// ⟨x, y⟩ as by cdot, in another order.
template <class T, class M>
HYSPN_HD T wide_dot(view<T const, 1, M> x, view<T const, 1, M> y)
{
    using sums = sums_side_by_side<T>;
    sums s;
    index_t i = 0;
    if (x.rows_contiguous() && y.rows_contiguous())
        for (; i + sums::count <= x.extent(0); i += sums::count)
            s.add_products(x.data_handle() + i, y.data_handle() + i);
    for (; i < x.extent(0); ++i) s.add_product(i % sums::count, x(i), y(i));
    return s.total();
}

/// Writes mᵀȳ + on_x x, some columns of m at a time.
template <class T, class Matrix, class X, class Y, class M>
HYSPN_HD void transposed_product(Matrix m, X x, Y y_bar, T on_x, view<T, 1, M> dx)
{
    using sums = sums_side_by_side<T>;
    for (index_t first = 0; first < x.extent(0); first += sums::count) {
        index_t const left = x.extent(0) - first, some = left < sums::count ? left : sums::count;
        sums s;
        if (some == sums::count && m.stride(1) == 1)
            for (index_t o = 0; o < m.extent(0); ++o) s.add_products(&m(o, first), y_bar(o));
        else
            for (index_t o = 0; o < m.extent(0); ++o)
                for (index_t l = 0; l < some; ++l) s.add_product(l, m(o, first + l), y_bar(o));
        for (index_t l = 0; l < some; ++l) dx(first + l) = s.high[l] + s.low[l] + on_x * x(first + l);
    }
}

/// y = m x at every place.
template <class T, class M>
struct matrix_product_op {
    view<T const, 2, M> m;
    point_field<T const, M> x;
    point_field<T, M> y;

    dims<1> shape() const { return {{x.places()}}; }
    HYSPN_HD void operator()(index_t place) const
    {
        auto const from = x.at(place);
        auto const to = y.at(place);
        for (index_t o = 0; o < to.extent(0); ++o) to(o) = wide_dot(m[o], from);
    }
};

/// x̄ = mᵀȳ + on_x x at every place; on_x may be empty, for 0. x̄ may be x.
template <class T, class M>
struct transposed_product_op {
    view<T const, 2, M> m;
    point_field<T const, M> y_bar, x;
    view<T const, 1, M> on_x;  ///< [places]
    point_field<T, M> x_bar;

    dims<1> shape() const { return {{x_bar.places()}}; }
    HYSPN_HD T on_x_at(index_t place) const { return on_x.extent(0) > 0 ? on_x(place) : T(0); }
    HYSPN_HD void operator()(index_t place) const
    {
        transposed_product(m, x.at(place), y_bar.at(place), on_x_at(place), x_bar.at(place));
    }
};

/// Sums of ȳ_o x over runs of places, whatever the number of threads.
template <class T, class M, class Left>
struct matrix_partial_sum_op {
    static constexpr index_t run = 256;
    point_field<T const, M> x;
    Left left;              ///< ȳ_o at a place: left(place, o)
    view<T, 3, M> partial;  ///< [runs, D_out, D_in]

    HYSPN_HD void operator()(index_t r, index_t o) const
    {
        view<T, 1, M> const sum = partial[r][o];
        index_t const end = (r + 1) * run < x.places() ? (r + 1) * run : x.places();
        for (index_t i = 0; i < sum.extent(0); ++i) sum(i) = T(0);
        for (index_t place = r * run; place < end; ++place) {
            T const y_bar = left(place, o);
            auto const point = x.at(place);
            for (index_t i = 0; i < sum.extent(0); ++i) sum(i) += y_bar * point(i);
        }
    }
};

/// m̄ from the sums over runs.
template <class T, class M>
struct matrix_sum_op {
    view<T, 3, M> partial;
    view<T, 2, M> dm;

    HYSPN_HD void operator()(index_t o, index_t i) const
    {
        compensated_sum<T> sum(T(0));
        for (index_t r = 0; r < partial.extent(0); ++r) sum.add(partial(r, o, i));
        dm(o, i) = sum.value();
    }
};

/// m̄ = Σ ȳ xᵀ over all places, in one order whatever the number of threads; left(place, o) is ȳ_o. For every 256 places
/// it takes memory for a matrix.
template <class P, class T, class M, class Left>
void sum_of_outer_products(P const& exec, point_field<T const, M> const& x, Left const& left, view<T, 2, M> m_bar)
{
    using partial_sums = matrix_partial_sum_op<T, M, Left>;
    index_t const runs = (x.places() + partial_sums::run - 1) / partial_sums::run;
    tensor<T, 3, M> partial(runs, m_bar.extent(0), m_bar.extent(1));
    parallel_for(exec, dims<2>{{runs, m_bar.extent(0)}}, partial_sums{x, left, as_view(partial)});
    parallel_for(exec, m_bar.extents(), matrix_sum_op<T, M>{as_view(partial), m_bar});
}

/// Throws shape_error unless `got` are the extents of arrays of `dimension` coordinates where x has its points.
template <std::size_t Rank>
void require_points(char const* function, char const* argument, dims<Rank> points, index_t dimension,
                    dims<Rank> const& got)
{
    static_assert(Rank >= 2 && Rank <= 4, "points are rows of [N, D] or channel vectors of [C, H, W], [N, C, H, W]");
    points[Rank == 3 ? 0 : 1] = dimension;
    if (got == points) return;
    raise<shape_error>(function, argument, "of extents " + to_string(points) + ", given those of x and m",
                       to_string(got));
}

/// Throws shape_error unless `got` is [D_out, D_in] with the D_in of x; for dm the extents of m.
template <std::size_t Rank>
void require_matrix(char const* function, dims<Rank> const& points, dims<2> const& got)
{
    index_t const dimension = points[Rank == 3 ? 0 : 1];
    if (got[1] == dimension) return;
    raise<shape_error>(function, "m", "[D_out, " + std::to_string(dimension) + "], given the extents of x",
                       to_string(got));
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/matrix_product.hpp>
#endif
