// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <cstring>
#include <limits>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/metrics/depth.hpp>

namespace hyspn::testing {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

template <class T = double>
tensor<T, 2> row(std::initializer_list<double> values)
{
    tensor<T, 2> t(1, values.size());
    std::transform(values.begin(), values.end(), t.begin(), [](double v) { return static_cast<T>(v); });
    return t;
}

metrics::depth_errors errors_of(std::initializer_list<double> prediction, std::initializer_list<double> truth)
{
    return metrics::depth(exec::seq{}, row(prediction), row(truth));
}

}  // namespace

TEST_CASE("Errors of four pixels, worked out by hand")
{
    // Errors 1, -2, 0, 4; ratios 1.5, 2, 1, 1.5; inverse errors (1/km): 1000/3 - 500, 1000/2 - 250, 0, 1000/12 - 125.
    auto const e = errors_of({3, 2, 5, 12}, {2, 4, 5, 8});
    CHECK(e.n == 4);
    CHECK(e.rmse == Approx(std::sqrt(21. / 4)).epsilon(1e-15));
    CHECK(e.mae == Approx(7. / 4).epsilon(1e-15));
    CHECK(e.rel == Approx((1. / 2 + 2. / 4 + 0 + 4. / 8) / 4).epsilon(1e-15));
    CHECK(e.imae == Approx((500. / 3 + 250 + 0 + 125. / 3) / 4).epsilon(1e-14));
    CHECK(e.irmse == Approx(std::sqrt((250000. / 9 + 62500 + 0 + 15625. / 9) / 4)).epsilon(1e-14));
    CHECK(e.delta1 == 0.25);
    CHECK(e.delta2 == 0.75);  // 1.5 < 1.5625
    CHECK(e.delta3 == 0.75);
}

TEST_CASE("Each share counts ratios strictly below its bound, on either side")
{
    auto const shares = [](double ratio) {
        auto const e = errors_of({ratio, 1}, {1, ratio});
        return std::vector<double>{e.delta1, e.delta2, e.delta3};
    };
    CHECK(shares(1.24) == std::vector<double>{1, 1, 1});
    CHECK(shares(1.25) == std::vector<double>{0, 1, 1});
    CHECK(shares(1.25 * 1.25) == std::vector<double>{0, 0, 1});
    CHECK(shares(1.25 * 1.25 * 1.25) == std::vector<double>{0, 0, 0});
}

TEST_CASE("Pixels without truth and pixels that were given do not count")
{
    auto const prediction = row({3, 100, 100, 100, 100, 7});
    auto const truth = row({2, 0, -1, nan_value, 5, 5});
    auto const given = row({0, 0, 0, 0, 5, 0});
    auto const e = metrics::depth(exec::seq{}, prediction, truth, given);
    CHECK(e.n == 2);
    CHECK(e.mae == 1.5);
    CHECK(metrics::depth(exec::seq{}, prediction, truth).n == 3);
    CHECK(metrics::depth(exec::seq{}, prediction, truth, tensor<double, 2>(0, 0)).n == 3);
}

TEST_CASE("Nothing to count gives NaN and n = 0")
{
    for (auto const& e :
         {errors_of({1, 2}, {0, 0}), metrics::depth(exec::seq{}, tensor<float, 2>(0, 4), tensor<float, 2>(0, 4))}) {
        CHECK(e.n == 0);
        for (double v : {e.rmse, e.mae, e.irmse, e.imae, e.rel, e.delta1, e.delta2, e.delta3}) CHECK(std::isnan(v));
    }
}

TEST_CASE("Predictions that are no depth are errors, not crashes")
{
    auto const zero = errors_of({0, 2}, {2, 2});
    CHECK(zero.mae == 1);
    CHECK(zero.imae == inf);
    CHECK(zero.irmse == inf);
    CHECK(zero.delta3 == 0.5);
    auto const negative = errors_of({-2}, {2});
    CHECK(negative.mae == 4);
    CHECK(negative.imae == 1000);
    CHECK(negative.delta3 == 0);
    auto const undefined = errors_of({nan_value, 2}, {2, 2});
    for (double v : {undefined.rmse, undefined.mae, undefined.irmse, undefined.imae, undefined.rel})
        CHECK(std::isnan(v));
    CHECK(undefined.delta3 == 0.5);
    CHECK(undefined.n == 2);
}

TEMPLATE_TEST_CASE("The same bits on every policy and any number of threads, strided or not", "", float, double)
{
    random_stream random(7);
    auto const between = [&](double low, double high) {
        return static_cast<TestType>(low + (high - low) * random.uniform());
    };
    // Some chunks of the sums, the last of them not full.
    tensor<TestType, 2> prediction(131, 97), truth(131, 97), given(131, 97), turned(97, 131);
    for (TestType& v : prediction) v = between(0.5, 80);
    for (TestType& v : truth) v = between(-10, 80);
    for (TestType& v : given) v = between(-9, 1);
    view<TestType, 2> const transposed(turned.data(), {{131, 97}}, {{1, 131}});
    copy(as_view(truth), transposed);
    auto const expected = metrics::depth(exec::seq{}, prediction, truth, given);
    auto const same = [&](metrics::depth_errors const& e) { return std::memcmp(&e, &expected, sizeof e) == 0; };
    REQUIRE(expected.n > 8192);
    CHECK(same(metrics::depth(exec::seq{}, prediction, transposed, given)));
    for (int threads : {1, 3, 8}) {
        CHECK(same(metrics::depth(exec::omp{.threads = threads}, prediction, truth, given)));
        CHECK(same(metrics::depth(exec::omp{.threads = threads}, prediction, transposed, given)));
    }
}

TEST_CASE("Maps of unequal shape are refused")
{
    tensor<float, 2> const a(2, 3), b(3, 2);
    CHECK(thrown<shape_error>([&] { metrics::depth(exec::seq{}, a, b); }) ==
          "metrics::depth: prediction must be [H, W] of truth = [3, 2], got [2, 3]");
    CHECK(thrown<shape_error>([&] { metrics::depth(exec::seq{}, a, a, b); }) ==
          "metrics::depth: given must be [H, W] of truth = [2, 3], got [3, 2]");
    CHECK_NOTHROW(metrics::depth(exec::seq{}, a, a, tensor<float, 2>(0, 7)));
}

}  // namespace hyspn::testing
