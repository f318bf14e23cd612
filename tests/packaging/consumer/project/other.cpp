// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include "all_headers.hpp"

hyspn::tensor<float, 2> points_of_the_ball()
{
    hyspn::tensor<float, 2> v(1, 3);
    v(0, 0) = 0.5f;
    auto const c = hyspn::curvature<float>::from_c(1);
    hyspn::poincare::expmap0(hyspn::exec::omp{}, c, v, v);
    return v;
}
