// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <string>

#include <hyspn/propagation/presets/gspn.hpp>
#include <hyspn/propagation/scan.hpp>

#include "propagation/scan_support.hpp"
#include "support/catch.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

template <class T, execution_policy P>
void replay(P const& exec, io::safetensors const& file, std::string const& name, scan const& net)
{
    double const tolerance = testing::golden_tolerance<T>;
    auto const array = [&](std::string const& suffix) { return file.get<T, 4>(name + "." + suffix); };
    auto const gate = [](std::size_t d) { return "gate" + std::to_string(d); };
    testing::scan_arrays<T> at(array("x").extents(), net.way);
    at.x = array("x");
    for (std::size_t d = 0; d < 4; ++d) at.gates[d] = array(gate(d));
    testing::scan_run<T> const run(exec, net, at.views(), array("grad_out"));
    INFO(name);
    CHECK(testing::relative_error(run.out, array("out")) <= tolerance);
    CHECK(testing::relative_error(net.forward(exec, at.views()), array("out")) <= tolerance);
    CHECK(testing::relative_error(run.d.x, array("grad_x")) <= tolerance);
    for (std::size_t d = 0; d < 4; ++d)
        CHECK(testing::relative_error(run.d.gates[d], array("grad_" + gate(d))) <= tolerance);
}

template <class T, execution_policy P>
void replay(P const& exec, io::safetensors const& file, std::string const& name, presets::gspn const& net)
{
    double const tolerance = testing::golden_tolerance<T>;
    auto const array = [&](std::string const& suffix) { return file.get<T, 4>(name + "." + suffix); };
    auto const x = array("x"), b = array("b"), gates = array("gates"), dout = array("grad_out");
    gspn_inputs<T> const in{.x = x, .factor = b, .gates = gates};
    tensor<T, 4> out(x.extents()), dx(out), db(out), dgates(gates.extents());
    gspn_saved<T> kept;
    net.forward(exec, in, out, kept);
    net.backward(exec, in, kept, dout, gspn_gradients<T>{.x = dx, .factor = db, .gates = dgates});
    INFO(name);
    CHECK(testing::relative_error(out, array("out")) <= tolerance);
    CHECK(testing::relative_error(net.forward(exec, in), array("out")) <= tolerance);
    CHECK(testing::relative_error(dx, array("grad_x")) <= tolerance);
    CHECK(testing::relative_error(db, array("grad_b")) <= tolerance);
    CHECK(testing::relative_error(dgates, array("grad_gates")) <= tolerance);
}

template <class Net>
void replay_everywhere(char const* golden, std::string const& name, Net const& net)
{
    auto const file = testing::golden(golden);
    replay<double>(exec::seq{}, file, name, net);
    replay<float>(exec::seq{}, file, name, net);
    replay<double>(exec::omp{.threads = 2}, file, name, net);
    replay<float>(exec::omp{.threads = 2}, file, name, net);
}

}  // namespace

TEST_CASE("scan: published scans, forward and gradients", "[golden]")
{
    replay_everywhere("propagation", "spn.way3.always", presets::spn);
    replay_everywhere("propagation", "spn.way3.if_above_one", presets::spn_if_above_one);
    replay_everywhere("propagation", "spn.way1.if_above_one", presets::spn_one_way);
}

TEST_CASE("scan: two stages, forward and gradients", "[golden]")
{
    scan two_stages_if_above = presets::spn_two_stage;
    two_stages_if_above.normalisation = scan_normalisation::if_above_one;
    replay_everywhere("scan", "spn2.way3.always", presets::spn_two_stage);
    replay_everywhere("scan", "spn2.way3.if_above_one", two_stages_if_above);
}

TEST_CASE("scan: gspn in every direction, whole and in chunks, forward and gradients", "[golden]")
{
    using presets::gspn;
    replay_everywhere("scan", "gspn.right.c0", gspn{});
    replay_everywhere("scan", "gspn.right.c4", gspn{.chunk = 4});
    replay_everywhere("scan", "gspn.left.c3", gspn{.direction = scan_direction::left, .chunk = 3});
    replay_everywhere("scan", "gspn.down.c4", gspn{.direction = scan_direction::down, .chunk = 4});
    replay_everywhere("scan", "gspn.up.c0", gspn{.direction = scan_direction::up});
}
