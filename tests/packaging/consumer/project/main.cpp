// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdio>

#include "all_headers.hpp"

// In other.cpp.
hyspn::tensor<float, 2> points_of_the_ball();

int main()
{
    auto const points = points_of_the_ball();
    hyspn::tensor<float, 1> distances(points.extent(0));
    auto const c = hyspn::curvature<float>::from_c(1);
    hyspn::poincare::dist0(hyspn::exec::omp{}, c, points, distances);
    std::printf("hyspn %d.%d: distance %g\n", HYSPN_VERSION_MAJOR, HYSPN_VERSION_MINOR,
                static_cast<double>(distances(0)));
    return distances(0) > 0.99f && distances(0) < 1.01f ? 0 : 1;  // 2 artanh(tanh(1/2))
}
