// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/curvature.hpp>
#include <hyspn/manifold/detail/rejection.hpp>

namespace hyspn::detail {

/// A point x of the ball as seen from an ideal point, the end of the ray along ω̂ = ω/‖ω‖ (0 at 0), without cancellation
/// however close the two are. With t = s‖x‖, A = 1 − t², X = ⟨x,ω̂⟩, h = ‖x − Xω̂‖:
///     1 − t = A/(1+t),   t − sX = s h²/(‖x‖+X) for X > 0,   N = ‖ω̂ − sx‖² = (1−t)² + 2 (t − sX).
template <class T, class X, class W>
struct ideal_offset {
    T length;                ///< ‖ω‖
    T a, r, t, along;        ///< A, ‖x‖, t, X
    rejection<X, W> across;  ///< x − Xω̂
    T h;                     ///< its length
    T sx, gap, turn, n;      ///< sX, 1 − t, t − sX, N

    HYSPN_HD ideal_offset(curvature<T> const& k, X x, W w) : across(x, w)
    {
        T const s = k.sqrt_c();
        length = norm(w);
        a = complement(k.c(), x);
        r = norm(x);
        t = s * r;
        along = across.along;
        sx = s * along;
        h = across.length;
        gap = a / (T(1) + t);
        turn = along > T(0) ? s * h * (h / (r + along)) : t - sx;
        n = gap * gap + T(2) * turn;
    }
};

}  // namespace hyspn::detail
