// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/backends/omp/manifold/planar.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

namespace hyspn::detail {

template <class T>
struct planar_kernel<poincare_mobius_add, T> {
    static bool run(curvature<T> const& k, planar_run<T const> const (&in)[2], index_t count, planar_run<T> out)
    {
        planar_sums<T> a, b, n;
        planar_squares(in[0], in[1], T(1), count, n);
        planar_complements(k.c(), in[0], count, a);
        planar_complements(k.c(), in[1], count, b);
        // z = (A p + n x)/D, with A/D and n/D in place of A and n.
        for (index_t j = 0; j < count; ++j) {
            T const square = k.c() * n.at[j], d = a.at[j] * b.at[j] + square;
            a.at[j] /= d;
            n.at[j] = square / d;
        }
        for (index_t channel = 0; channel < out.channels; ++channel) {
            T const *const x = in[0][channel], *const y = in[1][channel];
            T* const z = out[channel];
            for (index_t j = 0; j < count; ++j) z[j] = a.at[j] * (x[j] + y[j]) + n.at[j] * x[j];
        }
        return true;
    }
};

}  // namespace hyspn::detail
