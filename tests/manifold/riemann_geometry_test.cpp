// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include <manifold/riemann_ball.hpp>

// Laws of transport, metric, geodesics and midpoints.
namespace hyspn::testing {

using vec = tensor<double, 1>;

TEST_CASE("Parallel transport is an isometry of tangent spaces, and carries a geodesic's velocity along")
{
    for_ball_points([](auto const& b, vec const& x, vec const& y, vec const& v) {
        auto const u = b.log(x, y);
        auto const pv = b.transport(x, y, v), pu = b.transport(x, y, u);
        double const size = b.norm(x, u) * b.norm(x, v);
        check_close(b.norm(y, pv), b.norm(x, v), b.norm(x, v));
        check_close(b.inner(y, pu, pv), b.inner(x, u, v), size);
        // The velocity at the other end.
        check_close(b.norm(y, mix(1, pu, 1, b.log(y, x))), 0, b.norm(x, u), 1e-9);
        // There and back.
        check_close(b.transport(y, x, pv), v, norm(as_view(v)), 1e-10);
        auto const still = b.transport(x, x, v);
        for (index_t i = 0; i < v.extent(0); ++i) CHECK(still(i) == v(i));
    });
}

TEST_CASE("Transport from and to the origin is transport")
{
    for_ball_points([](auto const& b, vec const& x, vec const& y, vec const& v) {
        vec const origin(x.extents());
        auto const out = b.transport0(y, v), back = b.transport0back(x, v);
        check_close(b.transport(origin, y, v), out, norm(as_view(out)));
        check_close(b.transport(x, origin, v), back, norm(as_view(back)));
        check_close(b.transport0(x, back), v, norm(as_view(v)));
    });
}

TEST_CASE("Transport along a triangle turns by its area: the holonomy of curvature -c")
{
    // In the hyperbolic plane a vector carried around a triangle turns by c times its area, π less the sum of the
    // angles.
    for (double c : {0.25, 1.0, 3.7}) {
        riemann_ball const b{curvature<double>::from_c(c)};
        point_source source(3);
        double const s = std::sqrt(c);
        vec const corner[] = {source.point<double>(2, 0.3 / s), source.point<double>(2, 0.6 / s),
                              source.point<double>(2, 0.5 / s)};
        auto const v = source.point<double>(2, 0.2 / s);
        auto const angle = [](vec const& p, vec const& q) {
            return std::atan2(p(0) * q(1) - p(1) * q(0), dot(as_view(p), as_view(q)));
        };
        double sum = 0;
        vec w = v;
        for (int i = 0; i < 3; ++i) {
            auto const &here = corner[i], &next = corner[(i + 1) % 3], &last = corner[(i + 2) % 3];
            sum += std::fabs(angle(b.log(here, next), b.log(here, last)));
            w = b.transport(here, next, w);
        }
        CHECK(std::fabs(angle(v, w)) == Approx(3.14159265358979323846 - sum).epsilon(1e-12));
        CHECK(norm(as_view(w)) == Approx(norm(as_view(v))).epsilon(1e-13));
    }
}

TEST_CASE("The metric: lengths, angles, and the distance an exponential map travels")
{
    for_ball_points([](auto const& b, vec const& x, vec const& y, vec const& v) {
        check_close(b.inner(x, v, v), b.norm(x, v) * b.norm(x, v), b.inner(x, v, v));
        check_close(b.dist(x, b.exp(x, v)), b.norm(x, v), b.norm(x, v), 1e-10);
        // ⟨e, u⟩ is the inner product with the Riemannian gradient.
        double const size = norm(as_view(y)) * norm(as_view(v));
        check_close(b.inner(x, b.rgrad(x, y), v), dot(as_view(y), as_view(v)), size);
        double const lambda = poincare::lambda_x(b.c, as_view(x));
        check_close(b.norm(x, b.rgrad(x, y)), norm(as_view(y)) / lambda, norm(as_view(y)) / lambda);
    });
}

TEST_CASE("Geodesics end where they should, to the bit, at constant speed")
{
    for_ball_points([](auto const& b, vec const& x, vec const& y, vec const&) {
        auto const start = b.geodesic(0, x, y), end = b.geodesic(1, x, y);
        for (index_t i = 0; i < x.extent(0); ++i) {
            CHECK(start(i) == x(i));
            CHECK(end(i) == y(i));
        }
        double const d = b.dist(x, y), far = b.dist0(x) + b.dist0(y);
        for (double t : {1e-3, 0.3, 0.5, 0.8, 0.999}) {
            auto const z = b.geodesic(t, x, y);
            check_close(b.dist(x, z), t * d, far, 1e-11);
            check_close(b.dist(z, y), (1 - t) * d, far, 1e-11);
            check_close(b.dist(z, b.geodesic(1 - t, y, x)), 0, far, 1e-11);
            check_close(b.dist(z, b.geodesic_unit(t * d, x, b.log(x, y))), 0, far, 1e-11);
        }
        for (double t : {-0.5, 1.25}) check_close(b.dist(x, b.geodesic(t, x, y)), std::fabs(t) * d, far, 1e-9);
        check_close(b.geodesic(0.3, x, x), x, norm(as_view(x)));
    });
}

TEST_CASE("Unit-speed geodesics run as far as they are told")
{
    for_ball_points([](auto const& b, vec const& x, vec const&, vec const& v) {
        for (double t : {-2.0, -1e-3, 0.0, 0.7, 3.0}) {
            auto const z = b.geodesic_unit(t, x, v);
            check_close(b.dist(x, z), std::fabs(t), std::fabs(t) + 1e-3 * b.dist0(x), 1e-9);
            check_close(b.dist(z, b.exp(x, times(t / b.norm(x, v), v))), 0, std::fabs(t) + b.dist0(x), 1e-10);
            // Only the direction of u counts.
            check_close(z, b.geodesic_unit(t, x, times(1e100, v)), norm(as_view(z)));
            check_close(z, b.geodesic_unit(t, x, times(1e-100, v)), norm(as_view(z)));
        }
        vec const nowhere(x.extents());
        auto const z = b.geodesic_unit(1.5, x, nowhere);
        check_close(z, x, norm(as_view(x)));
    });
}

TEST_CASE("The midpoint is half-way, from either end, and the same for every observer")
{
    for_ball_points([](auto const& b, vec const& x, vec const& y, vec const&) {
        auto const m = b.midpoint(x, y);
        double const d = b.dist(x, y), far = b.dist0(x) + b.dist0(y);
        check_close(b.dist(m, b.midpoint(y, x)), 0, far);
        check_close(b.dist(m, b.geodesic(0.5, x, y)), 0, far, 1e-11);
        check_close(b.dist(m, x), d / 2, far, 1e-11);
        check_close(b.dist(m, y), d / 2, far, 1e-11);
        check_close(b.midpoint(x, x), x, norm(as_view(x)));
    });
}

TEST_CASE("Isometries leave distances, midpoints, planes and the metric alone")
{
    point_source source(6);
    for_ball_points([&](auto const& b, vec const& x, vec const& y, vec const& v) {
        isometry const move{b, source.point<double>(x.extent(0), 0.6 / b.c.sqrt_c())};
        double const far = b.dist0(x) + b.dist0(y) + 1 / b.c.sqrt_c();
        check_close(b.dist(move(x), move(y)), b.dist(x, y), far, 1e-11);
        check_close(b.dist(move(b.midpoint(x, y)), b.midpoint(move(x), move(y))), 0, far, 1e-10);
        check_close(b.dist(move(b.geodesic(0.3, x, y)), b.geodesic(0.3, move(x), move(y))), 0, far, 1e-10);
        auto const u = b.log(x, y);
        check_close(b.inner(move(x), move.push(x, u), move.push(x, v)), b.inner(x, u, v), b.norm(x, u) * b.norm(x, v),
                    1e-8);
        check_close(b.plane(move(y), move(x), move.push(x, v)), b.plane(y, x, v), far, 1e-9);
        // Transport commutes with them.
        auto const there = move.push(y, b.transport(x, y, v)), then = b.transport(move(x), move(y), move.push(x, v));
        check_close(b.norm(move(y), mix(1, there, -1, then)), 0, b.norm(x, v), 1e-8);
    });
}

TEST_CASE("The retraction stays in the ball and follows the exponential map to second order")
{
    for_ball_points([](auto const& b, vec const& x, vec const&, vec const& v) {
        for (double length : {1.0, 1e3, 1e30, 1e300}) {
            auto const z = b.retr(x, times(length, v));
            // On its way across the ball a rounding of the step grows by 1/(1 − c‖x‖²).
            CHECK(norm(as_view(z)) * b.c.sqrt_c() <= 1 + 0x1p-51 / complement(b.c.c(), as_view(x)));
            if (length == 1) CHECK(complement(b.c.c(), as_view(z)) > 0);
        }
        vec const still(x.extents());
        check_close(b.retr(x, still), x, norm(as_view(x)));
        // The gap is (θ³/6 + …)·2/s.
        double const theta = 0.01;
        auto const w = times(2 * theta / (b.c.sqrt_c() * b.norm(x, v)), v);
        double const gap = b.dist(b.retr(x, w), b.exp(x, w)) * b.c.sqrt_c() / 2;
        CHECK(gap == Approx(theta * theta * theta / 6).epsilon(1e-3));
    });
}

}  // namespace hyspn::testing
