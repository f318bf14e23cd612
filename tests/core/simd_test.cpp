// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Exponential functions on packs against libm in the next wider type, over bit patterns, not uniform values.
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>

#include <hyspn/core/random.hpp>
#include <hyspn/core/simd_math.hpp>

#include "support/catch.hpp"

using namespace hyspn;

namespace {

template <class T>
using wider = std::conditional_t<std::is_same_v<T, float>, double, long double>;

/// A number of either sign whose exponent is uniform between those of `least` and `greatest`.
template <class T>
T any_magnitude(random_stream& stream, double least, double greatest)
{
    double const size = std::exp(std::log(least) + stream.uniform() * (std::log(greatest) - std::log(least)));
    return static_cast<T>(stream.uniform() < 0.5 ? -size : size);
}

template <class T>
double ulps(T got, wider<T> want)
{
    T const near = static_cast<T>(want);
    T const next = std::nextafter(std::fabs(near), std::numeric_limits<T>::infinity());
    auto const ulp = static_cast<wider<T>>(next) - static_cast<wider<T>>(std::fabs(near));
    return static_cast<double>(std::fabs(static_cast<wider<T>>(got) - want) / ulp);
}

/// Largest error of f over a million numbers of magnitudes 1e-30 … greatest, shifted up to start at `least`.
template <class T, class F, class G>
void check(char const* name, F f, G exact, double greatest, double least, double bound)
{
    constexpr auto lanes = static_cast<std::size_t>(simd::pack<T>::size);
    random_stream stream(7);
    double worst = 0;
    T at = 0;
    for (std::size_t round = 0; round < 1'000'000 / lanes; ++round) {
        T x[lanes], y[lanes];
        for (T& e : x) {
            e = any_magnitude<T>(stream, 1e-30, greatest);
            if (e < static_cast<T>(least)) e = -e;
        }
        f(simd::pack<T>::load(x)).store(y);
        for (std::size_t l = 0; l < lanes; ++l) {
            double const error = ulps(y[l], exact(static_cast<wider<T>>(x[l])));
            if (!(error <= worst)) worst = error, at = x[l];
        }
    }
    INFO(name << ": " << worst << " ulp at " << at);
    CHECK(worst <= bound);
}

}  // namespace

TEMPLATE_TEST_CASE("functions on packs keep their stated errors", "", float, double)
{
    using T = TestType;
    using V = simd::pack<T>;
    double const limit = std::is_same_v<T, float> ? 87 : 700;
    check<T>(
        "exp", [](V x) { return simd::exp(x); }, [](auto x) { return std::exp(x); }, limit, -limit, 1.5);
    check<T>(
        "expm1", [](V x) { return simd::expm1(x); }, [](auto x) { return std::expm1(x); }, limit, -limit, 2.0);
    check<T>(
        "log1p", [](V x) { return simd::log1p(x); }, [](auto x) { return std::log1p(x); }, 1e15, -0.99, 2.0);
    check<T>(
        "sinh", [](V x) { return simd::sinh(x); }, [](auto x) { return std::sinh(x); }, limit, -limit, 3.0);
    check<T>(
        "cosh", [](V x) { return simd::hyperbolic_pair<T>(x).cosh; }, [](auto x) { return std::cosh(x); }, limit,
        -limit, 3.0);
    check<T>(
        "asinh", [](V x) { return simd::asinh(x); }, [](auto x) { return std::asinh(x); }, 1e15, -1e15, 3.0);
}

TEMPLATE_TEST_CASE("exp of extremes", "", float, double)
{
    using T = TestType;
    using V = simd::pack<T>;
    T const infinity = std::numeric_limits<T>::infinity();
    auto const one = [](T x) { return simd::exp(V(x)).v[0]; };
    CHECK(one(0) == 1);
    CHECK(one(-infinity) == 0);
    CHECK(one(infinity) == infinity);
    CHECK(one(T(1000000)) == infinity);
    CHECK(one(T(-1000000)) == 0);
    CHECK(std::isnan(one(std::numeric_limits<T>::quiet_NaN())));
    CHECK(simd::expm1(V(T(-1000))).v[0] == -1);
    CHECK(std::isnan(simd::expm1(V(std::numeric_limits<T>::quiet_NaN())).v[0]));
    CHECK(std::isnan(simd::asinh(V(std::numeric_limits<T>::quiet_NaN())).v[0]));
}

TEMPLATE_TEST_CASE("lanes: select, extremes, signs, roots", "", float, double)
{
    using T = TestType;
    using V = simd::pack<T>;
    T x[64 / sizeof(T)], y[64 / sizeof(T)];
    for (index_t l = 0; l < V::size; ++l) x[l] = static_cast<T>(l) - 1;
    V const a = V::load(x);
    select<T>(a < V(T(0)), V(T(5)), a).store(y);
    CHECK(y[0] == 5);
    CHECK(y[1] == 0);
    CHECK(simd::largest(a) == static_cast<T>(V::size - 2));
    CHECK(simd::largest(a, 1) == -1);
    x[0] = std::numeric_limits<T>::quiet_NaN();
    CHECK(std::isnan(simd::largest(V::load(x))));
    CHECK(abs(a).v[0] == 1);
    CHECK(copysign(V(T(3)), a).v[0] == -3);
    CHECK(sqrt(V(T(2))).v[0] == std::sqrt(T(2)));
    CHECK(fma(a, a, V(T(1))).v[0] == 2);
    CHECK(min(a, V(T(0))).v[1] == 0);
    CHECK(max(a, V(T(0))).v[0] == 0);
}
