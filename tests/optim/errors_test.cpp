// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <concepts>
#include <limits>
#include <type_traits>

#include <hyspn/optim/adam.hpp>
#include <hyspn/optim/riemannian_adam.hpp>
#include <hyspn/optim/riemannian_sgd.hpp>
#include <hyspn/optim/sgd.hpp>

#include "optim/support.hpp"
#include "support/catch.hpp"
#include "support/thrown.hpp"

namespace hyspn::testing {
namespace {

/// Two arrays, of which the second may not fit.
struct pair {
    tensor<float, 1> first{3}, second{4};

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, pair>
    friend void for_each_leaf(Self& p, F&& f)
    {
        f("first", as_view(p.first));
        f("second", as_view(p.second));
    }
};

template <class Error, class Optimiser, class Params, class Gradient>
std::string refused(Optimiser const& optimiser, Params& p, Gradient const& g)
{
    optim::state<float> run;
    auto const message = thrown<Error>([&] { optimiser.step(exec::seq{}, p, g, run); });
    CHECK(run.steps == 0);
    return message;
}

template <class Optimiser>
std::string refused_settings(Optimiser const& optimiser)
{
    ball_rows<float> p{tensor<float, 2>(2, 2)}, g = p;
    return refused<value_error>(optimiser, p, g);
}

}  // namespace

TEST_CASE("optimisers: settings outside their ranges")
{
    double const infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(refused_settings(optim::riemannian_sgd{.rate = -1}) ==
          "riemannian_sgd::step: rate must be finite and at least 0, got -1");
    CHECK(refused_settings(optim::riemannian_sgd{.rate = infinity}) != "");
    CHECK(refused_settings(optim::riemannian_sgd{.rate = nan}) != "");
    CHECK(refused_settings(optim::riemannian_sgd{.momentum = 1}) ==
          "riemannian_sgd::step: momentum must be at least 0 and less than 1, got 1");
    CHECK(refused_settings(optim::riemannian_sgd{.nesterov = true}) ==
          "riemannian_sgd::step: momentum must be greater than 0 with nesterov, got 0");
    CHECK(refused_settings(optim::riemannian_sgd{.weight_decay = -0.5}) ==
          "riemannian_sgd::step: weight_decay must be finite and at least 0, got -0.5");
    CHECK(refused_settings(optim::riemannian_sgd{.ball = {.margin = 1}}) ==
          "riemannian_sgd::step: margin must be at least 0 and less than 1, got 1");
    CHECK(refused_settings(optim::riemannian_adam{.decay1 = 1}) ==
          "riemannian_adam::step: decay1 must be at least 0 and less than 1, got 1");
    CHECK(refused_settings(optim::riemannian_adam{.decay2 = -1}) ==
          "riemannian_adam::step: decay2 must be at least 0 and less than 1, got -1");
    CHECK(refused_settings(optim::riemannian_adam{.epsilon = nan}) ==
          "riemannian_adam::step: epsilon must be finite and at least 0, got nan");

    pair p, g;
    CHECK(refused<value_error>(optim::sgd{.momentum = -1}, p, g) ==
          "sgd::step: momentum must be at least 0 and less than 1, got -1");
    CHECK(refused<value_error>(optim::adam{.epsilon = -1}, p, g) ==
          "adam::step: epsilon must be finite and at least 0, got -1");
    CHECK(refused<value_error>(optim::adamw{.weight_decay = -1}, p, g) ==
          "adamw::step: weight_decay must be finite and at least 0, got -1");
}

TEST_CASE("optimisers: a ball without curvature")
{
    ball_rows<float> p{tensor<float, 2>(2, 2), {0.0F}};
    auto const g = p;
    CHECK(refused<value_error>(optim::riemannian_adam{}, p, g) ==
          "curvature::from_c: c must be finite and greater than 0, got 0");
}

TEST_CASE("optimisers: gradients of another shape change nothing")
{
    pair p;
    pair g{tensor<float, 1>(3), tensor<float, 1>(5)};
    for (float& x : g.first) x = 1;
    CHECK(refused<shape_error>(optim::sgd{}, p, g) ==
          "sgd::step: gradient of second must be an array of its type, of extents [4], got [5]");
    CHECK(p.first(0) == 0);

    CHECK(refused<shape_error>(optim::adam{}, p, tensor<float, 1>(3)) ==
          "adam::step: gradient of second must be an array of its type, of extents [4], got nothing");
    CHECK(refused<shape_error>(optim::adam{}, p, tensor<double, 1>(3)) ==
          "adam::step: gradient of first must be an array of its type, of extents [3], got one of another type");
    tensor<float, 1> alone(3);
    CHECK(refused<shape_error>(optim::adam{}, alone, pair{}) == "adam::step: the gradient must be of 1 arrays, got 2");
    ball_rows<float> points{tensor<float, 2>(2, 2)};
    CHECK(refused<shape_error>(optim::riemannian_sgd{}, points, tensor<float, 2>(2, 3)) ==
          "riemannian_sgd::step: gradient of points must be an array of its type, of extents [2, 2], got [2, 3]");
}

TEST_CASE("optimisers: the state of other parameters")
{
    tensor<float, 1> x(3), y(4);
    auto const g = x, h = y;
    optim::state<float> run;
    optim::adam{}.step(exec::seq{}, x, g, run);
    CHECK(thrown<shape_error>([&] { optim::adam{}.step(exec::seq{}, y, h, run); }) ==
          "adam::step: the parameters must be those that the state was made for, got an array of extents [4]");
    CHECK(run.steps == 1);
}

TEST_CASE("optimisers: empty arrays")
{
    ball_rows<float> p{tensor<float, 2>(0, 2)};
    auto const g = p;
    optim::state<float> run;
    optim::riemannian_adam{}.step(exec::omp{}, p, g, run);
    optim::riemannian_adam{}.step(exec::seq{}, p, g, run);
    CHECK(run.steps == 2);
}

}  // namespace hyspn::testing
