// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Backward passes of all four affinity types against dual numbers and against central differences.
#include "affinity/packed.hpp"

using namespace hyspn;
using namespace hyspn::testing;
using tolerance = affinity_tolerances;

namespace {

template <class Affinity>
void check_dual(Affinity const& a, dims<4> const& shape, double spread)
{
    packed<Affinity> const f{a, shape};
    auto const report = check_adjoint(f.forward_function(), f.backward_function(), f.point(spread, 11));
    INFO(report.log);
    CHECK(report.within(tolerance::adjoint));
}

template <class Affinity>
void check_central(Affinity const& a, dims<4> const& shape, std::vector<double> const& point)
{
    packed<Affinity> const f{a, shape};
    gradient_options const options{.log_above = tolerance::differences, .step = 1e-5, .scale = 1};
    auto const report = check_differences(f.forward_function(), f.backward_function(), point, options);
    INFO(report.log);
    CHECK(report.within(tolerance::differences));
}

}  // namespace

TEST_CASE("affinity gradients meet the adjoint identity with dual numbers")
{
    for (index_t kernel : {1, 3, 5})
        for (index_t dilation : {1, 2}) {
            CAPTURE(kernel, dilation);
            for_each_affinity(kernel, dilation, 2, [](auto const& a) { check_dual(a, {2, 3, 4, 3}, 0.6); });
        }
}

TEST_CASE("affinity gradients meet the adjoint identity at small and large radii and with more outputs than a block")
{
    // Smaller radii are left to the laws: there the dual numbers themselves lose the curvature's derivative.
    for (double spread : {1e-2, 4.0})
        for_each_affinity(3, 1, 11, [&](auto const& a) { check_dual(a, {1, 2, 3, 2}, spread); });
}

TEST_CASE("affinity gradients agree with central differences")
{
    for_each_affinity(3, 1, 2, [](auto const& a) {
        dims<4> const shape{1, 3, 3, 4};
        check_central(a, shape, packed<std::remove_cvref_t<decltype(a)>>{a, shape}.point(0.6, 5));
    });
}

TEST_CASE("gradients at a zero feature vector are the true ones")
{
    // The distance from the origin is smooth there: central differences see it, dual numbers of the same text might
    // not.
    for_each_affinity(3, 1, 2, [](auto const& a) {
        dims<4> const shape{1, 3, 3, 3};
        auto point = packed<std::remove_cvref_t<decltype(a)>>{a, shape}.point(0.6, 6);
        for (std::size_t c = 0; c < 3; ++c) point[c * 9 + 4] = 0;
        check_central(a, shape, point);
    });
}

TEST_CASE("a row of zeros learns: its gradient is that of the limit")
{
    // Every z_o = 0: all logits are 0, and d logit/dz along t is sinh(2sT)/(sT)·cosh(2sr)/√(1+cosh²(2sT) sinh²(2sr)).
    affinity::hyperbolic const a{.kernel = 1, .outputs = 1};
    auto p = a.make_params<double>(2);
    p.c = 0.5;
    p.r(0) = 0.3;
    tensor<double, 4> x(1, 2, 1, 1), dy(1, 1, 1, 1), y(1, 1, 1, 1), dx(x.extents());
    x(0, 0, 0, 0) = 0.4;
    x(0, 1, 0, 0) = -0.8;
    dy(0, 0, 0, 0) = 1;
    affinity::hyperbolic::saved<double> saved;
    a.forward(exec::seq{}, p, x, y, saved);
    auto dp = a.zero_gradients(p);
    a.backward(exec::seq{}, p, x, saved, dy, dx, dp);
    double const s = std::sqrt(0.5), T = std::hypot(0.4, 0.8), steep = std::cosh(2 * s * T) * std::sinh(2 * s * 0.3);
    // asinh(sinh(u))/(2s) halves the layer's own q_o.
    double const slope = std::sinh(2 * s * T) * std::cosh(2 * s * 0.3) / std::hypot(1, steep) / (s * T);
    CHECK(y(0, 0, 0, 0) == 0);
    CHECK(relative_error(dp.z(0, 0, 0), slope * 0.4) < tolerance::golden);
    CHECK(relative_error(dp.z(0, 0, 1), slope * -0.8) < tolerance::golden);
    CHECK(dp.r(0) == 0);
    CHECK(dp.c == 0);
    CHECK(dx(0, 0, 0, 0) == 0);
}

TEST_CASE("backward writes input gradients and adds parameter gradients")
{
    for_each_affinity(3, 1, 2, [](auto const& a) {
        dims<4> const shape{1, 3, 3, 3};
        auto const x = random_tensor<double>(shape, 0.6, 1);
        auto const p = random_params<double>(a, 3, 2);
        auto y = a.forward(exec::seq{}, p, x);
        auto const dy = random_tensor<double>(y.extents(), 1, 3);
        typename std::remove_cvref_t<decltype(a)>::template saved<double> saved;
        a.forward(exec::seq{}, p, x, y, saved);
        auto once = a.zero_gradients(p), twice = a.zero_gradients(p);
        tensor<double, 4> dx(shape), again(shape);
        for (double& v : again) v = std::numeric_limits<double>::quiet_NaN();
        a.backward(exec::seq{}, p, x, saved, dy, dx, once);
        a.backward(exec::seq{}, p, x, saved, dy, again, twice);
        a.backward(exec::seq{}, p, x, saved, dy, again, twice);
        CHECK(std::equal(dx.begin(), dx.end(), again.begin()));
        std::vector<double> doubled, sum;
        for_each_leaf(once,
                      [&](char const*, auto l) { for_each_element(l, [&](double v) { doubled.push_back(2 * v); }); });
        for_each_leaf(twice, [&](char const*, auto l) { for_each_element(l, [&](double v) { sum.push_back(v); }); });
        CHECK(doubled == sum);
    });
}
