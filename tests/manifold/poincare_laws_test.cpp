// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include <manifold/law_suite.hpp>
#include <manifold/poincare_ops.hpp>
#include <support/catch.hpp>

// What must hold whatever the numbers: no reference values here.
namespace hyspn::testing {

template <>
inline constexpr int degree<lambda_x> = 0;

namespace {

constexpr double law_bar = 64;  // units of round-off, times what near-boundary points lose (1/complement)

/// out-of-place wrappers, so that laws read like formulas
template <class T>
struct ball {
    curvature<T> c;

    using vec = tensor<T, 1>;
    vec add(vec const& x, vec const& y) const
    {
        return call(x, [&](auto out) { poincare::mobius_add(c, as_view(x), as_view(y), out); });
    }
    vec exp(vec const& x, vec const& v) const
    {
        return call(x, [&](auto out) { poincare::expmap(c, as_view(x), as_view(v), out); });
    }
    vec log(vec const& x, vec const& y) const
    {
        return call(x, [&](auto out) { poincare::logmap(c, as_view(x), as_view(y), out); });
    }
    vec exp0(vec const& v) const
    {
        return call(v, [&](auto out) { poincare::expmap0(c, as_view(v), out); });
    }
    vec log0(vec const& x) const
    {
        return call(x, [&](auto out) { poincare::logmap0(c, as_view(x), out); });
    }
    T dist(vec const& x, vec const& y) const { return poincare::dist(c, as_view(x), as_view(y)); }
    T dist0(vec const& x) const { return poincare::dist0(c, as_view(x)); }
    T lambda(vec const& x) const { return poincare::lambda_x(c, as_view(x)); }

    template <class F>
    static vec call(vec const& like, F const& f)
    {
        vec out(like.extents());
        f(as_view(out));
        return out;
    }
};

template <class T>
tensor<T, 1> negative(tensor<T, 1> x)
{
    for (T& a : x) a = -a;
    return x;
}

template <class T>
double apart(tensor<T, 1> const& a, tensor<T, 1> const& b)
{
    return distance_in_eps<T>(as_view(a), as_view(b));
}

template <class T>
double apart(T a, T b)
{
    return std::fabs(static_cast<double>(a) / static_cast<double>(b) - 1) /
           static_cast<double>(math_traits<T>::unit_roundoff);
}

/// d(a, b) in units of round-off of the distance that was travelled: a point far from both is a detour that costs
/// digits.
template <class T>
double gap(ball<T> const& b, tensor<T, 1> const& x, tensor<T, 1> const& y, T scale)
{
    return static_cast<double>(b.dist(x, y)) / static_cast<double>(scale * math_traits<T>::unit_roundoff);
}

/// Calls law(ball, x, y, z, bar) for points from the origin to near the boundary.
template <class T, class Law>
void for_points(Law const& law)
{
    point_source source(23);
    for (double c : {0.25, 1.0, 3.7})
        for (index_t extent : {1, 2, 7})
            for (double first : {1e-6, 0.1, 0.7, 0.99})
                for (double second : {3e-6, 0.5, 0.98}) {
                    INFO("c = " << c << ", D = " << extent << ", s|x| = " << first << ", s|y| = " << second);
                    double const s = std::sqrt(c);
                    auto const x = source.point<T>(extent, first / s), y = source.point<T>(extent, second / s),
                               z = source.point<T>(extent, 0.5 / s);
                    law(ball<T>{curvature<T>::from_c(static_cast<T>(c))}, x, y, z,
                        law_bar / ((1 - first * first) * (1 - second * second)));
                }
}

}  // namespace

TEMPLATE_TEST_CASE("Exponential and logarithmic maps are inverse", "", float, double)
{
    using T = TestType;
    for_points<T>([](auto const& b, auto const& x, auto const& y, auto const&, double bar) {
        CHECK(apart(b.exp0(b.log0(x)), x) <= bar);
        CHECK(gap(b, b.exp(x, b.log(x, y)), y, b.dist(x, y)) <= bar);
        auto const v = b.log(x, y);
        CHECK(apart(b.log(x, b.exp(x, v)), v) <= bar);
    });
}

TEMPLATE_TEST_CASE("Maps at the origin are the maps at x = 0", "", float, double)
{
    using T = TestType;
    for_points<T>([](auto const& b, auto const& x, auto const& y, auto const&, double bar) {
        tensor<T, 1> const zero(x.extents());
        CHECK(apart(b.exp(zero, y), b.exp0(y)) <= bar);
        CHECK(apart(b.log(zero, y), b.log0(y)) <= bar);
        CHECK(apart(b.dist(zero, y), b.dist0(y)) <= bar);
        CHECK(apart(b.dist(y, zero), b.dist0(y)) <= bar);
        CHECK(b.lambda(zero) == T(2));
        CHECK(apart(b.add(zero, y), y) <= bar);
        CHECK(apart(b.add(x, zero), x) <= bar);
    });
}

TEMPLATE_TEST_CASE("Möbius addition obeys the gyrogroup laws", "", float, double)
{
    using T = TestType;
    for_points<T>([](auto const& b, auto const& x, auto const& y, auto const& z, double bar) {
        tensor<T, 1> const zero(x.extents());
        CHECK(apart(b.add(negative(x), x), zero) == 0);
        auto const scale = b.dist0(x) + b.dist0(y) + b.dist0(z);
        CHECK(gap(b, b.add(negative(x), b.add(x, y)), y, scale) <= bar);
        CHECK(apart(norm(as_view(b.add(x, y))), norm(as_view(b.add(y, x)))) <= bar);
        // Left translations are isometries, and carry the distance to the origin.
        CHECK(std::fabs(static_cast<double>(b.dist(b.add(z, x), b.add(z, y)) - b.dist(x, y))) <=
              bar * static_cast<double>(math_traits<T>::unit_roundoff * scale));
        CHECK(apart(b.dist0(b.add(negative(x), y)), b.dist(x, y)) <= bar);
    });
}

TEMPLATE_TEST_CASE("The distance is a metric, and the length of the logarithm", "", float, double)
{
    using T = TestType;
    for_points<T>([](auto const& b, auto const& x, auto const& y, auto const& z, double bar) {
        CHECK(b.dist(x, y) == b.dist(y, x));
        CHECK(b.dist(x, x) == 0);
        CHECK(b.dist(x, y) > 0);
        CHECK(static_cast<double>(b.dist(x, z)) <=
              static_cast<double>(b.dist(x, y) + b.dist(y, z)) *
                  (1 + 1e-14 + 8 * static_cast<double>(math_traits<T>::unit_roundoff)));
        auto const v = b.log(x, y);
        CHECK(apart(b.lambda(x) * norm(as_view(v)), b.dist(x, y)) <= bar);
    });
}

TEMPLATE_LIST_TEST_CASE("Scaling lengths by a power of two is exact, forward and backward", "", poincare_ops)
{
    check_power_of_two_scaling<TestType, float>();
    check_power_of_two_scaling<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Cotangents obey Euler's law of homogeneous functions", "", poincare_ops)
{
    check_euler<TestType>();
}

TEMPLATE_LIST_TEST_CASE("Zero vectors have finite values and the stated derivatives", "", poincare_ops)
{
    using Op = TestType;
    sample<Op, float> a(3, 0, 1.3, 2);
    for (auto& x : a.in)
        for (float& e : x) e = 0;
    a.evaluate();
    for (float e : a.out) CHECK(e == (std::is_same_v<Op, lambda_x> ? 2.0f : 0.0f));
    CHECK(a.c_bar == 0);
    // Smooth maps into vectors start as the identity in each argument; distances have no derivative and give 0.
    for (std::size_t k = 0; k < a.inputs; ++k)
        for (index_t i = 0; i < 3; ++i) {
            float const sign = std::is_same_v<Op, logmap> && k == 0 ? -1.0f : 1.0f;
            CHECK(a.grad[k](i) == (Op::scalar_output ? 0.0f : sign * a.g(i)));
        }
}

TEMPLATE_TEST_CASE("Tangent vectors of any length have finite values and gradients", "", float, double)
{
    using T = TestType;
    double const longest = static_cast<double>(std::numeric_limits<T>::max()) / 64;
    for (double length : {1e-30, 1e-3, 1.0, 30.0, 1e4, 1e30, longest})
        for (index_t extent : {1, 3, 64}) {
            INFO("|v| = " << length << ", D = " << extent);
            sample<expmap0, T> at_origin(extent, 1, 1, 3);
            at_origin.in[0] = point_source(3).point<T>(extent, length);
            at_origin.evaluate();
            sample<expmap, T> at_x(extent, 0.5, 1, 3);
            at_x.in[1] = at_origin.in[0];
            at_x.evaluate();
            auto const finite = [](auto const& x) {
                bool all = true;
                for (T a : x) all = all && std::isfinite(a);
                return all;
            };
            CHECK(finite(at_origin.out));
            CHECK(finite(at_origin.grad[0]));
            CHECK(std::isfinite(at_origin.c_bar));
            CHECK(finite(at_x.out));
            CHECK(finite(at_x.grad[0]));
            CHECK(finite(at_x.grad[1]));
            CHECK(std::isfinite(at_x.c_bar));
            if (length > 1e4) CHECK(std::fabs(static_cast<double>(norm(as_view(at_origin.out))) - 1) < 1e-6);
        }
}

TEST_CASE("Points outside the ball give some number and no exception")
{
    auto const c = curvature<double>::from_c(1);
    point_source source(8);
    auto const outside = source.point<double>(3, 1.5), inside = source.point<double>(3, 0.5);
    CHECK(poincare::lambda_x(c, as_view(outside)) < 0);
    tensor<double, 1> out(3), dx(3), dy(3);
    CHECK_NOTHROW(poincare::dist(c, as_view(outside), as_view(inside)));
    CHECK_NOTHROW(poincare::logmap(c, as_view(inside), as_view(outside), as_view(out)));
    CHECK_NOTHROW(poincare::logmap_vjp(c, as_view(inside), as_view(outside), as_view(out), as_view(dx), as_view(dy)));
}

}  // namespace hyspn::testing
