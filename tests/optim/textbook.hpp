// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

/// The steps of the Riemannian optimisers in extended precision, from the formulas as they are printed: Ganea et al.
/// 2018, eq. 4 and Lemma 2; the gyration as ⊖(u⊕v)⊕(u⊕(v⊕w)), of which a tangent vector takes the derivative at w = 0.

namespace hyspn::testing::textbook {

using number = long double;
using vector = std::vector<number>;

inline number dot(vector const& a, vector const& b)
{
    number s = 0;
    for (std::size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
    return s;
}

inline vector combine(number a, vector const& x, number b, vector const& y)
{
    vector z(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) z[i] = a * x[i] + b * y[i];
    return z;
}

inline vector mobius_add(number c, vector const& x, vector const& y)
{
    number const xy = dot(x, y), x2 = dot(x, x), y2 = dot(y, y), d = 1 + 2 * c * xy + c * c * x2 * y2;
    return combine((1 + 2 * c * xy + c * y2) / d, x, (1 - c * x2) / d, y);
}

inline number lambda(number c, vector const& x)
{
    return 2 / (1 - c * dot(x, x));
}

/// With `exact`, else the retraction, which has θ/√(1 + θ²) where this has tanh θ.
inline vector expmap(number c, vector const& x, vector const& v, bool exact)
{
    number const s = std::sqrt(c), length = std::sqrt(dot(v, v)), theta = s * lambda(c, x) * length / 2;
    if (length == 0) return x;
    number const t = (exact ? std::tanh(theta) : theta / std::sqrt(1 + theta * theta)) / (s * length);
    return mobius_add(c, x, combine(t, v, 0, v));
}

/// gyr[u, v]w is linear in w: it is taken of w scaled to a length at which nothing is lost.
inline vector gyration(number c, vector const& u, vector const& v, vector const& w)
{
    number const length = std::sqrt(dot(w, w)), inside = 1 / (4 * std::sqrt(c));
    if (length == 0) return w;
    vector const small = combine(inside / length, w, 0, w), sum = mobius_add(c, u, v);
    vector const turned = mobius_add(c, combine(-1, sum, 0, sum), mobius_add(c, u, mobius_add(c, v, small)));
    return combine(length / inside, turned, 0, turned);
}

inline vector transport(number c, vector const& x, vector const& y, vector const& v)
{
    vector const turned = gyration(c, y, combine(-1, x, 0, x), v);
    return combine(lambda(c, x) / lambda(c, y), turned, 0, turned);
}

struct point_state {
    vector x, m;
    number v = 0;
};

struct settings {
    number rate, momentum = 0, weight_decay = 0;
    bool nesterov = false;
    number decay1 = 0, decay2 = 0, epsilon = 0;
    bool exact = true;
};

inline vector riemannian_gradient(number c, vector const& x, vector const& g, number weight_decay)
{
    number const metric = lambda(c, x) * lambda(c, x);
    return combine(1 / metric, g, weight_decay / metric, x);
}

inline void sgd_step(number c, settings const& s, vector const& g, point_state& p)
{
    vector const r = riemannian_gradient(c, p.x, g, s.weight_decay);
    p.m = combine(s.momentum, p.m, 1, r);
    vector const along = s.nesterov ? combine(1, r, s.momentum, p.m) : p.m;
    vector const y = expmap(c, p.x, combine(-s.rate, along, 0, along), s.exact);
    p.m = transport(c, p.x, y, p.m);
    p.x = y;
}

inline void adam_step(number c, settings const& s, int t, vector const& g, point_state& p)
{
    vector const r = riemannian_gradient(c, p.x, g, s.weight_decay);
    number const l = lambda(c, p.x);
    p.m = combine(s.decay1, p.m, 1 - s.decay1, r);
    p.v = s.decay2 * p.v + (1 - s.decay2) * l * l * dot(r, r);
    number const scale = s.rate / (1 - std::pow(s.decay1, static_cast<number>(t))) /
                         (std::sqrt(p.v / (1 - std::pow(s.decay2, static_cast<number>(t)))) + s.epsilon);
    vector const y = expmap(c, p.x, combine(-scale, p.m, 0, p.m), s.exact);
    p.m = transport(c, p.x, y, p.m);
    p.x = y;
}

}  // namespace hyspn::testing::textbook
