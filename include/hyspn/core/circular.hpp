// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/math.hpp>

/// \file
/// The circular companions of math.hpp: what its functions of t² become where t² is negative, for spaces of positive
/// curvature. As there, names in c are quotients by the argument, 1 at 0, and slopes are taken in t².

namespace hyspn {

/// An argument t ≥ 0 with its square. They are given apart because t = √κ·r has no derivative in κ at 0, while the
/// functions of t² have.
template <class T>
struct arc {
    T root;
    T square;
};

/// (1 − t cot t)/t², 1/3 at 0: langevinc's companion. Below t = 1 Lambert's continued fraction 1/(3 − t²/(5 − t²/(7 −
/// …))), whose denominators keep most of their first term.
template <class T>
HYSPN_HD T cotangent_residue(arc<T> t)
{
    using std::tan;
    using traits = math_traits<T>;
    if (t.root >= T(1)) return (T(1) - t.root / tan(t.root)) / t.square;
    T tail = T(2 * traits::langevin_levels + 3);
    for (int level = traits::langevin_levels; level > 0; --level) tail = T(2 * level + 1) - t.square / tail;
    return T(1) / tail;
}

/// (t − sin t)/t³, 1/6 at 0: sinh_residue's companion.
template <class T>
HYSPN_HD T sine_residue(arc<T> t)
{
    using std::sin;
    using traits = math_traits<T>;
    if (t.root >= T(traits::series_limit)) return (t.root - sin(t.root)) / t.root / t.square;
    T sum = T(1);
    for (int k = traits::sinh_terms - 1; k > 0; --k) sum = T(1) - t.square / T((2 * k + 2) * (2 * k + 3)) * sum;
    return sum / T(6);
}

/// sin t / t.
template <class T>
HYSPN_HD T sinc(arc<T> t)
{
    using std::sin;
    return t.root < T(1) ? T(1) - t.square * sine_residue(t) : sin(t.root) / t.root;
}

/// tan t / t.
template <class T>
HYSPN_HD T tanc(arc<T> t)
{
    using std::tan;
    return t.root < T(1) ? T(1) / (T(1) - t.square * cotangent_residue(t)) : tan(t.root) / t.root;
}

/// 1/cos² t.
template <class T>
HYSPN_HD T sec2(arc<T> t)
{
    T const quotient = tanc(t);
    return T(1) + t.square * quotient * quotient;
}

/// The derivative of tanc in t².
template <class T>
HYSPN_HD T tanc_slope(arc<T> t)
{
    T const quotient = tanc(t);
    return t.root < T(1) ? quotient * (quotient - cotangent_residue(t)) / T(2)
                         : (sec2(t) - quotient) / (T(2) * t.square);
}

/// atan t / t.
template <class T>
HYSPN_HD T atanc(arc<T> t)
{
    using std::atan;
    if (t.root >= T(0.125)) return atan(t.root) / t.root;
    T sum = T(0);
    for (int k = 10; k >= 0; --k) sum = T(1) / T(2 * k + 1) - t.square * sum;
    return sum;
}

/// The arc whose tangent is t's root.
template <class T>
HYSPN_HD arc<T> atan_of(arc<T> t)
{
    T const quotient = atanc(t), root = quotient * t.root;
    return {root, t.root < T(1) ? t.square * quotient * quotient : root * root};
}

/// t times a number, of either sign.
template <class T>
HYSPN_HD arc<T> times(T a, arc<T> t)
{
    using std::fabs;
    return {fabs(a) * t.root, a * a * t.square};
}

/// The derivative of atanc in t².
template <class T>
HYSPN_HD T atanc_slope(arc<T> t)
{
    T const quotient = atanc(t), turn = T(1) / (T(1) + t.square);
    if (t.root >= T(1)) return (turn - quotient) / (T(2) * t.square);
    arc<T> const angle{t.root * quotient, t.square * quotient * quotient};
    return (quotient * quotient * cotangent_residue(angle) - turn) / T(2);
}

}  // namespace hyspn
