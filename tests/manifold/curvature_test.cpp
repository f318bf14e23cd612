// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <limits>
#include <string>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/manifold/curvature.hpp>

namespace hyspn::testing {

TEST_CASE("Curvature refuses what is not a hyperbolic space")
{
    double const nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
    CHECK(thrown<value_error>([] { curvature<float>::from_c(0); }) ==
          "curvature::from_c: c must be finite and greater than 0, got 0");
    CHECK(thrown<value_error>([] { curvature<double>::from_kappa(1); }) ==
          "curvature::from_kappa: kappa must be finite and less than 0, got 1");
    CHECK(thrown<value_error>([] { curvature<double>::from_radius(-2); }) ==
          "curvature::from_radius: radius must be finite and greater than 0, as 1/radius^2, got -2");
    for (double bad : {nan, inf, -inf, 0.0}) {
        CHECK_THROWS_AS(curvature<double>::from_c(bad), value_error);
        CHECK_THROWS_AS(curvature<double>::from_kappa(bad), value_error);
        CHECK_THROWS_AS(curvature<double>::from_radius(bad), value_error);
    }
    CHECK_THROWS_AS(curvature<float>::from_radius(1e-30f), value_error);  // 1/R² overflows
    CHECK_THROWS_AS(curvature<float>::from_radius(1e30f), value_error);   // 1/R² underflows
}

TEST_CASE("The constructors of curvature name the same number in three ways")
{
    auto const c = curvature<double>::from_c(0.25), kappa = curvature<double>::from_kappa(-0.25),
               radius = curvature<double>::from_radius(2);
    for (auto const& k : {c, kappa, radius}) {
        CHECK(k.c() == 0.25);
        CHECK(k.kappa() == -0.25);
        CHECK(k.sqrt_c() == 0.5);
        CHECK(k.radius() == 2);
    }
}

}  // namespace hyspn::testing
