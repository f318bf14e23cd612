// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/exec/omp.hpp>
#include <hyspn/manifold/manifold_points.hpp>
#include <hyspn/manifold/poincare/dist.hpp>
#include <hyspn/manifold/poincare/expmap0.hpp>

/// Where the nodes are embedded: the Poincaré ball, and for comparison the Euclidean space of the same dimension.

namespace embed_tree {

using hyspn::index_t;
using points = hyspn::tensor<double, 2>;

struct hyperbolic_space {
    hyspn::curvature<double> c;

    auto leaf(points& x) const { return hyspn::manifold_leaf(x, hyspn::poincare_ball<double>{c.c()}); }
    auto leaf(points const& x) const { return hyspn::manifold_leaf(x, hyspn::poincare_ball<double>{c.c()}); }

    /// Distances of rows.
    template <class P>
    void distances(P const& exec, points const& x, points const& y, hyspn::tensor<double, 1>& d) const
    {
        hyspn::poincare::dist(exec, c, x, y, d);
    }
    template <class P>
    void distances_vjp(P const& exec, points const& x, points const& y, hyspn::tensor<double, 1> const& g, points& dx,
                       points& dy) const
    {
        (void)hyspn::poincare::dist_vjp(exec, c, x, y, g, dx, dy);
    }

    /// The point at the given distance from the origin, in units of the radius of curvature, in the direction of x.
    void place(hyspn::view<double, 1> x, double distance) const
    {
        for (index_t k = 0; k < x.extent(0); ++k) x(k) *= distance / (2 * c.sqrt_c());
        hyspn::poincare::expmap0(c, x, x);
    }
};

struct euclidean_space {
    auto leaf(points& x) const { return as_view(x); }
    auto leaf(points const& x) const { return as_view(x); }

    template <class P>
    void distances(P const&, points const& x, points const& y, hyspn::tensor<double, 1>& d) const
    {
        for (index_t i = 0; i < d.extent(0); ++i) d(i) = norm(hyspn::detail::difference{x[i], y[i]});
    }
    template <class P>
    void distances_vjp(P const&, points const& x, points const& y, hyspn::tensor<double, 1> const& g, points& dx,
                       points& dy) const
    {
        for (index_t i = 0; i < g.extent(0); ++i) {
            hyspn::detail::difference const delta{x[i], y[i]};
            hyspn::detail::direction const along{delta, norm(delta)};
            for (index_t k = 0; k < x.extent(1); ++k) {
                dx(i, k) = g(i) * along(k);
                dy(i, k) = -dx(i, k);
            }
        }
    }

    void place(hyspn::view<double, 1> x, double distance) const
    {
        for (index_t k = 0; k < x.extent(0); ++k) x(k) *= distance;
    }
};

}  // namespace embed_tree
