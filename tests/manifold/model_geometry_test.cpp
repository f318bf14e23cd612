// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <tuple>

#include <manifold/model_geometry.hpp>
#include <support/catch.hpp>

// What the models say about one space must agree, at curvatures other than −1 too: no reference values here.
namespace hyspn::testing {
namespace {

constexpr double bar = 1e-12;  // double, points within s‖x‖ = 0.9 of the ball

/// Calls law(c, x, y, v) for points x, y and a vector v of the ball.
template <class Law>
void for_ball_points(Law const& law)
{
    for (double c : {0.25, 1.0, 3.7})
        for (index_t extent : {1, 2, 3, 17})
            for (double radius : {1e-3, 0.5, 0.9})
                for (unsigned seed : {1u, 2u}) {
                    INFO("c = " << c << ", D = " << extent << ", s|x| = " << radius);
                    point_source source(seed);
                    double const s = std::sqrt(c);
                    auto const x = source.point<double>(extent, radius / s);
                    auto const y = source.point<double>(extent, 0.7 * radius / s);
                    auto const v = source.point<double>(extent, 0.4 * (1 - radius * radius) / s);
                    law(curvature_d::from_c(c), x, y, v);
                }
}

template <class... Pairs>
using pairs = std::tuple<Pairs...>;

using ordered_pairs = pairs<std::pair<ball_model, lorentz_model>, std::pair<ball_model, klein_model>,
                            std::pair<ball_model, half_space_model>, std::pair<lorentz_model, ball_model>,
                            std::pair<lorentz_model, klein_model>, std::pair<lorentz_model, half_space_model>,
                            std::pair<klein_model, ball_model>, std::pair<klein_model, lorentz_model>,
                            std::pair<klein_model, half_space_model>, std::pair<half_space_model, ball_model>,
                            std::pair<half_space_model, lorentz_model>, std::pair<half_space_model, klein_model>>;

/// A point or a tangent vector of the ball, in the model M.
template <class M>
vector_d in_model(curvature_d const& c, vector_d const& x)
{
    vector_d out = x;
    with_conversion<ball_model, M>([&](auto const& point, auto const&) { out = mapped(point, c, x); });
    return out;
}
template <class M>
vector_d in_model(curvature_d const& c, vector_d const& x, vector_d const& v)
{
    vector_d out = v;
    with_conversion<ball_model, M>([&](auto const&, auto const& tangent) { out = mapped(tangent, c, x, v); });
    return out;
}

/// What model-dependent tangent vectors at the origin are in the ball: half of what they are elsewhere.
template <class M>
vector_d origin_vector(vector_d v)
{
    if (M::kind != model::ball)
        for (double& a : v) a *= 2;
    return v;
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("Models commute: points, tangent vectors, distances and maps at the origin", "", ordered_pairs)
{
    using From = typename TestType::first_type;
    using To = typename TestType::second_type;
    for_ball_points([](auto const& c, auto const& ball_x, auto const& ball_y, auto const& ball_v) {
        auto const x = in_model<From>(c, ball_x), y = in_model<From>(c, ball_y);
        auto const v = in_model<From>(c, ball_x, ball_v);
        with_conversion<From, To>([&](auto const& convert, auto const& convert_tangent) {
            auto const there = mapped(convert, c, x);
            // By way of the ball or directly.
            CHECK(apart(there, in_model<To>(c, ball_x)) <= bar);
            CHECK(apart(mapped(convert_tangent, c, x, v), in_model<To>(c, ball_x, ball_v)) <= bar);
            with_conversion<To, From>([&](auto const& back, auto const& back_tangent) {
                CHECK(apart(mapped(back, c, there), x) <= bar);
                CHECK(apart(mapped(back_tangent, c, there, mapped(convert_tangent, c, x, v)), v) <= bar);
            });
            double const here_d = From::dist(c, as_view(x), as_view(y));
            double const there_d = To::dist(c, as_view(there), as_view(mapped(convert, c, y)));
            CHECK(std::fabs(here_d - there_d) <= bar * here_d);
            double const here_d0 = From::dist0(c, as_view(x)), there_d0 = To::dist0(c, as_view(there));
            CHECK(std::fabs(here_d0 - there_d0) <= 4 * bar * std::max(here_d0, 1e-3 * c.radius()));
            auto const from_origin = mapped(From::expmap0, c, origin_vector<From>(ball_v));
            CHECK(apart(mapped(convert, c, from_origin), mapped(To::expmap0, c, origin_vector<To>(ball_v))) <= bar);
            auto const log_here = mapped(From::logmap0, c, x), log_there = mapped(To::logmap0, c, there);
            double const ratio = (To::kind == model::ball ? 0.5 : 1) / (From::kind == model::ball ? 0.5 : 1);
            vector_d scaled = log_here;
            for (double& a : scaled) a *= ratio;
            CHECK(apart(log_there, scaled, 1e-3) <= bar);
        });
    });
}

TEST_CASE("Models commute: exponential and logarithmic map of ball, hyperboloid, Klein model and half-space")
{
    for_ball_points([](auto const& c, auto const& x, auto const& y, auto const& v) {
        auto const there = mapped(poincare::expmap, c, x, v), arrow = mapped(poincare::logmap, c, x, y);
        auto const lx = mapped(poincare_to_lorentz, c, x), ly = mapped(poincare_to_lorentz, c, y);
        auto const lv = mapped(poincare_to_lorentz_tangent, c, x, v);
        CHECK(apart(mapped(lorentz::expmap, c, lx, lv), mapped(poincare_to_lorentz, c, there)) <= 10 * bar);
        CHECK(apart(mapped(lorentz::logmap, c, lx, ly), mapped(poincare_to_lorentz_tangent, c, x, arrow)) <= bar);
        auto const hx = mapped(poincare_to_half_space, c, x), hy = mapped(poincare_to_half_space, c, y);
        auto const hv = mapped(poincare_to_half_space_tangent, c, x, v);
        CHECK(apart(mapped(half_space::expmap, c, hx, hv), mapped(poincare_to_half_space, c, there)) <= bar);
        CHECK(apart(mapped(half_space::logmap, c, hx, hy), mapped(poincare_to_half_space_tangent, c, x, arrow)) <= bar);
        auto const kx = mapped(poincare_to_klein, c, x), ky = mapped(poincare_to_klein, c, y);
        auto const kv = mapped(poincare_to_klein_tangent, c, x, v);
        CHECK(apart(mapped(klein::expmap, c, kx, kv), mapped(poincare_to_klein, c, there)) <= bar);
        CHECK(apart(mapped(klein::logmap, c, kx, ky), mapped(poincare_to_klein_tangent, c, x, arrow)) <= bar);
        // Lengths: of the tangent vector, and of the path it is the start of.
        double const length = std::sqrt(lorentz::inner(c, as_view(lx), as_view(lv), as_view(lv)));
        CHECK(std::fabs(length / (poincare::lambda_x(c, as_view(x)) * norm(as_view(v))) - 1) <= bar);
        CHECK(std::fabs(lorentz::dist(c, as_view(lx), as_view(mapped(lorentz::expmap, c, lx, lv))) / length - 1) <=
              1e-10);
    });
}

TEST_CASE("Exponential and logarithmic maps are inverse in every model")
{
    for_ball_points([](auto const& c, auto const& ball_x, auto const& ball_y, auto const& ball_v) {
        auto const check = [&](auto const& to, auto const& to_tangent, auto const& exp, auto const& log) {
            auto const x = mapped(to, c, ball_x), y = mapped(to, c, ball_y), v = mapped(to_tangent, c, ball_x, ball_v);
            CHECK(apart(mapped(exp, c, x, mapped(log, c, x, y)), y) <= 100 * bar);
            CHECK(apart(mapped(log, c, x, mapped(exp, c, x, v)), v) <= 100 * bar);
        };
        check(poincare_to_lorentz, poincare_to_lorentz_tangent, lorentz::expmap, lorentz::logmap);
        check(poincare_to_klein, poincare_to_klein_tangent, klein::expmap, klein::logmap);
        check(poincare_to_half_space, poincare_to_half_space_tangent, half_space::expmap, half_space::logmap);
    });
}

TEST_CASE("The midpoints of the models are one point, half way")
{
    for_ball_points([](auto const& c, auto const& x, auto const& y, auto const&) {
        auto const lx = mapped(poincare_to_lorentz, c, x), ly = mapped(poincare_to_lorentz, c, y);
        auto const kx = mapped(poincare_to_klein, c, x), ky = mapped(poincare_to_klein, c, y);
        auto const m = mapped(lorentz::midpoint, c, lx, ly);
        double const half = lorentz::dist(c, as_view(lx), as_view(ly)) / 2;
        CHECK(apart(mapped(klein_to_lorentz, c, mapped(klein::midpoint, c, kx, ky)), m, norm(as_view(lx))) <= bar);
        CHECK(std::fabs(lorentz::dist(c, as_view(lx), as_view(m)) / half - 1) <= bar);
        CHECK(std::fabs(lorentz::dist(c, as_view(m), as_view(ly)) / half - 1) <= bar);
    });
}

TEMPLATE_TEST_CASE("Equal points are at distance 0, with gradients 0; distances have the same bits both ways", "",
                   lorentz_model, klein_model, half_space_model)
{
    for_ball_points([](auto const& c, auto const& ball_x, auto const& ball_y, auto const&) {
        auto const x = in_model<TestType>(c, ball_x), y = in_model<TestType>(c, ball_y);
        CHECK(TestType::dist(c, as_view(x), as_view(x)) == 0);
        CHECK(TestType::dist(c, as_view(x), as_view(y)) > 0);
        CHECK(TestType::dist(c, as_view(x), as_view(y)) == TestType::dist(c, as_view(y), as_view(x)));
        vector_d dx = x, dy = y;
        auto const zero = [](auto const& v) {
            bool all = true;
            for (double a : v) all = all && a == 0;
            return all;
        };
        CHECK(TestType::dist_vjp(c, as_view(x), as_view(x), 1.0, as_view(dx), as_view(dy)) == 0);
        CHECK(zero(dx));
        CHECK(zero(dy));
    });
}

TEST_CASE("The logarithm of a point at itself is 0, and equal points are their own midpoint")
{
    for_ball_points([](auto const& c, auto const& x, auto const&, auto const&) {
        vector_d const zero(x.extents());
        auto const lx = mapped(poincare_to_lorentz, c, x), hx = mapped(poincare_to_half_space, c, x);
        auto const kx = mapped(poincare_to_klein, c, x);
        CHECK(apart(mapped(lorentz::logmap, c, lx, lx), zero) == 0);
        CHECK(apart(mapped(half_space::logmap, c, hx, hx), zero) == 0);
        CHECK(apart(mapped(klein::logmap, c, kx, kx), zero) == 0);
        CHECK(apart(mapped(lorentz::expmap, c, lx, zero), lx) == 0);
        CHECK(apart(mapped(half_space::expmap, c, hx, zero), hx) == 0);
        CHECK(apart(mapped(klein::expmap, c, kx, zero), kx) == 0);
        CHECK(apart(mapped(lorentz::midpoint, c, lx, lx), lx) == 0);
        CHECK(apart(mapped(klein::midpoint, c, kx, kx), kx) <= 1e-15);
        // The base point is (0, …, 0, R), exactly.
        auto const base = mapped(half_space::expmap0, c, zero);
        CHECK(base(x.extent(0) - 1) == c.radius());
        CHECK(half_space::dist0(c, as_view(base)) <= 1e-15 * c.radius());
        CHECK(apart(mapped(poincare_to_half_space, c, zero), base) <= 1e-15);
    });
}

TEMPLATE_TEST_CASE("Long steps on a line through the Klein model's origin: its artanh adds up", "", float, double)
{
    using T = TestType;
    using wide = long double;
    wide const eps = static_cast<wide>(math_traits<T>::unit_roundoff);
    auto const k = curvature<T>::from_c(T(0.7));
    wide const c = static_cast<wide>(k.c()), s = std::sqrt(c);
    // Across the origin and far on, where other forms of the derivatives cancel.
    for (wide from : {0.0, 0.3, 1.5, 3.0})
        for (wide step : {-9.0, -6.0, -3.0, -1.2, -0.4, 1e-3, 0.8, 3.0}) {
            INFO("from " << from << ", step " << step);
            tensor<T, 1> x(2), v(2), out(2), g(2), dx(2), dv(2);
            x(0) = static_cast<T>(std::tanh(from) / s);
            wide const x0 = static_cast<wide>(x(0)), a = 1 - c * x0 * x0;
            v(0) = static_cast<T>(step * a / s);
            wide const v0 = static_cast<wide>(v(0)), there = std::atanh(s * x0) + s * v0 / a;
            klein::expmap(k, as_view(x), as_view(v), as_view(out));
            CHECK(std::fabs(static_cast<wide>(out(0)) * s - std::tanh(there)) <= 16 * eps);
            CHECK(out(1) == 0);
            g(0) = 1;
            klein::expmap_vjp(k, as_view(x), as_view(v), as_view(g), as_view(dx), as_view(dv));
            wide const shrink = 1 / (std::cosh(there) * std::cosh(there));
            wide const to_v = shrink / a, to_x = shrink / a * (1 + 2 * c * x0 * v0 / a);
            // The end's complement moves by 2 eps of the step for each eps of it.
            wide const bar = 16 * eps * (1 + std::fabs(step));
            CHECK(std::fabs(static_cast<wide>(dv(0)) - to_v) <= bar * to_v);
            CHECK(std::fabs(static_cast<wide>(dx(0)) - to_x) <= bar * std::max(std::fabs(to_x), to_v));
        }
}

TEMPLATE_TEST_CASE("Vertical steps in the half-space multiply heights as far as numbers go", "", float, double)
{
    using T = TestType;
    auto const c = curvature<T>::from_c(T(1));
    double const furthest = sizeof(T) == 4 ? 79 : 599;
    for (double step : {-furthest, -1.0, 1e-9, 1.0, furthest}) {
        INFO("step " << step);
        tensor<T, 1> v(3), out(3);
        v(0) = v(1) = 0;
        v(2) = static_cast<T>(step);
        half_space::expmap0(c, as_view(v), as_view(out));
        CHECK(out(0) == 0);
        CHECK(std::fabs(std::log(static_cast<double>(out(2))) - step) <=
              8 * static_cast<double>(math_traits<T>::unit_roundoff) * (1 + std::fabs(step)));
    }
}

}  // namespace hyspn::testing
