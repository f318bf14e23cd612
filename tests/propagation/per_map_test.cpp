// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Gates of its own for each map, against the stencil map by map.

#include <hyspn/propagation/per_map.hpp>
#include <hyspn/propagation/presets.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::same_bits;

namespace {

/// A random problem whose L maps have gates of their own.
struct problem_of_maps {
    testing::random_problem drawn;
    tensor<double, 4> gates;

    problem_of_maps(stencil const& net, dims<4> const& e, std::uint64_t seed, bool one_map, bool nan = false)
        : drawn(net, e, seed, one_map, nan), gates(dims<4>{e[0], e[1] * net.gates(), e[2], e[3]})
    {
        for (index_t l = 0; l < e[1]; ++l) set_gates(l, testing::random_problem(net, e, seed + 70 + unsigned(l)).gates);
    }

    void set_gates(index_t l, tensor<double, 4> const& from)
    {
        index_t const K = from.extent(1);
        for (index_t n = 0; n < from.extent(0); ++n)
            for (index_t k = 0; k < K; ++k) hyspn::copy(as_view(from)[n][k], as_view(gates)[n][l * K + k]);
    }
};

template <class T>
struct run_of_maps {
    tensor<T, 4> initial, gates, measured, confidence, out, inferred;
    per_map_saved<T> kept{};
    testing::gradient_tensors<T> d;

    template <execution_policy P>
    run_of_maps(P const& exec, stencil const& net, problem_of_maps const& p, tensor<T, 4> const& dout)
        : initial(cast<T>(p.drawn.initial)),
          gates(cast<T>(p.gates)),
          measured(cast<T>(p.drawn.measured)),
          confidence(cast<T>(p.drawn.confidence)),
          out(initial.extents()),
          inferred(initial.extents()),
          d(views())
    {
        per_map const own{net};
        own.forward(exec, views(), inferred);
        own.forward(exec, views(), out, kept);
        own.backward(exec, views(), kept, dout, d.views());
    }

    inputs<T> views() const
    {
        return {.initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    }
};

/// Channels first ... first + count - 1.
tensor<double, 4> channels(tensor<double, 4> const& x, index_t first, index_t count)
{
    dims<4> e = x.extents();
    if (e[1] == 0) return {};
    e[1] = count;
    return cast<double>(view<double const, 4>(&x(0, first, 0, 0), e, as_view(x).strides()));
}

void add(tensor<double, 4>& to, tensor<double, 4> const& x)
{
    for (index_t i = 0; i < to.size(); ++i) to.data()[i] += x.data()[i];
}

/// Map by map with the stencil; what maps share gets the sum of the gradients.
template <execution_policy P>
void check_map_by_map(P const& exec, stencil const& net, dims<4> const& e, bool one_map, std::uint64_t seed)
{
    INFO(testing::describe(net) << " on " << to_string(e));
    problem_of_maps const p(net, e, seed, one_map);
    auto const dout = testing::random_problem(net, e, seed + 1).initial;
    run_of_maps<double> const run(exec, net, p, dout);
    CHECK(testing::relative_error(run.inferred, run.out) <= 1e-13);
    tensor<double, 4> dconfidence(run.confidence.extents()), dmeasured(run.measured.extents());
    index_t const K = net.gates();
    for (index_t l = 0; l < e[1]; ++l) {
        bool const has_measured = run.measured.size() > 0, shared = run.measured.extent(1) == 1;
        auto const initial = channels(run.initial, l, 1), gates = channels(run.gates, l * K, K);
        auto const measured = has_measured ? channels(run.measured, shared ? 0 : l, 1) : tensor<double, 4>{};
        testing::training_run<double> const wanted(
            exec::seq{}, net,
            inputs<double>{.initial = initial, .gates = gates, .measured = measured, .confidence = run.confidence},
            channels(dout, l, 1));
        CHECK(testing::relative_error(channels(run.out, l, 1), wanted.out) <= 1e-12);
        CHECK(testing::relative_error(channels(run.d.initial, l, 1), wanted.d.initial) <= 1e-11);
        CHECK(testing::relative_error(channels(run.d.gates, l * K, K), wanted.d.gates) <= 1e-11);
        if (has_measured && !shared)
            CHECK(testing::relative_error(channels(run.d.measured, l, 1), wanted.d.measured) <= 1e-11);
        if (shared) add(dmeasured, wanted.d.measured);
        add(dconfidence, wanted.d.confidence);
    }
    CHECK(testing::relative_error(run.d.confidence, dconfidence) <= 1e-11);
    if (run.measured.extent(1) == 1) CHECK(testing::relative_error(run.d.measured, dmeasured) <= 1e-11);
}

}  // namespace

TEST_CASE("per map: the stencil map by map, for the axes and policies")
{
    std::uint64_t seed = 1, i = 0;
    testing::for_each_combination([&](stencil const& net) {
        if (++i % 3 != 1) return;
        check_map_by_map(exec::seq{}, net, {2, 3, 4, 7}, i % 2 == 0, seed += 100);
        check_map_by_map(exec::omp{.threads = 2}, net, {2, 2, 5, 37}, i % 2 == 1, seed += 100);
    });
    stencil const net{.steps = 3, .injection = injection_time::after};
    for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{1, 4, 1, 11}, dims<4>{3, 2, 13, 1}, dims<4>{1, 2, 19, 131}})
        check_map_by_map(exec::omp{.threads = 3}, net, e, false, seed += 100);
}

TEST_CASE("per map: equal gates are shared gates, with NaN where nothing was measured")
{
    for (bool one_map : {false, true}) {
        stencil const net{.steps = 4, .owner = gate_owner::source, .injection = injection_time::after};
        dims<4> const e{2, 3, 5, 17};
        problem_of_maps p(net, e, 3, one_map, true);
        for (index_t l = 0; l < 3; ++l) p.set_gates(l, p.drawn.gates);
        // One map has a number where the others lack it: nothing was measured there all the same.
        for (index_t y = 0; y < e[2] && !one_map; ++y)
            for (index_t x = 0; x < e[3]; ++x)
                if (p.drawn.confidence(0, 0, y, x) == 0) p.drawn.measured(0, 1, y, x) = 0.5;
        auto const dout = testing::random_problem(net, e, 4).initial;
        run_of_maps<double> const run(exec::omp{.threads = 2}, net, p, dout);
        testing::problem<double> const shared(p.drawn);
        testing::training_run<double> const wanted(exec::seq{}, net, shared.views(), dout);
        tensor<double, 4> dgates(p.drawn.gates.extents());
        for (index_t l = 0; l < 3; ++l) add(dgates, channels(run.d.gates, l * 8, 8));
        CHECK(testing::relative_error(run.out, wanted.out) <= 1e-13);
        CHECK(testing::relative_error(run.d.initial, wanted.d.initial) <= 1e-12);
        CHECK(testing::relative_error(dgates, wanted.d.gates) <= 1e-12);
        CHECK(testing::relative_error(run.d.measured, wanted.d.measured) <= 1e-12);
        CHECK(testing::relative_error(run.d.confidence, wanted.d.confidence) <= 1e-12);
    }
}

TEST_CASE("per map: with checkpoints and pixels that take no part")
{
    stencil net{.steps = 5, .owner = gate_owner::source, .injection = injection_time::after};
    dims<4> const e{1, 2, 6, 9};
    problem_of_maps const p(net, e, 5, false);
    auto const dout = testing::random_problem(net, e, 6).initial;
    run_of_maps<double> const all(exec::seq{}, net, p, dout);
    net.keep = history::checkpoints;
    run_of_maps<double> const some(exec::seq{}, net, p, dout);
    CHECK(same_bits(some.d.gates, all.d.gates));

    tensor<double, 4> active(1, 1, 6, 9), out(e);
    auto in = all.views();
    in.active = active;  // none takes part
    per_map{net}.forward(exec::seq{}, in, out);
    CHECK(same_bits(out, all.initial));
}

TEST_CASE("per map: float as double, the same bits for any number of threads")
{
    stencil const net{.kernel = 5, .steps = 6, .owner = gate_owner::source, .injection = injection_time::after};
    dims<4> const e{2, 2, 23, 61};
    problem_of_maps const p(net, e, 7, false);
    auto const dout = testing::random_problem(net, e, 8).initial;
    run_of_maps<double> const wide(exec::seq{}, net, p, dout);
    run_of_maps<float> const one(exec::omp{.threads = 1}, net, p, cast<float>(dout));
    CHECK(testing::relative_error(one.out, wide.out) <= 1e-4);
    CHECK(testing::relative_error(one.d.gates, wide.d.gates) <= 1e-4);
    for (int threads : {2, 3}) {
        run_of_maps<float> const many(exec::omp{.threads = threads}, net, p, cast<float>(dout));
        CHECK(same_bits(many.out, one.out));
        CHECK(same_bits(many.inferred, one.inferred));
        CHECK(same_bits(many.d.initial, one.d.initial));
        CHECK(same_bits(many.d.gates, one.d.gates));
        CHECK(same_bits(many.d.measured, one.d.measured));
        CHECK(same_bits(many.d.confidence, one.d.confidence));
    }
}

TEST_CASE("per map: empty arrays, and refusals word by word")
{
    per_map const net{presets::cspn{.steps = 2}};
    per_map const plain{{.steps = 2}};
    tensor<float, 4> const none(1, 0, 4, 5), no_gates(1, 0, 4, 5), initial(1, 2, 4, 5), gates(1, 8, 4, 5);
    tensor<float, 4> out(1, 0, 4, 5), whole(1, 2, 4, 5);
    CHECK_NOTHROW(plain.forward(exec::seq{}, inputs<float>{.initial = none, .gates = no_gates}, out));
    CHECK_THROWS_WITH(plain.forward(exec::seq{}, inputs<float>{.initial = initial, .gates = gates}, whole),
                      "per_map::forward: gates must be [N, L K, H, W] = [1, 16, 4, 5], got [1, 8, 4, 5]");
    tensor<float, 4> const own(1, 16, 4, 5);
    CHECK_THROWS_WITH(net.forward(exec::seq{}, inputs<float>{.initial = initial, .gates = own}, whole),
                      "per_map::forward: confidence must be [N, 1, H, W] = [1, 1, 4, 5], got [0, 0, 0, 0]");
    CHECK_THROWS_WITH(plain.forward(exec::seq{}, inputs<float>{.initial = initial, .gates = own}, out),
                      "per_map::forward: out must be [N, L, H, W] = [1, 2, 4, 5], got [1, 0, 4, 5]");
    per_map_saved<float> kept;
    CHECK_THROWS_WITH(
        plain.backward(exec::seq{}, inputs<float>{.initial = initial, .gates = own}, kept, whole, gradients<float>{}),
        "per_map::backward: the number of kept images must be that of the inputs, got 0");
}
