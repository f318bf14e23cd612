// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <limits>

#include <manifold/gradient_suite.hpp>
#include <manifold/law_suite.hpp>
#include <manifold/lorentz_ops.hpp>
#include <manifold/poincare_ops.hpp>
#include <manifold/stereographic_ops.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

// What κ-stereographic operations are, besides their values: one analytic function of κ.
namespace hyspn::testing {

template <>
inline constexpr int degree<stereo::lambda_x> = 0;

namespace {

/// The ball's operation of the same name.
template <class Op>
struct of_ball {
    template <class... Ball>
    static auto find(std::tuple<Ball...>*)
    {
        using found = decltype(std::tuple_cat(
            std::declval<std::conditional_t<Ball::name == Op::name, std::tuple<Ball>, std::tuple<>>>()...));
        return std::tuple_element_t<0, found>{};
    }
    using ball_ops = joined<poincare_ops, std::tuple<operation<hyspn::detail::poincare_mobius_scalar_mul>,
                                                     operation<hyspn::detail::poincare_geodesic>>>;
    using type = decltype(find(static_cast<ball_ops*>(nullptr)));
};

}  // namespace

TEST_CASE("A sectional curvature is any finite number")
{
    CHECK(thrown<value_error>([] { sectional_curvature<float>::from_kappa(std::numeric_limits<float>::infinity()); }) ==
          "sectional_curvature::from_kappa: kappa must be finite, got inf");
    CHECK_THROWS_AS(sectional_curvature<double>::from_kappa(std::numeric_limits<double>::quiet_NaN()), value_error);
    auto const hyperbolic = sectional_curvature<double>::from_kappa(-4),
               flat = sectional_curvature<double>::from_kappa(0),
               spherical = sectional_curvature<double>::from_kappa(9);
    CHECK((hyperbolic.is_hyperbolic() && hyperbolic.hyperbolic().c() == 4 && hyperbolic.root() == 2));
    CHECK((!flat.is_hyperbolic() && flat.kappa() == 0 && flat.root() == 0));
    CHECK((!spherical.is_hyperbolic() && spherical.c() == -9 && spherical.root() == 3));
}

TEMPLATE_LIST_TEST_CASE("Negative curvature is the Poincare ball, bit for bit", "", stereographic_ops)
{
    using Op = TestType;
    using Ball = typename of_ball<Op>::type;
    for (double c : {1e-12, 1e-6, 1e-3, 0.25, 1.0, 3.7, 100.0, 1e6})
        for (index_t extent : {1, 3, 16})
            for (double length : {0.0, 1e-9, 0.4, 0.999999}) {
                sample<Ball, double> ball(extent, length, c, 5);
                sample<Op, double> mine(extent, length, c, 5);
                mine.c = -mine.c;
                ball.evaluate();
                mine.evaluate();
                CHECK(std::equal(mine.out.begin(), mine.out.end(), ball.out.begin()));
                CHECK(mine.c_bar == -ball.c_bar);
                for (std::size_t k = 0; k < mine.inputs; ++k)
                    CHECK(std::equal(mine.grad[k].begin(), mine.grad[k].end(), ball.grad[k].begin()));
            }
}

TEMPLATE_LIST_TEST_CASE("Values and gradients cross flat space smoothly", "", stereographic_ops)
{
    using Op = TestType;
    for (index_t extent : {1, 2, 7}) {
        sample<Op, double> flat(extent, 0.5, 1, 11);
        flat.c = 0;
        flat.evaluate();
        sample<Op, double> numbers = flat;
        double slope = 0;  // ⟨g, out(κ)⟩ − ⟨g, out(0)⟩, to be κ·κ̄(0) + O(κ²)
        for (double kappa : {-1e-3, -1e-6, -1e-12, 1e-12, 1e-6, 1e-3}) {
            INFO(Op::name << ", D = " << extent << ", kappa = " << kappa);
            numbers.c = kappa;
            numbers.evaluate();
            slope = 0;
            for (index_t i = 0; i < flat.out.extent(0); ++i) slope += flat.g(i) * (numbers.out(i) - flat.out(i));
            CHECK(std::fabs(slope - kappa * flat.c_bar) <= 4 * kappa * kappa + 1e-15);
            CHECK(std::fabs(numbers.c_bar - flat.c_bar) <= 8 * std::fabs(kappa) + 1e-14);
            for (std::size_t k = 0; k < flat.inputs; ++k)
                for (index_t i = 0; i < flat.grad[k].extent(0); ++i)
                    CHECK(std::fabs(numbers.grad[k](i) - flat.grad[k](i)) <= 8 * std::fabs(kappa) + 1e-15);
        }
    }
}

TEMPLATE_LIST_TEST_CASE("Flat space is exactly Euclidean", "", stereographic_ops)
{
    using Op = TestType;
    for (index_t extent : {1, 4}) {
        sample<Op, float> a(extent, 0.5, 1, 11);
        a.c = 0;
        a.evaluate();
        auto const x = [&](std::size_t k, index_t i) { return a.in[k](i); };
        for (index_t i = 0; i < a.out.extent(0); ++i) {
            if constexpr (Op::name == "lambda_x") CHECK(a.out(i) == 2);
            if constexpr (Op::name == "dist0") CHECK(a.out(i) == 2 * norm(as_view(a.in[0])));
            if constexpr (Op::name == "dist")
                CHECK(a.out(i) == 2 * norm(hyspn::detail::difference{as_view(a.in[0]), as_view(a.in[1])}));
            if constexpr (Op::name == "expmap0" || Op::name == "logmap0") CHECK(a.out(i) == x(0, i));
            if constexpr (Op::name == "mobius_add" || Op::name == "expmap") CHECK(a.out(i) == x(0, i) + x(1, i));
            if constexpr (Op::name == "logmap") CHECK(a.out(i) == x(1, i) - x(0, i));
            if constexpr (Op::name == "mobius_scalar_mul") CHECK(a.out(i) == x(0, 0) * x(1, i));
            if constexpr (Op::name == "geodesic") CHECK(a.out(i) == x(2, i) - (1 - x(0, 0)) * (x(2, i) - x(1, i)));
        }
    }
}

TEMPLATE_LIST_TEST_CASE("Stereographic gradients are the transposes of the derivatives", "", stereographic_ops)
{
    using Op = TestType;
    for (auto const& at : places)
        for (index_t extent : {1, 2, 5})
            for (double kappa : {-2.5, -0.3, 0.0, 1e-9, 0.3, 2.5}) {
                INFO(Op::name << ", " << at.name << ", D = " << extent << ", kappa = " << kappa);
                auto x = join<Op>(extent, at, kappa == 0 ? 1 : std::fabs(kappa), 7);
                x.back() = kappa;
                // The curvature of a tiny κ is far below the step of differences; they cross κ = 0 for κ = 0.
                check_gradients<Op>(x, extent, at.differences && std::fabs(kappa) > 1e-3);
            }
}

TEMPLATE_LIST_TEST_CASE("On the sphere scaling by a power of two is exact and Euler's law holds", "", stereographic_ops)
{
    check_power_of_two_scaling<TestType, float>();
    check_power_of_two_scaling<TestType, double>();
    check_euler<TestType>();
}

TEMPLATE_LIST_TEST_CASE("On the sphere zero vectors have finite values and gradients", "", stereographic_ops)
{
    using Op = TestType;
    for (float kappa : {-1.3f, 0.0f, 1.3f}) {
        sample<Op, float> a(3, 0, 1.3, 2);
        for (std::size_t k = 0; k < a.inputs; ++k)
            if (!Op::inputs[k].is_number())
                for (float& e : a.in[k]) e = 0;
        a.c = kappa;
        a.evaluate();
        for (float e : a.out) CHECK(e == (Op::name == "lambda_x" ? 2.0f : 0.0f));
        CHECK(a.c_bar == 0);
        for (std::size_t k = 0; k < a.inputs; ++k) {
            if (Op::inputs[k].is_number()) {
                CHECK(a.grad[k](0) == 0);
                continue;
            }
            float const share = Op::name == "logmap" && k == 0     ? -1.0f
                                : Op::name == "mobius_scalar_mul"  ? a.in[0](0)
                                : Op::name == "geodesic" && k == 1 ? 1 - a.in[0](0)
                                : Op::name == "geodesic" && k == 2 ? a.in[0](0)
                                                                   : 1.0f;
            for (index_t i = 0; i < 3; ++i) CHECK(a.grad[k](i) == (Op::scalar_output ? 0.0f : share * a.g(i)));
        }
    }
}

TEST_CASE("Multiples and geodesics on the sphere: ends to the bit, equal steps, whole turns")
{
    point_source source(3);
    for (double kappa : {1e-9, 0.3, 2.5}) {
        auto const k = sectional_curvature<double>::from_kappa(kappa);
        double const s = std::sqrt(kappa);
        auto const x = source.point<double>(3, 0.8 / s), y = source.point<double>(3, 1.7 / s);
        tensor<double, 1> out(3), other(3), g(3), dx(3), dy(3);
        for (double& e : g) e = source.number();
        auto const far = [&](auto const& a, auto const& b) { return stereographic::dist(k, as_view(a), as_view(b)); };
        double const whole = far(x, y);
        for (double t : {0.0, 0.2, 0.5, 0.9, 1.0}) {
            INFO("kappa = " << kappa << ", t = " << t);
            stereographic::geodesic(k, t, as_view(x), as_view(y), as_view(out));
            CHECK(far(x, out) == Approx(t * whole).epsilon(1e-13).margin(1e-300));
            CHECK(far(out, y) == Approx((1 - t) * whole).epsilon(1e-13).margin(1e-300));
            stereographic::geodesic(k, 1 - t, as_view(y), as_view(x), as_view(other));
            CHECK(far(out, other) <= 1e-14 * whole);
            if (t == 0) CHECK(std::equal(out.begin(), out.end(), x.begin()));
            if (t == 1) CHECK(std::equal(out.begin(), out.end(), y.begin()));
        }
        // Beyond the ends the way goes on, round the sphere and again.
        for (double t : {-0.4, 1.3, 2.6}) {
            INFO("kappa = " << kappa << ", t = " << t);
            std::vector<double> flat{t};
            flat.insert(flat.end(), x.begin(), x.end());
            flat.insert(flat.end(), y.begin(), y.end());
            flat.push_back(kappa);
            check_gradients<stereo::geodesic>(flat, 3, kappa > 1e-3, 1e-6);
        }
        // r ⊗ (q ⊗ x) = rq ⊗ x, 1 ⊗ x = x; once round the sphere and on.
        double const angle = 2 * std::atan(0.8), pi = std::acos(-1.0);
        for (double r : {-1.3, -1.0, 0.0, 0.3, 1.0, 1.7, 1 + 2 * pi / angle}) {
            INFO("kappa = " << kappa << ", r = " << r);
            stereographic::mobius_scalar_mul(k, 0.25, as_view(x), as_view(out));
            stereographic::mobius_scalar_mul(k, 4 * r, as_view(out), as_view(out));
            stereographic::mobius_scalar_mul(k, r, as_view(x), as_view(other));
            CHECK(far(out, other) <= 1e-13 / s);
            if (r > 2) CHECK(far(x, other) <= 1e-13 / s);
            double dr = 0;
            double const kappa_bar =
                stereographic::mobius_scalar_mul_vjp(k, r, as_view(x), as_view(g), dr, as_view(dx));
            if (r == 0 || std::fabs(r) == 1) CHECK(kappa_bar == 0);
            if (r == 1)
                for (index_t i = 0; i < 3; ++i) CHECK(dx(i) == Approx(g(i)).epsilon(1e-14));
        }
    }
}

TEST_CASE("Antipodes are half a great circle apart, with a gradient of zero")
{
    auto const k = sectional_curvature<double>::from_kappa(0.25);
    tensor<double, 1> x(2), y(2), dx(2), dy(2);
    x(0) = 1;
    y(0) = -4;  // −x/(κ‖x‖²)
    double const pi = std::acos(-1.0);
    CHECK(stereographic::dist(k, as_view(x), as_view(y)) == Approx(2 * pi).epsilon(1e-15));
    CHECK(stereographic::dist_vjp(k, as_view(x), as_view(y), 1.0, as_view(dx), as_view(dy)) < 0);
    for (double e : {dx(0), dx(1), dy(0), dy(1)}) CHECK(e == 0);
    // Far from the origin all points are near its antipode.
    x(0) = 1e300;
    CHECK(stereographic::dist0(k, as_view(x)) == Approx(2 * pi).epsilon(1e-15));
    tensor<double, 1> v(2);
    stereographic::logmap0(k, as_view(x), as_view(v));
    CHECK(v(0) == Approx(pi).epsilon(1e-15));
}

}  // namespace hyspn::testing
