// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <manifold/sets_reference.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>
#include <support/thrown.hpp>

#include <hyspn/manifold/poincare/weighted_midpoint.hpp>

namespace hyspn::testing {
namespace {

template <class T>
tensor<T, 1> midpoint(random_set<T> const& set)
{
    tensor<T, 1> out(set.points.extent(1));
    poincare::weighted_midpoint(set.k(), set.weights, set.points, out);
    return out;
}

}  // namespace

TEMPLATE_TEST_CASE("Weighted midpoints are as accurate as their coordinates can say", "", float, double)
{
    using T = TestType;
    bool const narrow = sizeof(T) == 4;
    double worst = 0;
    for (double c : {0.25, 1.0, 3.7})
        for (index_t d : {1, 2, 16})
            for (double edge : {1.0, 0.3, 1e-2, 1e-3, narrow ? 1e-4 : 1e-6})
                for (double spread : {1e-3, 0.1, 1.0, 3.0, 6.0, narrow ? 7.0 : 14.0})
                    for (bool is_signed : {false, true}) {
                        // The farthest points must lie inside the ball after rounding.
                        double const farthest = std::log(2 / edge) + spread;
                        if (farthest > (narrow ? 15 : 33)) continue;
                        random_set<T> const set(9, d, c, 1 - edge, spread, 5, is_signed);
                        auto const exact = set.exact();
                        auto const wanted = exact.midpoint();
                        // Signed sets spread over the whole ball.
                        quad const reach = is_signed ? quad(farthest) : quad(spread);
                        double const error = error_over_floor<T>(exact, midpoint(set), wanted, reach / root(exact.c));
                        INFO("c = " << c << ", D = " << d << ", 1-r = " << edge << ", spread " << spread << ", signed "
                                    << is_signed);
                        CHECK(error <= 4);
                        worst = std::max(worst, error);
                    }
    std::printf("weighted_midpoint %s: hyperbolic error / rounding floor %.2f\n", narrow ? "float " : "double", worst);
}

TEMPLATE_TEST_CASE("Cotangents of weighted midpoints against 113 bits", "", float, double)
{
    using T = TestType;
    bool const narrow = sizeof(T) == 4;
    std::array<double, 3> worst{}, worst_share{};
    for (double c : {0.25, 3.7})
        for (index_t d : {1, 2, 5})
            for (double edge : {1.0, 0.3, 1e-2, narrow ? 1e-3 : 1e-5})
                for (double spread : {1e-3, 0.3, 3.0})
                    for (bool is_signed : {false, true}) {
                        if (std::log(2 / edge) + spread > (narrow ? 12 : 20)) continue;
                        random_set<T> const set(5, d, c, 1 - edge, spread, 6, is_signed);
                        auto const g = point_source(8).point<T>(d, 1);
                        tensor<T, 1> dw(5);
                        tensor<T, 2> dx(5, d);
                        T const dc = poincare::weighted_midpoint_vjp(set.k(), set.weights, set.points, g, dw, dx);
                        auto const cotangents = [&](quad_set const& s) {
                            return differences(s, exactly(g), [](quad_set const& q) { return q.midpoint(); });
                        };
                        auto const wanted = cotangents(set.exact());
                        auto const cond = set.condition(wanted, cotangents);
                        quad_point got_points;
                        for (T a : dx) got_points.push_back(static_cast<quad>(a));
                        double const errors[] = {error_in_eps<T>(exactly(dw), wanted.weights),
                                                 error_in_eps<T>(got_points, wanted.points),
                                                 error_in_eps<T>({static_cast<quad>(dc)}, {wanted.c})};
                        INFO("c = " << c << ", D = " << d << ", 1-r = " << edge << ", spread " << spread << ", signed "
                                    << is_signed);
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
        "weighted_midpoint %s: cotangents of weights %.1f, points %.1f, c %.1f eps; share of the bound %.2f %.2f "
        "%.2f\n",
        narrow ? "float " : "double", worst[0], worst[1], worst[2], worst_share[0], worst_share[1], worst_share[2]);
}

}  // namespace hyspn::testing
