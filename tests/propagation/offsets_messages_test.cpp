// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// What networks with learned offsets refuse, and how they say it.

#include "propagation/offsets_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

using arrays = testing::sampled_arrays<float>;

arrays fitting(sampled const& net)
{
    return testing::zero_arrays<float>(net, {1, 2, 4, 5});
}

template <class Error>
void check_refused(sampled const& net, arrays const& a, std::string const& message)
{
    CHECK_THROWS_AS(net.forward(exec::seq{}, a.inputs()), Error);
    CHECK_THROWS_WITH(net.forward(exec::seq{}, a.inputs()), "sampled::forward: " + message);
}

/// `net` with one member changed.
template <class Member, class Value>
sampled changed(sampled net, Member sampled::*member, Value value)
{
    net.*member = value;
    return net;
}

}  // namespace

TEST_CASE("offsets: options out of range are refused")
{
    sampled const net = presets::nlspn{}, dyspn = presets::dyspn_softmax{};
    arrays const a = fitting(net);
    auto const refused = [&](sampled const& bad, char const* message) { check_refused<value_error>(bad, a, message); };
    refused(changed(net, &sampled::kernel, 4), "kernel must be odd and at least 1, got 4");
    refused(changed(net, &sampled::kernel, 1), "kernel must be at least 3 without the centre, got 1");
    refused(changed(dyspn, &sampled::kernel, 5), "kernel must be 3 for the cross, got 5");
    refused(changed(net, &sampled::steps, -1), "steps must be at least 0, got -1");
    refused(changed(net, &sampled::gate_scale, testing::infinity), "gate_scale must be finite, got inf");
    refused(changed(net, &sampled::gate_divisor, 0), "gate_divisor must be finite and positive, got 0");
    refused(changed(net, &sampled::epsilon, -1), "epsilon must be finite and at least 0, got -1");
    refused(changed(net, &sampled::normaliser, gate_normaliser::softmax_present),
            "normaliser must be one that needs no whole offsets, got abs_sum_at_source or softmax_present");
    refused(changed(net, &sampled::centre, centre_term::anchor),
            "centre must be current, in_set or none, got an anchor");
    refused(changed(net, &sampled::centre, centre_term::in_set),
            "centre must be in the set of neighbours, got a window without it");
    refused(changed(net, &sampled::offsets_per_step, true),
            "gates_per_step must be true where confidence is read at the offsets of each step, got false");
    refused(changed(dyspn, &sampled::injection, injection_time::none),
            "injection must be before or after where confidence has its part in it, got none");
    CHECK_THROWS_WITH(sampled(presets::dyspn_softmax{.points = 3}), "dyspn_softmax: points must be 5 or 9, got 3");
}

TEST_CASE("offsets: arrays that do not fit are refused")
{
    sampled const net = presets::nlspn{}, per_step = presets::dyspn_softmax{.steps = 2};
    tensor<float, 4> const small(1, 1, 4, 4);
    auto const refused = [&](sampled const& with, auto member, auto const& array, char const* message) {
        auto a = fitting(with);
        a.*member = array;
        check_refused<shape_error>(with, a, message);
    };
    refused(net, &arrays::gates, small, "gates must be [N, K, H, W] = [1, 8, 4, 5], got [1, 1, 4, 4]");
    refused(per_step, &arrays::gates, small, "gates must be [N, T K, H, W] = [1, 10, 4, 5], got [1, 1, 4, 4]");
    refused(net, &arrays::offsets, small, "offsets must be [N, 2K, H, W] = [1, 16, 4, 5], got [1, 1, 4, 4]");
    refused(per_step, &arrays::offsets, small, "offsets must be [N, T 2K, H, W] = [1, 20, 4, 5], got [1, 1, 4, 4]");
    refused(net, &arrays::gamma, tensor<float, 1>(2), "gamma must be [1] = [1], got [2]");
    refused(per_step, &arrays::gamma, tensor<float, 1>(1),
            "gamma must be absent without learned_divisor, got an array");
    refused(net, &arrays::confidence, small, "confidence must be [N, 1, H, W] = [1, 1, 4, 5], got [1, 1, 4, 4]");
    refused(presets::lrru{}, &arrays::confidence, small,
            "confidence must be absent where it has no role (β goes into mask), got an array");
    refused(net, &arrays::mask, small, "mask must be [N, 1, H, W] (β goes here) = [1, 1, 4, 5], got [1, 1, 4, 4]");
    refused(per_step, &arrays::mask, small,
            "mask must be [N, 1, H, W] (β is mask times confidence) = [1, 1, 4, 5], got [1, 1, 4, 4]");
    refused(net, &arrays::measured, small, "measured must be [N, L or 1, H, W] = [1, 2, 4, 5], got [1, 1, 4, 4]");
    refused(presets::completionformer{}, &arrays::mask, small,
            "measured and mask must be absent when injection is none, got an array");

    tensor<float, 4> out(small);
    sampled_saved<float> kept;
    CHECK_THROWS_WITH(net.forward(exec::seq{}, fitting(net).inputs(), out),
                      "sampled::forward: out must be [N, L, H, W] = [1, 2, 4, 5], got [1, 1, 4, 4]");
    CHECK_THROWS_WITH(net.forward(exec::seq{}, fitting(net).inputs(), out, kept),
                      "sampled::forward: out must be [N, L, H, W] = [1, 2, 4, 5], got [1, 1, 4, 4]");
}

TEST_CASE("offsets: backward refuses what its forward did not leave")
{
    sampled const net = presets::nlspn{.steps = 3};
    arrays const a = fitting(net);
    tensor<float, 4> out(a.initial.extents()), small(1, 2, 4, 4);
    tensor<float, 5> few(1, 1, 2, 4, 5);
    sampled_saved<float> kept;
    sampled_gradients<float> const none{};
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.inputs(), kept, out, none),
                      "sampled::backward: kept.weights must be the shape of gates = [1, 8, 4, 5], got [0, 0, 0, 0]");
    net.forward(exec::seq{}, a.inputs(), out, kept);
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.inputs(), kept, small, none),
                      "sampled::backward: dout must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.inputs(), kept, out, sampled_gradients<float>{.offsets = small}),
                      "sampled::backward: the gradient of offsets must be the shape of its input = [1, 16, 4, 5], got "
                      "[1, 2, 4, 4]");
    CHECK_THROWS_WITH(net.backward(exec::seq{}, a.inputs(), kept, out, few, none),
                      "sampled::backward: diterates must be the shape of kept.iterates = [2, 1, 2, 4, 5], got "
                      "[1, 1, 2, 4, 5]");
    sampled const longer = presets::nlspn{.steps = 4};
    CHECK_THROWS_WITH(longer.backward(exec::seq{}, a.inputs(), kept, out, none),
                      "sampled::backward: kept.iterates must be [T - 1, N, L, H, W] = [3, 1, 2, 4, 5], got "
                      "[2, 1, 2, 4, 5]");
}
