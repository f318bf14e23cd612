// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/manifold/manifold_points.hpp>

namespace hyspn::testing {

template <class T>
using ball_rows = manifold_points<poincare_ball, T, 2>;

template <class T>
tensor<T, 1> array_of(std::initializer_list<double> values)
{
    tensor<T, 1> x(values.size());
    std::size_t k = 0;
    for (double const v : values) x.data()[k++] = static_cast<T>(v);
    return x;
}

/// Rows of `d` numbers.
template <class T>
tensor<T, 2> rows_of(index_t d, std::initializer_list<double> values)
{
    tensor<T, 2> x(static_cast<index_t>(values.size()) / d, d);
    std::size_t k = 0;
    for (double const v : values) x.data()[k++] = static_cast<T>(v);
    return x;
}

/// n points in the ball of curvature −c, at up to `radius` of its radius from the origin.
template <class T>
ball_rows<T> random_points(index_t n, index_t d, double c, double radius, std::uint64_t seed)
{
    ball_rows<T> p{tensor<T, 2>(n, d), {static_cast<T>(c)}};
    random_stream random(seed);
    for (index_t i = 0; i < n; ++i) {
        std::vector<double> direction(static_cast<std::size_t>(d));
        double square = 0;
        for (double& a : direction) square += std::pow(a = random.normal(), 2);
        double const length = radius * random.uniform() / std::sqrt(c);
        for (index_t k = 0; k < d; ++k)
            p.values(i, k) = static_cast<T>(direction[static_cast<std::size_t>(k)] * length / std::sqrt(square));
    }
    return p;
}

template <class T, std::size_t Rank>
tensor<T, Rank> random_values(dims<Rank> const& e, double spread, std::uint64_t seed)
{
    tensor<T, Rank> t(e);
    random_stream random(seed);
    for (T& x : t) x = static_cast<T>(spread * random.normal());
    return t;
}

/// max |a − b|.
template <class A, class B>
double largest_difference(A const& a, B const& b)
{
    double most = 0;
    auto const* y = b.begin();
    for (auto const x : a) {
        double const e = std::fabs(static_cast<double>(x) - static_cast<double>(*y++));
        if (!(e <= most)) most = e;  // NaN stays
    }
    return most;
}

}  // namespace hyspn::testing
