// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include <manifold/points.hpp>
#include <manifold/wide.hpp>
#include <support/catch.hpp>

#include <hyspn/manifold/stereographic.hpp>

// κ > 0 against the sphere itself: points are put on it in 113 bits, where distances are angles and geodesics are great
// circles. Nothing of the stereographic formulas is used.
namespace hyspn::testing {
namespace {

/// The sphere of radius 1/√κ around 0, its south pole not the image of any point.
struct sphere {
    wide kappa;
    wide root = sqrt(kappa);

    wide_vector place(wide_vector const& x) const
    {
        wide const square = kappa * dot(x, x), size = wide(1) + square;
        wide_vector p = wide(2) / size * x;
        p.push_back((wide(1) - square) / size / root);
        return p;
    }
    wide distance(wide_vector const& p, wide_vector const& q) const
    {
        wide_vector const apart = p + wide(-1) * q, together = p + q;
        return wide(2) / root * atan(sqrt(dot(apart, apart) / dot(together, together)));
    }
    /// cos φ p + sin φ t/√κ, t the unit vector of v carried to the sphere, φ = √κ·(length of v there).
    wide_vector great_circle(wide_vector x, wide_vector const& v) const
    {
        for (std::size_t i = 0; i < x.size(); ++i) x[i].slope = v[i].value;
        wide_vector p = place(x), t = p;
        for (std::size_t i = 0; i < p.size(); ++i) {
            t[i] = wide(p[i].slope, 0);
            p[i].slope = 0;
        }
        wide const length = sqrt(dot(t, t));
        quad const angle = (root * length).value;
        return wide(cosq(angle), 0) * p + wide(sinq(angle), 0) / root / length * t;
    }
};

template <class T>
wide_vector widened(tensor<T, 1> const& x)
{
    wide_vector w;
    for (T e : x) w.push_back(static_cast<double>(e));
    return w;
}

template <class T, class Law>
void for_points(Law const& law)
{
    point_source source(23);
    for (double kappa : {1e-12, 1e-3, 0.25, 1.0, 3.7, 100.0})
        for (index_t extent : {1, 2, 7})
            for (double first : {1e-6, 0.1, 0.9, 6.0})
                for (double second : {3e-6, 0.5, 2.0}) {
                    INFO("kappa = " << kappa << ", D = " << extent << ", lengths " << first << ", " << second);
                    double const s = std::sqrt(kappa);
                    law(static_cast<T>(kappa), source.point<T>(extent, first / s), source.point<T>(extent, second / s));
                }
}

}  // namespace

TEMPLATE_TEST_CASE("Spherical distances are great-circle distances", "", float, double)
{
    using T = TestType;
    double worst = 0;
    for_points<T>([&](T kappa, auto const& x, auto const& y) {
        auto const k = sectional_curvature<T>::from_kappa(kappa);
        sphere const s{static_cast<double>(kappa)};
        auto const error = [&](T got, wide wanted) {
            quad const relative = fabsq(quad(got) - wanted.value) / wanted.value;
            worst = std::max(worst, static_cast<double>(relative / quad(math_traits<T>::unit_roundoff)));
        };
        wide_vector const origin(widened(x).size(), wide(0));
        error(stereographic::dist(k, as_view(x), as_view(y)), s.distance(s.place(widened(x)), s.place(widened(y))));
        error(stereographic::dist0(k, as_view(x)), s.distance(s.place(origin), s.place(widened(x))));
    });
    CHECK(worst <= 16);
}

TEMPLATE_TEST_CASE("The exponential map walks on great circles, and the logarithm back", "", float, double)
{
    using T = TestType;
    double worst = 0, worst_way = 0;
    for_points<T>([&](T kappa, auto const& x, auto const& y) {
        auto const k = sectional_curvature<T>::from_kappa(kappa);
        sphere const s{static_cast<double>(kappa)};
        tensor<T, 1> v(x.extents()), end(x.extents());
        stereographic::logmap(k, as_view(x), as_view(y), as_view(v));
        stereographic::expmap(k, as_view(x), as_view(v), as_view(end));
        auto const gap = [&](wide_vector const& p, wide_vector const& q) {
            return static_cast<double>((s.root * s.distance(p, q)).value) /
                   static_cast<double>(math_traits<T>::unit_roundoff);
        };
        // In units of round-off of the angle gone, or of the place on the sphere where that is more.
        worst_way = std::max(worst_way, gap(s.great_circle(widened(x), widened(v)), s.place(widened(y))));
        worst = std::max(worst, gap(s.place(widened(end)), s.great_circle(widened(x), widened(v))));
    });
    CHECK(worst_way <= 16);
    CHECK(worst <= 16);
}

}  // namespace hyspn::testing
