// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Few iterates in memory give the gradient of all of them; stopping early gives the steps it says it took.

#include <hyspn/propagation/presets.hpp>
#include <hyspn/propagation/stencil.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::same_bits;

namespace {

template <class T>
void check_checkpoints(stencil net, dims<4> const& e, index_t threads)
{
    testing::problem<T> const p(testing::random_problem(net, e, 31));
    auto const dout = cast<T>(testing::random_problem(net, e, 32).initial);
    auto const compare = [&](auto const& exec) {
        net.keep = history::every_step;
        testing::training_run<T> const all(exec, net, p.views(), dout);
        net.keep = history::checkpoints;
        testing::training_run<T> const few(exec, net, p.views(), dout);
        INFO(testing::describe(net) << " on " << to_string(e));
        CHECK(few.kept.iterates.extent(0) == net.kept_iterates());
        CHECK(same_bits(few.out, all.out));
        CHECK(same_bits(few.d.initial, all.d.initial));
        CHECK(same_bits(few.d.gates, all.d.gates));
        CHECK(same_bits(few.d.measured, all.d.measured));
        CHECK(same_bits(few.d.confidence, all.d.confidence));
    };
    compare(exec::seq{});
    compare(exec::omp{.threads = static_cast<int>(threads)});
}

}  // namespace

TEST_CASE("propagation: checkpoints give the gradient of all iterates, bit for bit")
{
    for (index_t steps : {0, 1, 2, 3, 4, 5, 9, 10, 17, 24}) {
        stencil net = presets::cspn{.steps = steps};
        check_checkpoints<double>(net, {2, 2, 7, 11}, 2);
        check_checkpoints<float>(net, {1, 1, 13, 37}, 3);
        stencil before{.steps = steps, .centre = centre_term::current, .injection = injection_time::before};
        check_checkpoints<double>(before, {1, 3, 5, 6}, 2);
    }
}

TEST_CASE("propagation: checkpoints keep about the root of the steps")
{
    stencil net{.steps = 24};
    CHECK(net.kept_iterates() == 23);
    net.keep = history::checkpoints;
    CHECK(net.kept_every() == 5);
    CHECK(net.kept_iterates() == 4);
    net.steps = 100;
    CHECK(net.kept_iterates() == 9);
    net.steps = 1;
    CHECK(net.kept_iterates() == 0);
}

TEST_CASE("propagation: backward refuses what another memory policy kept")
{
    stencil net{.steps = 9};
    testing::problem<double> const p(testing::random_problem(net, {1, 1, 4, 5}, 3));
    tensor<double, 4> out(p.initial.extents());
    saved<double> kept;
    net.forward(exec::seq{}, p.views(), out, kept);
    net.keep = history::checkpoints;
    testing::gradient_tensors<double> d(p.views());
    CHECK_THROWS_WITH(net.backward(exec::seq{}, p.views(), kept, out, d.views()),
                      "stencil::backward: kept.iterates must be [checkpoints, N, L, H, W] = [2, 1, 1, 4, 5], got [8, "
                      "1, 1, 4, 5]");
}

TEST_CASE("propagation: forward_until stops where nothing changes any more, and took the steps it says")
{
    stencil net{.steps = 500,
                .normaliser = gate_normaliser::softmax_present,
                .centre = centre_term::in_set,
                .injection = injection_time::after};
    dims<4> const e{1, 2, 9, 14};
    testing::problem<double> const p(testing::random_problem(net, e, 41));
    auto const run = [&](auto const& exec) {
        tensor<double, 4> out(e);
        auto const report = net.forward_until(exec, p.views(), out, 1e-6);
        CHECK(report.steps > 3);
        CHECK(report.steps < 500);
        CHECK(report.change <= 1e-6);
        stencil as_many = net, fewer = net;
        as_many.steps = report.steps;
        fewer.steps = report.steps - 1;
        auto const last = as_many.forward(exec, p.views()), previous = fewer.forward(exec, p.views());
        double change = 0;
        for (index_t i = 0; i < last.size(); ++i)
            change = std::max(change, std::abs(last.data()[i] - previous.data()[i]));
        CHECK(testing::relative_error(out, last) <= 1e-15);
        CHECK(std::abs(change - report.change) <= 1e-15);
        return report.steps;
    };
    CHECK(run(exec::seq{}) == run(exec::omp{.threads = 3}));
}

TEST_CASE("propagation: forward_until takes `steps` steps at most, and none where there are none")
{
    stencil net{.steps = 4};
    testing::problem<double> const p(testing::random_problem(net, {1, 1, 6, 6}, 43));
    tensor<double, 4> out(p.initial.extents());
    auto const report = net.forward_until(exec::seq{}, p.views(), out, 0);
    CHECK(report.steps == 4);
    CHECK(report.change > 0);
    CHECK(testing::relative_error(out, net.forward(exec::seq{}, p.views())) == 0);
    net.steps = 0;
    CHECK(net.forward_until(exec::seq{}, p.views(), out, 0).steps == 0);
    CHECK(testing::relative_error(out, p.initial) == 0);
    CHECK_THROWS_WITH(net.forward_until(exec::seq{}, p.views(), out, -1.0),
                      "stencil::forward_until: tolerance must be at least 0, got -1");
}

TEST_CASE("propagation: NaN does not count as settled")
{
    stencil const net{.steps = 5};
    testing::problem<double> p(testing::random_problem(net, {1, 1, 6, 6}, 45));
    p.gates(0, 2, 3, 3) = std::nan("");
    tensor<double, 4> out(p.initial.extents());
    auto const report = net.forward_until(exec::seq{}, p.views(), out, 0.5);
    CHECK(report.steps == 5);
    CHECK(report.change == testing::infinity);
}
