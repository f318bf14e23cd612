// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <hyspn/propagation/presets/dyspn_rings.hpp>

#include "propagation/rings_support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

/// a times b, both [N, 1, H, W].
template <class T>
tensor<T, 4> product(tensor<T, 4> const& a, tensor<T, 4> const& b)
{
    tensor<T, 4> c(a);
    for (index_t i = 0; i < c.size(); ++i) c.data()[i] *= b.data()[i];
    return c;
}

template <class T, execution_policy P>
void replay(P const& exec, io::safetensors const& file, std::string const& name, index_t steps)
{
    double const tolerance = testing::golden_tolerance<T>;
    auto const array = [&](std::string const& suffix) { return file.get<T, 4>(name + "." + suffix); };
    auto const mask = cast<T>(file.get<std::uint8_t, 4>(name + ".mask"));
    testing::ring_arrays<T> at;
    at.initial = array("h0");
    at.gates = array("gates");
    at.attention = array("attention");
    at.measured = array("value");
    at.confidence = product(mask, array("confidence"));
    presets::dyspn_rings const net{.steps = steps};
    testing::ring_run<T> const run(exec, net, at, array("grad_out"));
    INFO(name);
    CHECK(testing::relative_error(run.out, array("out")) <= tolerance);
    CHECK(testing::relative_error(net.forward(exec, at.views()), array("out")) <= tolerance);
    CHECK(testing::relative_error(run.d.initial, array("grad_h0")) <= tolerance);
    CHECK(testing::relative_error(run.d.gates, array("grad_gates")) <= tolerance);
    CHECK(testing::relative_error(run.d.attention, array("grad_attention")) <= tolerance);
    CHECK(testing::relative_error(run.d.measured, array("grad_value")) <= tolerance);
    CHECK(testing::relative_error(product(mask, run.d.confidence), array("grad_confidence")) <= tolerance);
}

}  // namespace

TEST_CASE("dyspn_rings: the published network, forward and gradients", "[golden]")
{
    auto const file = testing::golden("propagation");
    for (index_t steps : {2, 6}) {
        std::string const name = "dyspn_rings.t" + std::to_string(steps);
        replay<double>(exec::seq{}, file, name, steps);
        replay<float>(exec::seq{}, file, name, steps);
        replay<double>(exec::omp{.threads = 2}, file, name, steps);
        replay<float>(exec::omp{.threads = 2}, file, name, steps);
    }
}
