// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Average pooling, activations.
#include <hyspn/nn/poincare_avg_pool2d.hpp>
#include <hyspn/nn/tangent_activation.hpp>

#include "nn/support.hpp"
#include "nn/textbook.hpp"

using namespace hyspn;
using namespace hyspn::testing;
namespace book = textbook;
using tolerance = nn_tolerances;

TEMPLATE_TEST_CASE("average pooling is the gyromidpoint of the present pixels", "", float, double)
{
    using T = TestType;
    double worst = 0;
    nn::poincare_avg_pool2d const pool{.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}};
    for (double c : {0.1, 0.75, 3.7})
        for (double spread : {1e-20, 1e-3, 0.3, 1.}) {
            auto const x = random_tensor<T>(dims<4>{2, 4, 5, 6}, spread, 3);
            auto p = pool.make_params<T>(4);
            p.c = T(c);
            auto const y = pool.forward(exec::seq{}, p, x);
            for (index_t n = 0; n < 2; ++n)
                for (index_t i = 0; i < y.extent(2); ++i)
                    for (index_t j = 0; j < y.extent(3); ++j) {
                        std::vector<book::vec> points;
                        for (index_t a = std::max<index_t>(0, 2 * i - 1); a < std::min<index_t>(5, 2 * i + 2); ++a)
                            for (index_t b = std::max<index_t>(0, j - 1); b < std::min<index_t>(6, j + 1); ++b) {
                                points.emplace_back();
                                for (index_t k = 0; k < 4; ++k)
                                    points.back().push_back(static_cast<long double>(x(n, k, a, b)));
                            }
                        std::vector<T> got;
                        for (index_t k = 0; k < 4; ++k) got.push_back(y(n, k, i, j));
                        worst =
                            std::max(worst, error_in_eps(got, book::midpoint(points, static_cast<long double>(p.c))));
                    }
        }
    INFO(worst);
    CHECK(worst > 0);
    CHECK(worst <= tolerance::value);
}

TEMPLATE_TEST_CASE("pooling a constant image keeps it", "", float, double)
{
    // With the β-factors of a concatenation |x| = 0.762 would come out as 0.362 (2×2, two channels).
    using T = TestType;
    for (double size : {1e-30, 1e-3, 1., 9.}) {
        nn::poincare_avg_pool2d const pool{.padding = {1, 1}};
        auto const v = random_tensor<T>(dims<1>{3}, size, 2);
        tensor<T, 4> x(1, 3, 6, 5);
        for (index_t k = 0; k < 3; ++k)
            for (index_t i = 0; i < 30; ++i) x(0, k, i / 5, i % 5) = v(k);
        auto p = pool.make_params<T>(3);
        p.c = T(0.75);
        auto const y = pool.forward(exec::omp{.threads = 2}, p, x);
        REQUIRE(y.extents() == dims<4>{1, 3, 4, 3});
        for (index_t i = 0; i < 12; ++i) {
            std::vector<T> got;
            for (index_t k = 0; k < 3; ++k) got.push_back(y(0, k, i / 3, i % 3));
            CHECK(error_in_eps(got, numbers_in(v)) <= 8);
        }
    }
}

TEST_CASE("pooling gradients")
{
    nn::poincare_avg_pool2d const pool{.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}};
    auto const f = pack_layer(pool, dims<4>{2, 3, 4, 5});
    for (double c : {0.1, 0.75, 3.7})
        for (double spread : {0.02, 0.3, 1.0, 3.0}) {
            CAPTURE(c, spread);
            auto point = f.point(spread, 1, 1, c, 9);
            auto const report =
                check_adjoint(f.forward_function(), f.backward_function(), point, {.log_above = 1e-9, .floor = 1e-3});
            INFO(report.log);
            CHECK(report.within(1e-9));
        }
    auto const check = [&](std::vector<double> const& point) {
        auto const report = check_differences(f.forward_function(), f.backward_function(), point,
                                              {.log_above = 1e-7, .scale = 1, .floor = 1e-3});
        INFO(report.log);
        CHECK(report.within(tolerance::differences));
    };
    auto point = f.point(0.4, 1, 1, 0.75, 9);
    check(point);
    for (std::size_t i = 0; i < 60; i += 4) point[i] = point[i + 20] = point[i + 40] = 0;
    check(point);
    std::fill(point.begin(), point.end() - 1, 0.0);
    check(point);
}

TEST_CASE("activations in the tangent space")
{
    using nn::activation;
    double const slope = 0.2;
    for (auto kind : {activation::relu, activation::leaky_relu, activation::gelu, activation::tanh}) {
        nn::tangent_activation const f{.kind = kind, .slope = slope};
        auto const x = random_tensor<double>(dims<4>{1, 3, 4, 5}, 1, 2),
                   dy = random_tensor<double>(dims<4>{1, 3, 4, 5}, 1, 3);
        tensor<double, 4> y(x.extents()), dx(x.extents()), again = x;
        f.forward(exec::seq{}, x, y);
        f.forward(exec::omp{.threads = 2}, again, again);
        CHECK(numbers_in(again) == numbers_in(y));
        f.backward(exec::seq{}, x, dy, dx);
        for (index_t i = 0; i < x.size(); ++i) {
            double const t = x.data()[i];
            double const want = kind == activation::relu         ? std::max(t, 0.0)
                                : kind == activation::leaky_relu ? std::max(t, slope * t)
                                : kind == activation::gelu       ? t * (1 + std::erf(t / std::sqrt(2.0))) / 2
                                                                 : std::tanh(t);
            CHECK(std::fabs(y.data()[i] - want) <= 1e-15);
            tensor<double, 2> above(1, 1), below(1, 1), fa(1, 1), fb(1, 1);
            above(0, 0) = t + 1e-6;
            below(0, 0) = t - 1e-6;
            f.forward(exec::seq{}, above, fa);
            f.forward(exec::seq{}, below, fb);
            CHECK(std::fabs(dx.data()[i] - dy.data()[i] * (fa(0, 0) - fb(0, 0)) / 2e-6) <= 1e-8);
        }
    }
}
