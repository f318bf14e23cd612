// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <numeric>
#include <type_traits>

#include <hyspn/manifold/poincare/dist.hpp>
#include <hyspn/manifold/poincare/logmap.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>
#include <hyspn/optim/adam.hpp>
#include <hyspn/optim/riemannian_adam.hpp>
#include <hyspn/optim/riemannian_sgd.hpp>

#include "optim/support.hpp"
#include "support/catch.hpp"

namespace hyspn::testing {
namespace {

/// Euclidean gradient of Σ d(x, p)²/2n at the only point of x.
template <class T>
tensor<T, 2> mean_gradient(ball_rows<T> const& x, ball_rows<T> const& targets)
{
    auto const c = curvature<T>::from_c(x.space.c);
    index_t const n = targets.values.extent(0), d = x.values.extent(1);
    tensor<T, 2> sum(1, d);
    tensor<T, 1> dx(d), dp(d);
    for (index_t i = 0; i < n; ++i) {
        T const distance = poincare::dist(c, x.values[0], targets.values[i]);
        (void)poincare::dist_vjp(c, x.values[0], targets.values[i], distance / static_cast<T>(n), dx, dp);
        for (index_t k = 0; k < d; ++k) sum(0, k) += dx(k);
    }
    return sum;
}

/// From `start` towards the mean of the targets.
template <class Optimiser>
ball_rows<double> descend(Optimiser const& optimiser, int steps, ball_rows<double> x, ball_rows<double> const& targets)
{
    typename Optimiser::template state<double> run;
    for (int t = 0; t < steps; ++t) optimiser.step(exec::seq{}, x, mean_gradient(x, targets), run);
    return x;
}

/// ‖Σ log_x p‖/n: 0 at the mean.
double distance_from_mean(ball_rows<double> const& x, ball_rows<double> const& targets)
{
    auto const c = curvature<double>::from_c(x.space.c);
    tensor<double, 1> sum(x.values.extent(1)), v(x.values.extent(1));
    for (index_t i = 0; i < targets.values.extent(0); ++i) {
        poincare::logmap(c, x.values[0], targets.values[i], v);
        for (index_t k = 0; k < v.extent(0); ++k) sum(k) += v(k);
    }
    return std::sqrt(std::inner_product(sum.begin(), sum.end(), sum.begin(), 0.0)) /
           static_cast<double>(targets.values.extent(0));
}

/// The isometry x ↦ a ⊕ x with its first two coordinates then turned.
ball_rows<double> moved(ball_rows<double> p, tensor<double, 1> const& a)
{
    auto const c = curvature<double>::from_c(p.space.c);
    for (index_t i = 0; i < p.values.extent(0); ++i) {
        auto x = p.values[i];
        poincare::mobius_add(c, a, x, x);
        double const u = x(0), v = x(1);
        x(0) = 0.6 * u - 0.8 * v;
        x(1) = 0.8 * u + 0.6 * v;
    }
    return p;
}

template <class Optimiser>
void check_equivariant(Optimiser const& optimiser)
{
    for (double const c : {0.3, 1.0, 4.0}) {
        auto const targets = random_points<double>(6, 3, c, 0.8, 21), start = random_points<double>(1, 3, c, 0.8, 22);
        auto const a = random_points<double>(1, 3, c, 0.8, 24).values;
        tensor<double, 1> by(3);
        std::copy(a.begin(), a.end(), by.begin());
        for (int const steps : {1, 2, 20}) {
            auto const first = moved(descend(optimiser, steps, start, targets), by);
            auto const second = descend(optimiser, steps, moved(start, by), moved(targets, by));
            CAPTURE(c, steps);
            CHECK(largest_difference(first.values, second.values) < 2e-14 / std::sqrt(c));
        }
    }
}

template <class T>
bool inside(ball_rows<T> const& p)
{
    for (index_t i = 0; i < p.values.extent(0); ++i) {
        if (!(complement(p.space.c, p.values[i]) > T(0))) return false;  // NaN is outside too
    }
    return true;
}

struct two_scales {
    double c = 2, tau = 0.5;

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, two_scales>
    friend void for_each_leaf(Self& p, F&& f)
    {
        f("c", positive_leaf(p.c));
        f("tau", positive_leaf(p.tau));
    }
};

}  // namespace

TEST_CASE("riemannian_sgd, riemannian_adam: squared distances lead to the mean")
{
    for (double const c : {0.3, 1.0, 4.0}) {
        auto const targets = random_points<double>(10, 3, c, 0.9, 31), start = random_points<double>(1, 3, c, 0.9, 32);
        REQUIRE(distance_from_mean(start, targets) > 1e-2);
        CHECK(distance_from_mean(descend(optim::riemannian_sgd{.rate = 0.4}, 100, start, targets), targets) < 1e-14);
        CHECK(distance_from_mean(descend(optim::riemannian_sgd{.rate = 0.1, .momentum = 0.7}, 400, start, targets),
                                 targets) < 1e-14);
        CHECK(distance_from_mean(
                  descend(optim::riemannian_sgd{.rate = 0.1, .momentum = 0.7, .nesterov = true}, 400, start, targets),
                  targets) < 1e-14);
        CHECK(
            distance_from_mean(descend(optim::riemannian_sgd{.rate = 0.4, .ball = {.map = optim::ball_map::retraction}},
                                       100, start, targets),
                               targets) < 1e-14);
        CHECK(distance_from_mean(descend(optim::riemannian_adam{.rate = 0.01}, 2000, start, targets), targets) < 1e-8);
    }
}

TEST_CASE("riemannian_sgd, riemannian_adam: steps commute with isometries")
{
    check_equivariant(optim::riemannian_sgd{.rate = 0.3});
    check_equivariant(optim::riemannian_sgd{.rate = 0.1, .momentum = 0.9});
    check_equivariant(optim::riemannian_sgd{.rate = 0.1, .momentum = 0.8, .nesterov = true});
    check_equivariant(optim::riemannian_adam{.rate = 0.1});
    check_equivariant(optim::riemannian_adam{.rate = 0.1, .ball = {.map = optim::ball_map::retraction}});
}

TEMPLATE_TEST_CASE("riemannian_sgd, riemannian_adam: points stay inside the ball at any rate", "", float, double)
{
    using T = TestType;
    for (double const c : {1e-3, 1.0, 4.0, 1e6})
        for (double const rate : {1.0, 1e5, 1e30})
            for (auto const map : {optim::ball_map::exponential, optim::ball_map::retraction}) {
                auto x = random_points<T>(50, 2, c, 1, 41), y = x, z = x;
                auto const g = random_values<T>(x.values.extents(), std::sqrt(c), 42);
                auto const back = random_values<T>(x.values.extents(), 1e20, 43);
                optim::state<T> runs[3];
                for (int t = 0; t < 6; ++t) {
                    auto const& slope = t % 3 == 2 ? back : g;
                    optim::riemannian_sgd{.rate = rate, .ball = {.map = map}}.step(exec::seq{}, x, slope, runs[0]);
                    optim::riemannian_sgd{.rate = rate, .momentum = 0.9, .ball = {.map = map}}.step(exec::seq{}, y,
                                                                                                    slope, runs[1]);
                    optim::riemannian_adam{.rate = rate, .ball = {.map = map}}.step(exec::seq{}, z, slope, runs[2]);
                    CAPTURE(c, rate, t);
                    REQUIRE(inside(x));
                    REQUIRE(inside(y));
                    REQUIRE(inside(z));
                }
            }
}

TEST_CASE("ball_options: the margin is relative to the radius")
{
    for (double const c : {1e-4, 1.0, 9.0}) {
        ball_rows<double> x{tensor<double, 2>(1, 2), {c}};
        auto const g = rows_of<double>(2, {-3, -4});
        optim::state<double> run;
        optim::riemannian_sgd{.rate = 1e9, .ball = {.margin = 0.25}}.step(exec::seq{}, x, g, run);
        CHECK(std::sqrt(c) * x.values(0, 0) == Approx(0.75 * 0.6).epsilon(1e-14));
        CHECK(std::sqrt(c) * x.values(0, 1) == Approx(0.75 * 0.8).epsilon(1e-14));
    }
}

TEMPLATE_TEST_CASE("riemannian_sgd, riemannian_adam: without a gradient nothing moves", "", float, double)
{
    using T = TestType;
    auto const start = random_points<T>(20, 3, 0.7, 1, 51);
    tensor<T, 2> const none(start.values.extents());
    auto const check = [&](auto const& optimiser) {
        auto x = start;
        optim::state<T> run;
        for (int t = 0; t < 3; ++t) optimiser.step(exec::seq{}, x, none, run);
        CHECK(std::equal(x.values.begin(), x.values.end(), start.values.begin()));
    };
    check(optim::riemannian_sgd{.rate = 1});
    check(optim::riemannian_sgd{.rate = 1, .momentum = 0.9});
    check(optim::riemannian_sgd{.rate = 1, .momentum = 0.9, .nesterov = true});
    check(optim::riemannian_adam{.rate = 1});
    check(optim::riemannian_adam{.rate = 1, .epsilon = 0});
    check(optim::riemannian_adam{.rate = 1, .ball = {.map = optim::ball_map::retraction}});
}

TEST_CASE("riemannian_adam: the first step has the length of the rate, on the manifold")
{
    for (double const c : {0.2, 1.0, 5.0}) {
        auto x = random_points<double>(30, 4, c, 0.9, 61);
        auto const start = x;
        optim::state<double> run;
        optim::riemannian_adam{.rate = 0.3, .epsilon = 0}.step(exec::seq{}, x,
                                                               random_values<double>(x.values.extents(), 100, 62), run);
        for (index_t i = 0; i < 30; ++i)
            CHECK(poincare::dist(curvature<double>::from_c(c), x.values[i], start.values[i]) ==
                  Approx(0.3).epsilon(1e-13));
    }
}

TEST_CASE("positive leaves: steps of the logarithm")
{
    two_scales const gradient{3, -1};
    two_scales p;
    optim::state<double> run;
    optim::sgd{.rate = 0.25}.step(exec::seq{}, p, gradient, run);
    CHECK(p.c == Approx(2 * std::exp(-0.25 * 3 * 2)).epsilon(1e-15));
    CHECK(p.tau == Approx(0.5 * std::exp(0.25 * 1 * 0.5)).epsilon(1e-15));

    p = {};
    optim::state<double> fresh;
    optim::adam{.rate = 0.125, .epsilon = 0}.step(exec::seq{}, p, gradient, fresh);
    CHECK(p.c == Approx(2 * std::exp(-0.125)).epsilon(1e-15));
    CHECK(p.tau == Approx(0.5 * std::exp(0.125)).epsilon(1e-15));

    p = {};
    optim::state<double> another;
    optim::adamw{.rate = 0.125, .epsilon = 0, .weight_decay = 0.5}.step(exec::seq{}, p, gradient, another);
    CHECK(p.c == Approx(2 * std::exp(-0.125 - 0.125 * 0.5 * std::log(2))).epsilon(1e-15));

    p = {};
    optim::state<double> far;
    for (int t = 0; t < 3; ++t) optim::riemannian_sgd{.rate = 1e6}.step(exec::seq{}, p, gradient, far);
    CHECK(p.c == std::numeric_limits<double>::min());
    CHECK(p.tau == 1 / std::numeric_limits<double>::min());
}

}  // namespace hyspn::testing
