// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/compensated.hpp>

namespace hyspn::detail {

/// A vector along and across a direction: v = q x + v⊥, q = ⟨v,x⟩/‖x‖², element by element v⊥; for x = 0 all of v is
/// across. The rounding of q leaves a little of x in v⊥, which a second round takes out: v⊥ has its own digits even
/// where q x is much the longer.
template <class T, class V, class X>
struct split_along {
    V v;
    X x;
    T along;    ///< ⟨v,x⟩/‖x‖
    T q, rest;  ///< q = q + rest, to twice the precision

    /// x_norm = ‖x‖.
    HYSPN_HD split_along(V v_, X x_, T x_norm) : v(v_), x(x_), along(T(0)), q(T(0)), rest(T(0))
    {
        auto const has_direction = x_norm > T(0);
        along = select(has_direction, cdot(v, x) / x_norm, along);
        q = select(has_direction, along / x_norm, q);
        rest = select(has_direction, cdot(*this, x) / x_norm / x_norm, rest);
    }
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const
    {
        using std::fma;
        return fma(-q, T(x(i)), T(v(i))) - rest * x(i);
    }
    /// The part along x.
    HYSPN_HD T parallel(index_t i) const { return q * x(i); }
};

template <class V, class X, class T>
split_along(V, X, T) -> split_along<T, V, X>;

}  // namespace hyspn::detail
