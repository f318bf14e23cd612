// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Layers that look at one point: values against the definitions, laws, extremes.
#include <hyspn/manifold/poincare/expmap0.hpp>
#include <hyspn/nn/lorentz_linear.hpp>
#include <hyspn/nn/lorentz_mlr.hpp>
#include <hyspn/nn/poincare_linear.hpp>
#include <hyspn/nn/poincare_mlr.hpp>

#include "nn/support.hpp"
#include "nn/textbook.hpp"

using namespace hyspn;
using namespace hyspn::testing;
namespace book = textbook;
using tolerance = nn_tolerances;

namespace {

template <class T>
std::vector<book::vec> rows_of(tensor<T, 2> const& m)
{
    std::vector<book::vec> rows;
    for (index_t i = 0; i < m.extent(0); ++i) {
        rows.emplace_back();
        for (index_t j = 0; j < m.extent(1); ++j) rows.back().push_back(static_cast<long double>(m(i, j)));
    }
    return rows;
}

template <class T>
book::vec vec_of(tensor<T, 1> const& v)
{
    return {v.begin(), v.end()};
}

/// Whether long double keeps enough digits in the textbook formulas, which lose e^{2sd} between origin and boundary.
template <class T>
bool textbook_holds(book::vec const& x, book::vec const& y, long double c)
{
    return std::is_same_v<T, float> || std::sqrt(c) * (book::length(x) + book::length(y)) < 2.5L;
}

/// Rows x (x.size() of them) of `shape` with parameters, at several curvatures and spreads.
template <class T, class Layer, class Check>
void for_each_case(Layer const& layer, Check const& check)
{
    for (double c : {0.1, 0.75, 3.7})
        for (double spread : {1e-6, 1e-2, 0.3, 1.0})
            for (double offset : {0.0, 1e-4, 0.4}) {
                CAPTURE(c, spread, offset);
                auto const f = pack_layer(layer, dims<2>{6, 5});
                check(f.unpack(to<T>(f.point(spread, 0.4, offset, c, 3))));
            }
}

}  // namespace

TEMPLATE_TEST_CASE("Poincaré linear: the textbook layer between exponential and logarithm", "", float, double)
{
    double worst = 0;
    for_each_case<TestType>(nn::poincare_linear{.outputs = 4}, [&](auto const& a) {
        auto const y = nn::poincare_linear{.outputs = 4}.forward(exec::seq{}, a.p, a.x);
        auto const x = rows_of(a.x), z = rows_of(a.p.z);
        for (std::size_t n = 0; n < x.size(); ++n) {
            long double const c = a.p.c;
            auto const want = book::logmap0(book::fully_connected(z, vec_of(a.p.r), book::expmap0(x[n], c), c), c);
            if (textbook_holds<TestType>(x[n], want, c))
                worst = std::max(worst, error_in_eps(numbers_in(as_const(as_view(y)[static_cast<index_t>(n)])), want));
        }
    });
    INFO(worst);
    CHECK(worst > 0);
    CHECK(worst <= tolerance::value);
}

TEMPLATE_TEST_CASE("Poincaré MLR: the textbook logit, whose conformal factor grows towards the boundary", "", float,
                   double)
{
    double worst = 0;
    for_each_case<TestType>(nn::poincare_mlr{.outputs = 4}, [&](auto const& a) {
        auto const y = nn::poincare_mlr{.outputs = 4}.forward(exec::seq{}, a.p, a.x);
        auto const x = rows_of(a.x), z = rows_of(a.p.z);
        for (std::size_t n = 0; n < x.size(); ++n) {
            long double const c = a.p.c;
            book::vec want;
            for (std::size_t o = 0; o < z.size(); ++o)
                want.push_back(book::mlr(z[o], static_cast<long double>(a.p.r(static_cast<index_t>(o))),
                                         book::expmap0(x[n], c), c));
            worst = std::max(worst, error_in_eps(numbers_in(as_const(as_view(y)[static_cast<index_t>(n)])), want));
        }
    });
    INFO(worst);
    CHECK(worst <= tolerance::value);
    // The inverted factor found elsewhere gives 0.336 at |x| = 0.9, ‖z‖ = 1/2, r = 0; the right value is 2.944.
    nn::poincare_mlr const one{.outputs = 1};
    auto p = one.make_params<double>(1);
    p.z(0, 0) = 0.5;
    tensor<double, 2> x(1, 1);
    x(0, 0) = std::atanh(0.9);
    CHECK(std::fabs(one.forward(exec::seq{}, p, x)(0, 0) - 2.944438979166440) < 1e-12);
}

TEMPLATE_TEST_CASE("Lorentz MLR: the textbook logit, and half the Poincaré one at twice the offset", "", float, double)
{
    double worst = 0;
    nn::lorentz_mlr const layer{.outputs = 4};
    for_each_case<TestType>(layer, [&](auto const& a) {
        auto const y = layer.forward(exec::seq{}, a.p, a.x);
        auto const x = rows_of(a.x), z = rows_of(a.p.z);
        for (std::size_t n = 0; n < x.size(); ++n) {
            book::vec want;
            for (std::size_t o = 0; o < z.size(); ++o)
                want.push_back(book::lorentz_mlr(z[o], static_cast<long double>(a.p.a(static_cast<index_t>(o))), x[n],
                                                 static_cast<long double>(a.p.c)));
            worst = std::max(worst, error_in_eps(numbers_in(as_const(as_view(y)[static_cast<index_t>(n)])), want));
        }
    });
    INFO(worst);
    CHECK(worst <= tolerance::value);

    nn::poincare_mlr const ball{.outputs = 4};
    for_each_case<double>(ball, [&](auto const& a) {
        nn::lorentz_mlr::params<double> p{a.p.z, a.p.r, a.p.c};
        for (double& v : p.a) v *= 2;
        tensor<double, 2> x = a.x;
        for (index_t n = 0; n < x.extent(0); ++n) {
            double const t = 2 * std::sqrt(p.c) * norm(a.x[n]), factor = 2 * sinhc(t);
            for (index_t i = 0; i < x.extent(1); ++i) x(n, i) *= factor;
        }
        auto const half = layer.forward(exec::seq{}, p, x);
        auto whole = ball.forward(exec::seq{}, a.p, a.x);
        for (double& v : whole) v /= 2;
        CHECK(error_in_eps(numbers_in(half), numbers_in(whole)) <= tolerance::law);
    });
}

TEMPLATE_TEST_CASE("Lorentz linear: W [time; space] + b", "", float, double)
{
    nn::lorentz_linear const layer{.outputs = 4};
    for_each_case<TestType>(layer, [&](auto const& a) {
        auto const y = layer.forward(exec::seq{}, a.p, a.x);
        auto const x = rows_of(a.x), w = rows_of(a.p.w);
        for (std::size_t n = 0; n < x.size(); ++n) {
            long double const time = std::sqrt(1 / static_cast<long double>(a.p.c) + book::dot(x[n], x[n]));
            for (std::size_t o = 0; o < w.size(); ++o) {
                long double want = w[o][0] * time + static_cast<long double>(a.p.b(static_cast<index_t>(o)));
                long double size = std::fabs(w[o][0] * time) + std::fabs(want);
                for (std::size_t i = 0; i < x[n].size(); ++i) {
                    want += w[o][1 + i] * x[n][i];
                    size += std::fabs(w[o][1 + i] * x[n][i]);
                }
                auto const got = static_cast<long double>(y(static_cast<index_t>(n), static_cast<index_t>(o)));
                CHECK(std::fabs(got - want) <= 8 * unit_roundoff<TestType> * size);
            }
        }
    });
}

TEMPLATE_TEST_CASE("identity parameters give the identity", "", float, double)
{
    for (double spread : {1e-30, 1e-3, 0.3, 3., 300.}) {
        auto const x = random_tensor<TestType>(dims<2>{7, 3}, spread, 4);
        nn::poincare_linear const ball{.outputs = 3};
        nn::lorentz_linear const sheet{.outputs = 3};
        for (double c : {1., 0.3}) {
            auto p = ball.identity_params<TestType>(3);
            p.c = TestType(c);
            auto const y = ball.forward(exec::seq{}, p, x);
            for (index_t n = 0; n < 7; ++n) {
                // Outputs compete by e^{2s‖x‖}: one eps of z or c moves them by 2s‖x‖ eps.
                double const condition = 2 * std::sqrt(c) * static_cast<double>(norm(x[n]));
                CHECK(error_in_eps(numbers_in(as_const(y[n])), numbers_in(as_const(x[n]))) <=
                      std::max(tolerance::value, 2 * condition));
            }
        }
        CHECK(numbers_in(sheet.forward(exec::seq{}, sheet.identity_params<TestType>(3), x)) == numbers_in(x));
    }
    // More outputs than channels: zeros after them.
    auto const x = random_tensor<TestType>(dims<2>{7, 3}, 0.5, 4);
    nn::poincare_linear const wide{.outputs = 5};
    auto const y = wide.forward(exec::seq{}, wide.identity_params<TestType>(3), x);
    for (index_t n = 0; n < 7; ++n) {
        CHECK(y(n, 3) == 0);
        CHECK(y(n, 4) == 0);
    }
}

TEST_CASE("odd symmetry: v(−x; z, −r) = −v(x; z, r), bit for bit")
{
    auto const check = [](auto const& layer) {
        auto const f = pack_layer(layer, dims<2>{6, 5});
        for (double spread : {1e-3, 0.5, 30.}) {
            auto point = f.point(spread, 0.4, 0.6, 0.75, 3);
            auto const y = f.forward(point);
            for (std::size_t i = 0; i < 30; ++i) point[i] = -point[i];
            for (std::size_t o = 0; o < 4; ++o) point[point.size() - 2 - o] *= -1;
            auto const mirrored = f.forward(point);
            for (std::size_t i = 0; i < y.size(); ++i) CHECK(mirrored[i] == -y[i]);
        }
    };
    check(nn::poincare_linear{.outputs = 4});
    check(nn::poincare_mlr{.outputs = 4});
    check(nn::lorentz_mlr{.outputs = 4});
}

TEST_CASE("c → 0: the Euclidean layers, with a factor 4 for the Poincaré MLR")
{
    for (double c : {1e-12, 1e-30, 1e-300}) {
        CAPTURE(c);
        auto const f = pack_layer(nn::poincare_mlr{.outputs = 4}, dims<2>{6, 5});
        auto const a = f.unpack(f.point(0.5, 0.4, 0.3, c, 3));
        auto const mlr = nn::poincare_mlr{.outputs = 4}.forward(exec::seq{}, a.p, a.x);
        auto const lorentz =
            nn::lorentz_mlr{.outputs = 4}.forward(exec::seq{}, nn::lorentz_mlr::params<double>{a.p.z, a.p.r, c}, a.x);
        auto const linear = nn::poincare_linear{.outputs = 4}.forward(
            exec::seq{}, nn::poincare_linear::params<double>{a.p.z, a.p.r, c}, a.x);
        for (index_t n = 0; n < 6; ++n)
            for (index_t o = 0; o < 4; ++o) {
                double const plane = dot(a.x[n], a.p.z[o]) - a.p.r(o) * norm(a.p.z[o]);
                CHECK(std::fabs(mlr(n, o) - 4 * plane) <= 1e-10);
                CHECK(std::fabs(linear(n, o) - 2 * plane) <= 1e-10);
                CHECK(std::fabs(lorentz(n, o) - plane) <= 1e-10);
            }
    }
}

TEST_CASE("values and gradients scale with lengths, bit for bit")
{
    // x, r, a → x/2, …; c → 4c: values halve.
    auto const check = [](auto const& layer) {
        auto const f = pack_layer(layer, dims<2>{6, 5});
        auto point = f.point(0.7, 0.4, 0.6, 0.75, 3);
        auto const y = f.forward(point);
        for (std::size_t i = 0; i < 30; ++i) point[i] /= 2;
        for (std::size_t o = 0; o < 4; ++o) point[point.size() - 2 - o] /= 2;
        point.back() *= 4;
        auto const half = f.forward(point);
        for (std::size_t i = 0; i < y.size(); ++i) CHECK(half[i] == y[i] / 2);
    };
    check(nn::poincare_linear{.outputs = 4});
    check(nn::poincare_mlr{.outputs = 4});
    check(nn::lorentz_linear{.outputs = 4});
    check(nn::lorentz_mlr{.outputs = 4});
}

TEST_CASE("Euler's law ties the curvature's gradient to the others")
{
    // Σ⟨length, its cotangent⟩ − 2c·c̄ = ⟨y, g⟩.
    auto const check = [](auto const& layer) {
        auto const f = pack_layer(layer, dims<2>{6, 5});
        for (double spread : {1e-2, 0.7, 20.}) {
            auto const point = f.point(spread, 0.4, 0.6, 0.75, 3);
            auto const y = f.forward(point);
            auto const g = numbers_in(random_tensor<double>(dims<1>{24}, 1, 9));
            auto const bar = f.backward(point, g);
            double sum = 0, size = 0;
            auto const add = [&](double v) {
                sum += v;
                size += std::fabs(v);
            };
            for (std::size_t i = 0; i < 30; ++i) add(point[i] * bar[i]);
            for (std::size_t o = 0; o < 4; ++o) add(point[point.size() - 2 - o] * bar[point.size() - 2 - o]);
            add(-2 * point.back() * bar.back());
            for (std::size_t i = 0; i < 24; ++i) add(-y[i] * g[i]);
            CHECK(std::fabs(sum) <= tolerance::law * unit_roundoff<double> * size);
        }
    };
    check(nn::poincare_linear{.outputs = 4});
    check(nn::poincare_mlr{.outputs = 4});
    check(nn::lorentz_linear{.outputs = 4});
    check(nn::lorentz_mlr{.outputs = 4});
}
