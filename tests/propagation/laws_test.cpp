// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// What propagation promises whatever the gates are.

#include <hyspn/propagation/presets.hpp>
#include <hyspn/propagation/stencil.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::on_policies;

namespace {

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 13}, {1, 2, 17, 1}, {1, 1, 2, 2}, {2, 3, 11, 19}};

void fill(tensor<double, 4>& x, double value)
{
    for (double& element : x) element = value;
}

bool finite(tensor<double, 4> const& x)
{
    return std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

TEST_CASE("propagation: constants stay where the weights and the centre sum to 1")
{
    // With the destination's gates an absent neighbour takes its share away, so source-owned or softmax_present.
    stencil const at_destination{.steps = 7, .owner = gate_owner::source};
    stencil current = at_destination, present = at_destination;
    current.centre = centre_term::current;
    present.owner = gate_owner::destination;
    present.normaliser = gate_normaliser::softmax_present;
    present.centre = centre_term::in_set;
    stencil cspn = presets::cspn{.steps = 7};
    for (stencil const& net : {at_destination, current, present, cspn})
        for (auto const& e : sizes)
            on_policies([&](auto const& exec) {
                testing::random_problem drawn(net, e, 3);
                fill(drawn.initial, 2.5);
                fill(drawn.measured, 2.5);
                testing::problem<double> const p(drawn);
                auto const out = net.forward(exec, p.views());
                INFO(testing::describe(net) << " on " << to_string(e));
                for (double x : out)
                    CHECK(std::abs(x - 2.5) <= 1e-11);  // signed gates amplify roundings, threefold a step at most
            });
}

TEST_CASE("propagation: convex weights keep within the range of what goes in")
{
    stencil const net{.steps = 9,
                      .owner = gate_owner::source,
                      .normaliser = gate_normaliser::abs_sum,
                      .centre = centre_term::anchor,
                      .injection = injection_time::after};
    for (auto const& e : sizes)
        on_policies([&](auto const& exec) {
            testing::random_problem drawn(net, e, 5);
            for (double& g : drawn.gates) g = std::abs(g);
            double low = 1, high = 0;
            for (auto const* map : {&drawn.initial, &drawn.measured})
                for (double x : *map) low = std::min(low, x), high = std::max(high, x);
            testing::problem<double> const p(drawn);
            for (double x : net.forward(exec, p.views())) {
                CHECK(x >= low - 1e-15);
                CHECK(x <= high + 1e-15);
            }
        });
}

TEST_CASE("propagation: linear in the initial map")
{
    testing::for_each_combination([&](stencil const& axes) {
        stencil net = axes;
        net.injection = injection_time::none;
        net.injected = injected_value::measured;
        dims<4> const e{1, 1, 5, 8};
        testing::random_problem const a(net, e, 7);
        auto const b = testing::random_problem(net, e, 8).initial;
        testing::random_problem both = a;
        for (index_t i = 0; i < b.size(); ++i) both.initial.data()[i] = 2 * a.initial.data()[i] - 3 * b.data()[i];
        auto const run = [&](tensor<double, 4> const& initial) {
            return net.forward(exec::seq{}, inputs<double>{.initial = initial, .gates = a.gates});
        };
        auto const of_a = run(a.initial), of_b = run(b), of_both = run(both.initial);
        tensor<double, 4> wanted(e);
        for (index_t i = 0; i < b.size(); ++i) wanted.data()[i] = 2 * of_a.data()[i] - 3 * of_b.data()[i];
        INFO(testing::describe(net));
        CHECK(testing::relative_error(of_both, wanted) <= 1e-13);
    });
}

TEST_CASE("propagation: shifting everything shifts the interior of the result")
{
    testing::for_each_combination([&](stencil const& net) {
        index_t const reach = net.kernel / 2 * net.dilation * (net.steps + 1), H = 2 * reach + 4, W = 2 * reach + 5;
        testing::random_problem const large(net, {1, 1, H + 1, W + 2}, 9);
        auto const window = [&](tensor<double, 4> const& x, index_t dy, index_t dx) {
            auto const v = as_view(x);
            if (x.size() == 0) return tensor<double, 4>{};
            dims<4> const e{1, x.extent(1), H, W};
            return cast<double>(view<double const, 4>(&v(0, 0, dy, dx), e, v.strides()));
        };
        auto const run = [&](index_t dy, index_t dx) {
            auto const initial = window(large.initial, dy, dx), gates = window(large.gates, dy, dx),
                       measured = window(large.measured, dy, dx), confidence = window(large.confidence, dy, dx);
            return net.forward(
                exec::seq{},
                inputs<double>{.initial = initial, .gates = gates, .measured = measured, .confidence = confidence});
        };
        auto const here = run(0, 0), there = run(1, 2);
        double difference = 0;
        for (index_t y = reach; y + reach < H - 1; ++y)
            for (index_t x = reach; x + reach < W - 2; ++x) {
                double const e = std::abs(here(0, 0, y + 1, x + 2) - there(0, 0, y, x));
                difference = e >= 0 ? std::max(difference, e) : testing::infinity;
            }
        INFO(testing::describe(net));
        CHECK(difference == 0);
    });
}

TEST_CASE("propagation: gates of 0 give finite results and gradients of 0")
{
    testing::for_each_combination([&](stencil const& axes) {
        on_policies([&](auto const& exec) {
            stencil net = axes;
            net.epsilon = 0;
            dims<4> const e{1, 2, 5, 6};
            testing::random_problem drawn(net, e, 13);
            fill(drawn.gates, 0);
            testing::problem<double> const p(drawn);
            auto const dout = testing::random_problem(net, e, 14).initial;
            testing::training_run<double> const run(exec, net, p.views(), dout);
            INFO(testing::describe(net));
            CHECK(finite(run.out));
            for (auto const* d : {&run.d.initial, &run.d.gates, &run.d.measured, &run.d.confidence}) CHECK(finite(*d));
            bool const divides =
                net.normaliser == gate_normaliser::abs_sum || net.normaliser == gate_normaliser::abs_sum_at_source;
            if (divides) CHECK(std::all_of(run.d.gates.begin(), run.d.gates.end(), [](double g) { return g == 0; }));
        });
    });
}

TEST_CASE("propagation: a measured pixel of confidence 1 is restored bit for bit, one of 0 is ignored, NaN or not")
{
    for (auto owner : {gate_owner::destination, gate_owner::source})
        for (auto const& e : sizes)
            on_policies([&](auto const& exec) {
                stencil const net{.steps = 5, .owner = owner, .injection = injection_time::after};
                testing::random_problem drawn(net, e, 17);
                auto const dout = testing::random_problem(net, e, 18).initial;
                testing::problem<double> const before(drawn);
                testing::training_run<double> const plain(exec, net, before.views(), dout);
                drawn.forget_unmeasured();
                testing::problem<double> const after(drawn);
                testing::training_run<double> const gaps(exec, net, after.views(), dout);
                CHECK(testing::relative_error(gaps.out, plain.out) == 0);
                CHECK(testing::relative_error(gaps.d.initial, plain.d.initial) == 0);
                CHECK(testing::relative_error(gaps.d.gates, plain.d.gates) == 0);
                CHECK(finite(gaps.d.confidence));
                CHECK(finite(gaps.d.measured));
                for (index_t n = 0; n < e[0]; ++n)
                    for (index_t l = 0; l < e[1]; ++l)
                        for (index_t y = 0; y < e[2]; ++y)
                            for (index_t x = 0; x < e[3]; ++x)
                                if (after.confidence(n, 0, y, x) == 1)
                                    CHECK(gaps.out(n, l, y, x) == after.measured(n, l, y, x));
            });
}

TEST_CASE("propagation: where nothing was measured, neither confidence nor measurement has a gradient")
{
    dims<4> const e{1, 2, 5, 37};
    testing::for_each_combination([&](stencil const& net) {
        if (net.injection == injection_time::none || net.injected == injected_value::initial) return;
        testing::random_problem drawn(net, e, 21);
        for (index_t y = 0; y < e[2]; ++y)
            for (index_t x = 0; x < e[3]; ++x)
                if (drawn.confidence(0, 0, y, x) == 0)  // one missing map is enough
                    drawn.measured(0, x % 2, y, x) = y % 2 == 0 ? std::nan("") : testing::infinity;
        testing::problem<double> const p(drawn);
        auto const dout = testing::random_problem(net, e, 22).initial;
        on_policies([&](auto const& exec) {
            testing::training_run<double> const run(exec, net, p.views(), dout);
            INFO(testing::describe(net));
            CHECK(finite(run.d.confidence));
            CHECK(finite(run.d.measured));
            double unmeasured = 0, measured = 0;
            for (index_t y = 0; y < e[2]; ++y)
                for (index_t x = 0; x < e[3]; ++x) {
                    bool const missing = p.confidence(0, 0, y, x) == 0;
                    (missing ? unmeasured : measured) += std::abs(run.d.confidence(0, 0, y, x));
                    if (missing)
                        unmeasured += std::abs(run.d.measured(0, 0, y, x)) + std::abs(run.d.measured(0, 1, y, x));
                }
            CHECK(unmeasured == 0);
            CHECK(measured > 0);
        });
    });
}

TEST_CASE("propagation: no steps is the identity")
{
    stencil const net{.steps = 0};
    testing::problem<double> const p(testing::random_problem(net, {1, 2, 3, 4}, 19));
    on_policies(
        [&](auto const& exec) { CHECK(testing::relative_error(net.forward(exec, p.views()), p.initial) == 0); });
}

TEST_CASE("propagation: presets are found by name")
{
    CHECK(find_preset("cspn") == stencil(presets::cspn{}));
    CHECK(find_preset("cspn").injected == injected_value::measured);
    CHECK(find_preset("cspn_released").injected == injected_value::initial);
    CHECK(find_preset("paddle_cspn") == presets::paddle_cspn);
    CHECK(find_preset("penet") == presets::penet);
    CHECK(find_preset("bpnet") == presets::bpnet);
    CHECK(find_preset("depthprompting") == presets::depthprompting);
    CHECK_THROWS_WITH(find_preset("spn2"),
                      "find_preset: name must be one of cspn, cspn_released, paddle_cspn, penet, bpnet, "
                      "depthprompting, got spn2");
}
