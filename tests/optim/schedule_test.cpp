// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/optim/schedule.hpp>

namespace hyspn::testing {

namespace schedule = optim::schedule;

TEST_CASE("Rates rise through the warm-up and then follow their schedule")
{
    schedule::cosine const cosine{.rate = 2, .least = 0.5, .steps = 108, .warm_up = 8};
    schedule::polynomial const polynomial{.rate = 2, .least = 0.5, .power = 2, .steps = 108, .warm_up = 8};
    schedule::step_decay const steps{.rate = 2, .factor = 0.1, .every = 30, .warm_up = 8};
    schedule::constant const constant{.rate = 2, .warm_up = 8};
    for (index_t t = 0; t < 8; ++t) {
        double const rising = 0.25 * static_cast<double>(t + 1);
        CHECK(cosine(t) == rising);
        CHECK(polynomial(t) == rising);
        CHECK(steps(t) == rising);
        CHECK(constant(t) == rising);
    }
    CHECK(cosine(8) == 2);
    CHECK(cosine(33) == Approx(0.5 + 1.5 * (1 + std::sqrt(0.5)) / 2).epsilon(1e-14));
    CHECK(cosine(58) == Approx(1.25).epsilon(1e-14));
    CHECK(cosine(107) > 0.5);
    CHECK(polynomial(8) == 2);
    CHECK(polynomial(58) == Approx(0.5 + 1.5 * 0.25).epsilon(1e-14));
    for (index_t t : {108, 109, 100000}) {
        CHECK(cosine(t) == 0.5);
        CHECK(polynomial(t) == 0.5);
    }
    CHECK(steps(37) == 2);
    CHECK(steps(38) == Approx(0.2).epsilon(1e-14));
    CHECK(steps(98) == Approx(0.002).epsilon(1e-14));
    CHECK(constant(1000000) == 2);
    for (index_t t = 8; t < 108; ++t) {
        CHECK(cosine(t + 1) < cosine(t));
        CHECK(polynomial(t + 1) < polynomial(t));
        CHECK(steps(t + 1) <= steps(t));
    }
    CHECK(schedule::cosine{.rate = 1, .steps = 10}(0) == 1);
}

TEST_CASE("Schedules refuse steps and options outside their ranges")
{
    CHECK(thrown<value_error>([] { schedule::constant{}(-1); }) ==
          "schedule::constant: the step must be at least 0, got -1");
    CHECK(thrown<value_error>([] { schedule::cosine{.steps = 5, .warm_up = 5}(0); }) ==
          "schedule::cosine: steps must be greater than warm_up, got 5");
    CHECK(thrown<value_error>([] { schedule::polynomial{.power = 0, .steps = 5}(0); }) ==
          "schedule::polynomial: power must be positive, got 0");
    CHECK(thrown<value_error>([] { schedule::polynomial{.steps = 5, .warm_up = -1}(0); }) ==
          "schedule::polynomial: warm_up must be at least 0, got -1");
    CHECK(thrown<value_error>([] { schedule::step_decay{.every = 0}(0); }) ==
          "schedule::step_decay: every must be at least 1, got 0");
    CHECK(thrown<value_error>([] { schedule::step_decay{.warm_up = -1}(0); }) ==
          "schedule::step_decay: warm_up must be at least 0, got -1");
    CHECK(thrown<value_error>([] { schedule::constant{.warm_up = -2}(0); }) ==
          "schedule::constant: warm_up must be at least 0, got -2");
}

}  // namespace hyspn::testing
