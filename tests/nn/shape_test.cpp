// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// What layers say to wrong shapes and options.
#include <hyspn/nn/beta_concatenation.hpp>
#include <hyspn/nn/conv2d.hpp>
#include <hyspn/nn/lorentz_linear.hpp>
#include <hyspn/nn/poincare_avg_pool2d.hpp>
#include <hyspn/nn/poincare_conv2d.hpp>
#include <hyspn/nn/poincare_linear.hpp>
#include <hyspn/nn/weight_layouts.hpp>

#include "nn/support.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::testing;

TEST_CASE("poincare_linear names what does not fit")
{
    nn::poincare_linear const layer{.outputs = 3};
    auto p = layer.make_params<double>(4);
    tensor<double, 2> x(5, 4), y(5, 3), narrow(5, 3);
    tensor<double, 3> map(4, 2, 2);
    exec::seq const seq;
    nn::poincare_linear::saved<double> saved;
    CHECK(thrown<shape_error>([&] { layer.forward(seq, p, narrow); }) ==
          "poincare_linear::forward: z must be [O, C] = [3, 3], got [3, 4]");
    CHECK(thrown<shape_error>([&] { layer.forward(seq, p, x, narrow, saved), layer.forward(seq, p, x, x); }) ==
          "poincare_linear::forward: y must be [N, O] = [5, 3], got [5, 4]");
    tensor<double, 3> wrong(3, 2, 1);
    CHECK(thrown<shape_error>([&] { layer.forward(seq, p, map, wrong); }) ==
          "poincare_linear::forward: y must be [O, H, W] = [3, 2, 2], got [3, 2, 1]");
    tensor<double, 2> none(5, 0);
    CHECK(thrown<shape_error>([&] { layer.forward(seq, p, none); }) ==
          "poincare_linear::forward: x must be [N, C] with C at least 1, got [5, 0]");
    auto bad = p;
    bad.r = tensor<double, 1>(2);
    CHECK(thrown<shape_error>([&] { layer.forward(seq, bad, x); }) ==
          "poincare_linear::forward: r must be [O] = [3], got [2]");
    bad = p;
    bad.c = -1;
    CHECK(thrown<value_error>([&] { layer.forward(seq, bad, x); }) ==
          "poincare_linear::forward: c must be positive and finite, got -1");
    CHECK(thrown<value_error>([&] { nn::poincare_linear{.outputs = 0}.forward(seq, p, x); }) ==
          "poincare_linear::forward: outputs must be at least 1, got 0");
    CHECK(thrown<value_error>([&] { layer.identity_params<double>(4); }) ==
          "poincare_linear::identity_params: channels must be at most outputs = 3, got 4");

    auto dp = layer.zero_gradients(p);
    tensor<double, 2> dx(5, 4);
    nn::poincare_linear::saved<double> const unused;
    CHECK(thrown<shape_error>([&] { layer.backward(seq, p, x, unused, y, dx, dp); }) ==
          "poincare_linear::backward: saved.inner must be as forward left it = [5, 3, 1, 1], got [0, 0, 0, 0]");
    CHECK(thrown<shape_error>([&] { layer.backward(seq, p, x, saved, y, narrow, dp); }) ==
          "poincare_linear::backward: dx must be [N, C] = [5, 4], got [5, 3]");
    dp.z = tensor<double, 2>(4, 4);
    CHECK(thrown<shape_error>([&] { layer.backward(seq, p, x, saved, y, dx, dp); }) ==
          "poincare_linear::backward: dp.z must be [O, C] = [3, 4], got [4, 4]");
}

TEST_CASE("lorentz_linear names its time column")
{
    nn::lorentz_linear const layer{.outputs = 3};
    nn::lorentz_linear::params<double> const p{tensor<double, 2>(3, 4), tensor<double, 1>(3), 1};
    tensor<double, 2> x(5, 4);
    CHECK(thrown<shape_error>([&] { layer.forward(exec::seq{}, p, x); }) ==
          "lorentz_linear::forward: w must be [O, 1 + C] = [3, 5], got [3, 4]");
}

TEST_CASE("poincare_conv2d names what does not fit")
{
    exec::seq const seq;
    nn::poincare_conv2d const conv{.groups = 2, .outputs = 4};
    auto const p = conv.make_params<float>(6);
    tensor<float, 4> x(1, 6, 5, 5), odd(1, 5, 5, 5), y(1, 4, 3, 4);
    CHECK(thrown<shape_error>([&] { conv.forward(seq, p, x, y); }) ==
          "poincare_conv2d::forward: y must be [N, O, H', W'] = [1, 4, 3, 3], got [1, 4, 3, 4]");
    CHECK(thrown<value_error>([&] { conv.forward(seq, p, odd); }) ==
          "poincare_conv2d::forward: the number of channels must be at least 1 and a multiple of groups = 2, got 5");
    CHECK(thrown<value_error>([&] { nn::poincare_conv2d{.groups = 3, .outputs = 4}.make_params<float>(6); }) ==
          "poincare_conv2d::make_params: outputs must be a multiple of groups = 3, got 4");
    CHECK(thrown<value_error>([&] {
              nn::poincare_conv2d{.stride = {1, 0}}.forward(seq, p, x);
          }) == "poincare_conv2d::forward: stride must be at least 1, got 0");
    CHECK(thrown<value_error>([&] {
              nn::poincare_conv2d{.padding = {-1, 0}}.forward(seq, p, x);
          }) == "poincare_conv2d::forward: padding must be at least 0, got -1");
    CHECK(thrown<shape_error>([&] { nn::poincare_conv2d{.outputs = 4}.forward(seq, p, x); }) ==
          "poincare_conv2d::forward: z must be [O, K, C/groups] = [4, 9, 6], got [4, 9, 3]");
}

TEST_CASE("Extents of outputs refuse a stride of 0")
{
    dims<4> const x{1, 2, 5, 5};
    CHECK(thrown<value_error>([&] {
              nn::poincare_conv2d{.stride = {1, 0}}.output_extents(x);
          }) == "poincare_conv2d::output_extents: stride must be at least 1, got 0");
    CHECK(thrown<value_error>([&] {
              nn::poincare_avg_pool2d{.stride = {0, 1}}.output_extents(x);
          }) == "poincare_avg_pool2d::output_extents: stride must be at least 1, got 0");
    CHECK(thrown<value_error>([&] {
              nn::conv2d{.stride = {0, 1}}.output_extents(x);
          }) == "conv2d::output_extents: stride must be at least 1, got 0");
}

TEST_CASE("β-concatenation and weight layouts name what does not fit")
{
    tensor<double, 2> a(3, 2), b(3, 4), y(3, 7), c(2, 2);
    std::vector<view<double const, 2>> parts{a, b};
    CHECK(thrown<shape_error>([&] { nn::beta_concatenate(exec::seq{}, parts, as_view(y)); }) ==
          "beta_concatenate: the parts must be of 7 channels in all, got 6");
    parts.push_back(c);
    CHECK(thrown<shape_error>([&] { nn::beta_concatenate(exec::seq{}, parts, as_view(y)); }) ==
          "beta_concatenate: every part must be [N, C] = [3, 2], got [2, 2]");
    CHECK(thrown<shape_error>([&] { nn::from_hypll<double>(y, 2); }) ==
          "from_hypll: W must be [K*C, O] with K = 2, got [3, 7]");
}
