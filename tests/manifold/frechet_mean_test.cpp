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
                    CHECK(error <= 8);
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
                        CHECK(errors[n] <= std::max(128.0, 4 * cond[n]));
                        if (errors[n] <= 128) worst[n] = std::max(worst[n], errors[n]);
                        worst_share[n] = std::max(worst_share[n], errors[n] / std::max(128.0, 4 * cond[n]));
                    }
                }
    std::printf(
        "frechet_mean %s: cotangents of weights %.1f, points %.1f, c %.1f eps; share of the bound %.2f %.2f %.2f\n",
        narrow ? "float " : "double", worst[0], worst[1], worst[2], worst_share[0], worst_share[1], worst_share[2]);
}

}  // namespace hyspn::testing
