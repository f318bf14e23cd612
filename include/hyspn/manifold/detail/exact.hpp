// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/compensated.hpp>

/// \file
/// Sums over differences and sums of vectors that count the rounding of each difference, for results that are small
/// beside them.

namespace hyspn::detail {

/// a·x, each element with its rounding error.
template <class T, class X>
struct scaled_exactly {
    T a;
    X x;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return a * x(i); }
};

/// Element i of a vector with the rounding error it carries: sums and differences of two vectors are known exactly.
template <class V>
HYSPN_HD twofold<scalar_of<V>> exact_element(V const& v, index_t i)
{
    return {v(i), scalar_of<V>(0)};
}
template <class X, class Y>
HYSPN_HD twofold<scalar_of<X>> exact_element(difference<X, Y> const& v, index_t i)
{
    return two_sum(v.x(i), -v.y(i));
}
template <class X, class Y>
HYSPN_HD twofold<scalar_of<X>> exact_element(sum<X, Y> const& v, index_t i)
{
    return two_sum(v.x(i), v.y(i));
}

template <class T, class X>
HYSPN_HD twofold<T> exact_element(scaled_exactly<T, X> const& v, index_t i)
{
    return two_product(v.a, v.x(i));
}

/// Adds ⟨u,v⟩ to a running sum.
template <class T, class U, class V>
HYSPN_HD void add_exact_dot(compensated_sum<T>& s, U const& u, V const& v)
{
    for (index_t i = 0; i < v.extent(0); ++i) {
        auto const a = exact_element(u, i), b = exact_element(v, i);
        s.add_product(a.high, b.high);
        s.add_correction(a.low * b.high + a.high * b.low);
    }
}

/// ⟨u,v⟩ as if in twice the working precision, differences and sums included.
template <class U, class V>
HYSPN_HD scalar_of<V> exact_dot(U const& u, V const& v)
{
    compensated_sum<scalar_of<V>> s(scalar_of<V>(0));
    add_exact_dot(s, u, v);
    return s.value();
}

/// ‖x‖² − ‖y‖² within a few eps of itself.
template <class X, class Y>
HYSPN_HD scalar_of<X> difference_of_squares(X const& x, Y const& y)
{
    return exact_dot(difference<X, Y>{x, y}, sum<X, Y>{x, y});
}

/// A product of two pairs, and their difference as a number.
template <class T>
HYSPN_HD twofold<T> twofold_product(twofold<T> a, twofold<T> b)
{
    auto const p = two_product(a.high, b.high);
    return {p.high, p.low + (a.high * b.low + a.low * b.high)};
}
template <class T>
HYSPN_HD T twofold_difference(twofold<T> a, twofold<T> b)
{
    auto const d = two_sum(a.high, -b.high);
    return d.high + (d.low + (a.low - b.low));
}

}  // namespace hyspn::detail
