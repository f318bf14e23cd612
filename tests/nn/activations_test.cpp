// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Activations of plain layers.
#include <algorithm>
#include <limits>

#include <hyspn/core/random.hpp>
#include <hyspn/nn/activations.hpp>

#include "nn/support.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::testing;

namespace {

/// Values from far below 0 to far above, and the kink.
template <class T>
tensor<T, 4> spread_values(dims<4> const& e)
{
    auto x = random_tensor<T>(e, 3, 5);
    for (index_t i = 0; i < x.size(); ++i) {
        if (i % 7 == 3) x.data()[i] = T(0);
        if (i % 11 == 5) x.data()[i] *= T(6);
    }
    return x;
}

long double sigmoid_of(long double t)
{
    return 1 / (1 + std::exp(-t));
}
long double cdf_of(long double t)
{
    return std::erfc(-t / std::sqrt(2.0L)) / 2;
}

template <class Layer, class Exec, class X>
auto values_of(Layer const& f, Exec const& exec, X const& x)
{
    tensor<value_type_of<X const>, rank_of<X const>> y(as_const(x).extents());
    f.forward(exec, x, y);
    return y;
}

/// The largest error of y beside the wanted values, in unit round-offs of their size.
template <class T, class Want>
double worst_error(tensor<T, 4> const& x, tensor<T, 4> const& y, Want const& want)
{
    double worst = 0;
    for (index_t i = 0; i < x.size(); ++i) {
        auto const w = want(static_cast<long double>(x.data()[i]));
        worst = std::max(worst, error_in_eps(std::vector<T>{y.data()[i]}, std::vector<long double>{w}));
    }
    return worst;
}

template <class T, class Layer, class Value, class Slope>
void check_values(Layer const& f, Value const& value, Slope const& slope, double bar)
{
    auto const x = spread_values<T>({2, 3, 5, 37});
    tensor<T, 4> one(x.extents()), dx(x.extents());
    for (T& v : one) v = T(1);
    auto const check = [&](auto const& exec) {
        CHECK(worst_error(x, values_of(f, exec, x), value) <= bar);
        f.backward(exec, x, one, dx);
        CHECK(worst_error(x, dx, slope) <= bar);
    };
    check(exec::seq{});
    check(exec::omp{.threads = 2});
}

}  // namespace

TEMPLATE_TEST_CASE("activations and their derivatives by their definitions", "", float, double)
{
    using T = TestType;
    check_values<T>(
        nn::relu{}, [](long double t) { return std::max(t, 0.0L); }, [](long double t) { return t > 0 ? 1.0L : 0.0L; },
        0);
    long double const slope = 0.25;
    check_values<T>(
        nn::leaky_relu{.slope = 0.25}, [=](long double t) { return t > 0 ? t : slope * t; },
        [=](long double t) { return t > 0 ? 1 : slope; }, 0);
    check_values<T>(
        nn::sigmoid{}, sigmoid_of, [](long double t) { return sigmoid_of(t) * sigmoid_of(-t); }, 8);
    check_values<T>(
        nn::tanh{}, [](long double t) { return std::tanh(t); },
        [](long double t) { return 4 * sigmoid_of(2 * t) * sigmoid_of(-2 * t); }, 12);
}

TEMPLATE_TEST_CASE("gelu keeps its stated bounds from -6 to 6, number by number", "", float, double)
{
    using T = TestType;
    // For t < 0 erfc(−t/√2) moves by t² times the rounding of its argument, and the derivative has a zero.
    tensor<T, 4> x(2, 3, 37, 61), one(x.extents()), dx(x.extents());
    random_stream random(5);
    for (T& v : x) v = static_cast<T>(12 * random.uniform() - 6);
    for (T& v : one) v = T(1);
    auto const check = [&](auto const& exec) {
        auto const y = values_of(nn::gelu{}, exec, x);
        nn::gelu{}.backward(exec, x, one, dx);
        long double worst = 0, worst_slope = 0;  // shares of the bounds
        for (index_t i = 0; i < x.size(); ++i) {
            long double const eps = std::numeric_limits<T>::epsilon();
            auto const t = static_cast<long double>(x.data()[i]), value = t * cdf_of(t);
            auto const slope = cdf_of(t) + t * std::exp(-t * t / 2) / std::sqrt(2 * 3.14159265358979323846L);
            auto const off = std::fabs(static_cast<long double>(y.data()[i]) - value);
            if (t != 0) worst = std::max(worst, off / ((6 + t * t) * eps * std::fabs(value)));
            worst_slope = std::max(worst_slope, std::fabs(static_cast<long double>(dx.data()[i]) - slope) / (2 * eps));
        }
        CHECK(worst <= 1);
        CHECK(worst_slope <= 1);
    };
    check(exec::seq{});
    check(exec::omp{.threads = 2});
}

TEMPLATE_TEST_CASE("activations: rows, maps and padded views, in place, NaN and infinity", "", float, double)
{
    using T = TestType;
    exec::omp const two{.threads = 2};
    auto const x = spread_values<T>({2, 3, 5, 13});
    auto const wanted = values_of(nn::relu{}, exec::seq{}, x);
    // The same numbers in rows of 16, of which the last three belong to nobody.
    tensor<T, 4> room(2, 3, 5, 16);
    for (T& v : room) v = T(-7);
    view<T, 4> const padded(room.data(), {2, 3, 5, 13}, {240, 80, 16, 1});
    copy(as_const(x), padded);
    nn::relu{}.forward(two, padded, padded);
    CHECK(numbers_in(as_const(padded)) == numbers_in(wanted));
    for (index_t i = 0; i < 30; ++i) CHECK(room.data()[16 * i + 14] == T(-7));
    // Columns apart: the plain loop.
    view<T, 4> const apart(room.data(), {2, 3, 5, 8}, {240, 80, 16, 2});
    for_each_element(apart, [](T& v) { v = T(-1); });
    nn::leaky_relu{.slope = 0.5}.forward(two, apart, apart);
    for_each_element(apart, [](T& v) { CHECK(v == T(-0.5)); });

    view<T const, 2> const rows(x.data(), {30, 13});
    CHECK(numbers_in(values_of(nn::relu{}, two, rows)) == numbers_in(wanted));
    CHECK(values_of(nn::tanh{}, two, x[1]).extents() == dims<3>{3, 5, 13});

    T const nan = std::numeric_limits<T>::quiet_NaN(), infinity = std::numeric_limits<T>::infinity();
    tensor<T, 2> edge(1, 3);
    edge(0, 0) = nan, edge(0, 1) = infinity, edge(0, 2) = -infinity;
    for (int policy = 0; policy < 2; ++policy) {
        auto const run = [&](auto const& f) {
            return policy ? values_of(f, two, edge) : values_of(f, exec::seq{}, edge);
        };
        auto const r = run(nn::relu{}), s = run(nn::sigmoid{}), t = run(nn::tanh{});
        CHECK(std::isnan(r(0, 0)));
        CHECK((r(0, 1) == infinity && r(0, 2) == T(0)));
        CHECK(std::isnan(s(0, 0)));
        CHECK((s(0, 1) == T(1) && s(0, 2) == T(0)));
        CHECK((t(0, 1) == T(1) && t(0, 2) == T(-1)));

        tensor<T, 2> dy(1, 3), dx(1, 3);
        dy(0, 0) = T(3), dy(0, 1) = T(5), dy(0, 2) = T(7);
        auto const slopes_of = [&](auto const& f) {
            policy ? f.backward(two, edge, dy, dx) : f.backward(exec::seq{}, edge, dy, dx);
            return numbers_in(dx);
        };
        CHECK(slopes_of(nn::relu{}) == std::vector<T>{T(3), T(5), T(0)});
        CHECK(slopes_of(nn::leaky_relu{.slope = 0.5}) == std::vector<T>{T(1.5), T(5), T(3.5)});
        for (auto const& d : {slopes_of(nn::sigmoid{}), slopes_of(nn::tanh{}), slopes_of(nn::gelu{})})
            CHECK(std::isnan(d[0]));
    }
}

TEST_CASE("activations: shapes that do not fit")
{
    tensor<float, 4> x(1, 2, 3, 4), other(1, 2, 4, 3);
    exec::seq const seq;
    CHECK(thrown<shape_error>([&] { nn::gelu{}.forward(seq, x, other); }) ==
          "gelu::forward: y must be [N, C, H, W] = [1, 2, 3, 4], got [1, 2, 4, 3]");
    CHECK(thrown<shape_error>([&] { nn::relu{}.backward(seq, x, other, x); }) ==
          "relu::backward: dy must be [N, C, H, W] = [1, 2, 3, 4], got [1, 2, 4, 3]");
    CHECK(thrown<shape_error>([&] { nn::tanh{}.backward(seq, x, x, other); }) ==
          "tanh::backward: dx must be [N, C, H, W] = [1, 2, 3, 4], got [1, 2, 4, 3]");
}
