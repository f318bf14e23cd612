// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Every refusal, word by word.

#include <hyspn/propagation/diffusion.hpp>
#include <hyspn/propagation/stencil.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

struct arrays {
    tensor<float, 4> initial{1, 2, 4, 5}, gates{1, 8, 4, 5}, measured{1, 2, 4, 5}, confidence{1, 1, 4, 5};

    inputs<float> all() const
    {
        return {.initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    }
};

template <class Error>
void check_refused(stencil const& net, inputs<float> const& in, std::string const& message)
{
    CHECK_THROWS_AS(net.forward(exec::seq{}, in), Error);
    CHECK_THROWS_WITH(net.forward(exec::seq{}, in), "stencil::forward: " + message);
}

}  // namespace

TEST_CASE("propagation: options out of range are refused")
{
    arrays const a;
    inputs<float> const in{.initial = a.initial, .gates = a.gates};
    check_refused<value_error>({.kernel = 4}, in, "kernel must be odd and at least 1, got 4");
    check_refused<value_error>({.kernel = -1}, in, "kernel must be odd and at least 1, got -1");
    check_refused<value_error>({.kernel = 1}, in,
                               "kernel must be at least 3 when the centre is not in the set, got 1");
    check_refused<value_error>({.dilation = 0}, in, "dilation must be at least 1, got 0");
    check_refused<value_error>({.steps = -1}, in, "steps must be at least 0, got -1");
    check_refused<value_error>({.epsilon = -1}, in, "epsilon must be finite and at least 0, got -1");
    check_refused<value_error>({.epsilon = std::numeric_limits<double>::quiet_NaN()}, in,
                               "epsilon must be finite and at least 0, got nan");
}

TEST_CASE("propagation: arrays that do not fit are refused")
{
    arrays const a;
    tensor<float, 4> const nine(1, 9, 4, 5), wide(1, 1, 4, 6), three(1, 3, 4, 5);
    stencil const injecting{.injection = injection_time::after};
    inputs<float> in = a.all();

    in.gates = nine;
    check_refused<shape_error>(injecting, in, "gates must be [N, K, H, W] = [1, 8, 4, 5], got [1, 9, 4, 5]");
    in = a.all();
    in.confidence = {};
    check_refused<shape_error>(injecting, in, "confidence must be [N, 1, H, W] = [1, 1, 4, 5], got [0, 0, 0, 0]");
    in.confidence = wide;
    check_refused<shape_error>(injecting, in, "confidence must be [N, 1, H, W] = [1, 1, 4, 5], got [1, 1, 4, 6]");
    in = a.all();
    in.measured = three;
    check_refused<shape_error>(injecting, in, "measured must be [N, L or 1, H, W] = [1, 2, 4, 5], got [1, 3, 4, 5]");
    check_refused<shape_error>({}, a.all(),
                               "measured and confidence must be absent when injection is none, got an array");
    check_refused<shape_error>({.injection = injection_time::after, .injected = injected_value::initial}, a.all(),
                               "measured must be absent when the initial map is injected, got an array");

    tensor<float, 4> small(1, 2, 4, 4);
    CHECK_THROWS_WITH(injecting.forward(exec::seq{}, a.all(), small),
                      "stencil::forward: out must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    saved<float> kept;
    CHECK_THROWS_WITH(injecting.forward(exec::seq{}, a.all(), small, kept),
                      "stencil::forward: out must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
}

TEST_CASE("propagation: backward refuses what its forward did not leave")
{
    arrays const a;
    stencil const net{.steps = 3, .injection = injection_time::after};
    tensor<float, 4> out(a.initial.extents()), small(1, 2, 4, 4);
    saved<float> kept;
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.all(), kept, out, gradients<float>{}),
                      "stencil::backward: kept.taps must be [N, J, H, W] = [1, 8, 4, 5], got [0, 0, 0, 0]");
    net.forward(exec::seq{}, a.all(), out, kept);
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.all(), kept, small, gradients<float>{}),
                      "stencil::backward: dout must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.all(), kept, out, gradients<float>{.gates = small}),
                      "stencil::backward: the gradient of gates must be the shape of its input = [1, 8, 4, 5], got "
                      "[1, 2, 4, 4]");
    stencil longer = net;
    longer.steps = 4;
    CHECK_THROWS_WITH(longer.backward(exec::seq{}, a.all(), kept, out, gradients<float>{}),
                      "stencil::backward: kept.iterates must be [T - 1, N, L, H, W] = [3, 1, 2, 4, 5], got "
                      "[2, 1, 2, 4, 5]");
}

TEST_CASE("propagation: diffusions refuse what they cannot do")
{
    tensor<float, 4> const seed(1, 1, 3, 4), gates(1, 9, 3, 4);
    tensor<float, 4> out(seed.extents());
    diffusion_inputs<float> const in{.gates = gates, .seed = seed};
    auto const run = [&](auto const& net) { net.forward(exec::seq{}, in, out); };
    CHECK_THROWS_WITH(run(presets::diffusion{.alpha = 1.5}),
                      "diffusion::forward: alpha must be in [0, 1], got 1.5");
    CHECK_THROWS_WITH(run(presets::diffusion_fixed_point{.alpha = 0}),
                      "diffusion_fixed_point::forward: alpha must be in (0, 1], got 0");
    CHECK_THROWS_WITH(run(presets::diffusion_fixed_point{.tolerance = 0}),
                      "fixed_point::forward: tolerance must be positive, got 0");
    CHECK_THROWS_WITH(run(presets::diffusion_fixed_point{.max_iterations = 0}),
                      "fixed_point::forward: max_iterations must be positive, got 0");
}
