// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <manifold/points.hpp>
#include <support/catch.hpp>

#include <hyspn/manifold/poincare.hpp>

/// \file
/// The Riemannian operations out of place, so that laws read like formulas.

namespace hyspn::testing {

struct riemann_ball {
    using vec = tensor<double, 1>;
    curvature<double> c;

    vec add(vec const& x, vec const& y) const
    {
        return call(x, [&](auto out) { poincare::mobius_add(c, as_view(x), as_view(y), out); });
    }
    vec exp(vec const& x, vec const& v) const
    {
        return call(x, [&](auto out) { poincare::expmap(c, as_view(x), as_view(v), out); });
    }
    vec exp0(vec const& v) const
    {
        return call(v, [&](auto out) { poincare::expmap0(c, as_view(v), out); });
    }
    vec log(vec const& x, vec const& y) const
    {
        return call(x, [&](auto out) { poincare::logmap(c, as_view(x), as_view(y), out); });
    }
    vec retr(vec const& x, vec const& v) const
    {
        return call(x, [&](auto out) { poincare::retr(c, as_view(x), as_view(v), out); });
    }
    vec transport(vec const& x, vec const& y, vec const& v) const
    {
        return call(x, [&](auto out) { poincare::ptransp(c, as_view(x), as_view(y), as_view(v), out); });
    }
    vec transport0(vec const& y, vec const& v) const
    {
        return call(y, [&](auto out) { poincare::ptransp0(c, as_view(y), as_view(v), out); });
    }
    vec transport0back(vec const& x, vec const& v) const
    {
        return call(x, [&](auto out) { poincare::ptransp0back(c, as_view(x), as_view(v), out); });
    }
    vec geodesic(double t, vec const& x, vec const& y) const
    {
        return call(x, [&](auto out) { poincare::geodesic(c, t, as_view(x), as_view(y), out); });
    }
    vec geodesic_unit(double t, vec const& x, vec const& u) const
    {
        return call(x, [&](auto out) { poincare::geodesic_unit(c, t, as_view(x), as_view(u), out); });
    }
    vec midpoint(vec const& x, vec const& y) const
    {
        return call(x, [&](auto out) { poincare::midpoint(c, as_view(x), as_view(y), out); });
    }
    vec rgrad(vec const& x, vec const& e) const
    {
        return call(x, [&](auto out) { poincare::egrad2rgrad(c, as_view(x), as_view(e), out); });
    }
    vec rhess(vec const& x, vec const& e, vec const& h, vec const& u) const
    {
        return call(x,
                    [&](auto out) { poincare::ehess2rhess(c, as_view(x), as_view(e), as_view(h), as_view(u), out); });
    }
    double dist(vec const& x, vec const& y) const { return poincare::dist(c, as_view(x), as_view(y)); }
    double dist0(vec const& x) const { return poincare::dist0(c, as_view(x)); }
    double inner(vec const& x, vec const& u, vec const& v) const
    {
        return poincare::inner(c, as_view(x), as_view(u), as_view(v));
    }
    double norm(vec const& x, vec const& v) const { return poincare::norm(c, as_view(x), as_view(v)); }
    double plane(vec const& x, vec const& p, vec const& a) const
    {
        return poincare::dist2plane(c, as_view(x), as_view(p), as_view(a));
    }
    double hyperplane(vec const& x, vec const& z, double r) const
    {
        return poincare::hyperplane_dist(c, as_view(x), as_view(z), r);
    }
    double busemann(vec const& x, vec const& w) const { return poincare::busemann(c, as_view(x), as_view(w)); }
    double cone_angle(vec const& x, vec const& y) const { return poincare::cone_angle(c, as_view(x), as_view(y)); }

    template <class F>
    static vec call(vec const& like, F const& f)
    {
        vec out(like.extents());
        f(as_view(out));
        return out;
    }
};

/// a·x + b·y.
inline tensor<double, 1> mix(double a, tensor<double, 1> const& x, double b, tensor<double, 1> const& y)
{
    tensor<double, 1> z(x.extents());
    for (index_t i = 0; i < x.extent(0); ++i) z(i) = a * x(i) + b * y(i);
    return z;
}

inline tensor<double, 1> times(double a, tensor<double, 1> x)
{
    for (double& e : x) e *= a;
    return x;
}

/// x without its part along a.
inline tensor<double, 1> across(tensor<double, 1> const& x, tensor<double, 1> const& a)
{
    return mix(1, x, -dot(as_view(x), as_view(a)) / dot(as_view(a), as_view(a)), a);
}

/// An isometry: a rotation of the first two coordinates after a left translation.
struct isometry {
    riemann_ball const& b;
    tensor<double, 1> centre;

    tensor<double, 1> operator()(tensor<double, 1> const& x) const
    {
        auto y = b.add(centre, x);
        if (y.extent(0) > 1) {
            double const p = y(0), q = y(1);
            y(0) = 0.6 * p - 0.8 * q;
            y(1) = 0.8 * p + 0.6 * q;
        }
        return y;
    }
    /// What becomes of the tangent vector v at x.
    tensor<double, 1> push(tensor<double, 1> const& x, tensor<double, 1> const& v) const
    {
        return b.log((*this)(x), (*this)(b.exp(x, v)));
    }
};

/// |got − wanted| ≤ bar·scale.
inline void check_close(double got, double wanted, double scale, double bar = 1e-12)
{
    INFO(got << " for " << wanted);
    CHECK(std::fabs(got - wanted) <= bar * scale);
}

inline void check_close(tensor<double, 1> const& got, tensor<double, 1> const& wanted, double scale, double bar = 1e-12)
{
    check_close(norm(as_view(mix(1, got, -1, wanted))), 0, scale, bar);
}

/// Calls law(ball, x, y, v) for points from the origin to near the boundary, v tangent at x.
template <class Law>
void for_ball_points(Law const& law)
{
    point_source source(37);
    for (double c : {0.25, 1.0, 3.7})
        for (index_t extent : {1, 2, 7})
            for (double first : {1e-6, 0.1, 0.7, 0.99})
                for (double second : {3e-6, 0.5, 0.98}) {
                    INFO("c = " << c << ", D = " << extent << ", s|x| = " << first << ", s|y| = " << second);
                    double const s = std::sqrt(c);
                    auto const x = source.point<double>(extent, first / s),
                               y = source.point<double>(extent, second / s),
                               v = source.point<double>(extent, 0.8 * (1 - first * first) / s);
                    law(riemann_ball{curvature<double>::from_c(c)}, x, y, v);
                }
}

}  // namespace hyspn::testing
