// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/core/math.hpp>

/// \file
/// Functions of one number for mobius_fn_apply: a value, its slope, and, where they can be had without cancellation,
/// excess(v) = f(v) − v and defect(v) = f′(v)v − f(v), 0 for functions homogeneous of degree 1. A function of your own
/// needs value and slope only, as templates or for one type:
///
///     struct square_root_like {
///         template <class T> T value(T v) const;
///         template <class T> T slope(T v) const;
///     };
///
/// A function with parameters holds them as members; it must be trivially copyable, and HYSPN_HD to run on devices.

namespace hyspn {

// clang-format off

template <class F, class T>
concept element_function = requires(F const& f, T v) {
    { f.value(v) } -> std::convertible_to<T>;
    { f.slope(v) } -> std::convertible_to<T>;
};

// clang-format on

/// max(v, 0); slope 0 at 0.
struct relu {
    template <class T>
    HYSPN_HD T value(T v) const
    {
        return v > T(0) ? v : T(0);
    }
    template <class T>
    HYSPN_HD T slope(T v) const
    {
        return v > T(0) ? T(1) : T(0);
    }
    template <class T>
    HYSPN_HD T excess(T v) const
    {
        return v > T(0) ? T(0) : -v;
    }
    template <class T>
    HYSPN_HD T defect(T) const
    {
        return T(0);
    }
};

/// v for v > 0, slope_below·v elsewhere.
struct leaky_relu {
    double slope_below = 0.01;

    template <class T>
    HYSPN_HD T value(T v) const
    {
        return slope(v) * v;
    }
    template <class T>
    HYSPN_HD T slope(T v) const
    {
        return v > T(0) ? T(1) : T(slope_below);
    }
    template <class T>
    HYSPN_HD T excess(T v) const
    {
        return v > T(0) ? T(0) : T(slope_below - 1) * v;
    }
    template <class T>
    HYSPN_HD T defect(T) const
    {
        return T(0);
    }
};

/// tanh, in the unit of length of the vectors: unlike the others it knows a scale.
struct hyperbolic_tangent {
    template <class T>
    HYSPN_HD T value(T v) const
    {
        using std::tanh;
        return tanh(v);
    }
    template <class T>
    HYSPN_HD T slope(T v) const
    {
        return sech2(v);
    }
    /// tanh v − v = −tanh v (v coth v − 1).
    template <class T>
    HYSPN_HD T excess(T v) const
    {
        return -value(v) * tcoth_minus_1(v);
    }
    /// v sech²v − tanh v.
    template <class T>
    HYSPN_HD T defect(T v) const
    {
        using std::fabs;
        T const h = value(v);
        return T(-2) * h * h * h * tanhc_decay(T(fabs(v)));
    }
};

namespace detail {

template <class F, class T>
HYSPN_HD T excess_of(F const& f, T v)
{
    if constexpr (requires { f.excess(v); })
        return f.excess(v);
    else
        return f.value(v) - v;
}

template <class F, class T>
HYSPN_HD T defect_of(F const& f, T v)
{
    if constexpr (requires { f.defect(v); })
        return f.defect(v);
    else
        return f.slope(v) * v - f.value(v);
}

}  // namespace detail
}  // namespace hyspn
