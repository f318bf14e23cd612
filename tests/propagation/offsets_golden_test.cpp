// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <map>
#include <string>

#include "propagation/offsets_support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using hyspn::detail::channels_of;

namespace {

/// "nlspn.TGASS.legacy.t4" -> the preset. Cases without confidence have one all the same, which is not read.
presets::nlspn nlspn_of(std::string const& name)
{
    std::map<std::string, presets::nlspn_affinity> const affinities{{"AS", presets::nlspn_affinity::AS},
                                                                    {"ASS", presets::nlspn_affinity::ASS},
                                                                    {"TC", presets::nlspn_affinity::TC},
                                                                    {"TGASS", presets::nlspn_affinity::TGASS}};
    std::map<std::string, confidence_role> const roles{{"no_confidence", confidence_role::none},
                                                       {"intended", confidence_role::intended},
                                                       {"released", confidence_role::released},
                                                       {"legacy", confidence_role::legacy}};
    auto const a = name.find('.') + 1, b = name.find('.', a) + 1, c = name.find(".t", b);
    return {.steps = std::stol(name.substr(c + 2)),
            .affinity = affinities.at(name.substr(a, b - 1 - a)),
            .confidence = roles.at(name.substr(b, c - b))};
}

/// "dyspn_softmax.n5t2" -> the preset.
presets::dyspn_softmax dyspn_of(std::string const& name)
{
    auto const n = name.find(".n"), t = name.find('t', n);
    return {.points = std::stol(name.substr(n + 2, t - n - 2)), .steps = std::stol(name.substr(t + 1))};
}

/// The arrays of a case under their names in the files; prefix "" or "grad_".
template <class T>
testing::sampled_arrays<T> read(io::safetensors const& file, std::string const& name, sampled const& net,
                                std::string const& prefix)
{
    auto const array = [&](char const* suffix) { return file.get<T, 4>(name + "." + prefix + suffix); };
    testing::sampled_arrays<T> a{.initial = array("h0"), .gates = array("gates"), .offsets = array("offset")};
    a.measured = array("value");
    if (net.confidence != confidence_role::none) a.confidence = array("confidence");
    if (prefix.empty()) a.mask = array("mask");
    if (net.learned_divisor) {
        a.gamma = tensor<T, 1>(1);
        a.gamma(0) = file.get_scalar<T>(name + "." + prefix + "gamma");
    }
    return a;
}

/// The mask is whole in the files, and has no gradient there.
template <class T>
void check(testing::sampled_run<T> const& run, tensor<T, 4> const& out, testing::sampled_arrays<T> const& wanted)
{
    double const tolerance = testing::golden_tolerance<T>;
    CHECK(testing::relative_error(run.out, out) <= tolerance);
    CHECK(testing::relative_error(run.d.initial, wanted.initial) <= tolerance);
    CHECK(testing::relative_error(run.d.gates, wanted.gates) <= tolerance);
    CHECK(testing::relative_error(run.d.offsets, wanted.offsets) <= tolerance);
    CHECK(testing::relative_error(run.d.gamma, wanted.gamma) <= tolerance);
    CHECK(testing::relative_error(run.d.confidence, wanted.confidence) <= tolerance);
    CHECK(testing::relative_error(run.d.measured, wanted.measured) <= tolerance);
}

template <class T, execution_policy P>
void replay(P const& exec, io::safetensors const& file, std::string const& name, sampled const& net)
{
    INFO(name);
    auto const at = read<T>(file, name, net, "");
    testing::sampled_run<T> const run(exec, net, at, file.get<T, 4>(name + ".grad_out"));
    check(run, file.get<T, 4>(name + ".out"), read<T>(file, name, net, "grad_"));
}

template <class F>
void on_every_policy(F const& f)
{
    f(double{}, exec::seq{});
    f(float{}, exec::seq{});
    f(double{}, exec::omp{.threads = 2});
    f(float{}, exec::omp{.threads = 2});
}

/// Four arrays of the files one after another, as channels of one.
template <class T>
tensor<T, 4> chained(io::safetensors const& file, std::string const& name)
{
    auto const first = file.get<T, 4>(name + "0");
    index_t const C = first.extent(1);
    tensor<T, 4> all(first.extent(0), 4 * C, first.extent(2), first.extent(3));
    for (index_t i = 0; i < 4; ++i)
        copy(as_const(file.get<T, 4>(name + std::to_string(i))), channels_of(as_view(all), i * C, C));
    return all;
}

}  // namespace

TEST_CASE("offsets: NLSPN, forward and gradients", "[golden]")
{
    auto const file = testing::golden("propagation");
    int cases = 0;
    for (auto const& name : testing::golden_cases(file, "out")) {
        if (!name.starts_with("nlspn.")) continue;
        sampled const net = nlspn_of(name);
        on_every_policy([&](auto type, auto const& exec) { replay<decltype(type)>(exec, file, name, net); });
        ++cases;
    }
    CHECK(cases >= 6);
}

TEST_CASE("offsets: softmax DySPN, forward and gradients", "[golden]")
{
    auto const file = testing::golden("propagation");
    int cases = 0;
    for (auto const& name : testing::golden_cases(file, "out")) {
        if (!name.starts_with("dyspn_softmax.")) continue;
        sampled const net = dyspn_of(name);
        on_every_policy([&](auto type, auto const& exec) { replay<decltype(type)>(exec, file, name, net); });
        ++cases;
    }
    CHECK(cases >= 2);
}

TEST_CASE("offsets: LRRU, forward and gradients", "[golden]")
{
    auto const file = testing::golden("propagation");
    sampled const net = presets::lrru{};
    on_every_policy([&](auto type, auto const& exec) {
        using T = decltype(type);
        testing::sampled_arrays<T> at{.initial = file.get<T, 4>("lrru.h0"),
                                      .gates = chained<T>(file, "lrru.gates"),
                                      .offsets = chained<T>(file, "lrru.offset")};
        at.measured = file.get<T, 4>("lrru.value");
        at.mask = file.get<T, 4>("lrru.mask");
        testing::sampled_arrays<T> wanted{.initial = file.get<T, 4>("lrru.grad_h0"),
                                          .gates = chained<T>(file, "lrru.grad_gates"),
                                          .offsets = chained<T>(file, "lrru.grad_offset")};
        wanted.measured = file.get<T, 4>("lrru.grad_value");
        testing::sampled_run<T> const run(exec, net, at, file.get<T, 4>("lrru.grad_out"));
        check(run, file.get<T, 4>("lrru.out"), wanted);
    });
}
