// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/backends/omp/manifold/planar.hpp>
#include <hyspn/manifold/poincare/expmap0.hpp>

namespace hyspn::detail {

template <class T>
struct planar_kernel<poincare_expmap0, T> {
    static bool run(curvature<T> const& k, planar_run<T const> const (&in)[1], index_t count, planar_run<T> out)
    {
        planar_sums<T> factor;
        planar_squares(in[0], count, factor);
        bool in_range = true;
        for (index_t j = 0; j < count; ++j) in_range = in_range && factor.at[j] <= math_traits<T>::largest_square;
        if (!in_range) return false;
        // Squares that underflow belong to vectors whose factor is 1 anyway.
        for (index_t j = 0; j < count; ++j) factor.at[j] = tanhc(k.sqrt_c() * std::sqrt(factor.at[j]));
        planar_scale(in[0], count, factor, out);
        return true;
    }
};

}  // namespace hyspn::detail
