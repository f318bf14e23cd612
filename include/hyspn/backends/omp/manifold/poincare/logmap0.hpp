// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/backends/omp/manifold/planar.hpp>
#include <hyspn/manifold/poincare/logmap0.hpp>

namespace hyspn::detail {

template <class T>
struct planar_kernel<poincare_logmap0, T> {
    static bool run(curvature<T> const& k, planar_run<T const> const (&in)[1], index_t count, planar_run<T> out)
    {
        planar_sums<T> factor, complement;
        planar_squares(in[0], count, factor);
        planar_complements(k.c(), in[0], count, complement);
        for (index_t j = 0; j < count; ++j)
            factor.at[j] = artanhc(k.sqrt_c() * std::sqrt(factor.at[j]), complement.at[j]);
        planar_scale(in[0], count, factor, out);
        return true;
    }
};

}  // namespace hyspn::detail
