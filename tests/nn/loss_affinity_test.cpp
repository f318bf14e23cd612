// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <cstdint>
#include <limits>

#include <nn/loss_support.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/nn/loss/pair_affinity.hpp>

namespace hyspn::testing {
namespace {

namespace loss = nn::loss;
using loss::pair_balance;
constexpr exec::seq seq{};
constexpr pair_balance balances[] = {pair_balance::pairs, pair_balance::classes, pair_balance::affinity_net};

tensor<std::int32_t, 3> some_labels(index_t n, index_t h, index_t w)
{
    return random_labels<std::int32_t>({{n, h, w}}, 3, 0.15, -1, 5);
}

/// Depths of two surfaces, some of them missing.
tensor<double, 4> some_depth(index_t n, index_t h, index_t w)
{
    auto depth = between<double>(dims<4>{{n, 1, h, w}}, 1, 1.08, 6);
    random_stream random(8);
    for (double& d : depth) d *= static_cast<double>(random.below(3));
    return depth;
}

/// Sums of −log over the pairs of each kind, from offsets written out.
struct by_hand {
    double loss[3] = {}, count[3] = {};

    template <class Kind>
    by_hand(tensor<double, 4> const& a, loss::pair_affinity const& law, Kind const& kind)
    {
        index_t const r = law.neighbours.kernel / 2, d = law.neighbours.dilation;
        bool const forward_only = a.extent(1) == law.neighbours.half();
        index_t k = 0;
        for (index_t dy = -r; dy <= r; ++dy)
            for (index_t dx = -r; dx <= r; ++dx) {
                if ((dy == 0 && dx == 0) || (forward_only && (dy < 0 || (dy == 0 && dx < 0)))) continue;
                add_plane(a, k++, dy * d, dx * d, law.epsilon, kind);
            }
    }
    template <class Kind>
    void add_plane(tensor<double, 4> const& a, index_t k, index_t dy, index_t dx, double epsilon, Kind const& kind)
    {
        for (index_t n = 0; n < a.extent(0); ++n)
            for (index_t i = 0; i < a.extent(2); ++i)
                for (index_t j = 0; j < a.extent(3); ++j) {
                    if (i + dy < 0 || i + dy >= a.extent(2) || j + dx < 0 || j + dx >= a.extent(3)) continue;
                    int const group = kind(n, i, j, i + dy, j + dx);
                    if (group < 0) continue;
                    double const p = group == 2 ? 1 - a(n, k, i, j) : a(n, k, i, j);
                    loss[group] -= std::log(p + epsilon);
                    ++count[group];
                }
    }
    double mean(int k) const { return count[k] > 0 ? loss[k] / count[k] : 0; }
    double balanced(pair_balance balance) const
    {
        double const all = count[0] + count[1] + count[2], together = count[0] + count[1];
        if (balance == pair_balance::pairs) return (loss[0] + loss[1] + loss[2]) / all;
        if (balance == pair_balance::classes) return (loss[0] + loss[1]) / together / 2 + mean(2) / 2;
        return mean(0) / 4 + mean(1) / 4 + mean(2) / 2;
    }
};

template <class Truth>
struct pair_evaluate {
    loss::pair_affinity law;
    Truth const& truth;

    template <class S>
    S value(tensor<S, 4> const& x) const
    {
        return loss::value(seq, law, x, truth);
    }
    void gradient(tensor<double, 4> const& x, tensor<double, 4>& g) const
    {
        loss::value_and_gradient(seq, law, x, truth, g);
    }
};

}  // namespace

TEST_CASE("The affinity loss is what its definition says, for labels and depths")
{
    auto const labels = some_labels(2, 7, 9);
    auto const depth = some_depth(2, 7, 9);
    auto const by_label = [&](index_t n, index_t i, index_t j, index_t y, index_t x) {
        int const p = labels(n, i, j), q = labels(n, y, x);
        return p < 0 || q < 0 ? -1 : p != q ? 2 : p == 1 ? 1 : 0;
    };
    auto const by_depth = [&](index_t n, index_t i, index_t j, index_t y, index_t x) {
        double const p = depth(n, 0, i, j), q = depth(n, 0, y, x);
        return p == 0 || q == 0 ? -1 : std::abs(p - q) > 0.05 * std::min(p, q) ? 2 : 0;
    };
    for (affinity::neighbourhood const around :
         {affinity::neighbourhood{3, 1}, affinity::neighbourhood{3, 2}, affinity::neighbourhood{5, 1}})
        for (index_t const planes : {around.half(), 2 * around.half()}) {
            auto const a = between<double>(dims<4>{{2, planes, 7, 9}}, 0.01, 0.99, 7);
            for (auto const balance : balances) {
                loss::pair_affinity const law{.neighbours = around, .balance = balance, .background = 1};
                by_hand const expected(a, law, by_label), of_depth(a, law, by_depth);
                for (double const n : expected.count) CHECK(n > 10);
                CHECK(loss::value(seq, law, a, labels) == Approx(expected.balanced(balance)).epsilon(1e-13));
                CHECK(of_depth.count[0] > 10);
                CHECK(of_depth.count[2] > 10);
                CHECK(loss::value(seq, law, a, depth) == Approx(of_depth.balanced(balance)).epsilon(1e-13));
            }
        }
}

TEST_CASE("Gradients of the affinity loss by dual numbers and by differences")
{
    auto const labels = some_labels(1, 4, 5);
    auto const depth = some_depth(1, 4, 5);
    for (index_t const planes : {4, 8})
        for (auto const balance : balances) {
            auto const a = between<double>(dims<4>{{1, planes, 4, 5}}, 0.05, 0.95, 9);
            loss::pair_affinity const law{.balance = balance};
            for (auto const& [adjoint, differences] :
                 {gradient_errors(a, pair_evaluate<tensor<std::int32_t, 3>>{law, labels}),
                  gradient_errors(a, pair_evaluate<tensor<double, 4>>{law, depth})}) {
                CHECK(adjoint < 1e-11);
                CHECK(differences < 1e-6);
            }
        }
}

TEST_CASE("Pairs that do not count reach neither the loss nor its gradient")
{
    tensor<float, 4> a(1, 4, 2, 3), g(1, 4, 2, 3), depth(1, 1, 2, 3);
    tensor<std::uint8_t, 3> labels(1, 2, 3);
    for (float& x : a) x = static_cast<float>(nan_value);
    for (float& x : g) x = 7;
    for (std::uint8_t& l : labels) l = 255;
    depth(0, 0, 0, 0) = 2;
    labels(0, 0, 0) = 1;
    loss::pair_affinity const law{.ignore_index = 255};
    CHECK(loss::value_and_gradient(seq, law, a, labels, g) == 0);
    for (float const x : g) CHECK(x == 0);
    CHECK(loss::value_and_gradient(seq, law, a, depth, g) == 0);
    depth(0, 0, 0, 1) = depth(0, 0, 0, 2) = std::numeric_limits<float>::infinity();
    CHECK(loss::value_and_gradient(seq, law, a, depth, g) == 0);
    for (float const x : g) CHECK(x == 0);
    depth(0, 0, 0, 2) = 0;
    depth(0, 0, 0, 1) = 2.1f;  // 5 % and no more: together
    labels(0, 0, 1) = 2;
    a(0, 0, 0, 0) = 0.25f;
    loss::pair_affinity const depth_law{.near = 0.06, .epsilon = 1e-9};
    CHECK(loss::value_and_gradient(seq, depth_law, a, depth, g) == Approx(-std::log(0.25) / 2));
    CHECK(g(0, 0, 0, 0) == Approx(-0.5 / 0.25));
    CHECK(loss::value_and_gradient(seq, law, a, labels, g) == Approx(-std::log(0.75 + 1e-5) / 2));
    CHECK(g(0, 0, 0, 0) == Approx(0.5 / (0.75 + 1e-5)));
}

TEST_CASE("Affinities of 0 and 1 have a finite loss")
{
    tensor<float, 4> a(1, 4, 1, 2), g(1, 4, 1, 2);
    tensor<std::int32_t, 3> labels(1, 1, 2);
    CHECK(loss::value_and_gradient(seq, loss::pair_affinity{}, a, labels, g) == Approx(-std::log(1e-5) / 2));
    CHECK(g(0, 0, 0, 0) == Approx(-0.5e5));
    a(0, 0, 0, 0) = 1;
    labels(0, 0, 1) = 1;
    CHECK(loss::value(seq, loss::pair_affinity{}, a, labels) == Approx(-std::log(1e-5) / 2));
}

TEMPLATE_TEST_CASE("The affinity loss has the same bits on every policy and any number of threads", "", float, double)
{
    auto const a = between<TestType>(dims<4>{{2, 8, 31, 37}}, 0, 1, 10);
    auto const labels = some_labels(2, 31, 37);
    auto const depth = cast<TestType>(some_depth(2, 31, 37));
    padded<TestType, 4> apart(a), g(a);
    loss::pair_affinity const law{};
    auto const check = [&](auto const& truth) {
        tensor<TestType, 4> expected(a.extents());
        double const value = loss::value_and_gradient(seq, law, a, truth, expected);
        for (int threads : {1, 2, 3}) {
            exec::omp const omp{.threads = threads};
            CHECK(same_bits(loss::value(omp, law, a, truth), value));
            CHECK(same_bits(loss::value_and_gradient(omp, law, apart.get(), truth, g.get()), value));
            CHECK(same_bits(g.get(), expected));
            auto in_place = a;
            loss::value_and_gradient(omp, law, in_place, truth, in_place);
            CHECK(same_bits(in_place, expected));
        }
    };
    check(labels);
    check(depth);
}

TEST_CASE("The affinity loss refuses wrong shapes and options")
{
    tensor<float, 4> a(1, 4, 2, 3), depth(1, 2, 2, 3);
    tensor<std::int32_t, 3> labels(1, 3, 2);
    CHECK(thrown<shape_error>([&] {
              loss::value(seq, loss::pair_affinity{.neighbours = {5, 1}}, a, labels);
          }) == "loss::value: affinities must be [N, K, H, W] with K = 12 or 24, got [1, 4, 2, 3]");
    CHECK(thrown<shape_error>([&] { loss::value(seq, loss::pair_affinity{}, a, labels); }) ==
          "loss::value: labels must be [N, H, W] of the affinities = [1, 2, 3], got [1, 3, 2]");
    CHECK(thrown<shape_error>([&] { loss::value(seq, loss::pair_affinity{}, a, depth); }) ==
          "loss::value: depth must be [N, 1, H, W] of the affinities = [1, 1, 2, 3], got [1, 2, 2, 3]");
    CHECK(thrown<shape_error>([&] {
              loss::value_and_gradient(seq, loss::pair_affinity{}, a, tensor<std::int32_t, 3>(1, 2, 3), depth);
          }) ==
          "loss::value_and_gradient: daffinities must be [N, K, H, W] of the affinities = [1, 4, 2, 3], got "
          "[1, 2, 2, 3]");
    CHECK(thrown<value_error>([&] { loss::value(seq, loss::pair_affinity{.near = 0}, a, depth); }) ==
          "loss::value: near must be positive and finite, got 0");
    CHECK(thrown<value_error>([&] { loss::value(seq, loss::pair_affinity{.epsilon = -1}, a, labels); }) ==
          "loss::value: epsilon must be positive and finite, got -1");
}

}  // namespace hyspn::testing
