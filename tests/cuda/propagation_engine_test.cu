// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/on_device.hpp>
#include <propagation/support.hpp>
#include <support/catch.hpp>

#include <hyspn/propagation/stability.hpp>

namespace hyspn::testing {
namespace {

using propagation::history;
using propagation::stencil;

/// Every third pixel of a diagonal pattern takes no part.
tensor<double, 4> diagonal_mask(dims<4> const& e)
{
    tensor<double, 4> mask(e[0], 1, e[2], e[3]);
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t y = 0; y < e[2]; ++y)
            for (index_t x = 0; x < e[3]; ++x) mask(n, 0, y, x) = (x + y) % 3 == 0 ? 0 : 1;
    return mask;
}

}  // namespace

TEST_CASE("cuda: checkpoints, pixels that take no part and early stopping as exec::seq does them")
{
    stencil net{.steps = 7,
                .normaliser = propagation::gate_normaliser::softmax_present,
                .centre = propagation::centre_term::in_set,
                .injection = propagation::injection_time::after,
                .keep = history::checkpoints};
    dims<4> const e{2, 2, 9, 13};
    problem<double> const p(random_problem(net, e, 71));
    auto const mask = diagonal_mask(e);
    auto const dout = random_problem(net, e, 72).initial;
    auto host_in = p.views();
    host_in.active = as_const(mask);
    training_run<double> const wanted(exec::seq{}, net, host_in, dout);
    tensor<double, 4> settled(e);
    auto const host_report = net.forward_until(exec::seq{}, host_in, settled, 1e-3);

    exec::cuda const gpu{};
    auto const initial = to_device(gpu, p.initial), gates = to_device(gpu, p.gates),
               measured = to_device(gpu, p.measured), confidence = to_device(gpu, p.confidence),
               active = to_device(gpu, mask), lambda = to_device(gpu, dout);
    propagation::inputs<double, memory::device> const in{
        .initial = initial, .gates = gates, .measured = measured, .confidence = confidence, .active = active};
    tensor<double, 4, memory::device> out(e), dgates(gates.extents()), dinitial(e);
    propagation::saved<double, memory::device> kept;
    net.forward(gpu, in, out, kept);
    net.backward(gpu, in, kept, lambda,
                 propagation::gradients<double, memory::device>{.initial = dinitial, .gates = dgates});
    CHECK(relative_error(to_host(gpu, out), wanted.out) <= 1e-12);
    CHECK(relative_error(to_host(gpu, dinitial), wanted.d.initial) <= 1e-12);
    CHECK(relative_error(to_host(gpu, dgates), wanted.d.gates) <= 1e-12);

    auto const report = net.forward_until(gpu, in, out, 1e-3);
    CHECK(report.steps == host_report.steps);
    CHECK(relative_error(to_host(gpu, out), settled) <= 1e-12);
}

TEST_CASE("cuda: the stability report of exec::seq")
{
    stencil const net{.steps = 9, .centre = propagation::centre_term::current};
    auto const gates = random_problem(net, {1, 1, 8, 11}, 73).gates;
    auto const wanted = propagation::stability(exec::seq{}, net, gates);
    exec::cuda const gpu{};
    auto const got = propagation::stability(gpu, net, to_device(gpu, gates));
    CHECK(got.max_row_sum == Approx(wanted.max_row_sum));
    CHECK(got.max_column_sum == Approx(wanted.max_column_sum));
    CHECK(got.negative_mass == Approx(wanted.negative_mass));
    CHECK(got.growth == Approx(wanted.growth));
}

}  // namespace hyspn::testing
