// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <manifold/sets_reference.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/manifold/poincare/frechet_mean.hpp>

namespace hyspn::testing {

TEMPLATE_TEST_CASE("Frechet means are as accurate as their coordinates can say, and converge", "", float, double)
{
    using T = TestType;
    bool const narrow = sizeof(T) == 4;
    double worst = 0, residual = 0;
    index_t iterations = 0;
    for (double c : {0.25, 3.7})
        for (index_t d : {1, 2, 9})
            for (double edge : {1.0, 0.3, 1e-2, narrow ? 1e-4 : 1e-6})
                for (double spread : {1e-3, 0.3, 3.0, narrow ? 6.0 : 12.0}) {
                    if (std::log(2 / edge) + spread > (narrow ? 15 : 33)) continue;
                    random_set<T> const set(6, d, c, 1 - edge, spread, 5);
                    tensor<T, 1> mean(d);
                    auto const report = poincare::frechet_mean(set.k(), set.weights, set.points, mean);
                    INFO("c = " << c << ", D = " << d << ", 1-r = " << edge << ", spread " << spread << ", residual "
                                << report.residual << ", iterations " << report.iterations);
                    CHECK(report.converged());
                    auto const exact = set.exact();
                    auto const wanted = exact.mean(exactly(mean));
                    double const error = error_over_floor<T>(exact, mean, wanted, quad(spread) / root(exact.c));
                    CHECK(error <= 4);
                    worst = std::max(worst, error);
                    iterations = std::max(iterations, report.iterations);
                    residual = std::max(residual, report.residual / static_cast<double>(math_traits<T>::unit_roundoff));
                }
    std::printf("frechet_mean %s: hyperbolic error / rounding floor %.2f, %td iterations, residual %.1f eps\n",
                narrow ? "float " : "double", worst, iterations, residual);
}

TEMPLATE_TEST_CASE("Implicit cotangents of Frechet means against differences with 113 bits", "", float, double)
{
    using T = TestType;
    bool const narrow = sizeof(T) == 4;
    std::array<double, 3> worst{}, worst_share{};
    for (double c : {0.25, 3.7})
        for (index_t d : {1, 2, 5})
            for (double edge : {1.0, 0.3, narrow ? 1e-3 : 1e-5})
                for (double spread : {1e-3, 0.3, 3.0}) {
                    if (std::log(2 / edge) + spread > (narrow ? 12 : 20)) continue;
                    random_set<T> const set(4, d, c, 1 - edge, spread, 6);
                    auto const g = point_source(8).point<T>(d, 1);
                    tensor<T, 1> mean(d), dw(4);
                    tensor<T, 2> dx(4, d);
                    poincare::frechet_mean(set.k(), set.weights, set.points, mean);
                    poincare::frechet_report report;
                    T const dc =
                        poincare::frechet_mean_vjp(set.k(), set.weights, set.points, mean, g, dw, dx, {}, &report);
                    CHECK(report.converged());
                    quad_point const start = set.exact().mean(exactly(mean));
                    auto const cotangents = [&](quad_set const& s) {
                        return mean_differences(s, s.mean(start), exactly(g));
                    };
                    auto const wanted = cotangents(set.exact());
                    auto const cond = set.condition(wanted, cotangents);
                    quad_point got_points;
                    for (T a : dx) got_points.push_back(static_cast<quad>(a));
                    double const errors[] = {error_in_eps<T>(exactly(dw), wanted.weights),
                                             error_in_eps<T>(got_points, wanted.points),
                                             error_in_eps<T>({static_cast<quad>(dc)}, {wanted.c})};
                    INFO("c = " << c << ", D = " << d << ", 1-r = " << edge << ", spread " << spread);
                    for (std::size_t n = 0; n < 3; ++n) {
                        INFO("weights, points, c: " << n << ", condition " << cond[n]);
                        // Inputs count as exact: condition is an excuse near the boundary and for c only.
                        bool const excused = n == 2 || edge < 0.1;
                        CHECK(errors[n] <= (excused ? std::max(128.0, 4 * cond[n]) : 128.0));
                        if (errors[n] <= 128) worst[n] = std::max(worst[n], errors[n]);
                        worst_share[n] = std::max(worst_share[n], errors[n] / std::max(128.0, 4 * cond[n]));
                    }
                }
    std::printf(
        "frechet_mean %s: cotangents of weights %.1f, points %.1f, c %.1f eps; share of the bound %.2f %.2f %.2f\n",
        narrow ? "float " : "double", worst[0], worst[1], worst[2], worst_share[0], worst_share[1], worst_share[2]);
}

TEMPLATE_TEST_CASE("Frechet means converge however far apart the points are and however uneven the weights", "", float,
                   double)
{
    using T = TestType;
    index_t most = 0;
    for (unsigned seed = 1; seed <= 150; ++seed) {
        point_source source(seed);
        index_t const k = 2 + seed % 9, d = 1 + seed % 5;
        double const c = seed % 2 == 0 ? 0.3 : 4, reach = sizeof(T) == 4 ? 14 : 34;
        tensor<T, 2> x(k, d), dx(k, d);
        tensor<T, 1> w(k), mean(d), dw(k);
        for (index_t n = 0; n < k; ++n) {
            double const theta = reach * (0.5 + 0.5 * source.number());
            auto const p = source.point<T>(d, std::tanh(theta / 2) / std::sqrt(c));
            for (index_t i = 0; i < d; ++i) x(n, i) = p(i) * (1 - 2 * math_traits<T>::unit_roundoff);
            w(n) = static_cast<T>(std::exp(8 * source.number()));
        }
        auto const space = curvature<T>::from_c(static_cast<T>(c));
        auto const report = poincare::frechet_mean(space, w, x, mean);
        INFO("seed " << seed << ", residual " << report.residual);
        CHECK(report.converged());
        most = std::max(most, report.iterations);
        CHECK(std::isfinite(poincare::frechet_mean_vjp(space, w, x, mean, mean, dw, dx)));
        for (T a : dx) CHECK(std::isfinite(a));
    }
    CHECK(most <= 80);
    std::printf("frechet_mean %s: at most %td iterations over the whole ball\n", sizeof(T) == 4 ? "float " : "double",
                most);
}

}  // namespace hyspn::testing
