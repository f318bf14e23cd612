// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <vector>

#include <hyspn/core/config.hpp>

/// \file
/// The layers once more, from their definitions on the Poincaré ball and the hyperboloid, in long double: ball points,
/// conformal factors, artanh, explicit vectors. Good for moderate radii.

namespace hyspn::testing::textbook {

using real = long double;
using vec = std::vector<real>;

inline real dot(vec const& a, vec const& b)
{
    real s = 0;
    for (std::size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
    return s;
}
inline real length(vec const& a)
{
    return std::sqrt(dot(a, a));
}
inline vec scaled(vec a, real f)
{
    for (real& x : a) x *= f;
    return a;
}
inline vec expmap0(vec const& v, real c)
{
    real const t = std::sqrt(c) * length(v);
    return t > 0 ? scaled(v, std::tanh(t) / t) : v;
}
inline vec logmap0(vec const& x, real c)
{
    real const t = std::sqrt(c) * length(x);
    return t > 0 ? scaled(x, std::atanh(t) / t) : x;
}
inline real beta(real n)
{
    return std::exp(std::lgamma(n / 2) + std::lgamma(real(0.5)) - std::lgamma((n + 1) / 2));
}

/// β-concatenation of ball points.
inline vec beta_concatenate(std::vector<vec> const& points, real c)
{
    std::size_t n = 0;
    for (vec const& x : points) n += x.size();
    vec all;
    for (vec const& x : points)
        for (real v : logmap0(x, c)) all.push_back(v * (beta(real(n)) / beta(real(x.size()))));
    return expmap0(all, c);
}

/// HNN++ eq. 6: the logit of one class at the ball point x.
inline real mlr(vec const& z, real r, vec const& x, real c)
{
    real const s = std::sqrt(c), lambda = 2 / (1 - c * dot(x, x)), size = length(z);
    if (size == 0) return 0;
    return 2 * size / s *
           std::asinh(lambda * s * dot(z, x) / size * std::cosh(2 * s * r) - (lambda - 1) * std::sinh(2 * s * r));
}

/// HNN++ eq. 7: ball point to ball point.
inline vec fully_connected(std::vector<vec> const& z, vec const& r, vec const& x, real c)
{
    real const s = std::sqrt(c);
    vec w;
    for (std::size_t o = 0; o < z.size(); ++o) w.push_back(std::sinh(s * mlr(z[o], r[o], x, c)) / s);
    return scaled(w, 1 / (1 + std::sqrt(1 + c * dot(w, w))));
}

/// Lorentz MLR (Bdeir et al. 2024, theorem 2) with its α and β, for a point with the given space part.
inline real lorentz_mlr(vec const& z, real a, vec const& x, real c)
{
    real const s = std::sqrt(c), time = std::sqrt(1 / c + dot(x, x)), size = length(z);
    if (size == 0) return 0;
    real const alpha = std::cosh(s * a) * dot(z, x) - std::sinh(s * a) * size * time;
    real const b = std::sqrt(std::pow(std::cosh(s * a) * size, real(2)) - std::pow(std::sinh(s * a) * size, real(2)));
    return (alpha < 0 ? -1 : 1) / s * b * std::fabs(std::asinh(s * alpha / b));
}

/// Gyromidpoint by the sum on the hyperboloid, in real, from and to tangent coordinates.
inline vec midpoint(std::vector<vec> const& v, real c)
{
    real const s = std::sqrt(c);
    real time = 0;
    vec space(v[0].size(), 0);
    for (auto const& x : v) {
        real const r = length(x);
        time += std::cosh(2 * s * r);
        for (std::size_t i = 0; i < x.size(); ++i) space[i] += r > 0 ? std::sinh(2 * s * r) / r * x[i] : 0;
    }
    real const size = length(space);
    return scaled(space, size > 0 ? std::atanh(size / time) / (2 * s) / size : 0);
}

}  // namespace hyspn::testing::textbook
