// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include <manifold/points.hpp>

#include <hyspn/core/math.hpp>
#include <hyspn/manifold/curvature.hpp>

/// \file
/// Textbook formulas for sets of points with 113 bits, on rounded inputs. For tests only: slow, and they cancel where
/// the library must not.

// A namespace of its own, so that references of other tests may have functions of the same names.
namespace hyspn::testing::inline sets_reference {

__extension__ typedef __float128 quad;

inline quad root(quad x)
{
    if (!(x > 0)) return 0;
    quad y = static_cast<quad>(std::sqrt(static_cast<long double>(x)));
    for (int i = 0; i < 3; ++i) y = (y + x / y) / 2;
    return y;
}

/// artanh t = t + t³/3 + …, for |t| < 0.1
inline quad artanh_series(quad t)
{
    quad sum = 0, power = t;
    for (int k = 0; k < 40; ++k, power *= t * t) sum += power / (2 * k + 1);
    return sum;
}

inline quad log(quad x)
{
    int halvings = 0;
    for (; x > quad(1.05) || x < quad(0.95); ++halvings) x = root(x);
    return 2 * artanh_series((x - 1) / (x + 1)) * static_cast<quad>(std::ldexp(1.0, halvings));
}

inline quad asinh(quad x)
{
    if (x < 0) return -asinh(-x);
    quad const t = x / root(1 + x * x);
    return t < quad(0.1) ? artanh_series(t) : log(x + root(1 + x * x));
}

using quad_point = std::vector<quad>;

inline quad dot(quad_point const& x, quad_point const& y)
{
    quad s = 0;
    for (std::size_t i = 0; i < x.size(); ++i) s += x[i] * y[i];
    return s;
}

template <class X>
quad_point exactly(X const& x)
{
    quad_point y;
    for (index_t i = 0; i < x.extent(0); ++i) y.push_back(static_cast<quad>(x(i)));
    return y;
}

/// Each coordinate to the nearest T.
template <class T>
quad_point rounded(quad_point x)
{
    for (quad& a : x) a = static_cast<quad>(static_cast<T>(a));
    return x;
}

/// One set: weights, points, c.
struct quad_set {
    quad_point weights;
    std::vector<quad_point> points;
    quad c;

    template <class W, class X, class T>
    quad_set(W const& w, X const& x, T c_) : weights(exactly(w)), c(static_cast<quad>(c_))
    {
        for (index_t k = 0; k < x.extent(0); ++k) points.push_back(exactly(x[k]));
    }
    quad_set() = default;

    quad complement(quad_point const& x) const { return 1 - c * dot(x, x); }

    /// Geodesic distance.
    quad dist(quad_point const& x, quad_point const& y) const
    {
        quad_point d = x;
        for (std::size_t i = 0; i < d.size(); ++i) d[i] -= y[i];
        return 2 / root(c) * asinh(root(c * dot(d, d) / (complement(x) * complement(y))));
    }

    /// ½ ⊗ Σ wλx/Σ|w|(λ−1).
    quad_point midpoint() const
    {
        quad a = 0;
        quad_point b(points[0].size());
        for (std::size_t k = 0; k < points.size(); ++k) {
            quad const lambda = 2 / complement(points[k]), w = weights[k];
            a += (w < 0 ? -w : w) * (lambda - 1);
            for (std::size_t i = 0; i < b.size(); ++i) b[i] += w * lambda * points[k][i];
        }
        quad const denominator = a + root(a * a - c * dot(b, b));
        for (quad& x : b) x = denominator > 0 ? x / denominator : 0;
        return b;
    }

    /// x ⊕ y.
    quad_point add(quad_point const& x, quad_point const& y) const
    {
        quad const xy = dot(x, y), x2 = dot(x, x), y2 = dot(y, y), d = 1 + 2 * c * xy + c * c * x2 * y2;
        quad_point z = x;
        for (std::size_t i = 0; i < z.size(); ++i) z[i] = ((1 + 2 * c * xy + c * y2) * x[i] + (1 - c * x2) * y[i]) / d;
        return z;
    }

    /// Σ w log_m(x), up to the factor λ_m.
    quad_point pull(quad_point const& m) const
    {
        quad_point v(m.size()), minus = m;
        for (quad& a : minus) a = -a;
        for (std::size_t k = 0; k < points.size(); ++k) {
            quad_point const u = add(minus, points[k]);
            quad const length = root(dot(u, u));
            if (!(length > 0)) continue;
            quad const pull = weights[k] * dist(m, points[k]) * complement(m) / length;
            for (std::size_t i = 0; i < v.size(); ++i) v[i] += pull * u[i];
        }
        return v;
    }

    /// ∂pull_i/∂m_j by differences.
    std::vector<quad_point> pull_slope(quad_point m) const
    {
        std::vector<quad_point> slope(m.size(), quad_point(m.size()));
        quad const h = quad(1e-10) * complement(m) / root(c);
        for (std::size_t j = 0; j < m.size(); ++j) {
            quad const at = m[j];
            m[j] = at + h;
            auto const above = pull(m);
            m[j] = at - h;
            auto const below = pull(m);
            m[j] = at;
            for (std::size_t i = 0; i < m.size(); ++i) slope[i][j] = (above[i] - below[i]) / (2 * h);
        }
        return slope;
    }

    /// Fréchet mean from a guess near it, by Newton's method.
    quad_point mean(quad_point m) const
    {
        for (int iteration = 0; iteration < 4; ++iteration) {
            auto const step = solve(pull_slope(m), pull(m));
            for (std::size_t i = 0; i < m.size(); ++i) m[i] -= step[i];
        }
        return m;
    }

    /// x of A x = b, by elimination.
    static quad_point solve(std::vector<quad_point> a, quad_point b)
    {
        std::size_t const n = b.size();
        for (std::size_t p = 0; p < n; ++p)
            for (std::size_t r = p + 1; r < n; ++r) {
                quad const factor = a[r][p] / a[p][p];
                for (std::size_t q = p; q < n; ++q) a[r][q] -= factor * a[p][q];
                b[r] -= factor * b[p];
            }
        for (std::size_t r = n; r-- > 0;) {
            for (std::size_t q = r + 1; q < n; ++q) b[r] -= a[r][q] * b[q];
            b[r] /= a[r][r];
        }
        return b;
    }
};

/// Distance from the exact result, in units of what rounding its coordinates costs (at least floor_in_eps round-offs of
/// the spread).
template <class T, class X>
double error_over_floor(quad_set const& set, X const& got, quad_point const& wanted, quad spread)
{
    quad const unit = static_cast<quad>(math_traits<T>::unit_roundoff);
    quad const rounding = set.dist(rounded<T>(wanted), wanted);
    quad const edge = unit * root(dot(wanted, wanted)) / set.complement(wanted);
    quad const floor = (rounding > edge ? rounding : edge) + unit * spread;
    return static_cast<double>(set.dist(exactly(got), wanted) / floor);
}

/// Cotangents of weights, points and c.
struct set_cotangents {
    quad_point weights, points;
    quad c;
};

/// Vᵀg by central differences with 113 bits of a function of sets, for example [](quad_set const& s) { return
/// s.midpoint(); }: about 20 digits.
template <class F>
set_cotangents differences(quad_set set, quad_point const& g, F const& f)
{
    auto const slope = [&](quad& x, quad h) {
        quad const at = x;
        auto const value = [&](int steps) {
            x = at + steps * h;
            quad const y = dot(f(set), g);
            x = at;
            return y;
        };
        return (8 * (value(1) - value(-1)) - (value(2) - value(-2))) / (12 * h);
    };
    set_cotangents v{};
    quad nearest = 1, heaviest = 0;
    for (auto const& x : set.points) nearest = set.complement(x) < nearest ? set.complement(x) : nearest;
    for (quad w : set.weights) heaviest = std::max(heaviest, w < 0 ? -w : w);
    for (quad& w : set.weights) v.weights.push_back(slope(w, quad(1e-6) * heaviest));
    for (auto& x : set.points) {
        quad const h = quad(1e-6) * set.complement(x) / root(set.c);
        for (quad& a : x) v.points.push_back(slope(a, h));
    }
    v.c = slope(set.c, quad(1e-6) * nearest * set.c);
    return v;
}

/// The same for the Fréchet mean m, by the implicit function theorem with every derivative taken by differences.
inline set_cotangents mean_differences(quad_set const& set, quad_point const& m, quad_point const& g)
{
    auto const slope = set.pull_slope(m);
    std::vector<quad_point> transposed = slope;
    for (std::size_t i = 0; i < m.size(); ++i)
        for (std::size_t j = 0; j < m.size(); ++j) transposed[i][j] = -slope[j][i];
    return differences(set, quad_set::solve(transposed, g), [&](quad_set const& s) { return s.pull(m); });
}

/// ‖got − wanted‖/‖wanted‖ in round-offs.
template <class T>
double error_in_eps(quad_point const& got, quad_point const& wanted)
{
    quad_point apart = got;
    for (std::size_t i = 0; i < apart.size(); ++i) apart[i] -= wanted[i];
    quad const size = root(dot(wanted, wanted)), error = root(dot(apart, apart));
    if (error == 0) return 0;
    return static_cast<double>(error / (size * static_cast<quad>(math_traits<T>::unit_roundoff)));
}

/// A set in general position: K weights, K points whose distance from a centre with s‖x‖ = radius is about `spread`.
template <class T>
struct random_set {
    tensor<T, 1> weights;
    tensor<T, 2> points;
    T c;

    random_set(index_t k, index_t d, double c_, double radius, double spread, unsigned seed, bool is_signed = false)
        : weights(k), points(k, d), c(static_cast<T>(c_))
    {
        point_source source(seed);
        quad_set geometry;
        geometry.c = static_cast<quad>(c);
        double const s = std::sqrt(c_);
        auto const centre = exactly(source.point<double>(d, radius / s));
        for (index_t n = 0; n < k; ++n) {
            double const theta = spread * (0.55 + 0.45 * source.number());
            auto const x = geometry.add(centre, exactly(source.point<double>(d, std::tanh(theta / 2) / s)));
            for (index_t i = 0; i < d; ++i) points(n, i) = static_cast<T>(x[static_cast<std::size_t>(i)]);
            double const w = 1.05 + source.number();
            weights(n) = static_cast<T>(is_signed && n % 3 == 1 ? -w : w);
        }
    }
    curvature<T> k() const { return curvature<T>::from_c(c); }
    quad_set exact() const { return {as_view(weights), as_view(points), c}; }

    /// How many round-offs the exact cotangents move when every input moves by one or so: no code can be better.
    template <class F>
    std::array<double, 3> condition(set_cotangents const& exact_ones, F const& cotangents) const
    {
        std::array<double, 3> worst{};
        point_source source(77);
        for (int trial = 0; trial < 3; ++trial) {
            auto moved = exact();
            auto const nudge = [&](quad& x) {
                x += x * static_cast<quad>(math_traits<T>::unit_roundoff) * (source.number() < 0 ? -1 : 1);
            };
            for (quad& w : moved.weights) nudge(w);
            for (auto& x : moved.points)
                for (quad& a : x) nudge(a);
            nudge(moved.c);
            auto const there = cotangents(moved);
            worst[0] = std::max(worst[0], error_in_eps<T>(there.weights, exact_ones.weights));
            worst[1] = std::max(worst[1], error_in_eps<T>(there.points, exact_ones.points));
            worst[2] = std::max(worst[2], error_in_eps<T>({there.c}, {exact_ones.c}));
        }
        return worst;
    }
};

}  // namespace hyspn::testing::inline sets_reference
