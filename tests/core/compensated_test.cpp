// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <limits>
#include <random>

#include <support/catch.hpp>

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/tensor.hpp>

namespace hyspn::testing {
namespace {

template <class T>
tensor<T, 1> random_vector(index_t n, unsigned seed)
{
    std::mt19937 generator(seed);
    tensor<T, 1> x(n);
    for (T& a : x) a = static_cast<T>(generator()) * T(0x1p-31) - T(1);
    return x;
}

}  // namespace

TEST_CASE("TwoProduct and TwoSum are exact")
{
    std::mt19937 generator(3);
    for (int i = 0; i < 1000; ++i) {
        float const a = static_cast<float>(generator()) * 0x1p-31f - 1, b = static_cast<float>(generator()) * 0x1p-20f;
        auto const p = two_product(a, b);
        CHECK(static_cast<double>(p.high) + static_cast<double>(p.low) ==
              static_cast<double>(a) * static_cast<double>(b));
        auto const s = two_sum(a, b);
        CHECK(static_cast<double>(s.high) + static_cast<double>(s.low) ==
              static_cast<double>(a) + static_cast<double>(b));
    }
}

TEMPLATE_TEST_CASE("A compensated dot product survives massive cancellation", "", float, double)
{
    using T = TestType;
    tensor<T, 1> x(4), y(4);
    T const big = T(1) / std::numeric_limits<T>::epsilon();
    T const values[4][2] = {{big, big}, {T(1.5), T(1)}, {-big, big}, {T(0.25), T(3)}};
    for (index_t i = 0; i < 4; ++i) {
        x(i) = values[i][0];
        y(i) = values[i][1];
    }
    CHECK(cdot(as_view(x), as_view(y)) == T(2.25));
    CHECK(dot(as_view(x), as_view(y)) != T(2.25));
}

TEST_CASE("The complement keeps its digits next to the boundary")
{
    for (unsigned seed = 1; seed < 50; ++seed) {
        auto x = random_vector<float>(33, seed);
        float const c = 0.25f + static_cast<float>(seed) * 0.07f;
        double size = 0;
        for (float a : x) size += static_cast<double>(a) * static_cast<double>(a);
        float const shrink = static_cast<float>(0.999999 / std::sqrt(static_cast<double>(c) * size));
        double exact = 1;  // c x² has 72 bits: long double would round it too, but far below float's precision
        for (float& a : x) {
            a *= shrink;
            exact -= static_cast<double>(c) * static_cast<double>(a) * static_cast<double>(a);
        }
        CHECK(exact < 1e-5);
        CHECK(std::fabs(static_cast<double>(complement(c, as_view(x))) / exact - 1) <= 2e-7);
    }
}

TEMPLATE_TEST_CASE("Norms cover the whole range of the type", "", float, double)
{
    using T = TestType;
    tensor<T, 1> x(3);
    auto const v = as_view(x);
    CHECK(norm(v) == 0);
    for (int e = std::numeric_limits<T>::min_exponent; e < std::numeric_limits<T>::max_exponent - 4; ++e) {
        x(0) = std::ldexp(T(3), e);
        x(2) = std::ldexp(T(-4), e);
        INFO("3, 4 times 2^" << e);
        CHECK(norm(v) == std::ldexp(T(5), e));
    }
    x(0) = std::numeric_limits<T>::denorm_min();
    x(2) = 0;
    CHECK(norm(v) == std::numeric_limits<T>::denorm_min());
    x(1) = std::numeric_limits<T>::quiet_NaN();
    CHECK(std::isnan(norm(v)));
    x(1) = std::numeric_limits<T>::infinity();
    CHECK(std::isinf(norm(v)));
    CHECK(norm(view<T, 1>(nullptr, dims<1>{{0}})) == 0);
}

TEST_CASE("Lazy vectors are what their names say")
{
    auto const x = random_vector<double>(5, 1), y = random_vector<double>(5, 2);
    auto const a = as_view(x), b = as_view(y);
    double const length = norm(a);
    for (index_t i = 0; i < 5; ++i) {
        CHECK(detail::sum{a, b}(i) == a(i) + b(i));
        CHECK(detail::difference{a, b}(i) == a(i) - b(i));
        CHECK(detail::scaled{2.0, a}(i) == 2 * a(i));
        CHECK(std::fabs(detail::combination{2.0, a, -3.0, b}(i) - (2 * a(i) - 3 * b(i))) < 1e-15);
        CHECK(detail::direction{a, length}(i) == a(i) / length);
        CHECK(detail::direction{a, 0.0}(i) == 0);
    }
    CHECK(detail::sum{a, b}.extent(0) == 5);
}

}  // namespace hyspn::testing
