// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// error: exec::omp needs a host translation unit compiled with OpenMP: link hyspn::omp or pass -fopenmp
#include <hyspn/manifold/poincare/expmap0.hpp>

#ifdef WRONG
using policy = hyspn::exec::omp;
#else
using policy = hyspn::exec::seq;
#endif

void f(hyspn::curvature<float> c, hyspn::view<float const, 2> v, hyspn::view<float, 2> out)
{
    hyspn::poincare::expmap0(policy{}, c, v, out);
}
