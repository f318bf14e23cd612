// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/exact.hpp>

namespace hyspn::detail {

/// v − ⟨v,â⟩â, element by element: the part of v at right angles to an axis a of any length (v itself for a = 0),
/// within a few eps of its own length even where v is nearly parallel to a. Two projections: the first leaves a part
/// along a of the size of a rounding of v, the second takes that away. What is left of a parallel v, a rounding of that
/// rounding, counts as 0.
template <class V, class A>
struct rejection {
    using T = scalar_of<A>;
    V v;
    A axis;
    T scale;          ///< power of two that brings the axis to where its square is safe
    T first, second;  ///< multiples of the scaled axis
    T along;          ///< ⟨v,â⟩
    T length;         ///< ‖v − ⟨v,â⟩â‖
    bool parallel;    ///< nothing is left

    HYSPN_HD rejection(V v_, A axis_)
        : v(v_), axis(axis_), scale(1), first(0), second(0), along(0), length(0), parallel(false)
    {
        using std::sqrt;
        using traits = math_traits<T>;
        T square = squared_norm(axis);
        if (!(square >= traits::smallest_square && square <= traits::largest_square)) {
            scale = square < T(1) ? T(traits::rescaling) : T(1) / T(traits::rescaling);
            square = squared_norm(scaled<T, A>{scale, axis});
        }
        if (!(square > T(0))) {
            length = norm(v);
            return;
        }
        scaled<T, A> const a{scale, axis};
        T const product = exact_dot(v, a);
        along = product / sqrt(square);
        first = product / square;
        second = cdot(*this, a) / square;
        length = norm(*this);
        constexpr T u = traits::unit_roundoff;
        if (length <= T(16) * u * u * norm(v)) {
            parallel = true;
            length = T(0);
        }
    }
    HYSPN_HD index_t extent(std::size_t) const { return axis.extent(0); }
    HYSPN_HD T operator()(index_t i) const
    {
        if (parallel) return T(0);
        T const a = scale * axis(i);
        auto const whole = exact_element(v, i);
        auto const part = two_product(first, a);
        auto const rest = two_sum(whole.high, -part.high);
        return rest.high + (rest.low + (whole.low - part.low)) - second * a;
    }
};

}  // namespace hyspn::detail
