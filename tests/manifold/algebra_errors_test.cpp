// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/tensor.hpp>
#include <hyspn/manifold/poincare.hpp>

namespace hyspn::testing {

TEST_CASE("The algebra of the ball names the argument of wrong extents")
{
    auto const c = curvature<float>::from_c(1);
    exec::seq const exec{};
    tensor<float, 2> good(4, 3), bad(4, 2);
    tensor<float, 1> few(3), numbers(4);
    auto const message = [](auto const& f) { return thrown<shape_error>(f); };

    CHECK(message([&] { poincare::mobius_sub(exec, c, good, bad, good); }) ==
          "poincare::mobius_sub: y must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::mobius_coadd(exec, c, good, good, bad); }) ==
          "poincare::mobius_coadd: out must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::mobius_cosub_vjp(exec, c, good, good, good, good, bad); }) ==
          "poincare::mobius_cosub: dy must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::mobius_scalar_mul(exec, c, few, good, good); }) ==
          "poincare::mobius_scalar_mul: r must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::mobius_scalar_mul_vjp(exec, c, numbers, good, good, few, good); }) ==
          "poincare::mobius_scalar_mul: dr must be of extents [4], given those of x, got [3]");
    CHECK(message([&] { poincare::mobius_pointwise_mul(exec, c, good, bad, good); }) ==
          "poincare::mobius_pointwise_mul: x must be of extents [4, 3], given those of w, got [4, 2]");
    CHECK(message([&] { poincare::mobius_fn_apply(exec, c, relu{}, good, bad); }) ==
          "poincare::mobius_fn_apply: out must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::mobius_fn_apply_vjp(exec, c, leaky_relu{0.1}, good, bad, good); }) ==
          "poincare::mobius_fn_apply: g must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::gyration(exec, c, good, good, bad, good); }) ==
          "poincare::gyration: v must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::antipode(exec, c, good, bad); }) ==
          "poincare::antipode: out must be of extents [4, 3], given those of x, got [4, 2]");
    CHECK(message([&] { poincare::proju(exec, c, good, bad, good); }) ==
          "poincare::proju: u must be of extents [4, 3], given those of x, got [4, 2]");
}

TEST_CASE("Functions with parameters reach every point of an array")
{
    auto const c = curvature<double>::from_c(0.4);
    tensor<double, 2> x(2, 2), out(2, 2), g(2, 2), dx(2, 2);
    x(0, 0) = 0.3, x(0, 1) = -0.2, x(1, 0) = -0.5, x(1, 1) = -0.1;
    g(0, 0) = 1, g(0, 1) = 2, g(1, 0) = -1, g(1, 1) = 0.5;
    leaky_relu const f{0.25};
    poincare::mobius_fn_apply(exec::omp{}, c, f, x, out);
    double const c_bar = poincare::mobius_fn_apply_vjp(exec::omp{}, c, f, x, g, dx);
    double sum = 0;
    tensor<double, 1> one(2), done(2);
    for (index_t n = 0; n < 2; ++n) {
        poincare::mobius_fn_apply(c, f, as_view(x)[n], as_view(one));
        sum += poincare::mobius_fn_apply_vjp(c, f, as_view(x)[n], as_view(g)[n], as_view(done));
        for (index_t i = 0; i < 2; ++i) {
            CHECK(out(n, i) == Approx(one(i)).epsilon(1e-15));
            CHECK(dx(n, i) == Approx(done(i)).epsilon(1e-15));
        }
    }
    CHECK(c_bar == Approx(sum).epsilon(1e-14));
    // The second point is all negative: a multiple of itself.
    poincare::mobius_scalar_mul(c, 0.25, as_view(x)[1], as_view(one));
    for (index_t i = 0; i < 2; ++i) CHECK(out(1, i) == Approx(one(i)).epsilon(1e-15));
}

}  // namespace hyspn::testing
