// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <hyspn/propagation/diffusion.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

/// Gradients of a diffusion against the file's.
template <class T>
struct diffusion_tensors {
    tensor<T, 4> initial, gates, seed;
    T alpha{};

    explicit diffusion_tensors(diffusion_inputs<T> const& in)
        : initial(in.seed.extents()), gates(in.gates.extents()), seed(in.seed.extents())
    {
    }
    diffusion_gradients<T> views() { return {.initial = initial, .gates = gates, .seed = seed, .alpha = &alpha}; }
};

template <class T>
void check_common(io::safetensors const& file, std::string const& name, tensor<T, 4> const& out,
                  diffusion_tensors<T> const& d)
{
    double const tolerance = testing::golden_tolerance<T>;
    auto const array = [&](char const* suffix) { return file.get<T, 4>(name + "." + suffix); };
    double const dalpha = file.get_scalar<double>(name + ".grad_alpha");
    INFO(name);
    CHECK(testing::relative_error(out, array("out")) <= tolerance);
    CHECK(testing::relative_error(d.gates, array("grad_gates")) <= tolerance);
    CHECK(testing::relative_error(d.seed, array("grad_seed")) <= tolerance);
    CHECK(std::abs(static_cast<double>(d.alpha) - dalpha) <= tolerance * std::abs(dalpha));
}

template <class T>
void replay_diffusion(io::safetensors const& file, std::string const& name)
{
    auto const array = [&](char const* suffix) { return file.get<T, 4>(name + "." + suffix); };
    auto const h0 = array("h0"), gates = array("gates"), seed = array("seed"), dout = array("grad_out");
    presets::diffusion const net{.kernel = std::stol(name.substr(name.find(".k") + 2)),
                                 .steps = std::stol(name.substr(name.rfind('t') + 1)),
                                 .alpha = file.get_scalar<double>(name + ".alpha")};
    diffusion_inputs<T> const in{.initial = h0, .gates = gates, .seed = seed};
    tensor<T, 4> out(seed.extents());
    saved<T> kept;
    diffusion_tensors<T> d(in);
    net.forward(exec::seq{}, in, out, kept);
    net.backward(exec::seq{}, in, kept, dout, d.views());
    check_common(file, name, out, d);
    CHECK(testing::relative_error(d.initial, array("grad_h0")) <= testing::golden_tolerance<T>);
}

template <class T>
void replay_fixed_point(io::safetensors const& file, std::string const& name, double tolerance)
{
    auto const array = [&](char const* suffix) { return file.get<T, 4>(name + "." + suffix); };
    auto const gates = array("gates"), seed = array("seed"), dout = array("grad_out");
    presets::diffusion_fixed_point const net{.alpha = file.get_scalar<double>(name + ".alpha"), .tolerance = tolerance};
    diffusion_inputs<T> const in{.gates = gates, .seed = seed};
    tensor<T, 4> out(seed.extents());
    saved<T> kept;
    diffusion_tensors<T> d(in);
    auto const there = net.forward(exec::seq{}, in, out, kept);
    auto const back = net.backward(exec::seq{}, in, kept, dout, d.views());
    check_common(file, name, out, d);
    CHECK(there.residual <= tolerance);
    CHECK(back.residual <= tolerance);
    CHECK(there.iterations > 0);
    CHECK(there.iterations < 50);
}

}  // namespace

TEST_CASE("propagation: diffusion, forward and gradients", "[golden]")
{
    auto const file = testing::golden("propagation");
    int replayed = 0;
    for (auto const& name : testing::golden_cases(file, "out")) {
        if (!name.starts_with("diffusion.k")) continue;
        replay_diffusion<double>(file, name);
        replay_diffusion<float>(file, name);
        ++replayed;
    }
    CHECK(replayed >= 1);
}

TEST_CASE("propagation: fixed point of the random walk with restart", "[golden]")
{
    auto const file = testing::golden("propagation");
    int replayed = 0;
    for (auto const& name : testing::golden_cases(file, "out")) {
        if (!name.starts_with("random_walk_fixed_point")) continue;
        replay_fixed_point<double>(file, name, 1e-13);
        replay_fixed_point<float>(file, name, 1e-6);
        ++replayed;
    }
    CHECK(replayed >= 1);
}
