// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/backends/omp/manifold/planar.hpp>
#include <hyspn/manifold/poincare/dist.hpp>

namespace hyspn::detail {

template <class T>
struct planar_kernel<poincare_dist, T> {
    static bool run(curvature<T> const& k, planar_run<T const> const (&in)[2], index_t count, planar_run<T> out)
    {
        planar_sums<T> a, b, square;
        planar_squares(in[0], in[1], T(-1), count, square);
        planar_complements(k.c(), in[0], count, a);
        planar_complements(k.c(), in[1], count, b);
        T* const d = out[0];
        for (index_t j = 0; j < count; ++j)
            d[j] = T(2) / k.sqrt_c() * std::asinh(k.sqrt_c() * std::sqrt(square.at[j]) / std::sqrt(a.at[j] * b.at[j]));
        // Coincident points, and pairs so close or so far that squares leave the range of the type.
        for (index_t j = 0; j < count; ++j)
            if (!(square.at[j] >= math_traits<T>::smallest_square && square.at[j] <= math_traits<T>::largest_square))
                d[j] = poincare_dist::value(k, point(in[0], j), point(in[1], j));
        return true;
    }

    static view<T const, 1> point(planar_run<T const> const& x, index_t j)
    {
        return {x.first + j, dims<1>{{x.channels}}, dims<1>{{x.stride}}};
    }
};

}  // namespace hyspn::detail
