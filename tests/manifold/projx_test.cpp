// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <limits>
#include <string>

#include <manifold/points.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/compensated.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/manifold/poincare/dist0.hpp>
#include <hyspn/manifold/poincare/projx.hpp>

namespace hyspn::testing {

namespace {

template <class T>
double complement_of(double c, tensor<T, 1> const& x)
{
    // Exact enough: products of floats are exact in long double, and of doubles within 2^-64.
    long double sum = 1;
    for (T a : x) sum -= static_cast<long double>(c) * static_cast<long double>(a) * static_cast<long double>(a);
    return static_cast<double>(sum);
}

}  // namespace

TEMPLATE_TEST_CASE("Projection moves what is outside to the margin, on its ray, and nothing else", "", float, double)
{
    using T = TestType;
    double const unit = static_cast<double>(math_traits<T>::unit_roundoff);
    for (double c : {1e-6, 0.25, 1.0, 3.7, 1e6})
        for (index_t extent : {1, 2, 16})
            for (double margin : {4 * unit, 1e-3, 0.3})
                for (double length : {1e-9, 0.5, 1.0, 1.01, 1.5, 3.0, 1e9}) {
                    INFO("c = " << c << ", D = " << extent << ", margin " << margin << ", s|x| = " << length);
                    auto const k = curvature<T>::from_c(static_cast<T>(c));
                    auto const x = point_source(5).point<T>(extent, length / std::sqrt(c));
                    tensor<T, 1> out(extent), again(extent);
                    index_t const moved = poincare::projx(k, as_view(x), static_cast<T>(margin), as_view(out));
                    CHECK(moved == (length > 1 - margin - 2 * unit ? 1 : 0));
                    if (moved == 0) {
                        for (index_t i = 0; i < extent; ++i) CHECK(out(i) == x(i));
                        continue;
                    }
                    CHECK(complement_of(static_cast<double>(k.c()), out) > 0);
                    double const radius = std::sqrt(c) * static_cast<double>(norm(as_view(out)));
                    CHECK(std::fabs(radius - (1 - margin)) <= 16 * unit);
                    CHECK(std::isfinite(poincare::dist0(k, as_view(out))));
                    for (index_t i = 0; i < extent; ++i)
                        CHECK(static_cast<double>(out(i)) ==
                              Approx(static_cast<double>(x(i)) * (1 - margin) / length).epsilon(16 * unit));
                    CHECK(poincare::projx(k, as_view(out), static_cast<T>(margin), as_view(again)) == 0);
                }
}

TEMPLATE_TEST_CASE("Projection without a margin keeps 4 units of round-off, about 16 and 36 from the origin", "", float,
                   double)
{
    using T = TestType;
    auto const c = curvature<T>::from_c(T(0.37));
    auto const x = point_source(5).point<T>(3, 7);
    tensor<T, 1> out(3), explicitly(3);
    CHECK(poincare::projx(c, as_view(x), as_view(out)) == 1);
    CHECK(poincare::projx(c, as_view(x), 4 * math_traits<T>::unit_roundoff, as_view(explicitly)) == 1);
    for (index_t i = 0; i < 3; ++i) CHECK(out(i) == explicitly(i));
    double const distance = static_cast<double>(c.sqrt_c() * poincare::dist0(c, as_view(out)));
    CHECK(distance == Approx(sizeof(T) == 4 ? 16 : 36).margin(0.6));
}

TEMPLATE_TEST_CASE("Points further in than any margin stay, however close to the boundary", "", float, double)
{
    using T = TestType;
    T const unit = math_traits<T>::unit_roundoff;
    auto const c = curvature<T>::from_c(T(1));
    for (int steps = 1; steps < 40; ++steps) {
        tensor<T, 1> x(1), out(1);
        x(0) = T(1) - static_cast<T>(steps) * unit;
        CHECK(poincare::projx(c, as_view(x), as_view(out)) == (steps < 4 ? 1 : 0));
        CHECK(out(0) < T(1));
    }
}

TEST_CASE("Projection of huge, zero and non-finite points")
{
    auto const c = curvature<float>::from_c(4);
    float const inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    tensor<float, 1> x(2), out(2);
    x(0) = std::numeric_limits<float>::max(), x(1) = -std::numeric_limits<float>::max();
    CHECK(poincare::projx(c, as_view(x), as_view(out)) == 1);
    CHECK(out(0) == Approx(0.5 * std::sqrt(0.5)).epsilon(1e-6));
    CHECK(out(1) == Approx(-0.5 * std::sqrt(0.5)).epsilon(1e-6));
    x(0) = x(1) = 0;
    CHECK(poincare::projx(c, as_view(x), as_view(out)) == 0);
    CHECK(out(0) == 0);
    for (float bad : {inf, nan}) {
        x(0) = bad;
        poincare::projx(c, as_view(x), as_view(out));
        CHECK(!std::isfinite(out(0)));
    }
}

TEMPLATE_TEST_CASE("Projection scales with powers of two, and its cotangents obey Euler's law", "", float, double)
{
    using T = TestType;
    for (double length : {0.4, 1.3}) {
        T const c = T(0.7), scale = T(16), margin = T(0.01);
        auto const x = point_source(3).point<T>(3, length / std::sqrt(0.7)), g = point_source(4).point<T>(3, 1);
        auto shorter = x;
        for (T& a : shorter) a /= scale;
        tensor<T, 1> out(3), scaled_out(3), dx(3), scaled_dx(3);
        auto const k = curvature<T>::from_c(c), scaled_k = curvature<T>::from_c(c * scale * scale);
        poincare::projx(k, as_view(x), margin, as_view(out));
        poincare::projx(scaled_k, as_view(shorter), margin, as_view(scaled_out));
        T const c_bar = poincare::projx_vjp(k, as_view(x), margin, as_view(g), as_view(dx));
        T const scaled_c_bar = poincare::projx_vjp(scaled_k, as_view(shorter), margin, as_view(g), as_view(scaled_dx));
        for (index_t i = 0; i < 3; ++i) {
            CHECK(scaled_out(i) * scale == out(i));
            CHECK(scaled_dx(i) == dx(i));
        }
        CHECK(scaled_c_bar * scale * scale * scale == c_bar);
        T const gap = dot(as_view(x), as_view(dx)) - T(2) * c * c_bar - dot(as_view(out), as_view(g));
        CHECK(std::fabs(static_cast<double>(gap)) <= 64 * static_cast<double>(math_traits<T>::unit_roundoff));
    }
}

TEMPLATE_TEST_CASE("Projection counts what it moved, in every layout, in place too", "", float, double)
{
    using T = TestType;
    auto const c = curvature<T>::from_c(T(2));
    tensor<T, 3> x(3, 40, 50), out(3, 40, 50), g(3, 40, 50), dx(3, 40, 50), in_place(3, 40, 50);
    point_source source(11);
    for (T& a : x) a = static_cast<T>(0.8 * source.number());
    for (T& a : g) a = static_cast<T>(source.number());
    in_place = x;
    index_t wanted = 0;
    T wanted_c_bar = 0;
    tensor<T, 1> point(3), to(3), g_point(3), dx_point(3);
    tensor<T, 3> wanted_out(3, 40, 50), wanted_dx(3, 40, 50);
    for (index_t i = 0; i < 40; ++i)
        for (index_t j = 0; j < 50; ++j) {
            for (index_t k = 0; k < 3; ++k) point(k) = x(k, i, j), g_point(k) = g(k, i, j);
            wanted += poincare::projx(c, as_view(point), T(0.01), as_view(to));
            wanted_c_bar += poincare::projx_vjp(c, as_view(point), T(0.01), as_view(g_point), as_view(dx_point));
            for (index_t k = 0; k < 3; ++k) wanted_out(k, i, j) = to(k), wanted_dx(k, i, j) = dx_point(k);
        }
    REQUIRE(wanted > 100);
    REQUIRE(wanted < 1900);
    auto const same = [](auto const& a, auto const& b) {
        for (index_t k = 0; k < a.size(); ++k)
            if (a.data()[k] != Approx(b.data()[k]).epsilon(16 * static_cast<double>(math_traits<T>::unit_roundoff)))
                return false;
        return true;
    };
    CHECK(poincare::projx(exec::seq{}, c, x, T(0.01), out) == wanted);
    CHECK(same(out, wanted_out));
    for (int threads : {1, 3}) {
        exec::omp const exec{.threads = threads};
        CHECK(poincare::projx(exec, c, x, T(0.01), out) == wanted);
        CHECK(same(out, wanted_out));
        T const c_bar = poincare::projx_vjp(exec, c, x, T(0.01), g, dx);
        CHECK(c_bar == Approx(wanted_c_bar).epsilon(1e-4));
        CHECK(same(dx, wanted_dx));
    }
    CHECK(poincare::projx(exec::omp{}, c, in_place, T(0.01), in_place) == wanted);
    CHECK(same(in_place, wanted_out));
    CHECK(poincare::projx(exec::omp{}, c, in_place, T(0.01), in_place) == 0);
    CHECK(poincare::projx(exec::seq{}, c, in_place, in_place) == 0);
    poincare::projx_vjp(exec::seq{}, c, in_place, g, dx);
    CHECK(same(dx, g));

    tensor<T, 2> none(0, 3);
    CHECK(poincare::projx(exec::omp{}, c, none, none) == 0);
}

TEST_CASE("Projection names the argument that is wrong")
{
    auto const c = curvature<float>::from_c(1);
    tensor<float, 2> good(4, 3), bad(4, 2);
    CHECK(thrown<value_error>([&] { poincare::projx(exec::seq{}, c, good, 0.0f, good); }) ==
          "poincare::projx: margin must be between 0 and 1, both excluded, got 0");
    CHECK(thrown<value_error>([&] { poincare::projx(exec::seq{}, c, good, 1.0f, good); }) ==
          "poincare::projx: margin must be between 0 and 1, both excluded, got 1");
    float const nan = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(poincare::projx_vjp(exec::seq{}, c, good, nan, good, good), value_error);
    CHECK(thrown<shape_error>([&] { poincare::projx(exec::seq{}, c, good, bad); }) ==
          "poincare::projx: out must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(thrown<shape_error>([&] { poincare::projx_vjp(exec::seq{}, c, good, bad, good); }) ==
          "poincare::projx: g must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(thrown<shape_error>([&] { poincare::projx_vjp(exec::seq{}, c, good, good, bad); }) ==
          "poincare::projx: dx must be of extents [4, 3], given those of x, got [4, 2]");
}

}  // namespace hyspn::testing
