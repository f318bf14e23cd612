// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Snapshots against the stencil itself, run anew for each number of steps.

#include <hyspn/propagation/snapshots.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::same_bits;

namespace {

template <class T>
struct snapshot_run {
    tensor<T, 5> out, inferred;
    saved<T> kept{};
    testing::gradient_tensors<T> d;

    template <execution_policy P>
    snapshot_run(P const& exec, snapshots const& net, inputs<T> const& in, tensor<T, 5> const& dout)
        : out(dout.extents()), inferred(dout.extents()), d(in)
    {
        net.forward(exec, in, inferred);
        net.forward(exec, in, out, kept);
        net.backward(exec, in, kept, dout, d.views());
    }
};

tensor<double, 5> random_maps(dims<4> const& e, index_t count, std::uint64_t seed)
{
    random_stream stream(seed);
    tensor<double, 5> made(dims<5>{count, e[0], e[1], e[2], e[3]});
    for (double& x : made) x = static_cast<double>(static_cast<float>(2 * stream.uniform() - 1));
    return made;
}

void add(tensor<double, 4>& to, tensor<double, 4> const& x)
{
    for (index_t i = 0; i < to.size(); ++i) to.data()[i] += x.data()[i];
}

void check_gradients(testing::gradient_tensors<double> const& a, testing::gradient_tensors<double> const& b,
                     double tolerance)
{
    CHECK(testing::relative_error(a.initial, b.initial) <= tolerance);
    CHECK(testing::relative_error(a.gates, b.gates) <= tolerance);
    CHECK(testing::relative_error(a.measured, b.measured) <= tolerance);
    CHECK(testing::relative_error(a.confidence, b.confidence) <= tolerance);
}

/// Each snapshot is the stencil of as many steps, and the gradients are the sums of theirs.
template <execution_policy P>
void check_against_stencils(P const& exec, stencil const& axes, dims<4> const& e, std::uint64_t seed)
{
    snapshots const net{.axes = axes, .at = {1, 3, 4, 7}};
    INFO(testing::describe(axes) << " on " << to_string(e));
    testing::problem<double> const p(testing::random_problem(axes, e, seed));
    auto const dout = random_maps(e, 4, seed + 1);
    snapshot_run<double> const run(exec, net, p.views(), dout);
    testing::gradient_tensors<double> sum(p.views());
    for (index_t s = 0; s < 4; ++s) {
        stencil alone = axes;
        alone.steps = net.at[static_cast<std::size_t>(s)];
        auto const one = cast<double>(dout[s]);
        testing::training_run<double> const wanted(exec::seq{}, alone, p.views(), one);
        CHECK(testing::relative_error(cast<double>(run.out[s]), wanted.out) <= 1e-12);
        CHECK(testing::relative_error(cast<double>(run.inferred[s]), wanted.out) <= 1e-12);
        add(sum.initial, wanted.d.initial);
        add(sum.gates, wanted.d.gates);
        add(sum.measured, wanted.d.measured);
        add(sum.confidence, wanted.d.confidence);
        if (s == 3) CHECK(testing::relative_error(run.kept.iterates, wanted.kept.iterates) <= 1e-12);
    }
    check_gradients(run.d, sum, 1e-11);
}

}  // namespace

TEST_CASE("snapshots: the stencil after each number of steps, forward and gradients, for the axes and policies")
{
    std::uint64_t seed = 1, i = 0;
    testing::for_each_combination([&](stencil const& axes) {
        if (++i % 3 != 0) return;
        check_against_stencils(exec::seq{}, axes, {1, 2, 5, 7}, seed += 10);
        check_against_stencils(exec::omp{.threads = 2}, axes, {2, 1, 6, 37}, seed += 10);
    });
}

TEST_CASE("snapshots: images of every size, also larger than one strip")
{
    stencil const axes{.kernel = 7, .owner = gate_owner::source, .injection = injection_time::after};
    std::uint64_t seed = 1000;
    for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{1, 2, 1, 13}, dims<4>{2, 1, 11, 1}, dims<4>{1, 1, 23, 409}})
        check_against_stencils(exec::omp{.threads = 3}, axes, e, seed += 10);
}

TEST_CASE("snapshots: pixels that take no part")
{
    stencil const axes{.steps = 4, .owner = gate_owner::source, .injection = injection_time::after};
    dims<4> const e{1, 1, 9, 11};
    testing::problem<double> const p(testing::random_problem(axes, e, 5));
    tensor<double, 4> active(e);
    for (index_t i = 0; i < active.size(); ++i) active.data()[i] = i % 5 == 0 ? 0 : 1;
    auto in = p.views();
    in.active = active;
    auto const wanted = axes.forward(exec::seq{}, in);
    tensor<double, 5> out(dims<5>{2, 1, 1, 9, 11});
    snapshots const net{.axes = axes, .at = {2, 4}};
    net.forward(exec::omp{.threads = 2}, in, out);
    CHECK(testing::relative_error(cast<double>(out[1]), wanted) <= 1e-14);
}

TEST_CASE("snapshots: the same bits for any number of threads")
{
    snapshots const net{.axes = {.kernel = 5, .owner = gate_owner::source, .injection = injection_time::after},
                        .at = {2, 5, 9}};
    dims<4> const e{1, 2, 31, 253};
    testing::problem<float> const p(testing::random_problem(net.axes, e, 3));
    auto const dout = cast<float>(random_maps(e, 3, 4));
    snapshot_run<float> const one(exec::omp{.threads = 1}, net, p.views(), dout);
    for (int threads : {2, 3}) {
        snapshot_run<float> const many(exec::omp{.threads = threads}, net, p.views(), dout);
        CHECK(same_bits(many.out, one.out));
        CHECK(same_bits(many.inferred, one.inferred));
        CHECK(same_bits(many.d.gates, one.d.gates));
        CHECK(same_bits(many.d.initial, one.d.initial));
        CHECK(same_bits(many.d.measured, one.d.measured));
        CHECK(same_bits(many.d.confidence, one.d.confidence));
    }
}

TEST_CASE("snapshots: refusals, word by word")
{
    tensor<float, 4> const initial(1, 1, 4, 5), gates(1, 8, 4, 5);
    inputs<float> const in{.initial = initial, .gates = gates};
    tensor<float, 5> out(dims<5>{2, 1, 1, 4, 5});
    saved<float> kept;
    auto const run = [&](snapshots const& net) { net.forward(exec::seq{}, in, out); };
    CHECK_THROWS_WITH(run({}), "snapshots::forward: the size of at must be at least 1, got 0");
    CHECK_THROWS_WITH(run({.at = {3, 3}}), "snapshots::forward: at must be ascending, from 1, got 3");
    CHECK_THROWS_WITH(run({.at = {0, 3}}), "snapshots::forward: at must be ascending, from 1, got 0");
    CHECK_THROWS_WITH(run({.at = {1, 2, 3}}),
                      "snapshots::forward: out must be [S, N, L, H, W] = [3, 1, 1, 4, 5], got [2, 1, 1, 4, 5]");
    snapshots const net{.at = {2, 3}};
    CHECK_THROWS_WITH(net.backward(exec::seq{}, in, kept, out, gradients<float>{}),
                      "snapshots::backward: kept.taps must be [N, J, H, W] = [1, 8, 4, 5], got [0, 0, 0, 0]");
    net.forward(exec::seq{}, in, out, kept);
    tensor<float, 5> const one(dims<5>{1, 1, 1, 4, 5});
    CHECK_THROWS_WITH(net.backward(exec::seq{}, in, kept, one, gradients<float>{}),
                      "snapshots::backward: dout must be [S, N, L, H, W] = [2, 1, 1, 4, 5], got [1, 1, 1, 4, 5]");
}
