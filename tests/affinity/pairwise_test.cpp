// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Euclidean similarities as gates: values by their definition, gradients, laws, and the fast kernels.
#include <hyspn/affinity/learned_metric.hpp>
#include <hyspn/affinity/pairwise.hpp>

#include "affinity/packed.hpp"

using namespace hyspn;
using affinity::similarity;
using tolerance = testing::affinity_tolerances;

namespace {

constexpr similarity similarities[] = {similarity::gaussian, similarity::cosine, similarity::dot_product};

/// Calls check(affinity) for every option at one neighbourhood.
template <class Check>
void for_each_pairwise(index_t kernel, index_t dilation, Check const& check)
{
    for (bool softmax : {false, true})
        for (bool centre : {false, true}) {
            for (auto s : similarities)
                check(affinity::pairwise{
                    .kernel = kernel, .dilation = dilation, .similarity = s, .softmax = softmax, .centre = centre});
            check(affinity::learned_metric{
                .kernel = kernel, .dilation = dilation, .rank = 2, .softmax = softmax, .centre = centre});
        }
}

/// The score of two pixels, by the formula.
double score(affinity::pairwise const& a, double tau, tensor<double, 4> const& x, index_t i, index_t j, index_t y,
             index_t z)
{
    double product = 0, square = 0, own = 0, other = 0;
    for (index_t c = 0; c < x.extent(1); ++c) {
        double const u = x(0, c, i, j), v = x(0, c, y, z);
        product += u * v;
        square += (u - v) * (u - v);
        own += u * u;
        other += v * v;
    }
    if (a.similarity == similarity::gaussian) return std::exp(-square / (2 * tau * tau));
    if (a.similarity == similarity::dot_product) return product / tau;
    return own * other == 0 ? 0 : product / std::sqrt(own * other) / tau;
}

/// Outputs and gradients of one training step.
template <class T>
struct training {
    tensor<T, 4> y, dx;
    std::vector<double> dp;

    template <class Affinity, class Exec>
    training(Affinity const& a, Exec const& exec, tensor<T, 4> const& x)
        : y(x.extent(0), a.gates(), x.extent(2), x.extent(3)), dx(x.extents())
    {
        auto const p = testing::random_params<T>(a, x.extent(1), 3);
        typename Affinity::template saved<T> saved;
        auto grad = a.zero_gradients(p);
        a.forward(exec, p, x, y, saved);
        auto const dy = testing::random_tensor<T>(y.extents(), 1, 5);
        a.backward(exec, p, x, saved, dy, dx, grad);
        for_each_leaf(grad, [&](char const*, auto leaf) {
            for_each_element(leaf, [&](T v) { dp.push_back(static_cast<double>(v)); });
        });
    }
};

double worst(std::vector<double> const& got, std::vector<double> const& want)
{
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
        difference = std::hypot(difference, got.at(i) - want[i]);
        size = std::hypot(size, want[i]);
    }
    return difference / std::max(size, 1e-300);
}

}  // namespace

TEST_CASE("pairwise affinities are their formulas")
{
    auto const x = testing::random_tensor<double>(dims<4>{1, 3, 5, 7}, 0.8, 21);
    double const tau = 0.7;
    for (auto s : similarities)
        for (bool softmax : {false, true})
            for (bool centre : {false, true}) {
                affinity::pairwise const a{
                    .kernel = 3, .dilation = 2, .similarity = s, .softmax = softmax, .centre = centre};
                auto const y = a.forward(exec::seq{}, affinity::pairwise::params<double>{tau}, x);
                affinity::neighbourhood const around{3, 2};
                for (index_t i = 0; i < 5; ++i)
                    for (index_t j = 0; j < 7; ++j) {
                        double total = 0;
                        std::vector<double> want;
                        for (index_t k = 0; k < 9; ++k) {
                            if (k == around.centre() && !centre) continue;
                            bool const present = around.present(k, i, j, 5, 7);
                            double const value =
                                present ? score(a, tau, x, i, j, i + around.row_offset(k), j + around.column_offset(k))
                                        : 0;
                            want.push_back(!softmax ? value : present ? std::exp(value) : 0);
                            total += want.back();
                        }
                        for (std::size_t g = 0; g < want.size(); ++g) {
                            double const wanted = softmax ? want[g] / total : want[g];
                            CHECK(std::abs(y(0, static_cast<index_t>(g), i, j) - wanted) <= 1e-14);
                        }
                    }
            }
}

TEST_CASE("pairwise gradients meet the adjoint identity and central differences")
{
    for (index_t kernel : {3, 5})
        for_each_pairwise(kernel, kernel == 3 ? 2 : 1, [&](auto const& a) {
            using A = std::remove_cvref_t<decltype(a)>;
            testing::packed<A> const f{a, {2, 3, 4, 3}};
            auto const exact = testing::check_adjoint(f.forward_function(), f.backward_function(), f.point(0.6, 11));
            INFO(exact.log);
            CHECK(exact.within(tolerance::adjoint));
            testing::packed<A> const g{a, {1, 2, 3, 4}};
            testing::gradient_options const options{.log_above = tolerance::differences, .step = 1e-5, .scale = 1};
            auto const report =
                testing::check_differences(g.forward_function(), g.backward_function(), g.point(0.6, 12), options);
            INFO(report.log);
            CHECK(report.within(tolerance::differences));
        });
}

TEST_CASE("pairwise affinities on all cores are the reference's, the same bits for any number of threads")
{
    for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, {2, 5, 1, 9}, {1, 4, 13, 1}, {2, 7, 11, 37}})
        for_each_pairwise(3, 1, [&](auto const& a) {
            auto const x = testing::random_tensor<double>(e, 0.6, 31);
            auto const xf = testing::random_tensor<float>(e, 0.6, 31);
            training<double> const want(a, exec::seq{}, x), got(a, exec::omp{.threads = 2}, x);
            training<float> const one(a, exec::omp{.threads = 1}, xf), two(a, exec::omp{.threads = 2}, xf),
                three(a, exec::omp{.threads = 3}, xf);
            CHECK(testing::normwise_error(got.y, want.y) <= 64);
            CHECK(testing::normwise_error(got.dx, want.dx) <= 64);
            CHECK(worst(got.dp, want.dp) <= 1e-13);
            CHECK(testing::normwise_error(one.y, want.y) <= 64);
            CHECK(testing::normwise_error(one.dx, want.dx) <= 256);
            for (auto const* other : {&two, &three}) {
                CHECK(std::equal(one.y.begin(), one.y.end(), other->y.begin()));
                CHECK(std::equal(one.dx.begin(), one.dx.end(), other->dx.begin()));
                CHECK(one.dp == other->dp);
            }
        });
}

TEST_CASE("pairwise affinities: symmetric, 1 for equal features, summing to 1 after a softmax, finite at 0")
{
    tensor<double, 4> x(1, 3, 6, 5);
    affinity::pairwise const gaussian{};
    for (double g : gaussian.forward(exec::seq{}, gaussian.make_params<double>(), x)) CHECK((g == 1 || g == 0));
    for (auto s : similarities) {
        affinity::pairwise const a{.similarity = s, .softmax = true, .centre = true};
        training<double> const zero(a, exec::seq{}, x);
        for (double d : zero.dx) CHECK(std::isfinite(d));
        auto const drawn = testing::random_tensor<double>(dims<4>{1, 3, 6, 5}, 0.9, 41);
        training<double> const some(a, exec::seq{}, drawn);
        for (index_t i = 0; i < 6; ++i)
            for (index_t j = 0; j < 5; ++j) {
                double sum = 0;
                for (index_t k = 0; k < 9; ++k) sum += some.y(0, k, i, j);
                CHECK(std::abs(sum - 1) <= 1e-14);
            }
        affinity::pairwise const plain{.similarity = s};
        auto const y = plain.forward(exec::seq{}, plain.make_params<double>(), drawn);
        CHECK(y(0, 4, 2, 2) == y(0, 3, 2, 3));  // right of one, left of the other
        CHECK(y(0, 7, 2, 2) == y(0, 0, 3, 3));
    }
}

TEST_CASE("pairwise affinities say what is wrong")
{
    tensor<float, 4> x(1, 2, 3, 3), y(1, 9, 3, 3);
    affinity::pairwise const a{};
    CHECK_THROWS_WITH(a.forward(exec::seq{}, a.make_params<float>(), x, y),
                      "pairwise::forward: y must be [N, K-1, H, W] = [1, 8, 3, 3], got [1, 9, 3, 3]");
    CHECK_THROWS_WITH(a.forward(exec::seq{}, affinity::pairwise::params<float>{0.F}, x),
                      "pairwise::forward: tau must be positive and finite, got 0");
    affinity::learned_metric const metric{.rank = 0};
    CHECK_THROWS_WITH(metric.make_params<float>(2), "learned_metric::make_params: rank must be at least 1, got 0");
}

TEST_CASE("pairwise affinities without neighbours have a gradient of 0, written")
{
    affinity::pairwise const a{.kernel = 1};
    auto const p = a.make_params<double>();
    tensor<double, 4> x(1, 2, 3, 3), y(1, 0, 3, 3), dx(x.extents());
    std::fill(dx.begin(), dx.end(), 7.0);
    affinity::pairwise::saved<double> saved;
    auto dp = a.zero_gradients(p);
    a.forward(exec::seq{}, p, x, y, saved);
    a.backward(exec::seq{}, p, x, saved, y, dx, dp);
    CHECK(std::all_of(dx.begin(), dx.end(), [](double d) { return d == 0; }));
}
