// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The report says what the steps do.

#include <hyspn/propagation/presets.hpp>
#include <hyspn/propagation/stability.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

double greatest(tensor<double, 4> const& x)
{
    double m = 0;
    for (double v : x) m = std::max(m, std::abs(v));
    return m;
}

/// Gates of -1/8 everywhere.
tensor<double, 4> eighths(index_t height, index_t width)
{
    tensor<double, 4> gates(1, 8, height, width);
    for (double& g : gates) g = -0.125;
    return gates;
}

}  // namespace

TEST_CASE("stability: weights that sum to less than one in magnitude still grow with the current value at the centre")
{
    stencil const net{.steps = 18, .normaliser = gate_normaliser::none, .centre = centre_term::current};
    index_t const side = 64;
    auto const gates = eighths(side, side);
    tensor<double, 4> stripes(1, 1, side, side);
    for (index_t y = 0; y < side; ++y)
        for (index_t x = 0; x < side; ++x) stripes(0, 0, y, x) = x % 2 == 0 ? 1 : -1;
    auto const out = net.forward(exec::seq{}, inputs<double>{.initial = stripes, .gates = gates});
    auto const report = stability(exec::seq{}, net, gates);

    // Six of eight neighbours have the other sign: Σ w x = -(2 - 6)/8 x = x/2, and the centre has 1 - Σw = 2.
    CHECK(std::abs(out(0, 0, 32, 32)) == std::pow(2.5, 18));
    CHECK(report.max_row_sum == 3);
    CHECK(report.negative_mass == 1);
    CHECK(report.growth >= greatest(out));
    CHECK(report.growth <= std::pow(3, 18));
    CHECK(!report.preserves_constants);  // at the border an absent neighbour takes its weight away

    stencil anchored = net;
    anchored.centre = centre_term::anchor;
    auto const bounded = stability(exec::seq{}, anchored, gates);
    CHECK(bounded.max_row_sum == 1);
    CHECK(bounded.growth <= 1 + 18 * 2);
}

TEST_CASE("stability: growth bounds the map, column sums the gradient, for any gates")
{
    testing::for_each_combination([&](stencil const& axes) {
        stencil net = axes;
        net.injection = injection_time::none;
        net.injected = injected_value::measured;
        dims<4> const e{2, 1, 6, 7};
        testing::problem<double> const p(testing::random_problem(net, e, 61));
        auto const report = stability(exec::seq{}, net, p.gates);
        auto const threads = stability(exec::omp{.threads = 3}, net, p.gates);
        auto const dout = testing::random_problem(net, e, 62).initial;
        testing::training_run<double> const run(exec::seq{}, net, p.views(), dout);
        INFO(testing::describe(net));
        CHECK(greatest(run.out) <= report.growth * greatest(p.initial) * (1 + 1e-12));
        CHECK(std::abs(threads.growth - report.growth) <= 1e-12 * report.growth);
        CHECK(std::abs(threads.max_column_sum - report.max_column_sum) <= 1e-12 * report.max_column_sum);
        CHECK(report.growth <= std::pow(std::max(1.0, report.max_row_sum), static_cast<double>(net.steps)) *
                                   (1 + static_cast<double>(net.steps) * 3));
        bool const through_anchor = net.centre == centre_term::anchor || net.centre == centre_term::in_set_anchor;
        if (!through_anchor) {
            double const bound = std::pow(report.max_column_sum, static_cast<double>(net.steps));
            CHECK(greatest(run.d.initial) <= bound * greatest(dout) * (1 + 1e-12));
        }
    });
}

TEST_CASE("stability: who preserves constants")
{
    tensor<double, 4> gates(testing::random_problem(stencil{}, {1, 1, 9, 8}, 63).gates);
    CHECK(stability(exec::seq{}, presets::cspn{}, gates).preserves_constants);
    CHECK(!stability(exec::seq{}, presets::penet, gates).preserves_constants);
    CHECK(!stability(exec::seq{}, presets::bpnet, gates).preserves_constants);
    CHECK(stability(exec::seq{}, presets::cspn{}, gates).constant_error < 1e-14);
    CHECK(stability(exec::seq{}, presets::penet, gates).constant_error > 1e-3);

    stencil const walk{.normaliser = gate_normaliser::softmax_present, .centre = centre_term::in_set};
    auto const nine = testing::random_problem(walk, {1, 1, 9, 8}, 64).gates;
    auto const report = stability(exec::seq{}, walk, nine);
    CHECK(report.preserves_constants);
    CHECK(report.negative_mass == 0);
    CHECK(report.max_row_sum == Approx(1));
    CHECK(report.growth == Approx(1));
}

TEST_CASE("stability: in float, and among the pixels that take part")
{
    stencil const net = presets::cspn{.steps = 12};
    auto const gates = cast<float>(testing::random_problem(net, {1, 1, 30, 40}, 65).gates);
    CHECK(stability(exec::seq{}, net, gates).preserves_constants);
    tensor<float, 4> mask(1, 1, 30, 40);
    for (index_t y = 0; y < 30; ++y)
        for (index_t x = 0; x < 40; ++x) mask(0, 0, y, x) = (x + y) % 5 == 0 ? 0.f : 1.f;
    CHECK(stability(exec::seq{}, net, gates, as_const(mask)).preserves_constants);
}

TEST_CASE("stability: gates that are no numbers promise nothing")
{
    stencil const net{.steps = 4};
    auto gates = testing::random_problem(net, {1, 1, 5, 6}, 66).gates;
    gates(0, 3, 2, 2) = std::nan("");
    auto const report = stability(exec::seq{}, net, gates);
    CHECK(report.growth == testing::infinity);
    CHECK(report.negative_mass == testing::infinity);
    CHECK(report.constant_error == testing::infinity);
    CHECK(!report.preserves_constants);
}
