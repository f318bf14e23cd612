// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <limits>

#include <support/catch.hpp>

#include <hyspn/testing/dual.hpp>

namespace hyspn::testing {
namespace {

/// f'(x) by dual numbers against the slope of a chord.
template <class F>
void check_derivative(F const& f, double x)
{
    INFO("at " << x);
    double const h = 1e-6;
    dual<double> const y = f(dual<double>(x, 1));
    CHECK(y.value == f(dual<double>(x)).value);
    double const chord = (f(dual<double>(x + h)).value - f(dual<double>(x - h)).value) / (2 * h);
    CHECK(std::fabs(y.derivative - chord) <= 1e-8 * (1 + std::fabs(chord)));
}

}  // namespace

TEST_CASE("Dual numbers differentiate arithmetic and the functions the library calls")
{
    using D = dual<double>;
    for (double x : {0.3, 0.9, 0.45}) {
        check_derivative([](D a) { return (a + 2) * (a - D(3)) / (a * a + 1) - a; }, x);
        check_derivative([](D a) { return exp(a); }, x);
        check_derivative([](D a) { return expm1(a); }, x);
        check_derivative([](D a) { return log(a); }, x);
        check_derivative([](D a) { return log1p(a); }, x);
        check_derivative([](D a) { return sqrt(a); }, x);
        check_derivative([](D a) { return sinh(a); }, x);
        check_derivative([](D a) { return cosh(a); }, x);
        check_derivative([](D a) { return tanh(a); }, x);
        check_derivative([](D a) { return asinh(a); }, x);
        check_derivative([](D a) { return atanh(a); }, x);
        check_derivative([](D a) { return hypot(a, a * a); }, x);
        check_derivative([](D a) { return pow(a, 2 + a); }, x);
        check_derivative([](D a) { return fma(a, a, exp(a)); }, x);
        check_derivative([](D a) { return fabs(-a) + abs(a); }, x);
        check_derivative([](D a) { return copysign(a, D(-1)); }, x);
    }
}

TEST_CASE("Dual numbers compare by value and follow the library's convention at zero")
{
    using D = dual<float>;
    CHECK(D(1, 5) == D(1, 7));
    CHECK(D(1, 5) < D(2, 0));
    CHECK(sqrt(D(0, 1)).derivative == 0);
    CHECK(hypot(D(0, 1), D(0, 1)).derivative == 0);
    CHECK(pow(D(0, 1), D(3)).derivative == 0);
    CHECK(static_cast<double>(D(0.5f, 3)) == 0.5);
    CHECK(!isfinite(D(1, INFINITY)));
    CHECK(!isfinite(D(std::numeric_limits<D>::infinity())));
    CHECK(signbit(D(-0.0f)));
}

}  // namespace hyspn::testing
