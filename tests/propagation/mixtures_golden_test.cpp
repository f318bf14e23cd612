// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Mixtures of windows against an independent reference, forward and every gradient.

#include <string>

#include "propagation/mixtures_support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

/// "cspn_pp.t8" -> 8.
index_t steps_of(std::string const& name)
{
    return std::stol(name.substr(name.rfind('t') + 1));
}

/// Arrays of a case or of one of its stages; names follow `prefix`.
template <class T>
testing::mixture_arrays<T> arrays_of(io::safetensors const& file, std::string const& prefix)
{
    auto const array = [&](std::string const& name) {
        return file.contains(prefix + name) ? file.get<T, 4>(prefix + name) : tensor<T, 4>{};
    };
    testing::mixture_arrays<T> a;
    a.initial = array("h0");
    a.gates = {array("gates3"), array("gates5"), array("gates7")};
    a.sigma = array("sigma");
    a.lambda = array("lam");
    a.confidence = array("confidence");
    a.measured = array("value");
    a.mask = array("mask");
    return a;
}

template <class T>
void check_gradients(io::safetensors const& file, std::string const& prefix, testing::mixture_arrays<T> const& d)
{
    auto const wanted = arrays_of<T>(file, prefix);
    d.for_each_gradient(wanted, [&](char const* name, tensor<T, 4> const& got, tensor<T, 4> const& expected) {
        if (expected.size() == 0) return;
        INFO(prefix << name);
        CHECK(testing::relative_error(got, expected) <= testing::golden_tolerance<T>);
    });
}

template <class T, execution_policy P, class Net>
void replay(P const& exec, io::safetensors const& file, std::string const& name, Net const& net)
{
    auto const arrays = arrays_of<T>(file, name + ".");
    testing::mixture_run<T> const run(exec, net, arrays, file.get<T, 4>(name + ".grad_out"));
    INFO(name);
    CHECK(testing::relative_error(run.out, file.get<T, 4>(name + ".out")) <= testing::golden_tolerance<T>);
    CHECK(testing::relative_error(run.inferred, run.out) <= testing::golden_tolerance<T>);
    check_gradients(file, name + ".grad_", run.d);
}

template <class T, execution_policy P>
void replay_dilated(P const& exec, io::safetensors const& file, std::string const& name)
{
    testing::dilated_arrays<T> const arrays{file.get<T, 4>(name + ".h0"), arrays_of<T>(file, name + ".half_"),
                                            arrays_of<T>(file, name + ".full_")};
    testing::dilated_run<T> const run(exec, presets::penet_dilated{.steps = steps_of(name)}, arrays,
                                      file.get<T, 4>(name + ".grad_out"));
    INFO(name);
    CHECK(testing::relative_error(run.out, file.get<T, 4>(name + ".out")) <= testing::golden_tolerance<T>);
    CHECK(testing::relative_error(run.inferred, run.out) <= testing::golden_tolerance<T>);
    CHECK(testing::relative_error(run.d.initial, file.get<T, 4>(name + ".grad_h0")) <= testing::golden_tolerance<T>);
    check_gradients(file, name + ".grad_half_", run.d.half);
    check_gradients(file, name + ".grad_full_", run.d.full);
}

/// f(exec) in the reference and in threads, f.template operator()<T>.
template <class F>
void on_policies(F const& f)
{
    f.template operator()<double>(exec::seq{});
    f.template operator()<float>(exec::seq{});
    f.template operator()<double>(exec::omp{.threads = 2});
    f.template operator()<float>(exec::omp{.threads = 2});
}

}  // namespace

TEST_CASE("mixtures: CSPN++, forward and gradients", "[golden]")
{
    int replayed = 0;
    for (char const* set : {"propagation", "mixtures"}) {
        auto const file = testing::golden(set);
        for (auto const& name : testing::golden_cases(file, "out")) {
            if (!name.starts_with("cspn_pp.")) continue;
            on_policies([&]<class T>(auto const& exec) {
                replay<T>(exec, file, name, presets::cspn_pp{.steps = steps_of(name)});
            });
            ++replayed;
        }
    }
    CHECK(replayed >= 2);
}

TEST_CASE("mixtures: the post-processing of BP-Net, forward and gradients", "[golden]")
{
    auto const file = testing::golden("mixtures");
    on_policies(
        [&]<class T>(auto const& exec) { replay<T>(exec, file, "bpnet_post.t4", presets::bpnet_post{.steps = 4}); });
}

TEST_CASE("mixtures: PENet's dilated stages, forward and gradients", "[golden]")
{
    auto const file = testing::golden("mixtures");
    on_policies([&]<class T>(auto const& exec) { replay_dilated<T>(exec, file, "penet_dilated.t2"); });
}
