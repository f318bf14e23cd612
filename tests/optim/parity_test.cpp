// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The same bits from every policy, any number of threads and every layout.

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/optim/adam.hpp>
#include <hyspn/optim/riemannian_adam.hpp>
#include <hyspn/optim/riemannian_sgd.hpp>
#include <hyspn/optim/sgd.hpp>

#include "optim/support.hpp"
#include "support/catch.hpp"

namespace hyspn::testing {
namespace {

/// Every kind of leaf.
template <class T>
struct mixed {
    tensor<T, 3> z{3, 5, 7};
    tensor<T, 1> bias{2050};
    T c = T(0.75);
    ball_rows<T> rows = random_points<T>(2100, 3, 0.75, 0.9, 1);
    manifold_points<poincare_ball, T, 3> planes{tensor<T, 3>(2, 9, 11), {T(2)}};

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, mixed>
    friend void for_each_leaf(Self& p, F&& f)
    {
        f("z", as_view(p.z));
        f("bias", as_view(p.bias));
        f("c", positive_leaf(p.c));
        f("rows", manifold_leaf(p.rows.values, p.rows.space));
        f("planes", manifold_leaf(p.planes.values, p.planes.space));
    }
};

/// Points that lie in an array of somebody else.
template <class T>
struct ball_part {
    view<T, 2> values;
    poincare_ball<T> space;

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, ball_part>
    friend void for_each_leaf(Self& p, F&& f) { f("part", manifold_leaf(p.values, p.space)); }
};

template <class T>
mixed<T> random_gradient()
{
    mixed<T> g;
    std::uint64_t seed = 2;
    for_each_leaf(g, [&](char const*, auto leaf) {
        random_stream random(seed++);
        for_each_element(leaf, [&](T& x) { x = static_cast<T>(random.normal()); });
    });
    return g;
}

template <class T>
std::vector<T> flat(mixed<T> const& p)
{
    std::vector<T> all;
    for_each_leaf(p, [&](char const*, auto leaf) { for_each_element(leaf, [&](T x) { all.push_back(x); }); });
    return all;
}

/// Three steps.
template <class T, class P, class Optimiser>
std::vector<T> stepped(P const& exec, Optimiser const& optimiser)
{
    mixed<T> p;
    auto const g = random_gradient<T>();
    typename Optimiser::template state<T> run;
    for (int t = 0; t < 3; ++t) optimiser.step(exec, p, g, run);
    return flat(p);
}

template <class T, class Optimiser>
void check_policies(Optimiser const& optimiser)
{
    auto const wanted = stepped<T>(exec::seq{}, optimiser);
    for (int const threads : {1, 3, 8}) CHECK(stepped<T>(exec::omp{threads}, optimiser) == wanted);
}

}  // namespace

TEMPLATE_TEST_CASE("riemannian optimisers: the same bits on every policy, for any number of threads", "", float, double)
{
    using T = TestType;
    check_policies<T>(optim::riemannian_sgd{.rate = 0.1, .weight_decay = 0.1});
    check_policies<T>(optim::riemannian_sgd{.rate = 0.1, .momentum = 0.9});
    check_policies<T>(optim::riemannian_sgd{.rate = 0.1, .momentum = 0.9, .nesterov = true});
    check_policies<T>(optim::riemannian_adam{.rate = 0.1});
}

TEMPLATE_TEST_CASE("sgd, adam: the same bits on every policy, for any number of threads", "", float, double)
{
    using T = TestType;
    affinity::hyperbolic const module{.kernel = 5, .outputs = 12};
    auto const check = [&](auto const& optimiser) {
        auto const run_on = [&](auto const& exec) {
            auto p = module.make_params<T>(16);
            auto g = module.zero_gradients(p);
            random_stream random(3);
            for_each_leaf(g, [&](char const*, auto leaf) {
                for_each_element(leaf, [&](T& x) { x = static_cast<T>(random.normal()); });
            });
            optim::state<T> run;
            for (int t = 0; t < 3; ++t) optimiser.step(exec, p, g, run);
            CHECK(p.c > 0);
            CHECK(p.tau > 0);
            return p.z;
        };
        auto const wanted = run_on(exec::seq{});
        for (int const threads : {1, 3, 8}) {
            auto const got = run_on(exec::omp{threads});
            CHECK(std::equal(got.begin(), got.end(), wanted.begin()));
        }
    };
    check(optim::sgd{.rate = 0.1, .momentum = 0.9, .nesterov = true, .weight_decay = 0.1});
    check(optim::adam{.rate = 0.1, .weight_decay = 0.1});
    check(optim::adamw{.rate = 0.1});
}

TEMPLATE_TEST_CASE("riemannian optimisers: points as rows, as planes and as parts of larger arrays", "", float, double)
{
    using T = TestType;
    auto const rows = random_points<T>(12, 3, 0.6, 0.9, 5);
    auto const slopes = random_values<T>(rows.values.extents(), 1, 6);
    auto const check = [&](auto const& optimiser) {
        auto wanted = rows;
        optim::state<T> run;
        for (int t = 0; t < 3; ++t) optimiser.step(exec::seq{}, wanted, slopes, run);

        // [N, C, H, W] = [2, 3, 2, 3], of which the points are the columns.
        manifold_points<poincare_ball, T, 4> planes{tensor<T, 4>(2, 3, 2, 3), rows.space};
        tensor<T, 4> plane_slopes(2, 3, 2, 3);
        auto const at = [](auto& a, index_t i, index_t k) -> auto&
        {
            return a(i / 6, k, i / 3 % 2, i % 3);
        };
        tensor<T, 2> wide(12, 8), wide_slopes(12, 8);
        for (index_t i = 0; i < 12; ++i)
            for (index_t k = 0; k < 3; ++k) {
                at(planes.values, i, k) = wide(i, 2 * k + 1) = rows.values(i, k);
                at(plane_slopes, i, k) = wide_slopes(i, 2 * k + 1) = slopes(i, k);
            }
        optim::state<T> plane_run, wide_run;
        auto const part = [](tensor<T, 2>& a) { return view<T, 2>(a.data() + 1, {{12, 3}}, {{8, 2}}); };
        ball_part<T> inner{part(wide), rows.space};
        for (int t = 0; t < 3; ++t) {
            optimiser.step(exec::omp{3}, planes, plane_slopes, plane_run);
            optimiser.step(exec::omp{3}, inner, part(wide_slopes), wide_run);
        }
        for (index_t i = 0; i < 12; ++i)
            for (index_t k = 0; k < 3; ++k) {
                CHECK(at(planes.values, i, k) == wanted.values(i, k));
                CHECK(wide(i, 2 * k + 1) == wanted.values(i, k));
                CHECK(wide(i, 2 * k) == 0);
            }
    };
    check(optim::riemannian_sgd{.rate = 0.1});
    check(optim::riemannian_sgd{.rate = 0.1, .momentum = 0.9, .nesterov = true});
    check(optim::riemannian_adam{.rate = 0.1});
}

TEST_CASE("state: a copy is a snapshot from which the run goes on alike")
{
    auto x = random_points<double>(9, 2, 1, 0.9, 8);
    auto const g = random_values<double>(x.values.extents(), 1, 9);
    optim::riemannian_adam const optimiser{.rate = 0.1};
    optim::state<double> run;
    optimiser.step(exec::seq{}, x, g, run);
    auto y = x;
    auto saved = run;
    for (int t = 0; t < 2; ++t) optimiser.step(exec::seq{}, x, g, run);
    for (int t = 0; t < 2; ++t) optimiser.step(exec::seq{}, y, g, saved);
    CHECK(std::equal(x.values.begin(), x.values.end(), y.values.begin()));
}

}  // namespace hyspn::testing
