// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/circular.hpp>

namespace hyspn::detail {

/// (r sin u − sin ru)/u³ for a number r: 0 for r = ±1 and 0, r(r²−1)/6 at u = 0. With ρ = |r|, ε = ρ − 1,
/// ℓ = (1 − u cot u)/u² and R₃ = (u − sin u)/u³, for r > 0
///     ρ (ρ²R₃(ρu) − R₃(u))                                                  ρ ≤ ½,
///     ε (sin u/u) (ℓ + ε (sin(εu/2)/(εu/2))²/2) + ε³ cos u R₃(εu)           else, for εu ≤ 1;
/// elsewhere the difference itself, which cancels by a factor of eight at most.
template <class T>
HYSPN_HD T sine_change(T r, arc<T> u)
{
    using std::cos;
    using std::fabs;
    using std::sin;
    T const rho = fabs(r), excess = rho - T(1), sign = r < T(0) ? T(-1) : T(1);
    arc<T> const lapse = times(excess, u);
    if (lapse.root > T(1)) return sign * (rho * sin(u.root) - sin(rho * u.root)) / u.root / u.square;
    if (rho <= T(0.5)) return sign * rho * (rho * rho * sine_residue(times(rho, u)) - sine_residue(u));
    T const half = sinc(times(T(0.5), lapse));
    return sign * excess *
           (sinc(u) * (cotangent_residue(u) + excess * half * half / T(2)) +
            excess * excess * cos(u.root) * sine_residue(lapse));
}

}  // namespace hyspn::detail
