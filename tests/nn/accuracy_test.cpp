// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Rounding of layers: float and double against the same formulas in more digits, in every regime; and extremes.
#include <cstdio>
#include <cstdlib>

#include <hyspn/nn/lorentz_linear.hpp>
#include <hyspn/nn/lorentz_mlr.hpp>
#include <hyspn/nn/poincare_conv2d.hpp>
#include <hyspn/nn/poincare_linear.hpp>
#include <hyspn/nn/poincare_mlr.hpp>

#include "nn/support.hpp"

using namespace hyspn;
using namespace hyspn::testing;
using tolerance = nn_tolerances;

namespace {

struct regime {
    char const* name;
    double features, weights, offsets;
    double slack = 1;
};

constexpr regime regimes[] = {
    {"generic", 0.5, 0.4, 0.3},
    {"origin", 1e-6, 0.4, 0},
    {"origin and offset", 1e-6, 0.4, 1e-6},
    // Far out sinh(2s‖v‖)cos(v, z) and the offset's term are large and may cancel: ⟨v, z⟩ has no digits left for it.
    {"far", 4, 0.4, 0.3, 8},
    {"small weights", 0.5, 1e-3, 0.3},
    {"large offset", 0.5, 0.4, 4, 2},
    {"tiny", 1e-30, 0.4, 1e-30},
};

struct worst_errors {
    double value = 0, gradient = 0, c = 0, c_beside_condition = 0;
};

/// How many eps the exact gradient of c moves when each input moves by one.
template <class F, class U>
double condition_of_c(F const& f, std::vector<U> point, std::vector<U> const& g)
{
    U const step = std::is_same_v<U, double> ? U(1e-6) : U(1e-8), c_bar = f.backward(point, g).back();
    U moved = 0;
    for (U& x : point) {
        U const before = x;
        x *= 1 + step;
        moved += std::fabs(f.backward(point, g).back() - c_bar);
        x = before;
    }
    return static_cast<double>(moved / step / std::fabs(c_bar));
}

/// One point and one output group at a time, so that no sum over points hides or makes errors. Outputs and gradients
/// are compared norm-wise, leaf by leaf; c's gradient, one number, beside its condition: at most max(128, 4·condition)
/// eps.
template <class T, class U, class Layer>
worst_errors measure(Layer const& layer, regime const& at, double c)
{
    worst_errors worst;
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        auto const f = pack_layer(layer, dims<2>{1, 6});
        auto const exact = to<T>(f.point(at.features, at.weights, at.offsets, c, 17 * seed));
        std::vector<U> const more(exact.begin(), exact.end());
        auto const y = f.forward(exact);
        worst.value = std::max(worst.value, error_in_eps(y, f.forward(more)));
        noise next(seed);
        std::vector<T> g(y.size());
        for (T& v : g) v = T(next(1));
        auto const got = leaves_of(f, f.backward(exact, g));
        auto const want = leaves_of(f, f.backward(more, std::vector<U>(g.begin(), g.end())));
        for (std::size_t i = 0; i + 1 < got.size(); ++i)
            worst.gradient = std::max(worst.gradient, error_in_eps(got[i], want[i]));
        double const error = error_in_eps(got.back(), want.back());
        double const condition = condition_of_c(f, more, std::vector<U>(g.begin(), g.end()));
        worst.c = std::max(worst.c, error);
        worst.c_beside_condition = std::max(worst.c_beside_condition, error / std::max(128., 4 * condition));
    }
    return worst;
}

template <class T>
using finer = std::conditional_t<std::is_same_v<T, float>, double, long double>;

/// Largest errors over regimes and curvatures; each is printed when HYSPN_SHOW_ERRORS is set.
template <class T, class Layer>
void check_regimes(char const* name, Layer const& layer, double value, double gradient, double c_bar = 1)
{
    for (regime const& at : regimes)
        for (double c : {0.1, 0.75, 3.7}) {
            CAPTURE(name, at.name, c);
            auto const e = measure<T, finer<T>>(layer, at, c);
            if (std::getenv("HYSPN_SHOW_ERRORS"))
                std::printf("%-16s %-7s %-18s c=%-5g value %.1f gradient %.1f c %.1f (%.2f of its bound)\n", name,
                            std::is_same_v<T, float> ? "float" : "double", at.name, c, e.value, e.gradient, e.c,
                            e.c_beside_condition);
            CHECK(e.value <= at.slack * value);
            CHECK(e.gradient <= at.slack * gradient);
            CHECK(e.c_beside_condition <= at.slack * c_bar);
        }
}

template <class T, class Layer>
void check_extreme(Layer const& layer, double features, double weights, double offsets, double c)
{
    CAPTURE(features, weights, offsets, c);
    auto const f = pack_layer(layer, dims<2>{3, 4});
    auto const point = to<T>(f.point(features, weights, offsets, c, 5));
    auto const y = f.forward(point);
    CHECK(all_finite(y));
    std::vector<T> const g(y.size(), T(1));
    CHECK(all_finite(f.backward(point, g)));
}

}  // namespace

TEMPLATE_TEST_CASE("layers keep their digits in every regime", "", float, double)
{
    using T = TestType;
    check_regimes<T>("poincare_linear", nn::poincare_linear{.outputs = 4}, 16, 128);
    check_regimes<T>("poincare_mlr", nn::poincare_mlr{.outputs = 4}, 16, 128);
    check_regimes<T>("lorentz_mlr", nn::lorentz_mlr{.outputs = 4}, 16, 128, 2);
    check_regimes<T>("lorentz_linear", nn::lorentz_linear{.outputs = 4}, 16, 128);
}

TEMPLATE_TEST_CASE("layers are finite with finite gradients at extremes", "", float, double)
{
    using T = TestType;
    for (double features : {0., 1e-38, 1e-20, 1., 1e3, 1e4})
        for (double offsets : {0., 1e-30, 1., 1e3})
            for (double c : {1e-6, 0.75, 100.}) {
                check_extreme<T>(nn::poincare_linear{.outputs = 3}, features, 0.3, offsets, c);
                check_extreme<T>(nn::poincare_mlr{.outputs = 3}, features, 0.3, offsets, c);
                check_extreme<T>(nn::lorentz_mlr{.outputs = 3}, features, 0.3, offsets, c);
                check_extreme<T>(nn::lorentz_linear{.outputs = 3}, features, 0.3, offsets, c);
            }
}

TEMPLATE_TEST_CASE("logits of ±1000 neither overflow nor fall to the origin", "", float, double)
{
    using T = TestType;
    // Elsewhere cosh or sinh squared overflow, and the layer returns the centre of the ball.
    nn::poincare_linear const one{.outputs = 1}, two{.outputs = 2};
    for (double logit : {60., -60., 1000., -1000.}) {
        auto p = one.make_params<T>(1);
        p.c = T(0.75);
        // ‖z‖ = 1/2 is the identity.
        p.z(0, 0) = T(0.5);
        tensor<T, 2> x(1, 1);
        x(0, 0) = T(logit);
        CHECK(error_in_eps(numbers_in(one.forward(exec::seq{}, p, x)), std::vector<double>{logit}) <= 16);
        // A long row instead of a long vector: y = 2‖z‖·x.
        p.z(0, 0) = T(logit / 2);
        x(0, 0) = T(1);
        CHECK(error_in_eps(numbers_in(one.forward(exec::seq{}, p, x)), std::vector<double>{logit}) <= 16);
        // Offsets: at x = 0, y = −2‖z‖·r.
        p.z(0, 0) = T(0.5);
        p.r(0) = T(logit);
        x(0, 0) = T(0);
        CHECK(error_in_eps(numbers_in(one.forward(exec::seq{}, p, x)), std::vector<double>{-logit}) <= 16);
        // Two equal logits: the output has their direction, and its length grows by log √2.
        auto q = two.make_params<T>(1);
        q.c = T(0.75);
        q.z(0, 0) = q.z(1, 0) = T(0.5);
        x(0, 0) = T(logit);
        double const s = std::sqrt(0.75), length = std::fabs(logit) + std::log(std::sqrt(2.)) / (2 * s);
        double const each = std::copysign(length / std::sqrt(2.), logit);
        CHECK(error_in_eps(numbers_in(two.forward(exec::seq{}, q, x)), std::vector<double>{each, each}) <= 16);
    }
    nn::poincare_mlr const mlr{.outputs = 1};
    nn::lorentz_mlr const lorentz{.outputs = 1};
    for (double offset : {-1000., 1000.}) {
        auto p = mlr.make_params<T>(2);
        p.c = T(0.75);
        p.z(0, 0) = T(0.5);
        p.r(0) = T(offset);
        tensor<T, 2> x(1, 2);
        x(0, 0) = T(0.25);
        // Along the normal: q = 4‖z‖(x − r), whatever the size.
        CHECK(error_in_eps(numbers_in(mlr.forward(exec::seq{}, p, x)), std::vector<double>{2 * (0.25 - offset)}) <= 16);
        nn::lorentz_mlr::params<T> const q{p.z, p.r, p.c};
        double const s = std::sqrt(0.75), along = std::asinh(s * 0.25) / s;
        CHECK(error_in_eps(numbers_in(lorentz.forward(exec::seq{}, q, x)),
                           std::vector<double>{0.5 * (along - offset)}) <= 16);
    }
}
