// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Inputs on which ball formulas return NaN: every value and gradient must be finite. Inputs that are no numbers: NaN.
#include "affinity/packed.hpp"

using namespace hyspn;
using namespace hyspn::testing;

namespace {

/// Runs forward and backward; true when everything that comes out is finite.
template <class T, class Affinity>
bool runs_finite(Affinity const& a, tensor<T, 4> const& x, typename Affinity::template params<T> const& p)
{
    auto y = a.forward(exec::seq{}, p, x);
    auto const dy = random_tensor<T>(y.extents(), 1, 41);
    typename Affinity::template saved<T> saved;
    a.forward(exec::seq{}, p, x, y, saved);
    auto dp = a.zero_gradients(p);
    tensor<T, 4> dx(x.extents());
    a.backward(exec::seq{}, p, x, saved, dy, dx, dp);
    bool finite = all_finite(y) && all_finite(dx);
    for_each_leaf(
        dp, [&](char const*, auto leaf) { for_each_element(leaf, [&](T v) { finite = finite && all_finite(v); }); });
    return finite;
}

template <class T>
void check(char const* what, tensor<T, 4> const& x)
{
    CAPTURE(what, sizeof(T));
    for_each_affinity(3, 1, 3, [&](auto const& a) {
        auto const p = random_params<T>(a, x.extent(1), 42);
        CHECK(runs_finite(a, x, p));
    });
}

template <class T>
void check_all()
{
    dims<4> const e{1, 4, 4, 5};
    for (double size : {1e-38, 1e-30, 1e-10, 1.0, 30.0, 1e3, 5e3}) {
        CAPTURE(size);
        check("random of one size", random_tensor<T>(e, size, 43));
    }

    tensor<T, 4> x(e);
    check("all zero", x);
    for (T& v : x) v = T(0.7);
    check("constant", x);
    for (T& v : x) v = T(5e3);
    check("constant and long", x);
    x = random_tensor<T>(e, 1, 44);
    for (index_t c = 0; c < 4; ++c) x(0, c, 1, 1) = x(0, c, 2, 3) = T(0), x(0, c, 3, 3) = x(0, c, 3, 4);
    check("some zero, some coincident", x);
    for (index_t c = 0; c < 4; ++c)
        for (index_t j = 0; j < 5; ++j) x(0, c, 0, j) *= T(1e3), x(0, c, 2, j) *= T(1e-20);
    check("long beside short", x);
    for (index_t c = 0; c < 4; ++c)
        for (index_t j = 0; j < 5; ++j) x(0, c, 1, j) = -x(0, c, 0, j), x(0, c, 3, j) = x(0, c, 2, j) / T(3);
    check("opposite, and on one ray", x);
    check("one channel", random_tensor<T>(dims<4>{1, 1, 4, 5}, 1, 45));
    check("one channel, long", random_tensor<T>(dims<4>{1, 1, 4, 5}, 1e3, 46));
}

}  // namespace

TEST_CASE("values and gradients are finite for extreme features, float")
{
    check_all<float>();
}
TEST_CASE("values and gradients are finite for extreme features, double")
{
    check_all<double>();
}

TEST_CASE("values and gradients are finite for extreme parameters")
{
    auto const x = random_tensor<float>(dims<4>{1, 3, 4, 4}, 1, 47);
    affinity::hyperbolic const a{.outputs = 3};
    auto const with = [&](auto change) {
        auto p = random_params<float>(a, 3, 48);
        change(p);
        return runs_finite(a, x, p);
    };
    CHECK(with([](auto& p) { p.c = 1e-20f; }));
    CHECK(with([](auto& p) { p.c = 1e4f; }));
    CHECK(with([](auto& p) { p.tau = 1e-5f; }));
    CHECK(with([](auto& p) { p.tau = 1e10f; }));
    CHECK(with([](auto& p) { p.r(0) = 1e3f, p.r(1) = -1e3f; }));
    CHECK(with([](auto& p) {
        for (index_t m = 0; m < 9; ++m)
            for (index_t c = 0; c < 3; ++c) p.z(1, m, c) = 0;
    }));
    CHECK(with([](auto& p) {
        for (float& z : p.z) z *= 1e3f;
    }));
    CHECK(with([](auto& p) { p = affinity::hyperbolic{.outputs = 3}.template make_params<float>(3); }));
}

TEST_CASE("a row of zeros at a radius whose slope just fits the type")
{
    // sinh(120)/60 times the weights' cotangent: close to the largest float, but no 0/0 on the way.
    affinity::hyperbolic const a{.kernel = 1, .outputs = 1};
    tensor<float, 4> x(1, 1, 1, 1);
    x(0, 0, 0, 0) = 60;
    CHECK(runs_finite(a, x, a.make_params<float>(1)));
}

TEMPLATE_TEST_CASE("features that are no numbers give logits that are none, at all pixels that see them and only there",
                   "", float, double)
{
    using T = TestType;
    for (T const bad : {std::numeric_limits<T>::quiet_NaN(), std::numeric_limits<T>::infinity()})
        for (index_t const kernel : {1, 3})
            for (auto const weight : {affinity::weighting::softmax, affinity::weighting::uniform}) {
                affinity::hyperbolic const module{.kernel = kernel, .outputs = 2, .weight = weight};
                auto const p = random_params<T>(module, 2, 61);
                auto x = random_tensor<T>(dims<4>{1, 2, 1, 40}, 0.3, 62);
                x(0, 1, 0, 20) = bad;
                auto const plain = module.forward(exec::seq{}, p, x), fast = module.forward(exec::omp{}, p, x);
                for (index_t j = 0; j < 40; ++j)
                    for (index_t o = 0; o < 2; ++o) {
                        CAPTURE(bad, kernel, static_cast<int>(weight), j, o);
                        bool const sees = std::abs(j - 20) <= kernel / 2;
                        CHECK(std::isnan(plain(0, o, 0, j)) == sees);
                        CHECK(std::isnan(fast(0, o, 0, j)) == sees);
                    }
            }
}
