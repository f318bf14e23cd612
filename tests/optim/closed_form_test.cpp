// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// One and more Riemannian steps against the printed formulas in extended precision, at several curvatures.

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <hyspn/optim/riemannian_adam.hpp>
#include <hyspn/optim/riemannian_sgd.hpp>

#include "optim/support.hpp"
#include "optim/textbook.hpp"
#include "support/catch.hpp"

namespace hyspn::testing {
namespace {

constexpr index_t points = 12;

textbook::vector row(auto const& a, index_t i)
{
    textbook::vector v;
    for (index_t k = 0; k < a.extent(1); ++k) v.push_back(static_cast<textbook::number>(a(i, k)));
    return v;
}

/// The error of row i, norm-wise, in eps of T; of vectors shorter than `least`, relative to that.
template <class T>
double error_in_eps(auto const& got, index_t i, textbook::vector const& wanted, textbook::number least = 0)
{
    textbook::vector const error = textbook::combine(1, row(got, i), -1, wanted);
    textbook::number const size = std::max(std::sqrt(textbook::dot(wanted, wanted)), least);
    return static_cast<double>(std::sqrt(textbook::dot(error, error)) / size /
                               static_cast<textbook::number>(std::numeric_limits<T>::epsilon()));
}

/// Runs the optimiser beside the book, with fixed gradients. Returns the largest error of a point or its momentum; of
/// the momentum times 1 − c‖x‖², a factor of it that knows the rounding of x only so well.
template <class T, class Optimiser, class Book>
double error_of(Optimiser const& optimiser, double c, index_t dimension, int steps, bool momentum, Book const& book)
{
    auto x = random_points<T>(points, dimension, c, 0.8, 7);
    auto const g = random_values<T>(x.values.extents(), 0.5 / std::sqrt(c * static_cast<double>(dimension)), 8);
    auto const exact_c = static_cast<textbook::number>(static_cast<T>(c));
    std::vector<textbook::point_state> wanted;
    for (index_t i = 0; i < points; ++i)
        wanted.push_back({row(x.values, i), textbook::vector(static_cast<std::size_t>(dimension)), 0});

    typename Optimiser::template state<T> run;
    for (int t = 1; t <= steps; ++t) {
        optimiser.step(exec::seq{}, x, g, run);
        for (index_t i = 0; i < points; ++i) book(exact_c, t, row(g, i), wanted[static_cast<std::size_t>(i)]);
    }
    double most = 0;
    for (index_t i = 0; i < points; ++i) {
        auto const& book_point = wanted[static_cast<std::size_t>(i)];
        most = std::max(most, error_in_eps<T>(x.values, i, book_point.x, 1 / (4 * std::sqrt(exact_c))));
        if (!momentum) continue;
        auto const m = run.first.template array<memory::host>("", 0, x.values.extents());
        auto const complement = static_cast<double>(2 / textbook::lambda(exact_c, book_point.x));
        most = std::max(most, complement * error_in_eps<T>(m, i, book_point.m));
    }
    return most;
}

/// A hyperparameter as the library sees it: rounded to T.
template <class T>
textbook::number rounded(double a)
{
    return static_cast<textbook::number>(static_cast<T>(a));
}

template <class T>
void check_sgd(optim::riemannian_sgd const& optimiser)
{
    textbook::settings const s{.rate = rounded<T>(optimiser.rate),
                               .momentum = rounded<T>(optimiser.momentum),
                               .weight_decay = rounded<T>(optimiser.weight_decay),
                               .nesterov = optimiser.nesterov,
                               .exact = optimiser.ball.map == optim::ball_map::exponential};
    for (double const c : {0.25, 1.0, 3.7})
        for (index_t const dimension : {1, 2, 5, 17})
            for (int const steps : {1, 2, 7}) {
                double const error =
                    error_of<T>(optimiser, c, dimension, steps, optimiser.momentum > 0,
                                [&](auto k, int, auto const& g, auto& p) { textbook::sgd_step(k, s, g, p); });
                CAPTURE(c, dimension, steps);
                CHECK(error < 4 * steps);
            }
}

template <class T>
void check_adam(optim::riemannian_adam const& optimiser)
{
    textbook::settings const s{.rate = rounded<T>(optimiser.rate),
                               .weight_decay = rounded<T>(optimiser.weight_decay),
                               .decay1 = optimiser.decay1,
                               .decay2 = optimiser.decay2,
                               .epsilon = rounded<T>(optimiser.epsilon),
                               .exact = optimiser.ball.map == optim::ball_map::exponential};
    for (double const c : {0.25, 1.0, 3.7})
        for (index_t const dimension : {1, 2, 5, 17})
            for (int const steps : {1, 2, 7}) {
                double const error =
                    error_of<T>(optimiser, c, dimension, steps, true,
                                [&](auto k, int t, auto const& g, auto& p) { textbook::adam_step(k, s, t, g, p); });
                CAPTURE(c, dimension, steps);
                CHECK(error < 4 * steps);
            }
}

}  // namespace

TEMPLATE_TEST_CASE("riemannian_sgd: steps of the printed formulas", "", float, double)
{
    check_sgd<TestType>({.rate = 0.1});
    check_sgd<TestType>({.rate = 0.1, .weight_decay = 0.3});
    check_sgd<TestType>({.rate = 0.1, .momentum = 0.9});
    check_sgd<TestType>({.rate = 0.1, .momentum = 0.9, .weight_decay = 0.3});
    check_sgd<TestType>({.rate = 0.1, .momentum = 0.8, .nesterov = true});
    check_sgd<TestType>({.rate = 0.1, .momentum = 0.9, .ball = {.map = optim::ball_map::retraction}});
}

TEMPLATE_TEST_CASE("riemannian_adam: steps of the printed formulas", "", float, double)
{
    check_adam<TestType>({.rate = 0.1});
    check_adam<TestType>({.rate = 0.1, .ball = {.map = optim::ball_map::retraction}});
    check_adam<TestType>({.rate = 0.05, .decay1 = 0.5, .decay2 = 0.75, .epsilon = 0.125, .weight_decay = 0.3});
}

}  // namespace hyspn::testing
