// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// What networks with learned offsets promise.

#include <hyspn/propagation/stencil.hpp>

#include "propagation/offsets_support.hpp"
#include "propagation/shift_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using hyspn::detail::channels_of;

namespace {

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 13}, {1, 2, 17, 1}, {1, 1, 2, 2}, {2, 3, 11, 19}};

/// Calls f(exec) for the reference and for three threads.
template <class F>
void on_policies(F const& f)
{
    f(exec::seq{});
    f(exec::omp{.threads = 3});
}

template <class X>
void fill(X& x, double value)
{
    for (auto& element : x) element = value;
}

template <class X>
bool finite(X const& x)
{
    return std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

TEST_CASE("offsets: NLSPN that stays on the grid is a stencil")
{
    sampled const net =
        presets::nlspn{.steps = 5, .affinity = presets::nlspn_affinity::AS, .confidence = confidence_role::none};
    stencil const same{.steps = 5,
                       .normaliser = gate_normaliser::abs_sum,
                       .epsilon = 1e-4,
                       .centre = centre_term::current,
                       .injection = injection_time::before};
    for (auto const& e : sizes)
        on_policies([&](auto const& exec) {
            auto at = testing::random_arrays(net, e, 3);
            fill(at.offsets, 0);
            auto const dout = testing::random_arrays(net, e, 4).initial;
            testing::sampled_run<double> const run(exec, net, at, dout);
            inputs<double> const in{
                .initial = at.initial, .gates = at.gates, .measured = at.measured, .confidence = at.mask};
            testing::training_run<double> const wanted(exec, same, in, dout);
            INFO(to_string(e));
            CHECK(testing::relative_error(run.out, wanted.out) <= 1e-12);
            CHECK(testing::relative_error(run.d.initial, wanted.d.initial) <= 1e-12);
            CHECK(testing::relative_error(run.d.gates, wanted.d.gates) <= 1e-11);
            CHECK(testing::relative_error(run.d.measured, wanted.d.measured) <= 1e-12);
            CHECK(testing::relative_error(run.d.mask, wanted.d.confidence) <= 1e-11);
        });
}

TEST_CASE("offsets: NLSPN's weights do not keep it from growing")
{
    // TC with tanh(g) = -1: all w are -1/8, Σ|w| = 1, and a map of stripes is multiplied by
    // 2 - (2 - 6)/8 = 2.5 where its window is inside the image.
    sampled const net = presets::nlspn{
        .affinity = presets::nlspn_affinity::TC, .confidence = confidence_role::none, .preserve_input = false};
    auto at = testing::zero_arrays<double>(net, {1, 1, 41, 41});
    fill(at.gates, -50);
    for (index_t y = 0; y < 41; ++y)
        for (index_t x = 0; x < 41; ++x) at.initial(0, 0, y, x) = x % 2 == 0 ? 1 : -1;
    on_policies([&](auto const& exec) {
        auto const out = net.forward(exec, at.inputs());
        CHECK(out(0, 0, 20, 20) == Approx(std::pow(2.5, 18)).epsilon(1e-12));
    });
}

TEST_CASE("offsets: constants stay where every sample lies in the image and the weights sum to 1")
{
    for (sampled const& net : {sampled(presets::nlspn{.steps = 3}), sampled(presets::dyspn_softmax{.steps = 3}),
                               sampled(presets::lrru{.updates = 3}), sampled(presets::completionformer{.steps = 3})})
        on_policies([&](auto const& exec) {
            auto at = testing::random_arrays(net, {1, 1, 41, 43}, 5);
            fill(at.initial, 2.5);
            fill(at.measured, 2.5);
            auto const out = net.forward(exec, at.inputs());
            INFO(testing::describe(net));
            for (index_t y = 14; y < 27; ++y)
                for (index_t x = 14; x < 29; ++x) CHECK(std::abs(out(0, 0, y, x) - 2.5) <= 1e-12);
        });
}

TEST_CASE("offsets: convex weights keep between 0 and the greatest value that goes in")
{
    for (sampled const& net : {sampled(presets::dyspn_softmax{.steps = 5}),
                               sampled(presets::lrru{.updates = 5, .weights = presets::lrru_kernel::average})})
        for (auto const& e : sizes)
            on_policies([&](auto const& exec) {
                auto const at = testing::random_arrays(net, e, 6);
                double high = 0;
                for (auto const* map : {&at.initial, &at.measured})
                    for (double x : *map) high = std::max(high, x);
                for (double x : net.forward(exec, at.inputs())) {
                    CHECK(x >= 0);
                    CHECK(x <= high + 1e-15);
                }
            });
}

TEST_CASE("offsets: linear in the maps")
{
    testing::for_each_sampled([&](sampled const& net) {
        dims<4> const e{1, 1, 5, 8};
        auto const a = testing::random_arrays(net, e, 7), b = testing::random_arrays(net, e, 8);
        auto of_b = a, both = a;
        of_b.initial = b.initial;
        of_b.measured = b.measured;
        for (auto map : {&testing::sampled_arrays<double>::initial, &testing::sampled_arrays<double>::measured})
            for (index_t i = 0; i < (a.*map).size(); ++i)
                (both.*map).data()[i] = 2 * (a.*map).data()[i] - 3 * (b.*map).data()[i];
        auto const x = net.forward(exec::seq{}, a.inputs()), y = net.forward(exec::seq{}, of_b.inputs());
        tensor<double, 4> wanted(e);
        for (index_t i = 0; i < wanted.size(); ++i) wanted.data()[i] = 2 * x.data()[i] - 3 * y.data()[i];
        INFO(testing::describe(net));
        CHECK(testing::relative_error(net.forward(exec::seq{}, both.inputs()), wanted) <= 1e-12);
    });
}

TEST_CASE("offsets: shifting everything shifts the interior of the result")
{
    testing::for_each_sampled([&](sampled const& net) {
        dims<4> const e{1, 1, 61, 63};
        auto const at = testing::random_arrays(net, e, 9, 1.5);
        auto moved = at;
        moved.initial = testing::shifted(at.initial);
        moved.gates = testing::shifted(at.gates);
        moved.offsets = testing::shifted(at.offsets);
        if (at.confidence.size() > 0) moved.confidence = testing::shifted(at.confidence);
        if (at.mask.size() > 0) moved.mask = testing::shifted(at.mask), moved.measured = testing::shifted(at.measured);
        on_policies([&](auto const& exec) {
            INFO(testing::describe(net));
            CHECK(testing::interior_error(net.forward(exec, at.inputs()), net.forward(exec, moved.inputs()), 28) <=
                  1e-12);
        });
    });
}

TEST_CASE("offsets: gates of 0 and gates that saturate are harmless")
{
    for (double gate : {0.0, 1e4, -1e4})
        testing::for_each_sampled([&](sampled const& net) {
            if (net.normaliser == gate_normaliser::none && net.function == gate_function::identity) return;
            auto at = testing::random_arrays(net, {1, 2, 6, 7}, 10);
            fill(at.gates, gate);
            on_policies([&](auto const& exec) {
                testing::sampled_run<double> const run(exec, net, at, at.initial);
                INFO(testing::describe(net) << " gates " << gate);
                CHECK(finite(run.out));
                run.d.with(at, [](auto const& gradient, auto const&) { CHECK(finite(gradient)); });
            });
        });
}

TEST_CASE("offsets: a certain measurement is restored bit for bit, a missing one may be anything")
{
    sampled const net = presets::dyspn_softmax{.steps = 3};
    on_policies([&](auto const& exec) {
        auto at = testing::random_arrays(net, {1, 2, 9, 11}, 12, 2.5, false, true);
        for (index_t y = 0; y < 9; ++y)
            for (index_t x = 0; x < 11; ++x) {
                if (at.mask(0, 0, y, x) == 0 && x % 2 == 0)
                    at.confidence(0, 0, y, x) = std::numeric_limits<double>::infinity();
                if (at.mask(0, 0, y, x) == 1) at.confidence(0, 0, y, x) = 1;
            }
        testing::sampled_run<double> const run(exec, net, at, at.initial);
        CHECK(finite(run.out));
        run.d.with(at, [](auto const& gradient, auto const&) { CHECK(finite(gradient)); });
        int certain = 0;
        for (index_t y = 0; y < 9; ++y)
            for (index_t x = 0; x < 11; ++x) {
                if (at.mask(0, 0, y, x) == 0) CHECK(run.d.confidence(0, 0, y, x) == 0);
                if (at.mask(0, 0, y, x) != 1) continue;
                CHECK(run.out(0, 1, y, x) == at.measured(0, 1, y, x));
                ++certain;
            }
        CHECK(certain > 5);
    });
}

TEST_CASE("offsets: what lies at or beyond -1 or the size is neither read nor moved")
{
    sampled const net = presets::dyspn_softmax{.points = 9, .steps = 1};
    double const huge = 1e300, none = std::numeric_limits<double>::quiet_NaN(), inf = testing::infinity;
    for (double far : {-40.0, 40.0, -1e9, 3e9, huge, -huge, inf, -inf, none})
        on_policies([&](auto const& exec) {
            auto at = testing::random_arrays(net, {1, 1, 5, 6}, 13);
            fill(at.offsets, 0.25);
            fill(at.mask, 0);
            for (index_t k = 0; k < 9; ++k)
                for (index_t y = 0; y < 5; ++y)
                    for (index_t x = 0; x < 6; ++x) at.offsets(0, 2 * k + x % 2, y, x) = far;
            testing::sampled_run<double> const run(exec, net, at, at.initial);
            INFO(far);
            for (double x : run.out) CHECK(x == 0);
            for (double x : run.d.offsets) CHECK(x == 0);
            for (double x : run.d.initial) CHECK(x == 0);
        });
}

TEST_CASE("offsets: on the line of -1 nothing is read, right of it something is")
{
    sampled const net = presets::dyspn_softmax{.points = 9, .steps = 1};
    on_policies([&](auto const& exec) {
        auto at = testing::random_arrays(net, {1, 1, 4, 4}, 14);
        fill(at.offsets, 0);
        fill(at.mask, 0);
        fill(at.initial, 1);
        auto const gradient_at_corner = [&] {
            testing::sampled_run<double> const run(exec, net, at, at.initial);
            return run.d.offsets(0, 3, 0, 1);  // by dx, of the neighbour above: it lies in row -1
        };
        CHECK(gradient_at_corner() == 0);
        at.offsets(0, 2, 0, 1) = 0.5;
        at.initial(0, 0, 0, 2) = 3;
        CHECK(gradient_at_corner() > 0);
    });
}

TEST_CASE("offsets: equal sets for every step are one set")
{
    sampled const shared = presets::nlspn{.steps = 3};
    sampled own = shared;
    own.gates_per_step = own.offsets_per_step = true;
    auto const at = testing::random_arrays(shared, {1, 1, 7, 9}, 15);
    auto repeated = testing::zero_arrays<double>(own, {1, 1, 7, 9});
    repeated.with(at, [](auto& to, auto const& from) {
        if (from.size() > 0)
            for (index_t i = 0; i < to.size(); ++i) to.data()[i] = from.data()[i % from.size()];
    });
    on_policies([&](auto const& exec) {
        testing::sampled_run<double> const one(exec, shared, at, at.initial), three(exec, own, repeated, at.initial);
        CHECK(testing::relative_error(three.out, one.out) <= 1e-14);
        CHECK(testing::relative_error(three.d.initial, one.d.initial) <= 1e-13);
        CHECK(testing::relative_error(three.d.confidence, one.d.confidence) <= 1e-12);
        tensor<double, 4> sum(one.d.offsets.extents());
        for (index_t i = 0; i < three.d.offsets.size(); ++i) sum.data()[i % sum.size()] += three.d.offsets.data()[i];
        CHECK(testing::relative_error(sum, one.d.offsets) <= 1e-12);
    });
}

TEST_CASE("offsets: LRRU is a chain of single updates, whose gradients end at each when detached")
{
    dims<4> const e{1, 1, 7, 9};
    sampled const chain = presets::lrru{.updates = 3, .detach = true}, single = presets::lrru{.updates = 1};
    auto const at = testing::random_arrays(chain, e, 16);
    on_policies([&](auto const& exec) {
        tensor<double, 4> out(e), from = at.initial;
        sampled_saved<double> kept;
        chain.forward(exec, at.inputs(), out, kept);
        auto d = testing::zero_arrays<double>(chain, e);
        tensor<double, 5> diterates(kept.iterates.extents());
        for (index_t t = 0; t < 2; ++t) copy(as_const(at.initial), diterates[t]);
        chain.backward(exec, at.inputs(), kept, at.initial, diterates, d.gradients());
        CHECK(std::all_of(d.initial.begin(), d.initial.end(), [](double x) { return x == 0; }));
        CHECK(std::all_of(d.measured.begin(), d.measured.end(), [](double x) { return x == 0; }));
        for (index_t t = 0; t < 3; ++t) {
            auto one = testing::zero_arrays<double>(single, e);
            one.initial = from;
            one.measured = at.measured;
            one.mask = at.mask;
            copy(channels_of(as_const(at.gates), 9 * t, 9), as_view(one.gates));
            copy(channels_of(as_const(at.offsets), 18 * t, 18), as_view(one.offsets));
            testing::sampled_run<double> const run(exec, single, one, at.initial);
            CHECK(testing::relative_error(cast<double>(channels_of(as_const(d.gates), 9 * t, 9)), run.d.gates) <=
                  1e-13);
            CHECK(testing::relative_error(cast<double>(channels_of(as_const(d.offsets), 18 * t, 18)), run.d.offsets) <=
                  1e-13);
            from = run.out;
        }
        CHECK(testing::relative_error(out, from) <= 1e-14);
    });
}

TEST_CASE("offsets: CompletionFormer is NLSPN with gates of a hundredth")
{
    sampled const net = presets::completionformer{}, same = presets::nlspn{.steps = 6, .preserve_input = false};
    auto at = testing::random_arrays(net, {1, 1, 7, 9}, 17);
    auto const out = net.forward(exec::omp{}, at.inputs());
    for (double& g : at.gates) g /= 100;
    CHECK(testing::relative_error(same.forward(exec::seq{}, at.inputs()), out) <= 1e-13);
}
