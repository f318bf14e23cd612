// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/compensated.hpp>

namespace hyspn::detail {

/// v − q x, rounded once an element: with q = ⟨v,x⟩/‖x‖² the part of v across x. The rounding of q points along x, so
/// the length of the result knows nothing of it.
template <class T, class V, class X>
struct rejection {
    T q;
    V v;
    X x;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const
    {
        using std::fma;
        return fma(-q, x(i), v(i));
    }
};

template <class T, class V, class X>
rejection(T, V, X) -> rejection<T, V, X>;

}  // namespace hyspn::detail
