// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include "support/golden.hpp"

#include <map>
#include <string>

#include <hyspn/propagation/presets.hpp>
#include <hyspn/propagation/stencil.hpp>

#include "propagation/support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

/// The axes of each family of golden cases; kernel and steps are in the case's name.
std::map<std::string, stencil> families()
{
    stencil receiver{.injection = injection_time::after};
    stencil source = receiver, dilated = receiver, before = receiver, softmax = receiver;
    source.owner = gate_owner::source;
    dilated.dilation = 2;
    before.normaliser = gate_normaliser::abs_sum_clamped;
    before.epsilon = 1e-4;
    before.centre = centre_term::current;
    before.injection = injection_time::before;
    softmax.normaliser = gate_normaliser::softmax;
    softmax.centre = centre_term::in_set;
    stencil paddle = presets::paddle_cspn;
    paddle.injection = injection_time::after;
    return {{"receiver", receiver},    {"source", source},
            {"dilated", dilated},      {"before", before},
            {"softmax", softmax},      {"paddle", paddle},
            {"cspn", presets::cspn{}}, {"penet", presets::penet},
            {"bpnet", presets::bpnet}, {"depthprompting", presets::depthprompting}};
}

/// "cspn.k3t6" -> the cspn axes with kernel 3 and 6 steps.
stencil axes_of(std::string const& name, stencil axes)
{
    auto const k = name.find(".k"), t = name.find('t', k);
    axes.kernel = std::stol(name.substr(k + 2, t - k - 2));
    axes.steps = std::stol(name.substr(t + 1));
    return axes;
}

template <class T, execution_policy P>
void replay(P const& exec, io::safetensors const& file, std::string const& name, stencil const& axes)
{
    double const tolerance = testing::golden_tolerance<T>;
    auto const array = [&](char const* suffix) { return file.get<T, 4>(name + "." + suffix); };
    auto const h0 = array("h0"), gates = array("gates"), value = array("value"), beta = array("beta");
    auto const dout = array("grad_out");
    inputs<T> const in{.initial = h0, .gates = gates, .measured = value, .confidence = beta};
    tensor<T, 4> out(h0.extents());
    saved<T> kept;
    testing::gradient_tensors<T> d(in);

    axes.forward(exec, in, out, kept);
    axes.backward(exec, in, kept, dout, d.views());

    INFO(name);
    CHECK(testing::relative_error(out, array("out")) <= tolerance);
    CHECK(testing::relative_error(d.initial, array("grad_h0")) <= tolerance);
    CHECK(testing::relative_error(d.gates, array("grad_gates")) <= tolerance);
    CHECK(testing::relative_error(d.measured, array("grad_value")) <= tolerance);
    CHECK(testing::relative_error(d.confidence, array("grad_beta")) <= tolerance);
}

}  // namespace

TEST_CASE("propagation: published networks, forward and gradients", "[golden]")
{
    auto const file = testing::golden("propagation");
    int replayed = 0;
    for (auto const& [family, axes] : families()) {
        int cases = 0;
        for (auto const& name : testing::golden_cases(file, "out")) {
            if (!name.starts_with(family + ".k")) continue;
            stencil const net = axes_of(name, axes);
            replay<double>(exec::seq{}, file, name, net);
            replay<float>(exec::seq{}, file, name, net);
            replay<double>(exec::omp{.threads = 2}, file, name, net);
            replay<float>(exec::omp{.threads = 2}, file, name, net);
            ++cases;
        }
        INFO(family);
        CHECK(cases >= 1);
        replayed += cases;
    }
    CHECK(replayed >= 10);
}
