// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Learned offsets on many maps, which exec::omp runs by vectors and the last few apart: as exec::seq, the same bits for
// any number of threads and whatever is kept.

#include "propagation/offsets_parity.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::check_close;
using testing::check_same_bits;
using testing::compare_policies;
using testing::same_bits;

namespace {

/// All policies, then the same network with few iterates kept and with steps that do not pass gradients on.
void compare_runs(sampled net, testing::sampled_arrays<float> const& at, std::uint64_t seed)
{
    INFO(testing::describe(net) << " on " << to_string(at.initial.extents()));
    tensor<float, 4> dout(at.initial.extents());
    random_stream stream(seed);
    for (float& x : dout) x = static_cast<float>(stream.normal());
    exec::omp const two{.threads = 2};
    testing::sampled_run<float> const one(exec::omp{.threads = 1}, net, at, dout);
    check_close(one, testing::sampled_run<float>(exec::seq{}, net, at, dout));
    check_same_bits(testing::sampled_run<float>(exec::omp{.threads = 3}, net, at, dout), one);
    net.keep = history::checkpoints;
    testing::sampled_run<float> few(two, net, at, dout);
    CHECK(same_bits(few.out, one.out));
    few.d.with(one.d, [](auto const& x, auto const& y) { CHECK(same_bits(x, y)); });
    net.keep = history::every_step;
    net.detach = true;
    check_close(testing::sampled_run<float>(two, net, at, dout),
                testing::sampled_run<float>(exec::seq{}, net, at, dout));
}

/// Every `every`-th offset leads nowhere, or far.
void lose_some(tensor<float, 4>& offsets, index_t every)
{
    float const beyond = std::numeric_limits<float>::infinity();
    float const nowhere[] = {std::nanf(""), beyond, -beyond, 1e9f, -1e9f, -1, -2, 1e30f};
    for (index_t i = every; i < offsets.size(); i += every) offsets.data()[i] = nowhere[i / every % 8];
}

index_t nonfinite_apart(tensor<float, 4> const& a, tensor<float, 4> const& b)
{
    index_t apart = 0;
    for (index_t i = 0; i < a.size(); ++i) apart += std::isfinite(a.data()[i]) != std::isfinite(b.data()[i]) ? 1 : 0;
    return apart;
}

}  // namespace

TEST_CASE("offsets: maps by vectors, and those left over, run alike on every policy")
{
    // Vectors of 4 floats and more: whole ones, one partly filled, and a few maps that are run apart.
    std::uint64_t seed = 300;
    testing::for_each_sampled([&](sampled const& net) { compare_policies<float>(net, {2, 5, 4, 67}, ++seed); });
    for (index_t maps : {4, 7, 9, 16, 19, 24, 35})
        for (sampled const& net : {sampled(presets::nlspn{.steps = 3, .preserve_input = maps % 2 == 0}),
                                   sampled(presets::dyspn_softmax{}), sampled(presets::lrru{.updates = 2})}) {
            compare_policies<float>(net, {1, maps, 5, 9}, ++seed);
            compare_policies<double>(net, {2, maps, 3, 66}, ++seed);
        }
}

TEST_CASE("offsets: what is unknown of one map, and losses on the way, reach every map alike")
{
    // One map without a measurement makes the pixel's confidence unknown: maps then cannot be run apart.
    for (auto time : {injection_time::before, injection_time::after})
        for (bool one_map : {false, true}) {
            sampled net = presets::nlspn{.steps = 7};
            net.injection = time;
            dims<4> const e{2, 21, 5, 9};
            auto made = testing::random_arrays(net, e, 41, 2.5, one_map);
            for (index_t y = 0; y < 5; ++y)
                for (index_t x = 0; x < 9; x += 2) made.mask(1, 0, y, x) = 0;
            for (index_t y = 0; y < 5; ++y) made.measured(1, one_map ? 0 : 20, y, 4) = std::nan("");
            auto const at = testing::cast_arrays<float>(made);
            auto const dout = cast<float>(testing::random_arrays(net, e, 42).initial);
            auto const run = [&](auto const& exec) {
                testing::sampled_run<float> r(exec, net, at, dout);
                net.backward(exec, at.inputs(), r.kept, dout, as_const(r.kept.iterates), r.d.gradients());
                return r;
            };
            check_close(run(exec::omp{.threads = 2}), run(exec::seq{}));
        }
}

TEST_CASE("offsets: with many maps, injections, sets of each step, few kept iterates and lost samples run alike")
{
    std::uint64_t seed = 1000;
    for (index_t maps : {1, 4, 5, 9, 17, 21, 33})
        for (auto time : {injection_time::none, injection_time::before, injection_time::after})
            for (bool gates : {false, true})
                for (bool one_map : {false, true}) {
                    sampled net = presets::nlspn{.steps = 9, .confidence = confidence_role::none};
                    net.injection = time;
                    net.gates_per_step = gates;
                    net.offsets_per_step = !gates && one_map;
                    auto at = testing::cast_arrays<float>(
                        testing::random_arrays(net, {2, maps, 4, 9}, ++seed, 2.5, one_map, true));
                    if (gates) lose_some(at.offsets, 7);
                    compare_runs(net, at, ++seed);
                }
}

TEST_CASE("offsets: with many maps, samples from everywhere and from nowhere run alike")
{
    std::uint64_t seed = 2000;
    for (index_t maps : {4, 9, 17, 24})
        for (dims<4> const& e : {dims<4>{2, maps, 41, 23}, dims<4>{1, maps, 5, 131}}) {
            sampled const net = presets::nlspn{.steps = 3};
            auto at = testing::cast_arrays<float>(testing::random_arrays(net, e, ++seed, 60, maps % 2 == 0, true));
            lose_some(at.offsets, 11);
            compare_runs(net, at, ++seed);
        }
    sampled const wide = presets::nlspn{.kernel = 7, .steps = 2};
    compare_runs(wide, testing::cast_arrays<float>(testing::random_arrays(wide, {1, 17, 4, 70}, 33, 5)), 34);
    sampled const net = presets::nlspn{.steps = 7};
    compare_runs(net, testing::cast_arrays<float>(testing::random_arrays(net, {1, 300, 3, 65}, 35)), 36);
}

TEST_CASE("offsets: strided arrays of many maps give the values of dense ones")
{
    using array = testing::spread_array<float>;
    for (index_t gap : {1, 2})
        for (index_t maps : {5, 16, 19}) {
            sampled const net = presets::nlspn{.steps = 3};
            auto const at = testing::cast_arrays<float>(testing::random_arrays(net, {2, maps, 5, 21}, 11));
            auto const dout = cast<float>(testing::random_arrays(net, {2, maps, 5, 21}, 12).initial);
            testing::sampled_run<float> const dense(exec::seq{}, net, at, dout);
            array initial(at.initial, gap), gates(at.gates, gap), offsets(at.offsets, gap),
                confidence(at.confidence, gap), measured(at.measured, gap), mask(at.mask, gap), lambda(dout, gap);
            array out(dout, gap), dinitial(dout, gap), dgates(at.gates, gap), doffsets(at.offsets, gap),
                dmeasured(at.measured, gap);
            sampled_inputs<float> const in{.initial = view<float, 4>(initial),
                                           .gates = view<float, 4>(gates),
                                           .offsets = view<float, 4>(offsets),
                                           .gamma = at.gamma,
                                           .confidence = view<float, 4>(confidence),
                                           .measured = view<float, 4>(measured),
                                           .mask = view<float, 4>(mask)};
            sampled_saved<float> kept;
            exec::omp const exec{.threads = 3};
            net.forward(exec, in, view<float, 4>(out), kept);
            net.backward(exec, in, kept, view<float, 4>(lambda),
                         {.initial = dinitial, .gates = dgates, .offsets = doffsets, .measured = dmeasured});
            INFO("gap " << gap << ", " << maps << " maps");
            auto const check = [](array& a, tensor<float, 4> const& b) {
                CHECK(testing::relative_error(cast<float>(view<float, 4>(a)), b) <= 1e-4);
            };
            check(out, dense.out);
            check(dinitial, dense.d.initial);
            check(dgates, dense.d.gates);
            check(doffsets, dense.d.offsets);
            check(dmeasured, dense.d.measured);
        }
}

TEST_CASE("offsets: of many maps, what is infinite or no number reaches the same places on every policy")
{
    for (index_t maps : {1, 5, 16, 21})
        for (auto time : {injection_time::before, injection_time::after})
            for (bool one_map : {false, true})
                for (int which = 0; which < 4; ++which) {
                    sampled net{.steps = 2, .injection = time};
                    net.normaliser = gate_normaliser::none;
                    dims<4> const e{1, maps, 12, 13};
                    auto at = testing::cast_arrays<float>(testing::random_arrays(net, e, 77, 1.5, one_map, true));
                    auto dout = cast<float>(testing::random_arrays(net, e, 78).initial);
                    float const bad = which % 2 == 0 ? std::numeric_limits<float>::infinity() : std::nanf("");
                    if (which == 0) at.initial(0, maps - 1, 5, 6) = bad;
                    if (which == 1) at.gates(0, 3, 5, 6) = bad;
                    if (which == 2) at.measured(0, at.measured.extent(1) - 1, 5, 6) = bad;
                    if (which == 3) dout(0, maps - 1, 5, 6) = bad;
                    testing::sampled_run<float> const a(exec::seq{}, net, at, dout), b(exec::omp{}, net, at, dout);
                    INFO(testing::describe(net) << ", " << maps << " maps, " << one_map << ", case " << which);
                    CHECK(nonfinite_apart(a.out, b.out) == 0);
                    a.d.with(b.d, [](auto const& x, auto const& y) {
                        if constexpr (std::decay_t<decltype(x)>::rank() == 4) CHECK(nonfinite_apart(x, y) == 0);
                    });
                }
}
