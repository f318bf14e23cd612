// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Points of the Poincaré ball, their distance and its gradients: one pair, then many at once.
#include <cstdio>

#include <hyspn/core/tensor.hpp>
#include <hyspn/manifold/poincare.hpp>

int main()
{
    using namespace hyspn;
    auto const c = curvature<double>::from_c(1);  // curvature −1: the unit ball

    // Two tangent vectors at the origin, brought to the ball. Beware the factor of two: d(0, exp₀(v)) = 2‖v‖.
    tensor<double, 2> v(2, 2), x(2, 2);
    v(0, 0) = 10;  // distance 20 from the centre: 1 − ‖x‖ is 4e-9, and no digit is lost
    v(1, 0) = -10;
    poincare::expmap0(exec::seq{}, c, v, x);
    std::printf("d(x, y) = %.15g\n", poincare::dist(c, as_view(x)[0], as_view(x)[1]));

    // The same for a batch, with the gradients in the points and in the curvature.
    tensor<double, 2> y(x), dx(2, 2), dy(2, 2);
    y(0, 1) = 1e-10;  // move a point by a hair
    y(1, 0) = 0.5;
    tensor<double, 1> d(2), g(2);
    g(0) = g(1) = 1;
    poincare::dist(exec::seq{}, c, x, y, d);
    double const dc = poincare::dist_vjp(exec::seq{}, c, x, y, g, dx, dy);
    std::printf("d = %.15g, %.15g\ndL/dy = (%.6g, %.6g), (%.6g, %.6g)\ndL/dc = %.6g\n", d(0), d(1), dy(0, 0), dy(0, 1),
                dy(1, 0), dy(1, 1), dc);
}
