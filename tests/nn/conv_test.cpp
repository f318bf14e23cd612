// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Hyperbolic convolution: against the definition on the ball, against other layers, weight layouts.
#include <hyspn/affinity/naive.hpp>
#include <hyspn/nn/poincare_conv2d.hpp>
#include <hyspn/nn/poincare_linear.hpp>
#include <hyspn/nn/weight_layouts.hpp>

#include "nn/support.hpp"
#include "nn/textbook.hpp"

using namespace hyspn;
using namespace hyspn::testing;
namespace book = textbook;
using tolerance = nn_tolerances;

namespace {

/// Ball points under the window of output (i, j), concatenated, through the layer, as it is written down; one group of
/// channels [first, first + C) and outputs [out, out + O).
template <class T>
book::vec textbook_output(nn::poincare_conv2d const& conv, nn::poincare_conv2d::params<T> const& p,
                          tensor<T, 4> const& x, index_t n, index_t i, index_t j, index_t g)
{
    long double const c = p.c;
    index_t const C = p.z.extent(2), O = conv.outputs / conv.groups;
    long double const split = book::beta(C) / book::beta(C * conv.groups);
    std::vector<book::vec> points;
    for (index_t ky = 0; ky < conv.kernel[0]; ++ky)
        for (index_t kx = 0; kx < conv.kernel[1]; ++kx) {
            index_t const a = i * conv.stride[0] - conv.padding[0] + ky * conv.dilation[0];
            index_t const b = j * conv.stride[1] - conv.padding[1] + kx * conv.dilation[1];
            book::vec v(static_cast<std::size_t>(C), 0);
            if (a >= 0 && a < x.extent(2) && b >= 0 && b < x.extent(3))
                for (index_t k = 0; k < C; ++k)
                    v[static_cast<std::size_t>(k)] = split * static_cast<long double>(x(n, g * C + k, a, b));
            points.push_back(book::expmap0(v, c));
        }
    std::vector<book::vec> rows;
    book::vec r;
    for (index_t o = g * O; o < (g + 1) * O; ++o) {
        rows.emplace_back();
        for (index_t m = 0; m < p.z.extent(1); ++m)
            for (index_t k = 0; k < C; ++k) rows.back().push_back(static_cast<long double>(p.z(o, m, k)));
        r.push_back(static_cast<long double>(p.r(o)));
    }
    auto const y = book::fully_connected(rows, r, book::beta_concatenate(points, c), c);
    return book::scaled(book::logmap0(y, c), book::beta(conv.outputs) / book::beta(O));
}

template <class T>
double worst_against_textbook(nn::poincare_conv2d const& conv, dims<4> const& shape)
{
    double worst = 0;
    for (double c : {0.1, 0.75, 2.0}) {
        auto const f = pack_layer(conv, shape);
        auto const a = f.unpack(to<T>(f.point(0.3, 0.2, 0.2, c, 7)));
        auto const y = conv.forward(exec::seq{}, a.p, a.x);
        for (index_t n = 0; n < y.extent(0); ++n)
            for (index_t i = 0; i < y.extent(2); ++i)
                for (index_t j = 0; j < y.extent(3); ++j) {
                    std::vector<T> got;
                    book::vec want;
                    for (index_t o = 0; o < conv.outputs; ++o) got.push_back(y(n, o, i, j));
                    for (index_t g = 0; g < conv.groups; ++g)
                        for (auto v : textbook_output(conv, a.p, a.x, n, i, j, g)) want.push_back(v);
                    worst = std::max(worst, error_in_eps(got, want));
                }
    }
    return worst;
}

template <class T>
tensor<T, 4> constant_image(dims<4> const& e, std::uint64_t seed)
{
    auto const v = random_tensor<T>(dims<1>{e[1]}, 0.4, seed);
    tensor<T, 4> x(e);
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t c = 0; c < e[1]; ++c)
            for (index_t i = 0; i < e[2]; ++i)
                for (index_t j = 0; j < e[3]; ++j) x(n, c, i, j) = v(c);
    return x;
}

/// Row o of [O, K, C] as one vector.
view<double const, 1> row_of(tensor<double, 3> const& z, index_t o)
{
    index_t const size = z.extent(1) * z.extent(2);
    return {z.data() + o * size, dims<1>{size}};
}

}  // namespace

TEMPLATE_TEST_CASE("Poincaré convolution: β-concatenation and layer on the ball", "", float, double)
{
    double worst = 0;
    auto const check = [&](nn::poincare_conv2d const& conv, dims<4> const& shape) {
        worst = std::max(worst, worst_against_textbook<TestType>(conv, shape));
    };
    check({.outputs = 3}, {1, 2, 4, 5});
    check({.kernel = {2, 3}, .stride = {2, 1}, .padding = {1, 2}, .outputs = 4}, {2, 3, 5, 4});
    check({.kernel = {3, 1}, .stride = {1, 3}, .padding = {2, 1}, .dilation = {2, 1}, .groups = 2, .outputs = 4},
          {1, 4, 5, 6});
    check({.kernel = {1, 1}, .groups = 3, .outputs = 6}, {1, 6, 2, 2});
    INFO(worst);
    CHECK(worst > 0);
    CHECK(worst <= tolerance::value);
}

TEST_CASE("Poincaré convolution equals the naive affinity where its options reach")
{
    for (index_t kernel : {1, 3, 5})
        for (index_t dilation : {1, 2}) {
            affinity::naive const naive{.kernel = kernel, .dilation = dilation, .outputs = 3};
            index_t const pad = kernel / 2 * dilation;
            nn::poincare_conv2d const conv{
                .kernel = {kernel, kernel}, .padding = {pad, pad}, .dilation = {dilation, dilation}, .outputs = 3};
            auto const f = pack_layer(conv, dims<4>{2, 4, 7, 6});
            auto const a = f.unpack(f.point(0.4, 0.3, 0.2, 0.75, 3));
            affinity::naive::params<double> const p{a.p.z, a.p.r, a.p.c};
            CHECK(error_in_eps(numbers_in(conv.forward(exec::seq{}, a.p, a.x)),
                               numbers_in(naive.forward(exec::seq{}, p, a.x))) <= 4);
            CHECK(error_in_eps(numbers_in(conv.forward(exec::omp{}, a.p, a.x)),
                               numbers_in(naive.forward(exec::omp{}, p, a.x))) <= tolerance::value);
        }
}

TEST_CASE("a stride of 2 takes every second output")
{
    nn::poincare_conv2d const dense{.padding = {1, 1}, .outputs = 3};
    nn::poincare_conv2d sparse = dense;
    sparse.stride = {2, 2};
    auto const f = pack_layer(dense, dims<4>{1, 3, 7, 8});
    auto const a = f.unpack(f.point(0.4, 0.3, 0.2, 0.75, 3));
    auto const y = dense.forward(exec::seq{}, a.p, a.x), half = sparse.forward(exec::seq{}, a.p, a.x);
    REQUIRE(half.extents() == dims<4>{1, 3, 4, 4});
    for (index_t o = 0; o < 3; ++o)
        for (index_t i = 0; i < 4; ++i)
            for (index_t j = 0; j < 4; ++j) CHECK(half(0, o, i, j) == y(0, o, 2 * i, 2 * j));
    // 224 pixels, kernel 11, stride 4, padding 2: 55 outputs, where a wrong formula gives 54.
    nn::poincare_conv2d const first{.kernel = {11, 11}, .stride = {4, 4}, .padding = {2, 2}, .outputs = 1};
    CHECK(first.output_extents({1, 3, 224, 224}) == dims<4>{1, 1, 55, 55});
}

TEMPLATE_TEST_CASE("a 1×1 convolution is the linear layer", "", float, double)
{
    nn::poincare_conv2d const conv{.kernel = {1, 1}, .outputs = 5};
    nn::poincare_linear const linear{.outputs = 5};
    auto const f = pack_layer(linear, dims<4>{2, 3, 4, 5});
    auto const a = f.unpack(to<TestType>(f.point(0.6, 0.4, 0.3, 0.75, 3)));
    auto p = conv.make_params<TestType>(3);
    std::copy(a.p.z.begin(), a.p.z.end(), p.z.begin());
    p.r = a.p.r;
    p.c = a.p.c;
    CHECK(numbers_in(conv.forward(exec::seq{}, p, a.x)) == numbers_in(linear.forward(exec::seq{}, a.p, a.x)));
    CHECK(numbers_in(conv.forward(exec::omp{}, p, a.x)) == numbers_in(linear.forward(exec::omp{}, a.p, a.x)));
}

TEMPLATE_TEST_CASE("a constant image stays constant away from the border", "", float, double)
{
    nn::poincare_conv2d const conv{.padding = {1, 1}, .outputs = 3};
    auto const f = pack_layer(conv, dims<4>{1, 4, 7, 9});
    auto const p = f.unpack(to<TestType>(f.point(0.4, 0.3, 0.2, 0.75, 3))).p;
    auto const y = conv.forward(exec::seq{}, p, constant_image<TestType>(f.shape, 3));
    for (index_t o = 0; o < 3; ++o) {
        for (index_t i = 1; i < 6; ++i)
            for (index_t j = 1; j < 8; ++j) CHECK(y(0, o, i, j) == y(0, o, 1, 1));
        CHECK(y(0, o, 0, 0) != y(0, o, 1, 1));
    }
}

TEMPLATE_TEST_CASE("a grouped 1×1 identity is the identity", "", float, double)
{
    for (index_t groups : {1, 2, 3, 6}) {
        nn::poincare_conv2d const conv{.kernel = {1, 1}, .groups = groups, .outputs = 6};
        auto p = conv.make_params<TestType>(6);
        for (index_t o = 0; o < 6; ++o) p.z(o, 0, o % (6 / groups)) = TestType(0.5);
        p.c = TestType(0.75);
        auto const x = random_tensor<TestType>(dims<4>{1, 6, 3, 3}, 0.6, 2);
        CHECK(error_in_eps(numbers_in(conv.forward(exec::seq{}, p, x)), numbers_in(x)) <= tolerance::value);
    }
}

TEST_CASE("weights in other libraries' layouts")
{
    // HypLL: W[c·K + m, o]; mil-tokyo: W[m·C + c, o] and g.
    index_t const O = 3, K = 4, C = 2;
    auto const z = random_tensor<double>(dims<3>{O, K, C}, 1, 5);
    tensor<double, 2> hypll(K * C, O), tokyo(K * C, O);
    tensor<double, 1> g(O);
    for (index_t o = 0; o < O; ++o) {
        g(o) = (o % 2 ? -1 : 1) * norm(row_of(z, o));
        for (index_t m = 0; m < K; ++m)
            for (index_t c = 0; c < C; ++c) {
                hypll(c * K + m, o) = z(o, m, c);
                tokyo(m * C + c, o) = z(o, m, c) * 3 / g(o);
            }
    }
    CHECK(numbers_in(nn::from_hypll<double>(hypll, K)) == numbers_in(z));
    CHECK(numbers_in(nn::to_hypll<double>(z)) == numbers_in(hypll));
    CHECK(error_in_eps(numbers_in(nn::from_mil_tokyo<double>(tokyo, g, K)), numbers_in(z)) <= 4);
    auto const pair = nn::to_mil_tokyo<double>(z);
    CHECK(error_in_eps(numbers_in(nn::from_mil_tokyo<double>(pair.W, pair.g, K)), numbers_in(z)) <= 4);
    for (index_t o = 0; o < O; ++o) CHECK(pair.g(o) > 0);
    // Linear: one tap. A direction of zeros is a row of zeros.
    tensor<double, 2> zero(2, 1);
    tensor<double, 1> one(1);
    one(0) = 1;
    CHECK(numbers_in(nn::from_mil_tokyo<double>(zero, one, 1)) == std::vector<double>{0, 0});
    auto const sheet = random_tensor<double>(dims<2>{4, 3}, 1, 5);
    auto const w = nn::from_hyperbolic_cv<double>(sheet);
    REQUIRE(w.extents() == dims<2>{3, 3});
    CHECK(w(0, 2) == sheet(1, 2));
}
