// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/compensated.hpp>

namespace hyspn::detail {

/// y + μx, rounded once an element.
template <class T, class X, class Y>
struct shifted {
    Y y;
    T mu;
    X x;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const
    {
        using std::fma;
        return fma(mu, x(i), y(i));
    }
};

/// y less its part along x, for ‖x‖² = x2: y + μx with the number μ nearest to −⟨x,y⟩/‖x‖². However close y is to a
/// multiple of x, each element is within half a unit of its own last place of such a sum, so that what does not change
/// when multiples of x are added to y loses no digits.
template <class T, class X, class Y>
HYSPN_HD shifted<T, X, Y> orthogonal_part(Y y, X x, T x2)
{
    return {y, select(x2 > T(0), -cdot(x, y) / x2, T(0)), x};
}

}  // namespace hyspn::detail
