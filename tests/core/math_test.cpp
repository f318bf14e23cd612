// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <limits>

#include <support/catch.hpp>

#include <hyspn/core/math.hpp>
#include <hyspn/testing/dual.hpp>

// The scalar functions against long double, over the whole range of arguments and densely around every threshold; their
// derivatives against dual numbers where those are accurate.
namespace hyspn::testing {
namespace {

constexpr double bar = 6;  // units of round-off; the worst seen is 4.7

template <class T>
constexpr long double tolerance = static_cast<long double>(bar* static_cast<double>(math_traits<T>::unit_roundoff));

long double langevinc_reference(long double t)
{
    if (t > 8) return (t / std::tanh(t) - 1) / t / t;
    long double tail = 201;
    for (int level = 99; level > 0; --level) tail = static_cast<long double>(2 * level + 1) + t * t / tail;
    return 1 / tail;
}

long double sinh_residue_reference(long double u)
{
    if (u > 8) return (std::sinh(u) - u) / u / u / u;
    long double sum = 0, term = 1.0L / 6;
    for (int k = 0; k < 60; ++k) {
        sum += term;
        term *= u * u / static_cast<long double>((2 * k + 4) * (2 * k + 5));
    }
    return sum;
}

long double tanhc_decay_reference(long double t)
{
    long double const q = std::tanh(t) / t;
    if (t < 3) return (q - langevinc_reference(t)) / (2 * q * q);
    return (1 - 2 * t / std::sinh(2 * t)) / (2 * std::tanh(t) * std::tanh(t));
}

/// Calls f(t) for t from 2^-40 to `end`, a few thousand values a binade apart by an irrational-looking factor.
template <class T, class F>
void sweep(double end, F const& f)
{
    for (double t = 0x1p-40; t < end; t *= 1.00317) f(static_cast<T>(t));
    for (int k = -200; k <= 200; ++k) f(static_cast<T>(2 + k * 1e-4));
    f(T(2));
    f(std::nextafter(T(2), T(0)));
}

template <class T, class F, class R>
double worst_error(double end, F const& f, R const& reference)
{
    double worst = 0;
    sweep<T>(end, [&](T t) {
        long double const wanted = reference(static_cast<long double>(t));
        long double const e = std::fabs((static_cast<long double>(f(t)) - wanted) / wanted);
        double const eps = static_cast<double>(e) / static_cast<double>(math_traits<T>::unit_roundoff);
        if (!(eps <= worst)) worst = eps;
    });
    return worst;
}

}  // namespace

TEMPLATE_TEST_CASE("Scalar functions are accurate over their whole range", "", float, double)
{
    using T = TestType;
    using L = long double;
    double const far = sizeof(T) == 4 ? 40 : 300;
    CHECK(worst_error<T>(1e4, langevinc<T>, langevinc_reference) <= bar);
    CHECK(worst_error<T>(1e4, tcoth_minus_1<T>, [](L t) { return t * t * langevinc_reference(t); }) <= bar);
    CHECK(worst_error<T>(1e4, tanhc<T>, [](L t) { return std::tanh(t) / t; }) <= bar);
    CHECK(worst_error<T>(1e3, tanhc_decay<T>, tanhc_decay_reference) <= bar);
    CHECK(worst_error<T>(1e4, asinhc<T>, [](L t) { return std::asinh(t) / t; }) <= bar);
    CHECK(worst_error<T>(1e4, asinhc_decay<T>, [](L b) { return langevinc_reference(b) * std::tanh(b) / b / 2; }) <=
          bar);
    CHECK(worst_error<T>(far, sinhc<T>, [](L t) { return std::sinh(t) / t; }) <= bar);
    CHECK(worst_error<T>(far, sinhc_slope<T>, [](L t) { return std::sinh(t) / t * langevinc_reference(t) / 2; }) <=
          bar);
    CHECK(worst_error<T>(far, sinh_residue<T>, sinh_residue_reference) <= bar);
    CHECK(worst_error<T>(far, bernoulli<T>, [](L x) { return x / std::expm1(x); }) <= bar);
    sweep<T>(far, [](T t) {
        L const wanted = 1 / (std::cosh(static_cast<L>(t)) * std::cosh(static_cast<L>(t)));
        L const error = std::fabs(static_cast<L>(sech2(t)) - wanted) / wanted;
        CHECK(error <= tolerance<T>);
        L const logarithm = std::log(std::sinh(static_cast<L>(t)));
        CHECK(std::fabs(static_cast<L>(log_sinh(t)) - logarithm) <=
              tolerance<T> * std::max(L(1), std::fabs(logarithm)));
    });
}

TEMPLATE_TEST_CASE("artanhc takes its digits near 1 from the complement", "", float, double)
{
    using T = TestType;
    using L = long double;
    for (T complement = T(0.99); complement > std::numeric_limits<T>::epsilon() / 1024; complement *= T(0.7)) {
        L const square = 1 - static_cast<L>(complement), exact = std::sqrt(square);
        T const t = static_cast<T>(exact);
        L const wanted = std::asinh(2 * exact / static_cast<L>(complement)) / (2 * exact);
        INFO("complement " << complement);
        CHECK(std::fabs(static_cast<L>(artanhc(t, complement)) / wanted - 1) <= tolerance<T>);
        L const slope = (1 / static_cast<L>(complement) - wanted) / (2 * square);
        if (complement < T(0.5))
            CHECK(std::fabs(static_cast<L>(artanhc_slope(t, complement)) / slope - 1) <= tolerance<T>);
    }
}

TEST_CASE("Values at zero are the limits")
{
    CHECK(langevinc(0.0) == 1.0 / 3);
    CHECK(tcoth_minus_1(0.0) == 0);
    CHECK(tanhc(0.0) == 1);
    CHECK(std::fabs(tanhc_decay(0.0) - 1.0 / 3) < 1e-15);
    CHECK(asinhc(0.0) == 1);
    CHECK(std::fabs(asinhc_decay(0.0) - 1.0 / 6) < 1e-15);
    CHECK(artanhc(0.0, 1.0) == 1);
    CHECK(std::fabs(artanhc_slope(0.0, 1.0) - 1.0 / 3) < 1e-15);
    CHECK(sinhc(0.0) == 1);
    CHECK(std::fabs(sinhc_slope(0.0) - 1.0 / 6) < 1e-15);
    CHECK(std::fabs(sinh_residue(0.0) - 1.0 / 6) < 1e-15);
    CHECK(sech2(0.0) == 1);
    CHECK(bernoulli(0.0) == 1);
}

TEST_CASE("Even functions are even")
{
    for (double t : {1e-3, 0.5, 3.0, 20.0}) {
        CHECK(sech2(-t) == sech2(t));
        CHECK(sinh_residue(-t) == sinh_residue(t));
        CHECK(tcoth_minus_1(-t) == tcoth_minus_1(t));
    }
}

TEST_CASE("Large arguments neither overflow nor lose their limits")
{
    CHECK(tanhc(1e30f) == 1e-30f);
    CHECK(tanhc_decay(1e4f) == 0.5f);
    CHECK(langevinc(1e30f) == 1e-30f);
    CHECK(sech2(1e4f) == 0);
    CHECK(log_sinh(1e4f) == 1e4f - std::log(2.0f));
    CHECK(asinh_exp(1e4f) == 1e4f + std::log(2.0f));
    CHECK(logaddexp(1e4f, 1e4f) == 1e4f + std::log(2.0f));
    CHECK(logaddexp(1e4f, -1e4f) == 1e4f);
}

TEST_CASE("Log-domain helpers agree with the plain forms where those work")
{
    double const inf = std::numeric_limits<double>::infinity();
    for (double m = -20; m < 20; m += 0.37) {
        CHECK(std::fabs(asinh_exp(m) / std::asinh(std::exp(m)) - 1) < 1e-15);
        CHECK(std::fabs(logaddexp(m, 0.5) - std::log(std::exp(m) + std::exp(0.5))) < 1e-14);
        CHECK(logaddexp(m, 0.5) == logaddexp(0.5, m));
        CHECK(logaddexp(m, -inf) == m);
        CHECK(logaddexp(-inf, m) == m);
    }
    CHECK(logaddexp(-inf, -inf) == -inf);
    CHECK(log_sinh(0.0) == -inf);
}

TEST_CASE("Closed-form derivatives agree with dual numbers")
{
    // The derivative in t² is half the derivative in t over t; dual numbers lose digits in it only for tiny t.
    using D = dual<double>;
    for (double t = 0.05; t < 9; t *= 1.07) {
        INFO("t = " << t);
        auto const slope = [t](D y) { return y.derivative / (2 * t); };
        double const T = tanhc(t), S = asinhc(t), b = std::asinh(t);
        CHECK(std::fabs(slope(tanhc(D(t, 1))) / (-tanhc_decay(t) * T * T * T) - 1) < 1e-11);
        CHECK(std::fabs(slope(asinhc(D(t, 1))) / (-asinhc_decay(b) * S * S * S) - 1) < 1e-11);
        CHECK(std::fabs(slope(sinhc(D(t, 1))) / sinhc_slope(t) - 1) < 1e-11);
        if (t < 1) {
            D const x(t, 1);
            CHECK(std::fabs(slope(artanhc(x, 1 - x * x)) / artanhc_slope(t, 1 - t * t) - 1) < 1e-9);
        }
    }
}

}  // namespace hyspn::testing
