// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Propagation in three dimensions.

#include <string>

#include <hyspn/propagation/stencil.hpp>
#include <hyspn/propagation/volume.hpp>
#include <hyspn/testing/dual.hpp>

#include "propagation/volume_support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using number = testing::dual<double>;
using testing::relative_error;
using testing::same_bits;
using testing::volume_arrays;
using testing::volume_run;

namespace {

dims<5> const sizes[] = {{1, 1, 1, 1, 1}, {2, 1, 1, 1, 7}, {1, 2, 1, 5, 1}, {1, 1, 3, 1, 1}, {2, 3, 3, 5, 19}};

/// Every combination of the options.
template <class F>
void for_each_volume(F const& f)
{
    index_t i = 0;
    for (auto normaliser :
         {gate_normaliser::none, gate_normaliser::abs_sum, gate_normaliser::abs_sum_clamped, gate_normaliser::softmax})
        for (auto centre : {centre_term::none, centre_term::anchor})
            for (auto injection : {injection_time::none, injection_time::after}) {
                ++i;
                f(volume{.kernel = i % 5 == 0 ? 5 : 3,
                         .steps = 2 + i % 3,
                         .order = i % 2 ? channel_order::natural : channel_order::flipped,
                         .normaliser = normaliser,
                         .epsilon = i % 3 ? 0 : 1e-3,
                         .centre = centre,
                         .injection = injection});
            }
}

template <class T, execution_policy P>
void replay(P const& exec, io::safetensors const& file, std::string const& name)
{
    volume net = presets::paddle_cspn_3d;
    net.kernel = std::stol(name.substr(name.find(".k") + 2));
    net.steps = std::stol(name.substr(name.rfind('t') + 1));
    auto const array = [&](char const* suffix) { return file.get<T, 5>(name + "." + suffix); };
    volume_arrays<T> const a{array("h0"), array("gates"), {}, {}};
    volume_run<T> const run(exec, net, a, array("grad_out"));
    INFO(name);
    CHECK(relative_error(run.out, array("out")) <= testing::golden_tolerance<T>);
    CHECK(relative_error(run.inferred, array("out")) <= testing::golden_tolerance<T>);
    CHECK(relative_error(run.d.initial, array("grad_h0")) <= testing::golden_tolerance<T>);
    CHECK(relative_error(run.d.gates, array("grad_gates")) <= testing::golden_tolerance<T>);
}

template <class T>
tensor<T, 4> plane(tensor<T, 5> const& x)
{
    return cast<T>(hyspn::detail::slice_of(as_view(x), 0));
}

/// Gates whose neighbours lie in other planes set to 0; those of the plane as the stencil wants them.
tensor<double, 4> gates_of_plane(volume const& net, tensor<double, 5>& gates)
{
    index_t const k = net.kernel;
    dims<5> const e = gates.extents();
    tensor<double, 4> flat(dims<4>{e[0], k * k - 1, e[3], e[4]});
    index_t next = 0;
    for (index_t j = 0; j < e[1]; ++j) {
        bool const here = net.neighbours()[j].dz == 0;
        for (index_t n = 0; n < e[0]; ++n)
            for (index_t y = 0; y < e[3]; ++y)
                for (index_t x = 0; x < e[4]; ++x)
                    if (here)
                        flat(n, next, y, x) = gates(n, j, 0, y, x);
                    else
                        gates(n, j, 0, y, x) = 0;
        if (here) ++next;
    }
    return flat;
}

double inner(auto const& a, auto const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
    return sum;
}

tensor<number, 5> along(tensor<double, 5> const& values, tensor<double, 5> const& directions)
{
    tensor<number, 5> made(values.extents());
    for (index_t i = 0; i < values.size(); ++i) made.data()[i] = {values.data()[i], directions.data()[i]};
    return made;
}

template <class T>
void compare_policies(volume const& net, dims<5> const& e, std::uint64_t seed)
{
    INFO(testing::describe(net) << " on " << to_string(e));
    auto const a = testing::cast_all<T>(testing::random_volume(net, e, seed, true));
    auto const dout = cast<T>(testing::random_volume(net, e, seed + 1).initial);
    double const tolerance = std::is_same_v<T, double> ? 1e-12 : 1e-4;
    volume_run<T> const seq(exec::seq{}, net, a, dout), one(exec::omp{.threads = 1}, net, a, dout);
    CHECK(relative_error(one.out, seq.out) <= tolerance);
    CHECK(relative_error(one.inferred, seq.out) <= tolerance);
    CHECK(relative_error(one.d.initial, seq.d.initial) <= tolerance);
    CHECK(relative_error(one.d.gates, seq.d.gates) <= tolerance);
    CHECK(relative_error(one.d.measured, seq.d.measured) <= tolerance);
    CHECK(relative_error(one.d.confidence, seq.d.confidence) <= tolerance);
    for (int threads : {2, 3}) {
        volume_run<T> const many(exec::omp{.threads = threads}, net, a, dout);
        CHECK(same_bits(many.out, one.out));
        CHECK(same_bits(many.inferred, one.inferred));
        CHECK(same_bits(many.d.initial, one.d.initial));
        CHECK(same_bits(many.d.gates, one.d.gates));
        CHECK(same_bits(many.d.measured, one.d.measured));
        CHECK(same_bits(many.d.confidence, one.d.confidence));
    }
}

}  // namespace

TEST_CASE("volume: the three-dimensional CSPN operator, forward and gradients", "[golden]")
{
    auto const file = testing::golden("volume");
    int replayed = 0;
    for (auto const& name : testing::golden_cases(file, "out")) {
        replay<double>(exec::seq{}, file, name);
        replay<float>(exec::seq{}, file, name);
        replay<double>(exec::omp{.threads = 2}, file, name);
        replay<float>(exec::omp{.threads = 2}, file, name);
        ++replayed;
    }
    CHECK(replayed >= 2);
}

TEST_CASE("volume: of one plane is the stencil")
{
    std::uint64_t seed = 1;
    for_each_volume([&](volume const& net) {
        if (net.normaliser == gate_normaliser::softmax) return;  // counts gates of absent planes
        dims<5> const e{2, 2, 1, 6, 7};
        INFO(testing::describe(net));
        auto a = testing::random_volume(net, e, ++seed);
        auto const dout = testing::random_volume(net, e, ++seed).initial;
        auto const gates = gates_of_plane(net, a.gates);
        stencil const flat{.kernel = net.kernel,
                           .steps = net.steps,
                           .order = net.order,
                           .normaliser = net.normaliser,
                           .epsilon = net.epsilon,
                           .centre = net.centre,
                           .injection = net.injection};
        auto const initial = plane(a.initial);
        bool const injects = net.injection == injection_time::after;
        auto const measured = injects ? plane(a.measured) : tensor<double, 4>{};
        auto const confidence = injects ? plane(a.confidence) : tensor<double, 4>{};
        testing::training_run<double> const wanted(
            exec::seq{}, flat,
            inputs<double>{.initial = initial, .gates = gates, .measured = measured, .confidence = confidence},
            plane(dout));
        volume_run<double> run(exec::omp{.threads = 2}, net, a, dout);
        CHECK(relative_error(plane(run.out), wanted.out) <= 1e-13);
        CHECK(relative_error(plane(run.d.initial), wanted.d.initial) <= 1e-12);
        CHECK(relative_error(gates_of_plane(net, run.d.gates), wanted.d.gates) <= 1e-12);
        if (injects) {
            CHECK(relative_error(plane(run.d.measured), wanted.d.measured) <= 1e-12);
            CHECK(relative_error(plane(run.d.confidence), wanted.d.confidence) <= 1e-12);
        }
    });
}

TEST_CASE("volume: backward is the adjoint of forward")
{
    std::uint64_t seed = 100;
    for_each_volume([&](volume const& net) {
        for (dims<5> const& e : {dims<5>{1, 2, 3, 4, 5}, dims<5>{1, 1, 2, 1, 3}}) {
            auto const a = testing::random_volume(net, e, ++seed), v = testing::random_volume(net, e, ++seed);
            auto const dout = testing::random_volume(net, e, ++seed).initial;
            volume_arrays<number> const moving{along(a.initial, v.initial), along(a.gates, v.gates),
                                               along(a.measured, v.measured), along(a.confidence, v.confidence)};
            tensor<number, 5> out(e);
            net.forward(exec::seq{}, moving.views(), out);
            double forward = 0;
            for (index_t i = 0; i < out.size(); ++i) forward += dout.data()[i] * out.data()[i].derivative;
            volume_run<double> const run(exec::seq{}, net, a, dout);
            double backward = 0, scale = std::abs(forward);
            for (double t : {inner(run.d.initial, v.initial), inner(run.d.gates, v.gates),
                             inner(run.d.measured, v.measured), inner(run.d.confidence, v.confidence)})
                backward += t, scale += std::abs(t);
            INFO(testing::describe(net) << " on " << to_string(e));
            CHECK(std::abs(forward - backward) <= 1e-12 * scale);
        }
    });
}

TEST_CASE("volume: convex weights keep within the range of the map, constants stay inside")
{
    volume const net{.steps = 3};  // positive gates over their sum: no anchor
    dims<5> const e{1, 2, 9, 9, 11};
    auto a = testing::random_volume(net, e, 3);
    for (double& g : a.gates) g = std::abs(g);
    tensor<double, 5> out(e);
    net.forward(exec::omp{.threads = 3}, a.views(), out);
    double const low = std::min(0.0, *std::min_element(a.initial.begin(), a.initial.end()));
    double const high = *std::max_element(a.initial.begin(), a.initial.end());
    for (double x : out) CHECK((x >= low - 1e-14 && x <= high + 1e-14));
    for (double& x : a.initial) x = 2.5;
    net.forward(exec::omp{.threads = 3}, a.views(), out);
    for (index_t z = 3; z < 6; ++z)
        for (index_t y = 3; y < 6; ++y)
            for (index_t x = 3; x < 8; ++x) CHECK(std::abs(out(0, 1, z, y, x) - 2.5) <= 1e-14);
}

TEST_CASE("volume: gates of 0, sure measurements, no steps")
{
    volume net{.steps = 3, .injection = injection_time::after};
    dims<5> const e{1, 1, 3, 4, 5};
    auto a = testing::random_volume(net, e, 5, true);
    for (double& g : a.gates) g = 0;
    auto const dout = testing::random_volume(net, e, 6).initial;
    volume_run<double> const run(exec::omp{.threads = 2}, net, a, dout);
    for (auto const* x : {&run.out, &run.d.initial, &run.d.gates, &run.d.measured, &run.d.confidence})
        for (double v : *x) CHECK(std::isfinite(v));
    for (double v : run.d.gates) CHECK(v == 0);
    for (index_t i = 0; i < a.confidence.size(); ++i)
        if (a.confidence.data()[i] == 1) CHECK(run.out.data()[i] == a.measured.data()[i]);
    net.steps = 0;
    volume_run<double> const still(exec::omp{.threads = 2}, net, a, dout);
    CHECK(same_bits(still.out, a.initial));
    CHECK(same_bits(still.d.initial, dout));
}

TEST_CASE("volume: alike on every policy, the same bits for any number of threads")
{
    std::uint64_t seed = 500;
    for_each_volume([&](volume const& net) { compare_policies<double>(net, {2, 2, 3, 4, 21}, ++seed); });
    for (auto const& e : sizes) {
        compare_policies<float>(presets::paddle_cspn_3d, e, ++seed);
        compare_policies<double>({.kernel = 5, .steps = 3, .injection = injection_time::after}, e, ++seed);
    }
    for (dims<5> const& e : {dims<5>{0, 1, 2, 2, 2}, dims<5>{1, 0, 2, 2, 2}, dims<5>{1, 1, 2, 0, 2}})
        compare_policies<float>(presets::paddle_cspn_3d, e, 3);
    for (index_t maps : {40, 300})  // more than a group of adjoints takes, and than a row sum
        compare_policies<float>({.steps = 9}, {1, maps, 2, 3, 33}, 4);
}

TEST_CASE("volume: several steps in one pass against step by step, on the same operation")
{
    for (index_t kernel : {3, 5})
        for (bool keep : {false, true})
            for (dims<5> const& e : {dims<5>{2, 1, 5, 17, 21}, dims<5>{1, 5, 3, 23, 33}}) {
                volume const net{.kernel = kernel, .steps = 7, .order = channel_order::flipped};
                auto const a = testing::cast_all<float>(testing::random_volume(net, e, 12));
                auto const bias = cast<float>(testing::random_volume(net, e, 13).initial);
                tensor<float, 6> maps(hyspn::detail::gapped_extents(as_view(a.initial), keep ? 7 : 2));
                tensor<float, 6> stepped_maps(maps.extents());
                tensor<float, 5> out(e), stepped(e);
                auto gates = a.gates;
                for (float& g : gates) g /= static_cast<float>(net.gates());
                hyspn::detail::volume_iterate_op<float, memory::host> op{net.neighbours(),
                                                                         7,
                                                                         gates,
                                                                         bias,
                                                                         a.initial,
                                                                         hyspn::detail::volumes_of(as_view(maps), e[4]),
                                                                         keep,
                                                                         out};
                exec::omp const exec{.threads = 2};
                for (index_t steps : {2, 3, 4}) {
                    // Room for strips of a few rows.
                    index_t const row = 4 * (net.gates() + 2 * e[1]) * e[4], reach = kernel / 2;
                    index_t const bytes = row * steps * 7 * reach * (steps - 1);
                    REQUIRE(run_volume_blocks(exec, op, {.steps = steps, .bytes = bytes}));
                    auto reference = op;
                    reference.maps = hyspn::detail::volumes_of(as_view(stepped_maps), e[4]);
                    reference.out = stepped;
                    iterate_volume(exec, reference);
                    CHECK(same_bits(out, stepped));
                    if (keep) CHECK(same_bits(maps, stepped_maps));
                }
            }
}

TEST_CASE("volume: what was kept for another width is not read again")
{
    volume const net{.steps = 2};
    volume_saved<double> kept;
    auto const run = [&](index_t width) {
        dims<5> const e{1, 1, 2, 3, width};
        auto const a = testing::random_volume(net, e, 8);
        tensor<double, 5> out(e), fresh(e), dgates(a.gates.extents()), fresh_dgates(a.gates.extents());
        volume_saved<double> own;
        net.forward(exec::omp{.threads = 1}, a.views(), out, kept);
        net.backward(exec::omp{.threads = 1}, a.views(), kept, out, volume_gradients<double>{.gates = dgates});
        net.forward(exec::omp{.threads = 1}, a.views(), fresh, own);
        net.backward(exec::omp{.threads = 1}, a.views(), own, fresh, volume_gradients<double>{.gates = fresh_dgates});
        CHECK(same_bits(out, fresh));
        CHECK(same_bits(dgates, fresh_dgates));
    };
    run(15);
    run(13);
}

TEST_CASE("volume: padded rows and strided arrays give the values of dense ones")
{
    volume const net{.steps = 3, .injection = injection_time::after};
    dims<5> const e{2, 2, 3, 4, 9};
    auto const a = testing::random_volume(net, e, 9);
    auto const dout = testing::random_volume(net, e, 10).initial;
    volume_run<double> const dense(exec::seq{}, net, a, dout);
    for (index_t step : {1, 2}) {
        testing::spread_volume initial(a.initial, step), gates(a.gates, step), measured(a.measured, step),
            confidence(a.confidence, step), lambda(dout, step), out(dout, step), dinitial(a.initial, step),
            dgates(a.gates, step), dmeasured(a.measured, step), dconfidence(a.confidence, step);
        volume_inputs<double> const in{.initial = initial.values(),
                                       .gates = gates.values(),
                                       .measured = measured.values(),
                                       .confidence = confidence.values()};
        volume_saved<double> kept;
        exec::omp const exec{.threads = 2};
        net.forward(exec, in, out.values(), kept);
        net.backward(exec, in, kept, lambda.values(),
                     volume_gradients<double>{.initial = dinitial.values(),
                                              .gates = dgates.values(),
                                              .measured = dmeasured.values(),
                                              .confidence = dconfidence.values()});
        CHECK(relative_error(cast<double>(out.values()), dense.out) <= 1e-13);
        CHECK(relative_error(cast<double>(dinitial.values()), dense.d.initial) <= 1e-13);
        CHECK(relative_error(cast<double>(dgates.values()), dense.d.gates) <= 1e-13);
        CHECK(relative_error(cast<double>(dmeasured.values()), dense.d.measured) <= 1e-13);
        CHECK(relative_error(cast<double>(dconfidence.values()), dense.d.confidence) <= 1e-13);
    }
}

TEST_CASE("volume: refusals, word by word")
{
    tensor<float, 5> const initial(1, 1, 2, 3, 4), gates(1, 26, 2, 3, 4), few(1, 8, 2, 3, 4);
    tensor<float, 5> out(1, 1, 2, 3, 4), flat(1, 1, 1, 3, 4);
    volume_inputs<float> const in{.initial = initial, .gates = gates};
    auto const run = [&](volume const& net) { net.forward(exec::seq{}, in, out); };
    CHECK_THROWS_WITH(run({.kernel = 2}), "volume::forward: kernel must be odd and at least 3, got 2");
    CHECK_THROWS_WITH(run({.steps = -1}), "volume::forward: steps must be at least 0, got -1");
    CHECK_THROWS_WITH(run({.epsilon = -1}), "volume::forward: epsilon must be finite and at least 0, got -1");
    CHECK_THROWS_WITH(run({.normaliser = gate_normaliser::softmax_present}),
                      "volume::forward: normaliser must be abs_sum, abs_sum_clamped, softmax or none, got 4");
    CHECK_THROWS_WITH(run({.centre = centre_term::current}), "volume::forward: centre must be anchor or none, got 1");
    CHECK_THROWS_WITH(run({.injection = injection_time::before}),
                      "volume::forward: injection must be none or after, got 1");
    CHECK_THROWS_WITH(run({.injection = injection_time::after}),
                      "volume::forward: confidence must be [N, 1, D, H, W] = [1, 1, 2, 3, 4], got [0, 0, 0, 0, 0]");
    CHECK_THROWS_WITH((volume{}.forward(exec::seq{}, volume_inputs<float>{.initial = initial, .gates = few}, out)),
                      "volume::forward: gates must be [N, k^3 - 1, D, H, W] = [1, 26, 2, 3, 4], got [1, 8, 2, 3, 4]");
    CHECK_THROWS_WITH((volume{}.forward(exec::seq{}, in, flat)),
                      "volume::forward: out must be [N, L, D, H, W] = [1, 1, 2, 3, 4], got [1, 1, 1, 3, 4]");
    volume_saved<float> kept;
    CHECK_THROWS_WITH((volume{.steps = 2}.backward(exec::seq{}, in, kept, out, volume_gradients<float>{})),
                      "volume::backward: kept.iterates must be [T, N, L, D, H, W with gaps] = [2, 1, 1, 2, 3, 48], "
                      "got [0, 0, 0, 0, 0, 0]");
}

TEST_CASE("volume: what was kept for another width, and an unknown normaliser, are refused")
{
    volume const net{.steps = 2};
    auto const a = testing::random_volume(net, {1, 1, 2, 3, 10}, 8),
               b = testing::random_volume(net, {1, 1, 2, 3, 12}, 8);
    tensor<double, 5> out(a.initial.extents()), wide(b.initial.extents());
    volume_saved<double> kept;
    net.forward(exec::seq{}, a.views(), out, kept);
    CHECK_THROWS_WITH(net.backward(exec::seq{}, b.views(), kept, wide, volume_gradients<double>{}),
                      "volume::backward: kept.width must be the width of the inputs, got 10");
    volume const centred{.normaliser = gate_normaliser::minus_mean};
    CHECK_THROWS_AS(centred.forward(exec::seq{}, a.views(), out), value_error);
    CHECK(same_bits(net.forward(exec::seq{}, a.views()), out));
    CHECK(!(net == centred));
}
