// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <tuple>

#include <nn/loss_support.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/nn/loss/regression.hpp>
#include <hyspn/nn/loss/silog.hpp>
#include <hyspn/nn/loss/weighted_iterates.hpp>

namespace hyspn::testing {
namespace {

namespace loss = nn::loss;
constexpr exec::seq seq{};

template <class F>
void for_every_loss(F const& f)
{
    f("l1", loss::l1{});
    f("l2", loss::l2{});
    f("l1_l2", loss::l1_l2{.weight1 = 0.5, .weight2 = 2});
    f("huber", loss::huber{.delta = 0.7});
    f("inverse_depth_l1", loss::inverse_depth_l1{});
    f("silog", loss::silog{});
    f("silog without root", loss::silog{.variance_focus = 0.5, .scale = 1, .root = false});
}

template <class T>
struct maps {
    tensor<T, 4> prediction, target, mask;

    explicit maps(dims<4> const& e, std::uint64_t seed = 1)
        : prediction(between<T>(e, 0.5, 9, seed)),
          target(between<T>(e, 0.5, 9, seed + 1)),
          mask(between<T>(e, -1, 1, seed + 2))
    {
    }
};

/// The definitions, in plain loops over the pairs that count.
template <class G>
double mean_of(maps<double> const& m, G const& g)
{
    double sum = 0, n = 0;
    for (index_t i = 0; i < m.mask.size(); ++i) {
        if (!(m.mask.data()[i] > 0)) continue;
        sum += g(m.prediction.data()[i], m.target.data()[i]);
        ++n;
    }
    return sum / n;
}

template <class L>
struct masked_evaluate {
    L law;
    tensor<double, 4> target, mask;

    template <class S>
    S value(tensor<S, 4> const& x) const
    {
        return loss::value(seq, law, x, target, mask);
    }
    void gradient(tensor<double, 4> const& x, tensor<double, 4>& g) const
    {
        loss::value_and_gradient(seq, law, x, target, mask, g);
    }
};

}  // namespace

TEST_CASE("Losses of maps are what their definitions say")
{
    maps<double> const m(dims<4>{{2, 1, 7, 11}});
    auto const value = [&](auto const& law) { return loss::value(seq, law, m.prediction, m.target, m.mask); };
    auto const absolute = mean_of(m, [](double p, double t) { return std::abs(p - t); });
    auto const square = mean_of(m, [](double p, double t) { return (p - t) * (p - t); });
    CHECK(value(loss::l1{}) == Approx(absolute).epsilon(1e-14));
    CHECK(value(loss::l2{}) == Approx(square).epsilon(1e-14));
    CHECK(value(loss::l1_l2{.weight1 = 3, .weight2 = 0.25}) == Approx(3 * absolute + square / 4).epsilon(1e-14));
    CHECK(value(loss::huber{.delta = 2}) == Approx(mean_of(m, [](double p, double t) {
                                                double const e = std::abs(p - t);
                                                return e < 2 ? e * e / 2 : 2 * e - 2;
                                            })).epsilon(1e-14));
    CHECK(value(loss::inverse_depth_l1{}) ==
          Approx(mean_of(m, [](double p, double t) { return std::abs(1 / p - 1 / t); })).epsilon(1e-14));
    double const d1 = mean_of(m, [](double p, double t) { return std::log(p / t); });
    double const d2 = mean_of(m, [](double p, double t) { return std::pow(std::log(p / t), 2); });
    CHECK(value(loss::silog{}) == Approx(10 * std::sqrt(d2 - 0.85 * d1 * d1)).epsilon(1e-13));
    CHECK(value(loss::silog{.variance_focus = 0.5, .scale = 1, .root = false}) ==
          Approx(d2 - 0.5 * d1 * d1).epsilon(1e-13));
}

TEST_CASE("Without a mask positive finite targets count")
{
    maps<double> m(dims<4>{{1, 1, 3, 4}});
    double const strange[] = {0, -2, infinite, nan_value};
    for (index_t k = 0; k < 4; ++k) {
        m.target.data()[2 * k] = strange[k];
        m.prediction.data()[2 * k] = nan_value;
    }
    tensor<double, 4> mask(m.target.extents()), with(mask.extents()), without(mask.extents());
    for (index_t i = 0; i < 12; ++i) mask.data()[i] = i < 8 && i % 2 == 0 ? 0 : 1;
    for_every_loss([&](char const* name, auto const& law) {
        INFO(name);
        double const a = loss::value_and_gradient(seq, law, m.prediction, m.target, without);
        double const b = loss::value_and_gradient(seq, law, m.prediction, m.target, mask, with);
        CHECK(std::isfinite(a));
        CHECK(same_bits(a, b));
        CHECK(same_bits(with, without));
        CHECK(loss::value(seq, law, m.prediction, m.target) == a);
    });
}

TEST_CASE("Nothing outside the mask reaches the loss or its gradient")
{
    maps<double> const m(dims<4>{{2, 1, 5, 7}});
    for_every_loss([&](char const* name, auto const& law) {
        INFO(name);
        tensor<double, 4> clean(m.mask.extents()), g(m.mask.extents());
        double const expected = loss::value_and_gradient(seq, law, m.prediction, m.target, m.mask, clean);
        for (double const bad : {0., -1., nan_value, infinite}) {
            auto spoiled = m;
            for (index_t i = 0; i < m.mask.size(); ++i)
                if (!(m.mask.data()[i] > 0)) {
                    spoiled.target.data()[i] = spoiled.prediction.data()[i] = bad;
                    spoiled.mask.data()[i] = i % 2 ? nan_value : 0;
                }
            for (double& x : g) x = nan_value;
            CHECK(same_bits(loss::value_and_gradient(seq, law, spoiled.prediction, spoiled.target, spoiled.mask, g),
                            expected));
            CHECK(same_bits(g, clean));
        }
        for (index_t i = 0; i < m.mask.size(); ++i) CHECK((m.mask.data()[i] > 0) == (clean.data()[i] != 0));
    });
}

TEST_CASE("Gradients of losses of maps by dual numbers and by differences")
{
    for (dims<4> const& e : {dims<4>{{1, 1, 1, 1}}, dims<4>{{2, 1, 1, 5}}, dims<4>{{1, 2, 5, 7}}}) {
        maps<double> m(e, 11);
        m.mask.data()[0] = 1;
        for_every_loss([&](char const* name, auto const& law) {
            INFO(name << to_string(e));
            auto const [adjoint, differences] =
                gradient_errors(m.prediction, masked_evaluate<std::decay_t<decltype(law)>>{law, m.target, m.mask});
            CHECK(adjoint < 1e-11);
            CHECK(differences < 1e-6);
        });
    }
}

TEMPLATE_TEST_CASE("Losses of maps have the same bits on every policy and any number of threads", "", float, double)
{
    maps<TestType> m(dims<4>{{2, 1, 61, 83}});
    padded<TestType, 4> prediction(m.prediction), target(m.target), mask(m.mask), g(m.mask);
    for_every_loss([&](char const* name, auto const& law) {
        INFO(name);
        tensor<TestType, 4> expected(m.mask.extents());
        double const value = loss::value_and_gradient(seq, law, m.prediction, m.target, m.mask, expected);
        CHECK(
            same_bits(loss::value_and_gradient(seq, law, prediction.get(), target.get(), mask.get(), g.get()), value));
        CHECK(same_bits(g.get(), expected));
        for (int threads : {1, 2, 3}) {
            exec::omp const omp{.threads = threads};
            CHECK(same_bits(loss::value(omp, law, m.prediction, m.target, m.mask), value));
            auto in_place = m.prediction;
            CHECK(same_bits(loss::value_and_gradient(omp, law, in_place, m.target, m.mask, in_place), value));
            CHECK(same_bits(in_place, expected));
            loss::value_and_gradient(omp, law, prediction.get(), target.get(), mask.get(), g.get());
            CHECK(same_bits(g.get(), expected));
        }
    });
}

TEST_CASE("Where nothing counts, the loss and its gradient are 0")
{
    for (dims<4> const& e : {dims<4>{{0, 1, 3, 4}}, dims<4>{{1, 1, 3, 4}}}) {
        tensor<float, 4> prediction(e), target(e), g(e);
        for (float& x : g) x = 7;
        for_every_loss([&](char const* name, auto const& law) {
            INFO(name);
            CHECK(loss::value_and_gradient(seq, law, prediction, target, g) == 0);
            for (float const x : g) CHECK(x == 0);
        });
    }
}

TEST_CASE("silog does not see a common factor of all depths, as far as variance_focus says")
{
    maps<double> m(dims<4>{{1, 1, 9, 9}});
    auto scaled = m.prediction;
    for (double& x : scaled) x *= 3;
    loss::silog const invariant{.variance_focus = 1};
    CHECK(loss::value(seq, invariant, scaled, m.target) ==
          Approx(loss::value(seq, invariant, m.prediction, m.target)).epsilon(1e-12));
    scaled = m.target;
    for (double& x : scaled) x *= 3;
    CHECK(loss::value(seq, loss::silog{}, scaled, m.target) ==
          Approx(10 * std::log(3.) * std::sqrt(0.15)).epsilon(1e-12));
    CHECK(loss::value(seq, invariant, scaled, m.target) < 1e-6);
    tensor<double, 4> g(m.target.extents());
    CHECK(loss::value_and_gradient(seq, loss::silog{}, m.target, m.target, g) == 0);
    for (double const x : g) CHECK(x == 0);
}

TEST_CASE("NaN where it counts shows in the loss and in the gradient")
{
    maps<double> m(dims<4>{{1, 1, 3, 4}});
    m.prediction.data()[5] = nan_value;
    for_every_loss([&](char const* name, auto const& law) {
        INFO(name);
        tensor<double, 4> g(m.target.extents());
        CHECK(std::isnan(loss::value_and_gradient(seq, law, m.prediction, m.target, g)));
        CHECK(std::isnan(g.data()[5]));
    });
}

TEST_CASE("Iterates count the more the later they come")
{
    maps<double> const m(dims<4>{{1, 1, 4, 5}}), other(dims<4>{{1, 1, 4, 5}}, 20);
    std::vector<tensor<double, 4>> const iterates{m.prediction, other.prediction, other.target};
    std::vector<tensor<double, 4>> gradients(3, tensor<double, 4>(m.target.extents()));
    loss::weighted_iterates const weighted{.decay = 0.5};
    double const each[] = {loss::value(seq, loss::l2{}, iterates[0], m.target),
                           loss::value(seq, loss::l2{}, iterates[1], m.target),
                           loss::value(seq, loss::l2{}, iterates[2], m.target)};
    double const expected = 0.25 * each[0] + 0.5 * each[1] + each[2];
    auto const at = [](index_t t) { return static_cast<std::size_t>(t); };
    CHECK(weighted.value(3, [&](index_t t) { return each[at(t)]; }) == Approx(expected).epsilon(1e-14));
    auto const one = [&](index_t t) {
        return loss::value_and_gradient(exec::omp{}, loss::l2{}, iterates[at(t)], m.target, gradients[at(t)]);
    };
    CHECK(weighted.value_and_gradient(exec::omp{}, 3, one, gradients) == Approx(expected).epsilon(1e-14));
    tensor<double, 4> plain(m.target.extents());
    for (std::size_t t = 0; t < 3; ++t) {
        loss::value_and_gradient(seq, loss::l2{}, iterates[t], m.target, plain);
        for (index_t i = 0; i < plain.size(); ++i)
            CHECK(gradients[t].data()[i] == weighted.weight(static_cast<index_t>(t), 3) * plain.data()[i]);
    }
    CHECK(thrown<value_error>([&] { loss::weighted_iterates{.decay = 0}.value(3, one); }) ==
          "weighted_iterates::value: decay must be positive and finite, got 0");
}

TEST_CASE("Losses of maps refuse wrong shapes and options")
{
    tensor<float, 4> a(1, 1, 2, 3), b(1, 1, 3, 2);
    CHECK(thrown<shape_error>([&] { loss::value(seq, loss::l1{}, a, b); }) ==
          "loss::value: target must be [N, C, H, W] of prediction = [1, 1, 2, 3], got [1, 1, 3, 2]");
    CHECK(thrown<shape_error>([&] { loss::value_and_gradient(seq, loss::l1{}, a, a, b, a); }) ==
          "loss::value_and_gradient: mask must be [N, C, H, W] of prediction = [1, 1, 2, 3], got [1, 1, 3, 2]");
    CHECK(thrown<shape_error>([&] { loss::value_and_gradient(seq, loss::l1{}, a, a, b); }) ==
          "loss::value_and_gradient: dprediction must be [N, C, H, W] of prediction = [1, 1, 2, 3], got [1, 1, 3, 2]");
    CHECK(thrown<value_error>([&] { loss::value(seq, loss::huber{.delta = 0}, a, a); }) ==
          "loss::value: delta must be positive and finite, got 0");
    CHECK(thrown<value_error>([&] { loss::value(seq, loss::silog{.variance_focus = 2}, a, a); }) ==
          "loss::value: variance_focus must be from 0 to 1, got 2");
}

}  // namespace hyspn::testing
