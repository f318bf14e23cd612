// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <limits>

#include <manifold/riemann_ball.hpp>
#include <support/thrown.hpp>

// Laws of hyperplanes, horospheres and cones.
namespace hyspn::testing {

using vec = tensor<double, 1>;

TEST_CASE("dist2plane is zero on the plane and the distance along its normal")
{
    for_ball_points([](auto const& b, vec const& p, vec const& y, vec const& a) {
        double const unit = 1 / b.c.sqrt_c();
        auto const w = across(times(1 - b.c.c() * squared_norm(as_view(p)), y), a);
        check_close(b.plane(b.exp(p, w), p, a), 0, unit + b.dist0(p), 1e-11);
        for (double t : {-1.5, -1e-4, 0.3, 2.0}) {
            auto const x = b.geodesic_unit(t, p, a);
            check_close(b.plane(x, p, a), t, std::fabs(t) + 1e-2 * b.dist0(p), 1e-10);
            check_close(b.plane(x, p, times(-3, a)), -t, std::fabs(t) + 1e-2 * b.dist0(p), 1e-10);
        }
        // No point of the plane is nearer.
        CHECK(std::fabs(b.plane(y, p, a)) <= b.dist(y, b.exp(p, w)) * (1 + 1e-12));
    });
}

TEST_CASE("hyperplane_dist is dist2plane of the plane through expmap0(r z/|z|), times 2|z|")
{
    for_ball_points([](auto const& b, vec const& x, vec const&, vec const& z) {
        double const size = norm(as_view(z)), s = b.c.sqrt_c();
        for (double r : {-1.2 / s, 0.0, 1e-5 / s, 0.6 / s}) {
            auto const p = b.exp0(times(r / size, z));
            check_close(b.hyperplane(x, z, r), 2 * size * b.plane(x, p, z), 2 * size * (b.dist0(x) + std::fabs(r)),
                        1e-11);
            check_close(b.hyperplane(times(-1, x), z, -r), -b.hyperplane(x, z, r),
                        2 * size * (b.dist0(x) + std::fabs(r)));
        }
    });
}

TEMPLATE_TEST_CASE("hyperplane_dist does not overflow for offsets of any size", "", float, double)
{
    using T = TestType;
    for (double c : {0.25, 1.0, 3.7}) {
        auto const k = curvature<T>::from_c(static_cast<T>(c));
        auto const x = point_source(9).point<T>(3, 0.5 / std::sqrt(c)), z = point_source(10).point<T>(3, 0.5);
        tensor<T, 1> dx(3), dz(3);
        double const gap = static_cast<double>(poincare::busemann(k, as_view(x), as_view(z)));
        for (double r : {30.0, 1000.0, 1e6}) {
            INFO("c = " << c << ", r = " << r);
            T dr = 0;
            T const q = poincare::hyperplane_dist(k, as_view(x), as_view(z), static_cast<T>(r));
            // Far out a plane looks like a horosphere.
            CHECK(static_cast<double>(q) == Approx(-(2 * r + gap)).epsilon(1e-6));
            T const c_bar = poincare::hyperplane_dist_vjp(k, as_view(x), as_view(z), static_cast<T>(r), T(1),
                                                          as_view(dx), as_view(dz), dr);
            CHECK(std::isfinite(c_bar));
            CHECK(static_cast<double>(dr) == Approx(-2).epsilon(1e-6));
            T const back = poincare::hyperplane_dist(k, as_view(x), as_view(z), static_cast<T>(-r));
            CHECK(static_cast<double>(back) > 0);
            CHECK(std::isfinite(back));
            for (index_t i = 0; i < 3; ++i) {
                CHECK(std::isfinite(dx(i)));
                CHECK(std::isfinite(dz(i)));
            }
        }
    }
}

TEST_CASE("The Busemann function is what is left of the distance to a point that runs away")
{
    for_ball_points([](auto const& b, vec const& x, vec const& y, vec const& w) {
        double const unit = 1 / b.c.sqrt_c(), t = 14 * unit;
        vec const origin(x.extents());
        auto const far = b.geodesic_unit(t, origin, w);
        double const value = b.busemann(x, w), depth = b.dist0(x);
        CHECK(std::fabs(value) <= depth * (1 + 1e-13));
        // e^{−2(st − sd)} of the limit is missing.
        check_close(b.dist(x, far) - t, value, unit, 1e-8 + 4 * std::exp(2 * (depth - t) / unit));
        // Down the ray to the ideal point, and up the other way.
        check_close(b.busemann(b.geodesic_unit(depth, origin, w), w), -depth, depth);
        check_close(b.busemann(b.geodesic_unit(-depth, origin, w), w), depth, depth);
        // From any point on towards the ideal point: the change is the way.
        vec dx(x.extents()), dw(x.extents());
        poincare::busemann_vjp(b.c, as_view(x), as_view(w), 1.0, as_view(dx), as_view(dw));
        auto const step = b.geodesic_unit(-0.8 * unit, x, dx);
        check_close(b.busemann(step, w) - value, -0.8 * unit, unit + depth, 1e-10);
        check_close(b.norm(x, b.rgrad(x, dx)), 1, 1);
        CHECK(std::fabs(b.busemann(y, w) - value) <= b.dist(x, y) + 1e-12 * (depth + unit));
        CHECK(b.busemann(x, times(1e-200, w)) == Approx(value).epsilon(1e-13));
    });
}

TEST_CASE("Cone angles: along the ray, against it, and as the angle of the logarithm")
{
    for_ball_points([](auto const& b, vec const& x, vec const& y, vec const&) {
        auto const u = b.log(x, y);
        double const got = b.cone_angle(x, y);
        double const cosine = dot(as_view(u), as_view(x)) / norm(as_view(u)) / norm(as_view(x));
        CHECK(std::cos(got) == Approx(cosine).margin(1e-12));
        CHECK(got >= 0);
        CHECK(b.cone_angle(x, times(0.25, x)) == Approx(3.14159265358979323846));
        auto const on = times(1 + (1 - std::sqrt(b.c.c()) * norm(as_view(x))) / 4, x);
        double const rounding = 4e-16 * norm(as_view(x)) / norm(as_view(mix(1, on, -1, x)));
        CHECK(b.cone_angle(x, on) <= rounding);
        // A hair off the ray: the exterior angle, not the noise of an arccosine.
        if (x.extent(0) < 2) return;
        auto side = across(y, x);
        side = times(1e-9 * norm(as_view(x)) / norm(as_view(side)), side);
        auto const off = mix(1, on, 1, side);
        auto const chord = b.log(x, off);
        double const tangent = dot(as_view(chord), as_view(side)) / norm(as_view(side)) /
                               (dot(as_view(chord), as_view(x)) / norm(as_view(x)));
        CHECK(b.cone_angle(x, off) == Approx(tangent).epsilon(1e-5));
        CHECK(b.cone_angle(x, off) > 0);
    });
}

TEST_CASE("Entailment cones: domain, aperture and nesting")
{
    for (double c : {0.25, 1.0, 3.7})
        for (double aperture : {0.05, 0.1, 0.7}) {
            INFO("c = " << c << ", K = " << aperture);
            auto const k = curvature<double>::from_c(c);
            entailment_cones<double> const cones(k, aperture);
            double const least = cones.smallest_radius();
            auto const psi = [&](double r) {
                vec x(2);
                x(0) = 0.6 * r;
                x(1) = -0.8 * r;
                return poincare::cone_half_aperture(cones, as_view(x));
            };
            CHECK(psi(least * (1 + 1e-12)) == Approx(3.14159265358979323846 / 2).margin(1e-5));
            CHECK(std::isnan(psi(0.99 * least)));
            CHECK(std::isnan(psi(0)));
            double const r = 0.5 * (least + 1 / k.sqrt_c());
            CHECK(psi(r) == Approx(std::asin(aperture * (1 - c * r * r) / (k.sqrt_c() * r))).epsilon(1e-14));
            // Every point of a cone has its cone inside: transitivity, at the points of the cone's surface.
            riemann_ball const b{k};
            vec x(2), turned(2);
            x(0) = 1.3 * least;
            if (k.sqrt_c() * x(0) >= 1) continue;
            double const half = poincare::cone_half_aperture(cones, as_view(x));
            for (double t : {0.1, 1.0, 3.0}) {
                turned(0) = std::cos(half);
                turned(1) = std::sin(half);
                auto const y = b.geodesic_unit(t / k.sqrt_c(), x, turned);
                CHECK(b.cone_angle(x, y) == Approx(half).epsilon(1e-9));
                auto const far = b.geodesic_unit(10 / k.sqrt_c(), x, turned);
                double const seen = b.cone_angle(y, far), own = poincare::cone_half_aperture(cones, as_view(y));
                CHECK(own <= half * (1 + 1e-12));
                // The surface of x's cone is on or outside that of y's.
                CHECK(seen >= own * (1 - 1e-6));
            }
        }
    auto const k = curvature<double>::from_c(2);
    vec x(1);
    x(0) = 0.3;
    CHECK(poincare::cone_half_aperture(k, as_view(x)) ==
          poincare::cone_half_aperture(entailment_cones<double>(k, 0.1), as_view(x)));
    CHECK(thrown<value_error>([&] { entailment_cones<double>(k, 0); }) ==
          "entailment_cones: aperture must be finite and greater than 0, got 0");
    CHECK(thrown<value_error>([&] { entailment_cones<double>(k, std::numeric_limits<double>::infinity()); }) ==
          "entailment_cones: aperture must be finite and greater than 0, got inf");
}

}  // namespace hyspn::testing
