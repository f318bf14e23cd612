// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Pixels that take no part are, to the others, outside the image.

#include <hyspn/propagation/diffusion.hpp>
#include <hyspn/propagation/stencil.hpp>

#include "propagation/active_support.hpp"
#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using namespace hyspn::testing;

namespace {

template <class P>
void check_as_if_outside(P const& exec, stencil const& net)
{
    columns const inner{3, 12};
    dims<4> const e{2, 2, 6, 15};
    auto drawn = testing::random_problem(net, e, 51);
    testing::problem<double> const whole_before(drawn);
    tensor<double, 4> const mask = mask_of(inner, e);
    auto dout = testing::random_problem(net, e, 52).initial;
    tensor<double, 4> const initial = inner.of(drawn.initial), gates = inner.of(drawn.gates),
                            measured = inner.of(drawn.measured), confidence = inner.of(drawn.confidence),
                            dout_inside = inner.of(dout);
    spoil(drawn.gates, inner);
    spoil(drawn.measured, inner);
    testing::problem<double> const whole(drawn);
    auto in = whole.views();
    in.active = as_const(mask);
    testing::training_run<double> const masked(exec, net, in, dout);
    testing::training_run<double> const cropped(
        exec, net, inputs<double>{.initial = initial, .gates = gates, .measured = measured, .confidence = confidence},
        dout_inside);

    INFO(testing::describe(net));
    CHECK(worst(masked.out, inner, cropped.out) <= 1e-14);
    CHECK(worst(masked.d.initial, inner, cropped.d.initial) <= 1e-13);
    CHECK(worst(masked.d.gates, inner, cropped.d.gates) <= 1e-13);
    CHECK(worst(masked.d.measured, inner, cropped.d.measured) <= 1e-13);
    CHECK(worst(masked.d.confidence, inner, cropped.d.confidence) <= 1e-13);
    double kept = 0, own = 0, others = 0;
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t y = 0; y < e[2]; ++y)
            for (index_t x = 0; x < e[3]; ++x) {
                if (inner.hold(x)) continue;
                for (index_t l = 0; l < e[1]; ++l) {
                    kept += std::abs(masked.out(n, l, y, x) - whole.initial(n, l, y, x));
                    own += std::abs(masked.d.initial(n, l, y, x) - dout(n, l, y, x));
                }
                for (index_t k = 0; k < net.gates(); ++k) others += std::abs(masked.d.gates(n, k, y, x));
                if (masked.d.confidence.size() > 0) others += std::abs(masked.d.confidence(n, 0, y, x));
                for (index_t l = 0; l < masked.d.measured.extent(1); ++l)
                    if (net.injected == injected_value::measured) others += std::abs(masked.d.measured(n, l, y, x));
            }
    CHECK(kept == 0);
    CHECK(own == 0);
    CHECK(others == 0);
}

}  // namespace

TEST_CASE("propagation: pixels that take no part are as if outside the image, in value and gradient")
{
    testing::for_each_combination([&](stencil const& net) {
        check_as_if_outside(exec::seq{}, net);
        check_as_if_outside(exec::omp{.threads = 3}, net);
    });
}

TEST_CASE("propagation: a mask of ones changes nothing")
{
    testing::for_each_combination([&](stencil const& net) {
        dims<4> const e{1, 2, 7, 9};
        testing::problem<double> const p(testing::random_problem(net, e, 53));
        tensor<double, 4> const mask = mask_of({0, 9}, e);
        auto in = p.views();
        in.active = as_const(mask);
        INFO(testing::describe(net));
        CHECK(testing::relative_error(net.forward(exec::seq{}, in), net.forward(exec::seq{}, p.views())) == 0);
    });
}

TEST_CASE("propagation: a fixed point among the pixels that take part")
{
    columns const inner{2, 9};
    dims<4> const e{1, 2, 5, 11};
    stencil const axes{.normaliser = gate_normaliser::softmax_present,
                       .centre = centre_term::in_set,
                       .injection = injection_time::after};
    auto drawn = testing::random_problem(axes, e, 55);
    for (double& beta : drawn.confidence) beta = 0.25;
    testing::problem<double> const whole(drawn);
    tensor<double, 4> const mask = mask_of(inner, e), initial = inner.of(drawn.initial), gates = inner.of(drawn.gates),
                            measured = inner.of(drawn.measured), confidence = inner.of(drawn.confidence);
    auto in = whole.views();
    in.active = as_const(mask);
    fixed_point const method{.axes = axes, .tolerance = 1e-13};
    tensor<double, 4> out(e), out_inside(initial.extents());
    method.forward(exec::seq{}, in, out);
    method.forward(exec::seq{},
                   inputs<double>{.initial = initial, .gates = gates, .measured = measured, .confidence = confidence},
                   out_inside);
    CHECK(worst(out, inner, out_inside) <= 1e-11);
}

TEST_CASE("propagation: the mask has one channel")
{
    stencil const net{};
    testing::problem<double> const p(testing::random_problem(net, {1, 2, 3, 4}, 57));
    auto in = p.views();
    in.active = p.initial;
    CHECK_THROWS_WITH(net.forward(exec::seq{}, in),
                      "stencil::forward: active must be [N, 1, H, W] = [1, 1, 3, 4], got [1, 2, 3, 4]");
}
