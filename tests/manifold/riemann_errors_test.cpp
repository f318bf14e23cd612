// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/tensor.hpp>
#include <hyspn/manifold/poincare.hpp>

namespace hyspn::testing {

TEST_CASE("Riemannian operations name the argument of wrong extents")
{
    auto const c = curvature<float>::from_c(1);
    exec::seq const exec{};
    tensor<float, 2> good(4, 3), bad(4, 2);
    tensor<float, 1> number(4), few(3);
    auto const message = [](auto const& f) { return thrown<shape_error>(f); };

    CHECK(message([&] { poincare::geodesic(exec, c, few, good, good, good); }) ==
          "poincare::geodesic: t must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::geodesic_vjp(exec, c, number, good, good, good, few, good, good); }) ==
          "poincare::geodesic: dt must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::hyperplane_dist(exec, c, good, good, few, number); }) ==
          "poincare::hyperplane_dist: r must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::ptransp(exec, c, good, good, bad, good); }) ==
          "poincare::ptransp: v must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::ehess2rhess(exec, c, good, good, bad, good, good); }) ==
          "poincare::ehess2rhess: ehess must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::busemann(exec, c, good, bad, number); }) ==
          "poincare::busemann: w must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::cone_half_aperture(exec, c, good, few); }) ==
          "poincare::cone_half_aperture: out must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::dist2plane(exec, c, good, good, bad, number); }) ==
          "poincare::dist2plane: a must be of extents [4, 3], given those of x, got [4, 2]");
}

}  // namespace hyspn::testing
