// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Learned offsets: few iterates in memory give the gradient of all of them; stopping early gives the steps it says it
// took.

#include "propagation/offsets_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::same_bits;

namespace {

template <class T>
void check_checkpoints(sampled net, dims<4> const& e, int threads)
{
    auto const at = testing::cast_arrays<T>(testing::random_arrays(net, e, 31));
    auto const dout = cast<T>(testing::random_arrays(net, e, 32).initial);
    auto const compare = [&](auto const& exec) {
        net.keep = history::every_step;
        testing::sampled_run<T> const all(exec, net, at, dout);
        net.keep = history::checkpoints;
        testing::sampled_run<T> const few(exec, net, at, dout);
        INFO(testing::describe(net) << " on " << to_string(e));
        CHECK(few.kept.iterates.extent(0) == net.kept_steps().kept());
        CHECK(same_bits(few.out, all.out));
        auto got = few.d;
        net.backward(exec, at.inputs(), few.kept, dout, got.gradients());  // what was there does not count
        got.with(all.d, [](auto const& a, auto const& b) { CHECK(same_bits(a, b)); });
    };
    compare(exec::seq{});
    compare(exec::omp{.threads = threads});
}

}  // namespace

TEST_CASE("offsets: checkpoints give the gradient of all iterates, bit for bit")
{
    for (index_t steps : {0, 1, 2, 5, 6, 7, 12, 13, 18, 19})
        testing::for_each_sampled([&](sampled net) {
            net.steps = steps;
            if (steps == 0 && (net.gates_per_step || net.offsets_per_step)) return;
            check_checkpoints<double>(net, {1, 2, 4, 5}, 2);
        });
    // Vectors of maps, and those left over.
    for (index_t maps : {5, 9, 17, 21})
        for (bool inject : {false, true}) {
            sampled const net = presets::nlspn{.steps = 18, .preserve_input = inject};
            check_checkpoints<float>(net, {1, maps, 5, 9}, 2);
            check_checkpoints<double>(net, {2, maps, 4, 7}, 3);
        }
    for (index_t steps : {18, 41}) {
        check_checkpoints<float>(presets::nlspn{.steps = steps}, {2, 1, 13, 37}, 3);
        check_checkpoints<float>(presets::lrru{.updates = steps, .detach = true}, {1, 1, 7, 9}, 3);
    }
}

TEST_CASE("offsets: checkpoints keep about the root of the steps, the last segment being whole")
{
    sampled net{.steps = 18};
    CHECK(net.kept_steps().kept() == 17);
    net.keep = history::checkpoints;
    CHECK(net.kept_steps().kept() == 2);
    net.steps = 6;
    CHECK(net.kept_steps().kept() == 0);
    net.steps = 100;
    auto const segments = net.kept_steps();
    CHECK(segments.stride == 12);
    CHECK(segments.kept() == 8);
    CHECK(segments.count(0) == 4);
    CHECK(segments.count(8) == 12);
    CHECK(segments.begin(8) == 88);
    net.steps = 0;
    CHECK(net.kept_steps().kept() == 0);
}

TEST_CASE("offsets: backward refuses what another memory policy kept, and gradients of iterates that were not kept")
{
    sampled net = presets::nlspn{.steps = 18};
    auto const at = testing::random_arrays(net, {1, 1, 4, 5}, 33);
    tensor<double, 4> out(at.initial.extents());
    sampled_saved<double> kept;
    net.forward(exec::seq{}, at.inputs(), out, kept);
    net.keep = history::checkpoints;
    auto d = testing::zero_arrays<double>(net, {1, 1, 4, 5});
    CHECK_THROWS_WITH(net.backward(exec::seq{}, at.inputs(), kept, out, d.gradients()),
                      "sampled::backward: kept.iterates must be [checkpoints, N, L, H, W] = [2, 1, 1, 4, 5], got [17, "
                      "1, 1, 4, 5]");
    net.forward(exec::seq{}, at.inputs(), out, kept);
    tensor<double, 5> const diterates(kept.iterates.extents());
    CHECK_THROWS_WITH(net.backward(exec::seq{}, at.inputs(), kept, out, diterates, d.gradients()),
                      "sampled::backward: keep must be every_step where the loss looks at the iterates, got "
                      "checkpoints");
}

TEST_CASE("offsets: forward_until stops where nothing changes any more, and took the steps it says")
{
    sampled const convex{.steps = 500, .function = gate_function::sigmoid};
    sampled before = convex, after = convex;
    before.injection = injection_time::before;
    after.injection = injection_time::after;
    for (sampled const& net : {convex, before, after}) {
        auto const at = testing::random_arrays(net, {1, 2, 9, 14}, 41);
        auto const run = [&](auto const& exec) {
            tensor<double, 4> out(at.initial.extents());
            double const tolerance = 2e-3;
            auto const report = net.forward_until(exec, at.inputs(), out, tolerance);
            INFO(testing::describe(net));
            CHECK(report.steps > 3);
            CHECK(report.steps < 500);
            CHECK(report.change <= tolerance);
            sampled as_many = net, fewer = net;
            as_many.steps = report.steps;
            fewer.steps = report.steps - 1;
            auto const last = as_many.forward(exec, at.inputs()), previous = fewer.forward(exec, at.inputs());
            double change = 0;
            for (index_t i = 0; i < last.size(); ++i)
                change = std::max(change, std::abs(last.data()[i] - previous.data()[i]));
            CHECK(same_bits(out, last));
            CHECK(change == report.change);
            return report.steps;
        };
        CHECK(run(exec::seq{}) == run(exec::omp{.threads = 3}));
    }
}

TEST_CASE("offsets: forward_until takes `steps` steps at most, never settles at NaN, and wants one set of weights")
{
    sampled net = presets::nlspn{.steps = 4};
    auto at = testing::random_arrays(net, {1, 1, 6, 6}, 43);
    tensor<double, 4> out(at.initial.extents());
    auto const report = net.forward_until(exec::seq{}, at.inputs(), out, 0);
    CHECK(report.steps == 4);
    CHECK(report.change > 0);
    CHECK(same_bits(out, net.forward(exec::seq{}, at.inputs())));
    CHECK_THROWS_WITH(net.forward_until(exec::seq{}, at.inputs(), out, -1.0),
                      "sampled::forward_until: tolerance must be at least 0, got -1");
    at.gates(0, 2, 3, 3) = std::nan("");
    auto const none = net.forward_until(exec::seq{}, at.inputs(), out, 0.5);
    CHECK(none.steps == 4);
    CHECK(none.change == testing::infinity);
    net.steps = 0;
    CHECK(net.forward_until(exec::seq{}, at.inputs(), out, 0).steps == 0);
    CHECK(same_bits(out, at.initial));

    sampled const updates = presets::lrru{};
    auto const of_updates = testing::random_arrays(updates, {1, 1, 6, 6}, 44);
    CHECK_THROWS_WITH(updates.forward_until(exec::seq{}, of_updates.inputs(), out, 0.1),
                      "sampled::forward_until: gates_per_step and offsets_per_step must be false, got true");
}
