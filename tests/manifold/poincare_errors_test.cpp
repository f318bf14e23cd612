// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/tensor.hpp>
#include <hyspn/manifold/poincare.hpp>

namespace hyspn::testing {

TEST_CASE("Poincare operations name the argument of wrong extents")
{
    auto const c = curvature<float>::from_c(1);
    exec::seq const exec{};
    tensor<float, 2> good(4, 3), bad(4, 2);
    tensor<float, 1> number(4), few(3);
    auto const message = [](auto const& f) { return thrown<shape_error>(f); };

    CHECK(message([&] { poincare::dist(exec, c, good, bad, number); }) ==
          "poincare::dist: y must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::dist(exec, c, good, good, few); }) ==
          "poincare::dist: out must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::dist_vjp(exec, c, good, good, few, good, good); }) ==
          "poincare::dist: g must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::dist_vjp(exec, c, good, good, number, bad, good); }) ==
          "poincare::dist: dx must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::dist_vjp(exec, c, good, good, number, good, bad); }) ==
          "poincare::dist: dy must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::dist_vjp(exec, c, good, bad, number, good, good); }) ==
          "poincare::dist: y must be of extents [4, 3], given those of x, got [4, 2]");

    CHECK(message([&] { poincare::lambda_x(exec, c, good, few); }) ==
          "poincare::lambda_x: out must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::lambda_x_vjp(exec, c, good, number, bad); }) ==
          "poincare::lambda_x: dx must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::dist0(exec, c, good, few); }) ==
          "poincare::dist0: out must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::dist0_vjp(exec, c, good, few, good); }) ==
          "poincare::dist0: g must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::expmap0(exec, c, good, bad); }) ==
          "poincare::expmap0: out must be of extents [4, 3], given those of v, got [4, 2]");
    CHECK(message([&] { poincare::expmap0_vjp(exec, c, good, good, bad); }) ==
          "poincare::expmap0: dv must be of extents [4, 3], given those of v, got [4, 2]");
    CHECK(message([&] { poincare::logmap0(exec, c, good, bad); }) ==
          "poincare::logmap0: out must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::logmap0_vjp(exec, c, good, bad, good); }) ==
          "poincare::logmap0: g must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::mobius_add(exec, c, good, good, bad); }) ==
          "poincare::mobius_add: out must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::mobius_add_vjp(exec, c, good, good, good, good, bad); }) ==
          "poincare::mobius_add: dy must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::expmap(exec, c, good, bad, good); }) ==
          "poincare::expmap: v must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::expmap_vjp(exec, c, good, good, good, good, bad); }) ==
          "poincare::expmap: dv must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::logmap(exec, c, good, bad, good); }) ==
          "poincare::logmap: y must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::logmap_vjp(exec, c, good, good, bad, good, good); }) ==
          "poincare::logmap: g must be of extents [4, 3], given those of x, got [4, 2]");

    tensor<float, 3> maps(3, 5, 7);
    tensor<float, 2> image(7, 5);
    CHECK(message([&] { poincare::dist(exec, c, maps, maps, image); }) ==
          "poincare::dist: out must be of extents [5, 7], given those of x, got [7, 5]");
}

}  // namespace hyspn::testing
