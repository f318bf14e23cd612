// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <manifold/model_geometry.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

// Boosts and rotations move the whole space: distances, midpoints, tangent vectors and hyperplanes go with it.
namespace hyspn::testing {
namespace {

constexpr double bar = 1e-12;

struct scene {
    curvature_d c = curvature_d::from_c(1);
    double s = 1;
    vector_d x, y, z, v;

    /// Distances of about `radius`/s from the origin.
    scene(double c_, index_t extent, double radius, unsigned seed) : c(curvature_d::from_c(c_)), s(std::sqrt(c_))
    {
        point_source source(seed);
        auto const point = [&] { return source.point<double>(extent, std::sinh(radius) / s); };
        x = point(), y = point(), z = point(), v = point();
    }
    double dist(vector_d const& a, vector_d const& b) const { return lorentz::dist(c, as_view(a), as_view(b)); }
};

template <class Law>
void for_scenes(Law const& law)
{
    for (double c : {0.25, 1.0, 3.7})
        for (index_t extent : {2, 3, 17})
            for (double radius : {1e-3, 0.7, 3.0})
                for (unsigned seed : {1u, 2u}) {
                    INFO("c = " << c << ", D = " << extent << ", radius " << radius);
                    law(scene(c, extent, radius, seed));
                }
}

/// The derivative of an isometry at x, applied to v, by the isometry of the geodesic: log of the images.
template <class Move>
vector_d pushed(scene const& at, Move const& move)
{
    auto const end = mapped(lorentz::expmap, at.c, at.x, at.v);
    return mapped(lorentz::logmap, at.c, move(at.x), move(end));
}

/// What holds for every isometry; `digits` are lost to how far it moves.
template <class Move>
void check_isometry(scene const& at, Move const& move, double digits)
{
    auto const x = move(at.x), y = move(at.y);
    CHECK(std::fabs(at.dist(x, y) / at.dist(at.x, at.y) - 1) <= bar * digits);
    auto const m = move(mapped(lorentz::midpoint, at.c, at.x, at.y));
    CHECK(at.dist(mapped(lorentz::midpoint, at.c, x, y), m) * at.s <= bar * digits);
    double const inner = lorentz::point_inner(at.c, as_view(at.x), as_view(at.y));
    CHECK(std::fabs(lorentz::point_inner(at.c, as_view(x), as_view(y)) / inner - 1) <= bar * digits);
}

}  // namespace

TEST_CASE("Boosts and rotations are isometries")
{
    for_scenes([](scene const& at) {
        double const far = norm(as_view(at.z)) * at.s, digits = 1 + far * far;
        check_isometry(
            at, [&](vector_d const& p) { return mapped(lorentz::boost, at.c, at.z, p); }, digits);
        check_isometry(
            at, [&](vector_d const& p) { return mapped(lorentz::boost_back, at.c, at.z, p); }, digits);
        check_isometry(
            at, [&](vector_d const& p) { return mapped(lorentz::rotation, at.c, at.z, at.v, p); }, 1);
    });
}

TEST_CASE("A boost takes the origin to its point, and its inverse undoes it")
{
    for_scenes([](scene const& at) {
        vector_d const origin(at.x.extents());
        CHECK(apart(mapped(lorentz::boost, at.c, at.z, origin), at.z) <= bar);
        CHECK(apart(mapped(lorentz::boost_back, at.c, at.z, at.z), origin, norm(as_view(at.z))) <= bar);
        auto const moved = mapped(lorentz::boost, at.c, at.z, at.x);
        CHECK(at.dist(mapped(lorentz::boost_back, at.c, at.z, moved), at.x) * at.s <=
              bar * (1 + lorentz::time(at.c, as_view(moved)) * at.s));
        // The left translation of the ball.
        auto const sum = mapped(poincare::mobius_add, at.c, mapped(lorentz_to_poincare, at.c, at.z),
                                mapped(lorentz_to_poincare, at.c, at.x));
        CHECK(apart(mapped(lorentz_to_poincare, at.c, moved), sum) <= bar);
        CHECK(std::fabs(lorentz::dist0(at.c, as_view(moved)) /
                            at.dist(at.x, mapped(lorentz::boost_back, at.c, at.z, origin)) -
                        1) <= bar);
    });
}

TEST_CASE("A rotation takes one direction to the other and keeps what is across both")
{
    for_scenes([](scene const& at) {
        auto const moved = mapped(lorentz::rotation, at.c, at.x, at.y, at.x);
        vector_d wanted = at.y;
        double const ratio = norm(as_view(at.x)) / norm(as_view(at.y));
        for (double& a : wanted) a *= ratio;
        CHECK(apart(moved, wanted) <= bar);
        auto const turned = mapped(lorentz::rotation, at.c, at.x, at.y, at.z);
        CHECK(apart(mapped(lorentz::rotation, at.c, at.y, at.x, turned), at.z) <= bar);
        CHECK(std::fabs(norm(as_view(turned)) / norm(as_view(at.z)) - 1) <= bar);
        CHECK(apart(mapped(lorentz::rotation, at.c, at.x, at.x, at.z), at.z) <= bar);
    });
}

TEST_CASE("Parallel transport keeps inner products, and along a geodesic its direction")
{
    for_scenes([](scene const& at) {
        double const far = norm(as_view(at.z)) * at.s, digits = 1 + far * far;
        auto const along = mapped(lorentz::logmap, at.c, at.x, at.y), v = mapped(lorentz::logmap, at.c, at.x, at.z);
        auto const inner = [&](vector_d const& p, vector_d const& a, vector_d const& b) {
            return lorentz::inner(at.c, as_view(p), as_view(a), as_view(b));
        };
        auto const there = mapped(lorentz::ptransp, at.c, at.x, at.y, v);
        auto const straight = mapped(lorentz::ptransp, at.c, at.x, at.y, along);
        CHECK(std::fabs(inner(at.y, there, there) / inner(at.x, v, v) - 1) <= bar * digits);
        CHECK(std::fabs(inner(at.y, there, straight) - inner(at.x, v, along)) <=
              bar * digits * std::sqrt(inner(at.x, v, v) * inner(at.x, along, along)));
        vector_d back = mapped(lorentz::logmap, at.c, at.y, at.x);
        for (double& a : back) a = -a;
        CHECK(apart(straight, back) <= bar * digits);
        CHECK(apart(mapped(lorentz::ptransp, at.c, at.y, at.x, there), v) <= bar * digits);
        CHECK(apart(mapped(lorentz::ptransp, at.c, at.x, at.x, v), v) <= bar);
    });
}

TEST_CASE("The distance to a hyperplane goes with boosts along its axis and with rotations")
{
    for_scenes([](scene const& at) {
        double const a = 0.6 / at.s;
        auto const signed_distance = [&](vector_d const& x, vector_d const& z, double offset) {
            return lorentz::dist2plane(at.c, as_view(x), as_view(z), offset);
        };
        double const d = signed_distance(at.x, at.z, a);
        // The plane through the origin, boosted by a along its normal.
        auto foot = at.z;
        double const r = norm(as_view(at.z));
        for (double& e : foot) e *= std::sinh(at.s * a) / (at.s * r);
        auto const moved = mapped(lorentz::boost_back, at.c, foot, at.x);
        CHECK(std::fabs(signed_distance(moved, at.z, 0) - d) <= bar * (std::fabs(d) + a));
        auto const turned = [&](vector_d const& p) { return mapped(lorentz::rotation, at.c, at.y, at.v, p); };
        CHECK(std::fabs(signed_distance(turned(at.x), turned(at.z), a) - d) <= bar * (std::fabs(d) + a));
        // Odd: the other side, from the other side.
        vector_d opposite = at.z;
        for (double& e : opposite) e = -e;
        CHECK(signed_distance(at.x, opposite, -a) == -d);
        // No point of the plane is closer, and its nearest one is as far: |d| is the length of the perpendicular.
        CHECK(std::fabs(signed_distance(foot, at.z, 0) - a) <= bar * a);
        CHECK(std::fabs(signed_distance(foot, at.z, a)) <= bar * a);
    });
}

TEMPLATE_TEST_CASE("Hyperplanes at any distance have finite distances and gradients", "", float, double)
{
    using T = TestType;
    auto const c = curvature<T>::from_c(T(0.7));
    point_source source(2);
    for (double radius : {0.0, 1e-6, 1.0, 1e5})
        for (double offset : {-1e3, -30.0, 0.0, 1.0, 1e3, 1e6}) {
            INFO("|X| = " << radius << ", a = " << offset);
            auto x = source.point<T>(3, 1), z = source.point<T>(3, 1);
            for (T& e : x) e *= static_cast<T>(radius);
            tensor<T, 1> dx(3), dz(3);
            T da = 0;
            T const d = lorentz::dist2plane(c, as_view(x), as_view(z), static_cast<T>(offset));
            T const c_bar = lorentz::dist2plane_vjp(c, as_view(x), as_view(z), static_cast<T>(offset), T(1),
                                                    as_view(dx), as_view(dz), da);
            CHECK(std::isfinite(d));
            CHECK(std::isfinite(c_bar));
            CHECK(std::isfinite(da));
            for (T e : dx) CHECK(std::isfinite(e));
            for (T e : dz) CHECK(std::isfinite(e));
            if (radius == 0) CHECK(std::fabs(static_cast<double>(d) + offset) <= 1e-5 * std::fabs(offset));
        }
}

TEST_CASE("Operations of the models name the argument of wrong extents")
{
    auto const c = curvature<float>::from_c(1);
    exec::seq const exec{};
    tensor<float, 2> good(4, 3), bad(4, 2);
    tensor<float, 1> number(4), few(3);
    auto const message = [](auto const& f) { return thrown<shape_error>(f); };
    CHECK(message([&] { lorentz::dist(exec, c, good, bad, number); }) ==
          "lorentz::dist: Y must be of extents [4, 3], given those of X, got [4, 2]");
    CHECK(message([&] { lorentz::dist2plane(exec, c, good, good, few, number); }) ==
          "lorentz::dist2plane: a must be of extents [4], given those of X, got [3]");
    CHECK(message([&] { half_space::expmap(exec, c, good, bad, good); }) ==
          "half_space::expmap: v must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { klein::midpoint_vjp(exec, c, good, good, good, good, bad); }) ==
          "klein::midpoint: dy must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare_to_lorentz_tangent(exec, c, good, good, bad); }) ==
          "poincare_to_lorentz_tangent: out must be of extents [4, 3], given those of x, got [4, 2]");
}

}  // namespace hyspn::testing
