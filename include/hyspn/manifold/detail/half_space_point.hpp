// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/compensated.hpp>
#include <hyspn/manifold/curvature.hpp>

namespace hyspn::detail {

/// A vector without its last element.
template <class X>
struct horizontal {
    X x;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0) - 1; }
    HYSPN_HD auto operator()(index_t i) const { return x(i); }
};

template <class X>
horizontal(X) -> horizontal<X>;

/// The height of a point of the upper half-space: its last element.
template <class X>
HYSPN_HD scalar_of<X> height(X const& x)
{
    return x(x.extent(0) - 1);
}

/// The last element of a vector replaced by another.
template <class T, class X>
struct with_last {
    X x;
    T last;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return i + 1 < x.extent(0) ? T(x(i)) : last; }
};

template <class X, class T>
with_last(X, T) -> with_last<T, X>;

/// The share of c in a cotangent of R = 1/√c.
template <class T>
HYSPN_HD T radius_to_c(curvature<T> const& k, T radius_bar)
{
    return -radius_bar / (T(2) * k.c() * k.sqrt_c());
}

}  // namespace hyspn::detail
