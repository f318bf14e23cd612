// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// error: points of a manifold need riemannian_sgd or riemannian_adam
#include <hyspn/manifold/manifold_points.hpp>
#include <hyspn/optim/riemannian_adam.hpp>

#ifdef WRONG
using optimiser = hyspn::optim::adam;
#else
using optimiser = hyspn::optim::riemannian_adam;
#endif

using points = hyspn::manifold_points<hyspn::poincare_ball, float, 2>;

void f(points& x, points const& gradient, optimiser::state<float>& run)
{
    optimiser{}.step(hyspn::exec::seq{}, x, gradient, run);
}
