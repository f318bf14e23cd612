// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/math.hpp>

/// \file
/// Signed distance of a point of the hyperboloid ⟨x,x⟩_L = −1/c, given by its space part x, to the hyperplane with unit
/// normal ẑ at offset a, given only i = ⟨x, z⟩ and ‖x‖:
///     y = asinh( s⟨x, ẑ⟩·cosh sa − √(1 + c‖x‖²)·sinh sa ),   s = √c.
/// Exponentials are carried relative to the largest one, as in poincare_layer.hpp; in tangent coordinates v at the
/// origin of the ball s x = sinh(2s‖v‖)·v/‖v‖.

namespace hyspn::detail {

/// The argument of asinh is e^b·Y/2.
template <class T>
struct lorentz_plane_terms {
    T b, beta;    ///< s|a|, e^{−2b}
    T side;       ///< sign of a
    T time;       ///< √(1 + c‖x‖²)
    T slope;      ///< s‖x‖/time
    T x;          ///< s⟨x, ẑ⟩; 0 for a zero row
    T bias;       ///< σ·time·(1−β)
    T Y, R;       ///< x(1+β) − bias, and hypot(2e^{−b}, Y): tanh y = Y/R
    T log_scale;  ///< Λ = log((|Y|+R)/2)
    T y;

    HYSPN_HD lorentz_plane_terms(T s, T length, T inner, T zeta, T a)
    {
        using std::asinh;
        using std::exp;
        using std::expm1;
        using std::fabs;
        using std::hypot;
        using std::log;
        b = s * fabs(a);
        beta = exp(T(-2) * b);
        side = a < T(0) ? T(-1) : T(1);
        time = hypot(T(1), s * length);
        slope = s * length / time;
        x = zeta > T(0) ? s * (inner / zeta) : T(0);
        bias = -side * time * expm1(T(-2) * b);
        Y = x * (T(1) + beta) - bias;
        T const size = fabs(Y);
        // Where e^{−b} leaves the range of the type a positive remainder keeps the quotients by R defined.
        T const tail = T(2) * exp(-b);
        R = hypot(tail > T(math_traits<T>::smallest) ? tail : T(math_traits<T>::smallest), Y);
        log_scale = log((size + R) / T(2));
        T const wide = Y > T(0) ? b + log_scale : Y < T(0) ? -(b + log_scale) : T(0) * Y;  // 0, or NaN
        y = b < T(40) && size < T(1e6f) ? asinh(exp(b) * Y / T(2)) : wide;
    }

    /// y − tanh y, without cancellation.
    HYSPN_HD T y_minus_tanh() const
    {
        using std::fabs;
        return fabs(y) < T(1) ? Y / R * tcoth_minus_1(y) : y - Y / R;
    }
    /// ∂y/∂(s⟨x, ẑ⟩).
    HYSPN_HD T inner_slope() const { return (T(1) + beta) / R; }
    /// ∂y/∂(‖x‖²/2) at fixed ⟨x, ẑ⟩, in units of c.
    HYSPN_HD T norm_slope() const
    {
        using std::expm1;
        return side * expm1(T(-2) * b) / R / time;
    }
    /// ∂y/∂(sa).
    HYSPN_HD T bias_slope() const
    {
        using std::expm1;
        return (-side * expm1(T(-2) * b) * x - time * (T(1) + beta)) / R;
    }
    /// H = 2c·∂y/∂c − y. For small offsets and distances it is of third order in lengths, and so is every term; for
    /// large offsets the part that grows with b cancels and is left out.
    HYSPN_HD T curvature_slope() const
    {
        using std::exp;
        using std::expm1;
        using std::tanh;
        if (b < T(2))
            return (x * (T(1) + beta) * (b * tanh(b)) - bias * (tcoth_minus_1(b) + slope * slope)) / R - y_minus_tanh();
        T const e = exp(-b), size = Y < T(0) ? -Y : Y;
        T const small = T(-2) * b * beta * (x + side * time) - side * expm1(T(-2) * b) / time + Y;
        T const large = log_scale + T(4) * b * e / R * e / (R + size);
        return small / R - (Y > T(0) ? large : Y < T(0) ? -large : T(0));
    }
};

}  // namespace hyspn::detail
