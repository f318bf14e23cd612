// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Backward passes of layers with weights against dual numbers and central differences, for every input and parameter.
#include <hyspn/nn/lorentz_linear.hpp>
#include <hyspn/nn/lorentz_mlr.hpp>
#include <hyspn/nn/poincare_conv2d.hpp>
#include <hyspn/nn/poincare_linear.hpp>
#include <hyspn/nn/poincare_mlr.hpp>

#include "nn/support.hpp"

using namespace hyspn;
using namespace hyspn::testing;
using tolerance = nn_tolerances;

namespace {

template <class F>
void check_dual(F const& f, std::vector<double> const& point, double bound = tolerance::adjoint)
{
    // One output of one channel is a translation: its derivative in c is 0, hence the floor.
    gradient_options const options{.log_above = bound, .floor = 1e-3};
    auto const report = check_adjoint(f.forward_function(), f.backward_function(), point, options);
    INFO(report.log);
    CHECK(report.within(bound));
}

template <class F>
void check_central(F const& f, std::vector<double> const& point)
{
    gradient_options const options{.log_above = tolerance::differences, .step = 1e-5, .scale = 1, .floor = 1e-3};
    auto const report = check_differences(f.forward_function(), f.backward_function(), point, options);
    INFO(report.log);
    CHECK(report.within(tolerance::differences));
}

/// Calls check(packed layer) for each layer over rows and over maps.
template <class Check>
void for_each_row_layer(index_t outputs, Check const& check)
{
    auto const both = [&](auto const& layer) {
        check(pack_layer(layer, dims<2>{4, 3}));
        check(pack_layer(layer, dims<4>{2, 3, 2, 3}));
    };
    both(nn::poincare_linear{.outputs = outputs});
    both(nn::poincare_mlr{.outputs = outputs});
    both(nn::lorentz_linear{.outputs = outputs});
    both(nn::lorentz_mlr{.outputs = outputs});
}

template <class Check>
void for_each_conv(Check const& check)
{
    check(pack_layer(nn::poincare_conv2d{.outputs = 2}, dims<4>{1, 2, 4, 5}));
    check(pack_layer(nn::poincare_conv2d{.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 2}, .outputs = 3},
                     dims<4>{2, 2, 5, 4}));
    check(pack_layer(
        nn::poincare_conv2d{
            .kernel = {2, 3}, .stride = {3, 2}, .padding = {1, 2}, .dilation = {2, 2}, .groups = 2, .outputs = 4},
        dims<4>{2, 4, 6, 7}));
    check(pack_layer(nn::poincare_conv2d{.kernel = {1, 1}, .stride = {2, 2}, .groups = 3, .outputs = 3},
                     dims<4>{1, 3, 3, 3}));
}

}  // namespace

TEST_CASE("layer gradients meet the adjoint identity with dual numbers")
{
    for (double c : {0.75, 0.1, 3.7})
        for (double spread : {0.05, 0.6, 2.0}) {
            CAPTURE(c, spread);
            auto const check = [&](auto const& f) { check_dual(f, f.point(spread, 0.4, 0.3, c, 11)); };
            for (index_t outputs : {1, 4}) for_each_row_layer(outputs, check);
            for_each_conv(check);
        }
    for_each_row_layer(11, [](auto const& f) { check_dual(f, f.point(0.5, 0.3, 2.5, 0.75, 3)); });
}

TEST_CASE("layer gradients meet the adjoint identity where offsets and logits are large")
{
    for (double offset : {4.0, 12.0})
        for_each_row_layer(3, [&](auto const& f) { check_dual(f, f.point(0.5, 0.3, offset, 0.75, 7), 1e-9); });
    for_each_row_layer(3, [&](auto const& f) { check_dual(f, f.point(3, 1, 0.3, 0.75, 7), 1e-9); });
}

TEST_CASE("layer gradients agree with central differences")
{
    auto const check = [](auto const& f) { check_central(f, f.point(0.6, 0.4, 0.3, 0.75, 5)); };
    for_each_row_layer(3, check);
    for_each_conv(check);
}

TEST_CASE("layer gradients at zero vectors are the true ones")
{
    for_each_row_layer(3, [](auto const& f) {
        auto point = f.point(0.6, 0.4, 0.3, 0.75, 6);
        auto const size = static_cast<std::size_t>(f.unpack(point).x.size());
        std::fill_n(point.begin(), size, 0.0);
        check_central(f, point);
    });
    auto const conv = pack_layer(nn::poincare_conv2d{.padding = {1, 1}, .outputs = 2}, dims<4>{1, 2, 3, 3});
    auto point = conv.point(0.6, 0.4, 0.3, 0.75, 6);
    std::fill_n(point.begin(), 18, 0.0);
    check_central(conv, point);
}

TEST_CASE("rows of zeros train: their gradient is that of the limit")
{
    // d q_o/d z_o at z_o = 0 is a linear map of the direction from which one comes only up to sign of the offset term,
    // so the check is against the closed form; at r = 0 it is the limit from every side.
    for (double r : {0.0, 0.3, -0.8}) {
        nn::poincare_mlr const mlr{.outputs = 2};
        auto const f = pack_layer(mlr, dims<2>{1, 2});
        std::vector<double> const point{0.4, -0.8, /*z*/ 0, 0, 0.3, 0.2, /*r*/ r, 0.1, /*c*/ 0.5};
        auto const g = f.backward(point, std::vector<double>{1, 0});
        double const s = std::sqrt(0.5), T = std::hypot(0.4, 0.8), steep = std::cosh(2 * s * T) * std::sinh(2 * s * r);
        double const slope = 2 / s * std::sinh(2 * s * T) * std::cosh(2 * s * r) / std::hypot(1, steep) / T;
        CHECK(f.forward(point)[0] == 0);
        CHECK(std::fabs(g[2] - slope * 0.4) < 1e-14 * slope);
        CHECK(std::fabs(g[3] + slope * 0.8) < 1e-14 * slope);
        for (std::size_t i : {0u, 1u, 6u, 8u}) CHECK(g[i] == 0);
    }
    nn::lorentz_mlr const lorentz{.outputs = 1};
    auto const f = pack_layer(lorentz, dims<2>{1, 2});
    auto const g = f.backward(std::vector<double>{0.4, -0.8, 0, 0, 0, 0.5}, std::vector<double>{1});
    CHECK(std::fabs(g[2] - 0.4) < 1e-15);
    CHECK(std::fabs(g[3] + 0.8) < 1e-15);
    // More outputs than inputs from the identity: the extra rows move.
    nn::poincare_linear const wide{.outputs = 3};
    auto const p = wide.identity_params<double>(2);
    auto const x = random_tensor<double>(dims<2>{5, 2}, 0.5, 1), dy = random_tensor<double>(dims<2>{5, 3}, 1, 2);
    auto y = wide.forward(exec::seq{}, p, x);
    nn::poincare_linear::saved<double> saved;
    wide.forward(exec::seq{}, p, x, y, saved);
    auto dp = wide.zero_gradients(p);
    tensor<double, 2> dx(5, 2);
    wide.backward(exec::seq{}, p, x, saved, dy, dx, dp);
    CHECK(std::fabs(dp.z(2, 0)) > 1e-3);
    CHECK(std::fabs(dp.z(2, 1)) > 1e-3);
}

TEST_CASE("backward writes input gradients and adds parameter gradients")
{
    auto const check = [](auto const& f) {
        auto const point = f.point(0.6, 0.4, 0.3, 0.75, 5);
        auto const a = f.unpack(point);
        auto y = f.layer.forward(exec::seq{}, a.p, a.x);
        auto const dy = random_tensor<double>(y.extents(), 1, 3);
        typename std::remove_cvref_t<decltype(f.layer)>::template saved<double> saved;
        f.layer.forward(exec::seq{}, a.p, a.x, y, saved);
        auto once = f.layer.zero_gradients(a.p), twice = f.layer.zero_gradients(a.p);
        auto dx = a.x, again = a.x;
        f.layer.backward(exec::seq{}, a.p, a.x, saved, dy, dx, once);
        f.layer.backward(exec::seq{}, a.p, a.x, saved, dy, again, twice);
        f.layer.backward(exec::seq{}, a.p, a.x, saved, dy, again, twice);
        CHECK(std::equal(dx.begin(), dx.end(), again.begin()));
        auto doubled = f.pack(dx, once), sum = f.pack(dx, twice);
        for (std::size_t i = static_cast<std::size_t>(dx.size()); i < sum.size(); ++i) CHECK(sum[i] == 2 * doubled[i]);
    };
    for_each_row_layer(3, check);
    for_each_conv(check);
}
