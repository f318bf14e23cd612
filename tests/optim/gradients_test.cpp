// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <limits>
#include <vector>

#include <optim/learned.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/random.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/optim/clip_gradient_norm.hpp>
#include <hyspn/optim/ema.hpp>
#include <hyspn/optim/gradients.hpp>

namespace hyspn::testing {
namespace {

constexpr exec::seq seq{};

/// One leaf and one buffer.
struct with_buffer {
    tensor<double, 1> weight, running;

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, with_buffer>
    friend void for_each_leaf(Self& p, F&& f) { f("weight", as_view(p.weight)); }
    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, with_buffer>
    friend void for_each_buffer(Self& p, F&& f) { f("running", as_view(p.running)); }
};

double norm_of(std::vector<double> const& x)
{
    long double sum = 0;
    for (double const v : x) sum += static_cast<long double>(v) * v;
    return static_cast<double>(std::sqrt(sum));
}

}  // namespace

TEMPLATE_TEST_CASE("A gradient's norm is that of all its numbers, and clipping brings it down to the most", "", float,
                   double)
{
    double const eps = std::numeric_limits<TestType>::epsilon();
    auto const before = random_learned<TestType>(1);
    double const norm = norm_of(numbers_of(before));
    CHECK(optim::gradient_norm(seq, before) == Approx(norm).epsilon(1e-14));
    auto g = before;
    CHECK(optim::clip_gradient_norm(seq, g, 2 * norm) == optim::gradient_norm(seq, before));
    CHECK(same_bits(numbers_of(g), numbers_of(before)));
    CHECK(optim::clip_gradient_norm(seq, g, std::numeric_limits<double>::infinity()) == Approx(norm));
    CHECK(same_bits(numbers_of(g), numbers_of(before)));
    CHECK(optim::clip_gradient_norm(seq, g, 0.5) == optim::gradient_norm(seq, before));
    CHECK(optim::gradient_norm(seq, g) == Approx(0.5).epsilon(2 * eps));
    auto const was = numbers_of(before), is = numbers_of(g);
    for (std::size_t i = 0; i < is.size(); ++i) CHECK(is[i] == Approx(was[i] * 0.5 / norm).epsilon(2 * eps));
    CHECK(g.room(0, 5) == before.room(0, 5));
}

TEMPLATE_TEST_CASE("Norms, clipped gradients, sums and averages have the same bits for any number of threads", "",
                   float, double)
{
    auto const before = random_learned<TestType>(1), other = random_learned<TestType>(2);
    auto const run = [&](auto const& exec) {
        auto g = before, sum = before, average = before;
        double const norm = optim::clip_gradient_norm(exec, g, 0.5);
        optim::accumulate(exec, sum, other, 0.3);
        optim::ema{}.update(exec, other, average, 1000);
        auto all = numbers_of(g);
        for (auto const& more : {numbers_of(sum), numbers_of(average)}) all.insert(all.end(), more.begin(), more.end());
        all.push_back(norm);
        return all;
    };
    auto const expected = run(seq);
    for (int threads : {1, 2, 3}) CHECK(same_bits(run(exec::omp{.threads = threads}), expected));
}

TEST_CASE("A norm that is not finite is reported, and the gradient stays")
{
    for (double const bad : {std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
        auto g = random_learned<double>(1);
        g.numbers(1, 2, 3) = bad;
        auto const before = numbers_of(g);
        CHECK(!std::isfinite(optim::clip_gradient_norm(seq, g, 1)));
        CHECK(same_bits(numbers_of(g), before));
    }
    auto array = random_values<float, 1>({{5}}, 0, 1);
    CHECK(optim::clip_gradient_norm(seq, array, 1) == 0);
    CHECK(thrown<value_error>([&] { optim::clip_gradient_norm(seq, array, 0); }) ==
          "clip_gradient_norm: max_norm must be positive, got 0");
}

TEST_CASE("Gradients of parts of a batch add up, from 0")
{
    auto const a = random_learned<double>(1), b = random_learned<double>(2);
    auto sum = a;
    optim::zero(seq, sum);
    for (double const x : numbers_of(sum)) CHECK(x == 0);
    CHECK(sum.room(0, 5) == a.room(0, 5));
    optim::accumulate(seq, sum, a);
    CHECK(same_bits(numbers_of(sum), numbers_of(a)));
    optim::accumulate(seq, sum, b, -0.5);
    auto const x = numbers_of(a), y = numbers_of(b), z = numbers_of(sum);
    for (std::size_t i = 0; i < z.size(); ++i) CHECK(z[i] == Approx(x[i] - 0.5 * y[i]).margin(1e-15));
    auto small = b;
    small.points = tensor<double, 2>(28, 3);
    auto const before = numbers_of(sum);
    CHECK(thrown<shape_error>([&] { optim::accumulate(seq, sum, small); }) ==
          "optim::accumulate: gradient of points must be an array of its type, of extents [29, 3], got [28, 3]");
    CHECK(same_bits(numbers_of(sum), before));
}

TEST_CASE("Buffers are averaged as leaves are")
{
    with_buffer p{tensor<double, 1>(2), tensor<double, 1>(3)};
    auto average = p;
    p.weight(1) = 4;
    p.running(2) = 8;
    optim::ema{.decay = 0.75, .warm_up = false}.update(seq, p, average, 0);
    CHECK(average.weight(1) == 1);
    CHECK(average.running(2) == 2);
    CHECK(average.running(0) == 0);
    with_buffer smaller{tensor<double, 1>(2), tensor<double, 1>(2)};
    CHECK(thrown<shape_error>([&] { optim::ema{}.update(seq, smaller, average, 0); }) ==
          "ema::update: new value of running must be an array of its type, of extents [3], got [2]");
}

TEST_CASE("Weights of an average in float sum to 1: it settles at the mean, however slowly")
{
    optim::ema const slow{.decay = 0.99999, .warm_up = false};
    tensor<float, 1> average(7);
    std::vector<double> expected(7, 1);
    for (float& a : average) a = 1;
    random_stream random(3);
    tensor<float, 1> x(7);
    for (index_t t = 0; t < 300000; ++t) {
        for (float& v : x) v = static_cast<float>(0.5 + random.uniform());
        slow.update(seq, x, average, t);
        for (index_t i = 0; i < 7; ++i) {
            auto& e = expected[static_cast<std::size_t>(i)];
            e = 0.99999 * e + (1 - 0.99999) * static_cast<double>(x(i));
        }
    }
    for (index_t i = 0; i < 7; ++i) CHECK(average(i) == Approx(expected[static_cast<std::size_t>(i)]).margin(1e-4));

    // Without a memory the average is the new value itself, also a small one after a large one.
    tensor<float, 1> small(1), large(1);
    small(0) = 1e-20f;
    large(0) = 1e20f;
    optim::ema{.decay = 0, .warm_up = false}.update(seq, small, large, 0);
    CHECK(large(0) == 1e-20f);
    large(0) = 1e20f;
    optim::ema{.decay = 0.5, .warm_up = false}.update(seq, large, small, 0);
    CHECK(small(0) == 0.5e20f);
}

TEST_CASE("The average of parameters follows its definition, inside the ball")
{
    optim::ema const rule{.decay = 0.9};
    auto average = random_learned<double>(1);
    auto expected = numbers_of(average);
    for (index_t t = 0; t < 200; ++t) {
        auto const p = random_learned<double>(static_cast<std::uint64_t>(t + 2));
        auto const x = numbers_of(p);
        double const decay = std::min(0.9, (1. + static_cast<double>(t)) / (10. + static_cast<double>(t)));
        rule.update(seq, p, average, t);
        for (std::size_t i = 0; i < x.size(); ++i) expected[i] = decay * expected[i] + (1 - decay) * x[i];
    }
    CHECK(rule.decay_at(0) == 0.1);
    CHECK(rule.decay_at(1000) == 0.9);
    CHECK(optim::ema{.decay = 0.9, .warm_up = false}.decay_at(0) == 0.9);
    auto const got = numbers_of(average);
    for (std::size_t i = 0; i < got.size(); ++i) CHECK(got[i] == Approx(expected[i]).margin(1e-14));
    for (index_t i = 0; i < 29; ++i) {
        double square = 0;
        for (index_t k = 0; k < 3; ++k) square += average.points(i, k) * average.points(i, k);
        CHECK(0.5 * square < 1);
    }
    CHECK(thrown<value_error>([&] { optim::ema{.decay = 1}.update(seq, average, average, 0); }) ==
          "ema::update: decay must be at least 0 and below 1, got 1");
    CHECK(thrown<value_error>([&] { rule.update(seq, average, average, -1); }) ==
          "ema::update: t must be at least 0, got -1");
}

}  // namespace hyspn::testing
