// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// All affinities against their definitions on the Poincaré ball, in double, for every option.
#include "affinity/textbook.hpp"

#include "affinity/packed.hpp"

using namespace hyspn;
using namespace hyspn::testing;
using tolerance = affinity_tolerances;

namespace {

tensor<double, 4> features()
{
    return random_tensor<double>(dims<4>{2, 3, 5, 4}, 0.4, 31);
}

}  // namespace

TEST_CASE("hyperbolic affinity equals the ball formulas for every option")
{
    auto const x = features();
    for (index_t kernel : {1, 3, 5})
        for (index_t dilation : {1, 2})
            for (auto weight : all_weightings)
                for (bool priority : {true, false}) {
                    affinity::hyperbolic const a{.kernel = kernel,
                                                 .dilation = dilation,
                                                 .outputs = 3,
                                                 .beta_priority = priority,
                                                 .weight = weight};
                    CAPTURE(kernel, dilation, static_cast<int>(weight), priority);
                    auto const p = random_params<double>(a, 3, 32);
                    auto const y = a.forward(exec::seq{}, p, x);
                    CHECK(normwise_error(y, textbook::hyperbolic(a, p, x)) <= tolerance::textbook);
                }
}

TEST_CASE("naive affinity is the hyperbolic convolution of HNN++ with zero padding and channel-major weights")
{
    // As in HypLL's HConvolution2d: unfold, β-concatenate, fully connected layer with W[c·K + k, o], to the ball. There
    // the patch is one vector per channel and tap; β-concatenation does not care how it is grouped.
    index_t const kernel = 3, C = 3, K = 9, O = 4, dilation = 2;
    affinity::naive const a{.kernel = kernel, .dilation = dilation, .outputs = O};
    auto const x = features();
    auto const p = random_params<double>(a, C, 33);
    std::vector<textbook::vec> W(static_cast<std::size_t>(O), textbook::vec(static_cast<std::size_t>(K * C)));
    for (index_t o = 0; o < O; ++o)
        for (index_t c = 0; c < C; ++c)
            for (index_t k = 0; k < K; ++k)
                W[static_cast<std::size_t>(o)][static_cast<std::size_t>(c * K + k)] = p.z(o, k, c);

    tensor<double, 4> want(2, O, 5, 4), ball(want.extents());
    for (index_t n = 0; n < 2; ++n)
        for (index_t i = 0; i < 5; ++i)
            for (index_t j = 0; j < 4; ++j) {
                textbook::vec patch(static_cast<std::size_t>(K * C));
                for (index_t k = 0; k < K; ++k) {
                    auto const v = textbook::image{x}.at(n, i + (k / 3 - 1) * dilation, j + (k % 3 - 1) * dilation);
                    for (index_t c = 0; c < C; ++c)
                        patch[static_cast<std::size_t>(c * K + k)] = v[static_cast<std::size_t>(c)];
                }
                double const ratio =
                    textbook::beta(static_cast<double>(K * C)) / textbook::beta(static_cast<double>(C));
                auto const point = textbook::expmap0(textbook::scaled(patch, ratio), p.c);
                textbook::vec const r(p.r.begin(), p.r.end());
                auto const y = textbook::logmap0(textbook::fully_connected(W, r, point, p.c), p.c);
                for (index_t o = 0; o < O; ++o) want(n, o, i, j) = y[static_cast<std::size_t>(o)];
            }
    CHECK(normwise_error(a.forward(exec::seq{}, p, x), want) <= tolerance::textbook);
}

TEST_CASE("naive affinity is the hyperbolic one with both mechanisms off, bit for bit")
{
    auto const x = features();
    affinity::hyperbolic const module{.outputs = 3, .beta_priority = false, .weight = affinity::weighting::uniform};
    auto const p = random_params<double>(module, 3, 34);
    affinity::naive::params<double> const q{p.z, p.r, p.c};
    auto const y = module.forward(exec::seq{}, p, x), want = affinity::naive{.outputs = 3}.forward(exec::seq{}, q, x);
    CHECK(std::equal(y.begin(), y.end(), want.begin()));
}

TEST_CASE("Euclidean affinity is a convolution with zero padding")
{
    affinity::euclidean const a{.kernel = 3, .dilation = 2, .outputs = 3};
    auto const x = features();
    auto const p = random_params<double>(a, 3, 35);
    auto const y = a.forward(exec::seq{}, p, x);
    for (index_t n = 0; n < 2; ++n)
        for (index_t o = 0; o < 3; ++o)
            for (index_t i = 0; i < 5; ++i)
                for (index_t j = 0; j < 4; ++j) {
                    double want = p.bias(o);
                    for (index_t k = 0; k < 9; ++k) {
                        auto const v = textbook::image{x}.at(n, i + 2 * (k / 3 - 1), j + 2 * (k % 3 - 1));
                        for (index_t c = 0; c < 3; ++c) want += p.z(o, k, c) * v[static_cast<std::size_t>(c)];
                    }
                    CHECK(y(n, o, i, j) == Approx(want).epsilon(1e-13).margin(1e-14));
                }
}

TEST_CASE("geodesic affinity gives the weights of all neighbours but the centre")
{
    auto const x = features();
    for (auto weight : all_weightings) {
        affinity::geodesic const a{.kernel = 3, .dilation = 1, .weight = weight};
        affinity::geodesic::params<double> const p{.c = 0.75, .tau = 0.5};
        auto const gates = a.forward(exec::seq{}, p, x);
        REQUIRE(gates.extents() == dims<4>{2, 8, 5, 4});
        for (index_t n = 0; n < 2; ++n)
            for (index_t i = 0; i < 5; ++i)
                for (index_t j = 0; j < 4; ++j) {
                    textbook::vec d, g = textbook::weights(weight, 3, 1, p.c, p.tau, textbook::image{x}, n, i, j, d);
                    g.erase(g.begin() + 4);
                    for (index_t k = 0; k < 8; ++k)
                        CHECK(gates(n, k, i, j) == Approx(g[static_cast<std::size_t>(k)]).epsilon(1e-11));
                }
    }
}
