// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Networks with learned offsets: exec::cuda against exec::seq.

#include <cuda/on_device.hpp>
#include <propagation/active_support.hpp>
#include <propagation/offsets_support.hpp>
#include <support/catch.hpp>

#include <hyspn/propagation/sampled/stability.hpp>

namespace hyspn::testing {
namespace {

template <class T>
inline constexpr double offsets_tolerance = std::is_same_v<T, double> ? 1e-12 : 1e-4;

template <class T>
sampled_arrays<T, memory::device> device_arrays(exec::cuda const& gpu, sampled_arrays<T> const& a)
{
    return {to_device(gpu, a.initial), to_device(gpu, a.gates),      to_device(gpu, a.offsets),
            to_device(gpu, a.gamma),   to_device(gpu, a.confidence), to_device(gpu, a.measured),
            to_device(gpu, a.mask)};
}

template <class T>
sampled_arrays<T> host_arrays(exec::cuda const& gpu, sampled_arrays<T, memory::device> const& a)
{
    return {to_host(gpu, a.initial),    to_host(gpu, a.gates),    to_host(gpu, a.offsets), to_host(gpu, a.gamma),
            to_host(gpu, a.confidence), to_host(gpu, a.measured), to_host(gpu, a.mask)};
}

template <class T>
void check_offsets_parity(propagation::sampled const& net, dims<4> const& e, std::uint64_t seed)
{
    INFO(describe(net) << " on " << to_string(e));
    exec::cuda const gpu{};
    bool const one_map = seed % 3 == 0;
    auto const at = cast_arrays<T>(random_arrays(net, e, seed, 2.5, one_map, true));
    auto const dout = cast<T>(random_arrays(net, e, seed + 1).initial);
    sampled_run<T> const wanted(exec::seq{}, net, at, dout);

    auto const on_device = device_arrays(gpu, at);
    auto d = device_arrays(gpu, zero_arrays<T>(net, e, one_map));
    tensor<T, 4, memory::device> out(e);
    auto const lambda = to_device(gpu, dout);
    propagation::sampled_saved<T, memory::device> kept;
    net.forward(gpu, on_device.inputs(), out, kept);
    net.backward(gpu, on_device.inputs(), kept, lambda, d.gradients());

    double const tolerance = offsets_tolerance<T>;
    CHECK(relative_error(to_host(gpu, out), wanted.out) <= tolerance);
    CHECK(relative_error(to_host(gpu, kept.weights), wanted.kept.weights) <= tolerance);
    CHECK(relative_error(to_host(gpu, kept.iterates), wanted.kept.iterates) <= tolerance);
    host_arrays(gpu, d).with(wanted.d, [&](auto const& got, auto const& reference) {
        // dγ is a sum of parts that cancel.
        if constexpr (std::decay_t<decltype(got)>::rank() == 4) CHECK(relative_error(got, reference) <= tolerance);
    });
    double parts = 0;
    for (T x : wanted.d.gates) parts += std::abs(static_cast<double>(x));
    if (wanted.d.gamma.size() > 0)
        CHECK(std::abs(static_cast<double>(to_host(gpu, d.gamma)(0) - wanted.d.gamma(0))) <= tolerance * parts);
}

}  // namespace

TEST_CASE("cuda: every network with learned offsets propagates as on exec::seq")
{
    std::uint64_t seed = 1;
    for_each_sampled([&](propagation::sampled const& net) {
        check_offsets_parity<double>(net, {2, 2, 5, 37}, ++seed);
        check_offsets_parity<float>(net, {1, 1, 7, 11}, ++seed);
    });
}

TEST_CASE("cuda: networks with learned offsets take maps of every size")
{
    propagation::sampled const net = propagation::presets::nlspn{.steps = 5};
    for (auto const& e : {dims<4>{{1, 1, 1, 1}}, {{1, 1, 0, 5}}, {{0, 1, 3, 3}}, {{1, 1, 1, 300}}, {{1, 3, 61, 83}}})
        check_offsets_parity<double>(net, e, 5);
}

TEST_CASE("cuda: learned offsets with checkpoints and early stopping as exec::seq does them")
{
    exec::cuda const gpu{};
    propagation::sampled net{.steps = 15,
                             .function = propagation::gate_function::sigmoid,
                             .injection = propagation::injection_time::after,
                             .keep = propagation::history::checkpoints};
    check_offsets_parity<double>(net, {2, 2, 5, 37}, 7);
    net.gates_per_step = net.offsets_per_step = true;
    check_offsets_parity<double>(net, {1, 1, 7, 11}, 8);

    net = propagation::sampled{.steps = 200, .function = propagation::gate_function::sigmoid};
    dims<4> const e{1, 2, 9, 13};
    auto const at = random_arrays(net, e, 9);
    auto const on_device = device_arrays(gpu, at);
    tensor<double, 4> settled(e);
    tensor<double, 4, memory::device> out(e);
    auto const wanted = net.forward_until(exec::seq{}, at.inputs(), settled, 1e-3);
    auto const report = net.forward_until(gpu, on_device.inputs(), out, 1e-3);
    CHECK(report.steps == wanted.steps);
    CHECK(relative_error(to_host(gpu, out), settled) <= 1e-12);
}

TEST_CASE("cuda: learned offsets among the pixels that take part as exec::seq has them")
{
    exec::cuda const gpu{};
    propagation::sampled const net = propagation::presets::nlspn{.steps = 4};
    dims<4> const e{1, 2, 9, 13};
    auto const at = random_arrays(net, e, 10);
    auto const dout = random_arrays(net, e, 11).initial;
    auto const mask = mask_of({2, 9}, e);
    auto in = at.inputs();
    in.active = as_const(mask);
    tensor<double, 4> wanted(e);
    propagation::sampled_saved<double> kept;
    auto d = zero_arrays<double>(net, e);
    net.forward(exec::seq{}, in, wanted, kept);
    net.backward(exec::seq{}, in, kept, dout, d.gradients());

    auto const on_device = device_arrays(gpu, at);
    auto const active = to_device(gpu, mask), lambda = to_device(gpu, dout);
    auto device_in = on_device.inputs();
    device_in.active = as_const(active);
    tensor<double, 4, memory::device> out(e);
    propagation::sampled_saved<double, memory::device> device_kept;
    auto device_d = device_arrays(gpu, zero_arrays<double>(net, e));
    net.forward(gpu, device_in, out, device_kept);
    net.backward(gpu, device_in, device_kept, lambda, device_d.gradients());
    CHECK(relative_error(to_host(gpu, out), wanted) <= 1e-12);
    host_arrays(gpu, device_d).with(d, [](auto const& got, auto const& reference) {
        if constexpr (std::decay_t<decltype(got)>::rank() == 4) CHECK(relative_error(got, reference) <= 1e-12);
    });
}

TEST_CASE("cuda: the stability report of learned offsets is that of exec::seq")
{
    exec::cuda const gpu{};
    for_each_sampled([&](propagation::sampled const& net) {
        auto const at = random_arrays(net, {1, 1, 9, 13}, 73);
        auto const on_device = device_arrays(gpu, at);
        auto const wanted = propagation::stability(exec::seq{}, net, at.inputs());
        auto const got = propagation::stability(gpu, net, on_device.inputs());
        INFO(describe(net));
        CHECK(got.max_row_sum == Approx(wanted.max_row_sum));
        CHECK(got.max_column_sum == Approx(wanted.max_column_sum));
        CHECK(got.negative_mass == Approx(wanted.negative_mass).margin(1e-12));
        CHECK(got.growth == Approx(wanted.growth));
        CHECK(got.constant_error == Approx(wanted.constant_error).margin(1e-12));
    });
}

}  // namespace hyspn::testing
