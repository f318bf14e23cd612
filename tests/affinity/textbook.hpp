// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "affinity/support.hpp"

/// \file
/// The affinities written down once more, from the definitions on the Poincaré ball (Ganea et al. 2018, Shimizu et al.
/// 2021): points, Möbius addition, artanh, explicit concatenated vectors. Good for moderate radii, in double.

namespace hyspn::testing::textbook {

using vec = std::vector<double>;

inline double dot(vec const& a, vec const& b)
{
    double s = 0;
    for (std::size_t i = 0; i < a.size(); ++i) s += a[i] * b[i];
    return s;
}
inline double length(vec const& a)
{
    return std::sqrt(dot(a, a));
}
inline vec scaled(vec a, double f)
{
    for (double& x : a) x *= f;
    return a;
}
inline vec expmap0(vec const& v, double c)
{
    double const t = std::sqrt(c) * length(v);
    return t > 0 ? scaled(v, std::tanh(t) / t) : v;
}
inline vec logmap0(vec const& x, double c)
{
    double const t = std::sqrt(c) * length(x);
    return t > 0 ? scaled(x, std::atanh(t) / t) : x;
}
inline double distance(vec const& x, vec const& y, double c)
{
    double const xy = -dot(x, y), x2 = dot(x, x), y2 = dot(y, y);
    vec difference(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        difference[i] = (-(1 + 2 * c * xy + c * y2) * x[i] + (1 - c * x2) * y[i]) / (1 + 2 * c * xy + c * c * x2 * y2);
    return 2 / std::sqrt(c) * std::atanh(std::sqrt(c) * length(difference));
}
inline double beta(double n)
{
    return std::exp(std::lgamma(n / 2) + std::lgamma(0.5) - std::lgamma((n + 1) / 2));
}

/// β-concatenation of ball points of equal dimension.
inline vec beta_concatenate(std::vector<vec> const& points, double c)
{
    vec all;
    for (vec const& x : points)
        for (double v : logmap0(x, c)) all.push_back(v);
    double const ratio = beta(static_cast<double>(all.size())) / beta(static_cast<double>(points[0].size()));
    return expmap0(scaled(all, ratio), c);
}

/// Poincaré fully connected layer: ball point to ball point.
inline vec fully_connected(std::vector<vec> const& z, vec const& r, vec const& x, double c)
{
    double const s = std::sqrt(c), lambda = 2 / (1 - c * dot(x, x));
    vec w;
    for (std::size_t o = 0; o < z.size(); ++o) {
        double const size = length(z[o]);
        double const q = 2 * size / s *
                         std::asinh(lambda * s * dot(z[o], x) / size * std::cosh(2 * s * r[o]) -
                                    (lambda - 1) * std::sinh(2 * s * r[o]));
        w.push_back(std::sinh(s * q) / s);
    }
    return scaled(w, 1 / (1 + std::sqrt(1 + c * dot(w, w))));
}

/// Unnormalised weight of distance d.
inline double weight(affinity::weighting kind, double d, double greatest, double tau)
{
    switch (kind) {
        case affinity::weighting::softmax:
            return std::exp(-d / tau);
        case affinity::weighting::linear:
            return greatest - d + tau;
        case affinity::weighting::inverse:
            return 1 / (d + tau);
        default:
            return 1;
    }
}

struct image {
    tensor<double, 4> const& x;

    bool inside(index_t i, index_t j) const { return i >= 0 && i < x.extent(2) && j >= 0 && j < x.extent(3); }
    vec at(index_t n, index_t i, index_t j) const
    {
        vec v(static_cast<std::size_t>(x.extent(1)), 0.0);
        for (index_t c = 0; c < x.extent(1) && inside(i, j); ++c) v[static_cast<std::size_t>(c)] = x(n, c, i, j);
        return v;
    }
};

/// Weights g in raster order at one pixel, 0 where absent; distances in `d`.
inline vec weights(affinity::weighting kind, index_t kernel, index_t dilation, double c, double tau, image const& im,
                   index_t n, index_t i, index_t j, vec& d)
{
    std::vector<bool> present;
    double greatest = 0, total = 0, number = 0;
    d.clear();
    for (index_t a = -(kernel / 2); a <= kernel / 2; ++a)
        for (index_t b = -(kernel / 2); b <= kernel / 2; ++b) {
            index_t const y = i + a * dilation, x = j + b * dilation;
            present.push_back(im.inside(y, x));
            bool const centre = a == 0 && b == 0;
            d.push_back(present.back() && !centre ? distance(expmap0(im.at(n, i, j), c), expmap0(im.at(n, y, x), c), c)
                                                  : 0);
            greatest = std::max(greatest, d.back());
        }
    vec g;
    for (std::size_t k = 0; k < d.size(); ++k) {
        g.push_back(present[k] ? weight(kind, d[k], greatest, tau) : 0);
        total += g.back();
        number += present[k] ? 1 : 0;
    }
    for (std::size_t k = 0; k < d.size(); ++k)
        if (!present[k]) d[k] = HUGE_VAL;
    return scaled(g, number / total);
}

inline tensor<double, 4> hyperbolic(affinity::hyperbolic const& a, affinity::hyperbolic::params<double> const& p,
                                    tensor<double, 4> const& x)
{
    image const im{x};
    tensor<double, 4> y(x.extent(0), a.outputs, x.extent(2), x.extent(3));
    auto const K = static_cast<std::size_t>(a.kernel * a.kernel), C = static_cast<std::size_t>(x.extent(1));
    std::vector<vec> rows(static_cast<std::size_t>(a.outputs), vec(K * C));
    for (std::size_t o = 0; o < rows.size(); ++o) std::copy_n(p.z.data() + o * K * C, K * C, rows[o].begin());
    for (index_t n = 0; n < x.extent(0); ++n)
        for (index_t i = 0; i < x.extent(2); ++i)
            for (index_t j = 0; j < x.extent(3); ++j) {
                vec d;
                vec const g = weights(a.weight, a.kernel, a.dilation, p.c, p.tau, im, n, i, j, d);
                std::vector<std::size_t> order(K);
                for (std::size_t k = 0; k < K; ++k) order[k] = k;
                d[K / 2] = -1;
                if (a.beta_priority)
                    std::stable_sort(order.begin(), order.end(), [&](auto k, auto l) { return d[k] < d[l]; });
                std::vector<vec> points;
                for (std::size_t k : order) {
                    index_t const at = static_cast<index_t>(k);
                    index_t const row = i + (at / a.kernel - a.kernel / 2) * a.dilation;
                    index_t const column = j + (at % a.kernel - a.kernel / 2) * a.dilation;
                    points.push_back(expmap0(scaled(im.at(n, row, column), g[k]), p.c));
                }
                vec const r(p.r.begin(), p.r.end());
                vec const out = logmap0(fully_connected(rows, r, beta_concatenate(points, p.c), p.c), p.c);
                for (std::size_t o = 0; o < out.size(); ++o) y(n, static_cast<index_t>(o), i, j) = out[o];
            }
    return y;
}

}  // namespace hyspn::testing::textbook
