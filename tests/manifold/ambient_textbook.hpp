// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include <manifold/models.hpp>
#include <quadmath.h>

/// \file
/// Hyperbolic geometry as textbooks have it, on the hyperboloid in ambient coordinates, in 113 bits and with
/// derivatives by nested dual numbers: a point of any model is lifted there, the operation is done there, and the
/// result brought back. Tangent vectors are carried by the derivatives of lifting and bringing back. Shares no text
/// with the library.

namespace hyspn::testing::textbook {

/// 113 bits with the operators of a number. A class, so that its functions are found.
struct quad {
    __extension__ typedef __float128 number;
    number a = 0;

    quad() = default;
    quad(double v) : a(v) {}
    static quad of(number v)
    {
        quad q;
        q.a = v;
        return q;
    }
    explicit operator double() const { return static_cast<double>(a); }
    friend quad operator+(quad x, quad y) { return of(x.a + y.a); }
    friend quad operator-(quad x, quad y) { return of(x.a - y.a); }
    friend quad operator-(quad x) { return of(-x.a); }
    friend quad operator*(quad x, quad y) { return of(x.a * y.a); }
    friend quad operator/(quad x, quad y) { return of(x.a / y.a); }
    friend bool operator<(quad x, quad y) { return x.a < y.a; }
    friend quad sqrt(quad x) { return of(sqrtq(x.a)); }
    friend quad sinh(quad x) { return of(sinhq(x.a)); }
    friend quad cosh(quad x) { return of(coshq(x.a)); }
    friend quad asinh(quad x) { return of(asinhq(x.a)); }
};

/// value + slope·ε, ε² = 0, over any numbers.
template <class S>
struct jet {
    S value{}, slope{};

    jet() = default;
    jet(double v) : value(v) {}
    jet(S v) requires(!std::same_as<S, double>) : value(v) {}
    jet(S v, S d) : value(v), slope(d) {}
    friend jet operator+(jet x, jet y) { return {x.value + y.value, x.slope + y.slope}; }
    friend jet operator-(jet x, jet y) { return {x.value - y.value, x.slope - y.slope}; }
    friend jet operator-(jet x) { return {-x.value, -x.slope}; }
    friend jet operator*(jet x, jet y) { return {x.value * y.value, x.slope * y.value + x.value * y.slope}; }
    friend jet operator/(jet x, jet y)
    {
        S const q = x.value / y.value;
        return {q, (x.slope - q * y.slope) / y.value};
    }
    friend bool operator<(jet x, jet y) { return x.value < y.value; }
    friend jet sqrt(jet x)
    {
        S const root = sqrt(x.value);
        return {root, S(0) < root ? x.slope / (S(2) * root) : S(0)};
    }
    friend jet sinh(jet x) { return {sinh(x.value), cosh(x.value) * x.slope}; }
    friend jet cosh(jet x) { return {cosh(x.value), sinh(x.value) * x.slope}; }
    friend jet asinh(jet x) { return {asinh(x.value), x.slope / sqrt(S(1) + x.value * x.value)}; }
};

template <class S>
using vec = std::vector<S>;

template <class S>
S dot(vec<S> const& x, vec<S> const& y)
{
    S sum(0);
    for (std::size_t i = 0; i < x.size(); ++i) sum = sum + x[i] * y[i];
    return sum;
}

/// a·x + b·y.
template <class S>
vec<S> combine(S a, vec<S> const& x, S b, vec<S> const& y)
{
    vec<S> z(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) z[i] = a * x[i] + b * y[i];
    return z;
}

/// ⟨x,y⟩_L, time first.
template <class S>
S lorentz(vec<S> const& x, vec<S> const& y)
{
    return dot(x, y) - S(2) * x[0] * y[0];
}

/// A point of a model as ambient coordinates, time first.
template <class S>
vec<S> lift(model from, vec<S> const& x, S c)
{
    std::size_t const n = x.size();
    vec<S> z(n + 1);
    S const square = c * dot(x, x), s = sqrt(c);
    S factor(1);
    z[0] = sqrt(S(1) + square) / s;
    if (from == model::ball) {
        factor = S(2) / (S(1) - square);
        z[0] = (S(1) + square) / (S(1) - square) / s;
    }
    if (from == model::klein) {
        factor = S(1) / sqrt(S(1) - square);
        z[0] = factor / s;
    }
    if (from == model::half_space) {
        factor = S(1) / (s * x[n - 1]);
        z[0] = (square + S(1)) / (S(2) * c * x[n - 1]);
    }
    for (std::size_t i = 0; i < n; ++i) z[i + 1] = factor * x[i];
    if (from == model::half_space) z[n] = (square - S(1)) / (S(2) * c * x[n - 1]);
    return z;
}

/// The point of a model that ambient coordinates stand for.
template <class S>
vec<S> bring_back(model to, vec<S> const& z, S c)
{
    std::size_t const n = z.size() - 1;
    vec<S> x(n);
    S const s = sqrt(c);
    S factor(1);
    if (to == model::ball) factor = S(1) / (S(1) + s * z[0]);
    if (to == model::klein) factor = S(1) / (s * z[0]);
    if (to == model::half_space) factor = S(1) / (s * (z[0] - z[n]));
    for (std::size_t i = 0; i < n; ++i) x[i] = factor * z[i + 1];
    if (to == model::half_space) x[n - 1] = factor / s;
    return x;
}

template <class S, class F>
vec<S> slope_along(F const& f, vec<S> const& x, vec<S> const& v, S c)
{
    vec<jet<S>> moving(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) moving[i] = {x[i], v[i]};
    auto const y = f(moving, jet<S>(c));
    vec<S> slopes(y.size());
    for (std::size_t i = 0; i < y.size(); ++i) slopes[i] = y[i].slope;
    return slopes;
}

/// A tangent vector at the point x of a model as an ambient one, and the way back at ambient z.
template <class S>
vec<S> lift_tangent(model from, vec<S> const& x, vec<S> const& v, S c)
{
    return slope_along([&](auto const& p, auto k) { return lift(from, p, k); }, x, v, c);
}
template <class S>
vec<S> bring_back_tangent(model to, vec<S> const& z, vec<S> const& w, S c)
{
    return slope_along([&](auto const& p, auto k) { return bring_back(to, p, k); }, z, w, c);
}

template <class S>
vec<S> origin(std::size_t n, S c)
{
    vec<S> z(n + 1, S(0));
    z[0] = S(1) / sqrt(c);
    return z;
}

template <class S>
S distance(vec<S> const& x, vec<S> const& y, S c)
{
    auto const d = combine(S(1), x, S(-1), y);
    return S(2) / sqrt(c) * asinh(sqrt(c * lorentz(d, d)) / S(2));
}

template <class S>
vec<S> exponential(vec<S> const& x, vec<S> const& v, S c)
{
    S const t = sqrt(c * lorentz(v, v));
    return combine(cosh(t), x, sinh(t) / t, v);
}

template <class S>
vec<S> logarithm(vec<S> const& x, vec<S> const& y, S c)
{
    S const t = sqrt(c) * distance(x, y, c);
    return combine(t / sinh(t), y, -(t / sinh(t)) * cosh(t), x);
}

template <class S>
vec<S> transport(vec<S> const& x, vec<S> const& y, vec<S> const& v, S c)
{
    S const f = lorentz(y, v) / (S(1) / c - lorentz(x, y));
    return combine(S(1), v, f, combine(S(1), x, S(1), y));
}

template <class S>
vec<S> middle(vec<S> const& x, vec<S> const& y, S c)
{
    auto const sum = combine(S(1), x, S(1), y);
    return combine(S(1) / sqrt(-c * lorentz(sum, sum)), sum, S(0), sum);
}

/// The boost that takes the origin to z, or its inverse, which has −Z for the space part Z.
template <class S>
vec<S> boosted(vec<S> const& z, vec<S> const& x, S c, bool back)
{
    S const s = sqrt(c), sign = back ? S(-1) : S(1);
    S zx(0);
    for (std::size_t i = 1; i < z.size(); ++i) zx = zx + sign * z[i] * x[i];
    vec<S> out(x.size());
    out[0] = s * z[0] * x[0] + s * zx;
    for (std::size_t i = 1; i < z.size(); ++i) out[i] = x[i] + sign * z[i] * (s * x[0] + c * zx / (S(1) + s * z[0]));
    return out;
}

}  // namespace hyspn::testing::textbook
