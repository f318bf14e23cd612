// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <type_traits>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/manifold/poincare/dist.hpp>

/// \file
/// Distances between the rows of two arrays, for algorithms that need them by the million: what belongs to one point is
/// computed once a point. Every distance function of this library fits (poincare::dist and its like in other models).

namespace hyspn::detail {

/// Formula between row i of x and row j of y. key(i, j) orders pairs as their distances do and may be cheaper;
/// distance(key) is the distance.
template <class Formula, class T, class M>
struct pair_distance {
    curvature<T> c;
    view<T const, 2, M> x, y;

    template <class P>
    struct prepared {
        pair_distance pairs;
        prepared(P const&, curvature<T> const& c, view<T const, 2, M> x, view<T const, 2, M> y) : pairs{c, x, y} {}
    };

    HYSPN_HD T key(index_t i, index_t j) const { return Formula::value(c, x[i], y[j]); }
    HYSPN_HD T distance(T k) const { return k; }
    HYSPN_HD T operator()(index_t i, index_t j) const { return key(i, j); }
};

/// Complements of rows.
template <class T, class M>
struct row_complements_op {
    T c;
    view<T const, 2, M> x;
    view<T, 1, M> out;
    dims<1> shape() const { return out.extents(); }
    HYSPN_HD void operator()(index_t i) const { out(i) = complement(c, x[i]); }
};

/// Σ(x − y)² in eight sums, which a compiler can keep in one register: its error is D/16 + 3 eps at worst.
template <class T, class M>
HYSPN_HD T squared_difference(view<T const, 1, M> x, view<T const, 1, M> y)
{
    constexpr int lanes = 8;
    T sum[lanes];
    for (int l = 0; l < lanes; ++l) sum[l] = T(0);
    index_t const n = x.extent(0);
    index_t i = 0;
    if (x.rows_contiguous() && y.rows_contiguous()) {
        T const *const a = x.data_handle(), *const b = y.data_handle();
        for (; i + lanes <= n; i += lanes)
            for (int l = 0; l < lanes; ++l) {
                T const d = a[i + l] - b[i + l];
                sum[l] += d * d;
            }
    }
    for (; i < n; ++i) {
        T const d = x(i) - y(i);
        sum[i % lanes] += d * d;
    }
    for (int width = lanes / 2; width > 0; width /= 2)
        for (int l = 0; l < width; ++l) sum[l] += sum[l + width];
    return sum[0];
}

/// On the ball: the key is √z = s‖x−y‖/√(AB), the distance (2/s) asinh of it.
template <class T, class M>
struct pair_distance<poincare_dist, T, M> {
    curvature<T> c;
    view<T const, 2, M> x, y;
    view<T const, 1, M> a, b;  ///< complements of x and y

    template <class P>
    struct prepared {
        tensor<T, 1, M> a, b;
        pair_distance pairs;

        prepared(P const& exec, curvature<T> const& c, view<T const, 2, M> x, view<T const, 2, M> y)
            : a(x.extent(0)), b(y.extent(0)), pairs{c, x, y, as_const(as_view(a)), as_const(as_view(b))}
        {
            dispatch(exec, row_complements_op<T, M>{c.c(), x, as_view(a)});
            dispatch(exec, row_complements_op<T, M>{c.c(), y, as_view(b)});
        }
        prepared(prepared const&) = delete;
        prepared& operator=(prepared const&) = delete;
    };

    /// ‖x − y‖.
    HYSPN_HD T length(index_t i, index_t j) const
    {
        using std::sqrt;
        using traits = math_traits<T>;
        T const square = squared_difference(x[i], y[j]);
        if (square >= traits::smallest_square && square <= traits::largest_square) return sqrt(square);
        return norm(difference{x[i], y[j]});
    }
    HYSPN_HD T key(index_t i, index_t j) const
    {
        using std::sqrt;
        return c.sqrt_c() * length(i, j) / sqrt(a(i) * b(j));
    }
    HYSPN_HD T distance(T k) const
    {
        using std::asinh;
        return T(2) / c.sqrt_c() * asinh(k);
    }
    HYSPN_HD T operator()(index_t i, index_t j) const { return distance(key(i, j)); }
};

/// The distance function's formula, for functions that take one as an argument.
template <class Distance>
using formula_of = typename std::remove_cvref_t<Distance>::formula;

template <class T, class M, class Distance, class P>
using prepared_pairs = typename pair_distance<formula_of<Distance>, T, M>::template prepared<P>;

}  // namespace hyspn::detail
