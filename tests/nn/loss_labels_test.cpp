// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <cstdint>
#include <limits>

#include <nn/loss_support.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/nn/loss/cross_entropy.hpp>
#include <hyspn/nn/loss/nll.hpp>

namespace hyspn::testing {
namespace {

namespace loss = nn::loss;
constexpr exec::seq seq{};

struct labelled {
    tensor<double, 4> scores;
    tensor<std::int32_t, 3> labels;
    tensor<double, 1> weights;

    explicit labelled(dims<4> const& e, double low = 0.1, double high = 4)
        : scores(between<double>(e, low, high, 1)),
          labels(random_labels<std::int32_t>({{e[0], e[2], e[3]}}, e[1], 0.3, -1, 2)),
          weights(between<double>(dims<1>{{e[1]}}, 0.2, 2, 3))
    {
    }
};

/// Σ over labelled pixels of g(scores of the pixel, label)/Σ weights.
template <class G>
double mean_of(labelled const& m, G const& g)
{
    double sum = 0, weight = 0;
    for (index_t n = 0; n < m.labels.extent(0); ++n)
        for (index_t i = 0; i < m.labels.extent(1); ++i)
            for (index_t j = 0; j < m.labels.extent(2); ++j) {
                if (m.labels(n, i, j) < 0) continue;
                std::vector<double> z;
                for (index_t l = 0; l < m.scores.extent(1); ++l) z.push_back(m.scores(n, l, i, j));
                sum += g(z, m.labels(n, i, j));
                weight += m.weights(m.labels(n, i, j));
            }
    return sum / weight;
}

template <class F>
void for_every_loss(F const& f)
{
    f("cross_entropy", loss::cross_entropy{});
    f("cross_entropy, smoothed", loss::cross_entropy{.label_smoothing = 0.2});
    f("nll", loss::nll{});
    f("nll, large epsilon", loss::nll{.epsilon = 0.5});
}

template <class L>
struct label_evaluate {
    L law;
    labelled const& m;

    template <class S>
    S value(tensor<S, 4> const& x) const
    {
        return loss::value(seq, law, x, m.labels, m.weights);
    }
    void gradient(tensor<double, 4> const& x, tensor<double, 4>& g) const
    {
        loss::value_and_gradient(seq, law, x, m.labels, m.weights, g);
    }
};

}  // namespace

TEST_CASE("Losses of labels are what their definitions say")
{
    labelled m(dims<4>{{2, 5, 7, 11}}, 0, 6);
    auto const cross_entropy = [&](double smoothing) {
        return mean_of(m, [&](std::vector<double> const& z, int y) {
            double all = 0, sum = 0;
            for (double v : z) all += std::exp(v);
            for (std::size_t l = 0; l < z.size(); ++l) {
                double const wanted = smoothing / 5 + (static_cast<int>(l) == y ? 1 - smoothing : 0);
                sum -= wanted * m.weights(l) * std::log(std::exp(z[l]) / all);
            }
            return sum;
        });
    };
    auto const nll = [&](double epsilon) {
        return mean_of(m, [&](std::vector<double> const& s, int y) {
            double all = 0;
            for (double v : s) all += v + epsilon;
            return -m.weights(y) * std::log((s[static_cast<std::size_t>(y)] + epsilon) / all);
        });
    };
    auto const value = [&](auto const& law) { return loss::value(seq, law, m.scores, m.labels, m.weights); };
    CHECK(value(loss::cross_entropy{}) == Approx(cross_entropy(0)).epsilon(1e-13));
    CHECK(value(loss::cross_entropy{.label_smoothing = 0.3}) == Approx(cross_entropy(0.3)).epsilon(1e-13));
    m.scores(1, 2, 3, 4) = 0;
    CHECK(value(loss::nll{}) == Approx(nll(1e-6)).epsilon(1e-13));
    CHECK(value(loss::nll{.epsilon = 0.1}) == Approx(nll(0.1)).epsilon(1e-13));
    for (double& w : m.weights) w = 1;
    CHECK(loss::value(seq, loss::cross_entropy{}, m.scores, m.labels) == value(loss::cross_entropy{}));
}

TEST_CASE("Logits of any size keep the loss and its gradient finite")
{
    tensor<float, 4> z(1, 3, 1, 2), g(1, 3, 1, 2);
    z(0, 0, 0, 0) = 3e38f;
    z(0, 1, 0, 0) = -3e38f;
    z(0, 2, 0, 1) = -1000;
    tensor<std::uint8_t, 3> labels(1, 1, 2);
    CHECK(loss::value_and_gradient(seq, loss::cross_entropy{}, z, labels, g) == Approx(std::log(2.) / 2));
    CHECK(g(0, 0, 0, 0) == 0);
    CHECK(g(0, 1, 0, 0) == 0);
    CHECK(g(0, 0, 0, 1) == -0.25f);
    CHECK(g(0, 1, 0, 1) == 0.25f);
    CHECK(g(0, 2, 0, 1) == 0);
    CHECK(loss::value(seq, loss::nll{}, tensor<float, 4>(1, 3, 1, 2), labels) == Approx(std::log(3.)));
}

TEST_CASE("The gradient of a pixel's logits sums to 0, and does not see a constant added to them")
{
    labelled m(dims<4>{{1, 6, 3, 5}}, -4, 4);
    tensor<double, 4> g(m.scores.extents()), shifted_g(m.scores.extents());
    auto shifted = m.scores;
    for (double& z : shifted) z += 100;
    loss::cross_entropy const law{.label_smoothing = 0.1};
    double const value = loss::value_and_gradient(seq, law, m.scores, m.labels, m.weights, g);
    CHECK(loss::value_and_gradient(seq, law, shifted, m.labels, m.weights, shifted_g) == Approx(value).epsilon(1e-12));
    for (index_t i = 0; i < 3; ++i)
        for (index_t j = 0; j < 5; ++j) {
            double sum = 0;
            for (index_t l = 0; l < 6; ++l) {
                sum += g(0, l, i, j);
                CHECK(shifted_g(0, l, i, j) == Approx(g(0, l, i, j)).margin(1e-13));
            }
            CHECK(std::abs(sum) < 1e-15);
        }
}

TEST_CASE("Ignored pixels reach neither the loss nor its gradient")
{
    labelled m(dims<4>{{2, 4, 5, 7}});
    for_every_loss([&](char const* name, auto law) {
        INFO(name);
        tensor<double, 4> clean(m.scores.extents()), g(m.scores.extents());
        double const value = loss::value_and_gradient(seq, law, m.scores, m.labels, m.weights, clean);
        auto spoiled = m.scores;
        tensor<std::uint8_t, 3> labels(m.labels.extents());
        for (double& x : g) x = nan_value;
        for (index_t n = 0; n < 2; ++n)
            for (index_t i = 0; i < 5; ++i)
                for (index_t j = 0; j < 7; ++j) {
                    bool const counts = m.labels(n, i, j) >= 0;
                    labels(n, i, j) = static_cast<std::uint8_t>(counts ? m.labels(n, i, j) : 255);
                    for (index_t l = 0; l < 4; ++l) {
                        CHECK((clean(n, l, i, j) != 0) == counts);
                        if (!counts) spoiled(n, l, i, j) = nan_value;
                    }
                }
        law.ignore_index = 255;
        CHECK(same_bits(loss::value_and_gradient(seq, law, spoiled, labels, m.weights, g), value));
        CHECK(same_bits(g, clean));
        for (std::uint8_t& l : labels) l = 255;
        CHECK(loss::value_and_gradient(seq, law, spoiled, labels, g) == 0);
        for (double const x : g) CHECK(x == 0);
    });
}

TEST_CASE("Gradients of losses of labels by dual numbers and by differences")
{
    for (dims<4> const& e : {dims<4>{{1, 1, 1, 1}}, dims<4>{{2, 3, 1, 5}}, dims<4>{{1, 4, 5, 3}}}) {
        labelled m(e);
        m.labels.data()[0] = 0;
        for_every_loss([&](char const* name, auto const& law) {
            INFO(name << to_string(e));
            auto const [adjoint, differences] =
                gradient_errors(m.scores, label_evaluate<std::decay_t<decltype(law)>>{law, m});
            CHECK(adjoint < 1e-11);
            CHECK(differences < 1e-6);
        });
    }
}

TEMPLATE_TEST_CASE("Losses of labels have the same bits on every policy and any number of threads", "", float, double)
{
    labelled m(dims<4>{{2, 5, 19, 131}});
    auto const scores = cast<TestType>(m.scores);
    padded<TestType, 4> apart(scores), g(scores);
    padded<std::int32_t, 3> labels(m.labels);
    for_every_loss([&](char const* name, auto const& law) {
        INFO(name);
        tensor<TestType, 4> expected(scores.extents());
        double const value = loss::value_and_gradient(seq, law, scores, m.labels, m.weights, expected);
        for (int threads : {1, 2, 3}) {
            exec::omp const omp{.threads = threads};
            CHECK(same_bits(loss::value(omp, law, scores, m.labels, m.weights), value));
            auto in_place = scores;
            CHECK(same_bits(loss::value_and_gradient(omp, law, in_place, m.labels, m.weights, in_place), value));
            CHECK(same_bits(in_place, expected));
            CHECK(same_bits(loss::value_and_gradient(omp, law, apart.get(), labels.get(), m.weights, g.get()), value));
            CHECK(same_bits(g.get(), expected));
        }
    });
}

TEST_CASE("Losses of labels refuse wrong shapes, labels and options")
{
    tensor<float, 4> z(1, 3, 2, 3), g(1, 2, 2, 3);
    tensor<std::int32_t, 3> labels(1, 2, 3);
    tensor<float, 1> weights(2);
    loss::cross_entropy const law{.ignore_index = 255};
    labels(0, 1, 1) = 3;
    labels(0, 1, 2) = -1;
    labels(0, 0, 0) = 255;
    CHECK(thrown<value_error>([&] { loss::value(seq, law, z, labels); }) ==
          "loss::value: labels must be from 0 to 2, or 255 to be ignored, got 2 others");
    auto untouched = z;
    CHECK(thrown<value_error>([&] { loss::value_and_gradient(seq, law, z, labels, untouched); }) ==
          "loss::value_and_gradient: labels must be from 0 to 2, or 255 to be ignored, got 2 others");
    CHECK(same_bits(untouched, z));
    // Weights, also of a class that no pixel has, and before any label.
    for (double const bad : {nan_value, -0.5, std::numeric_limits<double>::infinity()}) {
        tensor<double, 1> given(3);
        given(0) = given(1) = 1;
        given(2) = bad;
        tensor<std::int32_t, 3> const zeros(1, 2, 3);
        CHECK(thrown<value_error>([&] { loss::value(seq, law, z, zeros, given); }) ==
              "loss::value: weights must be finite and at least 0, got 1 others");
        CHECK(thrown<value_error>([&] {
                  loss::value_and_gradient(exec::omp{.threads = 2}, law, z, zeros, given, untouched);
              }) == "loss::value_and_gradient: weights must be finite and at least 0, got 1 others");
        CHECK(same_bits(untouched, z));
    }
    CHECK(thrown<shape_error>([&] { loss::value(seq, law, z, tensor<std::int32_t, 3>(1, 3, 2)); }) ==
          "loss::value: labels must be [N, H, W] of the scores = [1, 2, 3], got [1, 3, 2]");
    CHECK(thrown<shape_error>([&] { loss::value(seq, law, z, labels, weights); }) ==
          "loss::value: weights must be [L] of the scores = [3], got [2]");
    CHECK(thrown<shape_error>([&] { loss::value_and_gradient(seq, law, z, labels, g); }) ==
          "loss::value_and_gradient: dscores must be [N, L, H, W] of the scores = [1, 3, 2, 3], got [1, 2, 2, 3]");
    CHECK(thrown<value_error>([&] { loss::value(seq, loss::cross_entropy{.label_smoothing = -1}, z, labels); }) ==
          "loss::value: label_smoothing must be from 0 to 1, got -1");
    CHECK(thrown<value_error>([&] { loss::value(seq, loss::nll{.epsilon = 0}, z, labels); }) ==
          "loss::value: epsilon must be positive and finite, got 0");
}

}  // namespace hyspn::testing
