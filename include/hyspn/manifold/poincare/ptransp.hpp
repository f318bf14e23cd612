// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// (B/A) gyr[y,−x] v, temporary.
struct poincare_ptransp {
    template <class T, class X, class Y, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, V v, view<T, 1, M> out)
    {
        T const c = k.c(), a = complement(c, x), b = complement(c, y);
        difference<Y, X> const q{y, x};
        T const q2 = squared_norm(q), d = a * b + c * q2, kappa = (a + b + c * q2) / T(2);
        T const qv = cdot(q, v), xv = cdot(x, v), qx = cdot(q, x), x2 = squared_norm(x);
        T const qw = qv * qx - xv * q2, xw = qv * x2 - xv * qx;
        T const turn = T(2) * c / d;
        T const on_x = turn * (kappa * qv + c * qw), on_q = -turn * (kappa * xv + c * xw);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const moved = b / a * (v(i) + on_x * x(i) + on_q * q(i));
            out(i) = moved;
        }
    }
};

}  // namespace detail
}  // namespace hyspn
