// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <limits>
#include <random>

#include <hyspn/core/tensor.hpp>

namespace hyspn::testing {

/// Reproducible points; std::mt19937's own numbers are the same everywhere.
class point_source {
public:
    explicit point_source(unsigned seed) : generator_(seed) {}

    /// In [−1, 1).
    double number() { return static_cast<double>(generator_()) * 0x1p-31 - 1; }

    /// A point whose length is `length`, in a random direction.
    template <class T>
    tensor<T, 1> point(index_t n, double length)
    {
        tensor<T, 1> x(n);
        double size = 0;
        for (T& a : x) {
            a = static_cast<T>(number());
            size += static_cast<double>(a) * static_cast<double>(a);
        }
        for (T& a : x) a = static_cast<T>(static_cast<double>(a) * length / std::sqrt(size));
        return x;
    }

    /// An array of numbers small enough to be inside the ball of c, whatever axis holds the point.
    template <class T, std::size_t Rank>
    void fill_inside(view<T, Rank> x, double c, index_t point_extent)
    {
        double const bound = 0.95 / std::sqrt(c * static_cast<double>(point_extent > 0 ? point_extent : 1));
        for_each_element(x, [&](T& a) { a = static_cast<T>(number() * bound); });
    }

private:
    std::mt19937 generator_;
};

/// ‖a − b‖/‖b‖ in units of round-off of T.
template <class T, class A, class B>
double distance_in_eps(A const& a, B const& b)
{
    double error = 0, size = 0;
    for (index_t i = 0; i < b.extent(0); ++i) {
        double const x = static_cast<double>(a(i)), y = static_cast<double>(b(i));
        error += (x - y) * (x - y);
        size += y * y;
    }
    if (error == 0) return 0;
    return std::sqrt(error / size) / static_cast<double>(std::numeric_limits<T>::epsilon()) * 2;
}

}  // namespace hyspn::testing
