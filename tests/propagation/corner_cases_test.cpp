// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// No maps at all, scales whose squares a float does not hold, and refusals before anything is written.

#include <hyspn/propagation/diffusion.hpp>
#include <hyspn/propagation/per_map.hpp>
#include <hyspn/propagation/presets/depth_integration.hpp>
#include <hyspn/propagation/presets/difnet.hpp>
#include <hyspn/propagation/presets/irn_walk.hpp>
#include <hyspn/propagation/presets/tree_filter.hpp>

#include "propagation/graphs_support.hpp"
#include "propagation/mixtures_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::uniform;

namespace {

bool all_zero(tensor<float, 4> const& x)
{
    return std::all_of(x.begin(), x.end(), [](float v) { return v == 0; });
}

tensor<float, 4> of_sevens(dims<4> const& e)
{
    tensor<float, 4> made(e);
    for (float& x : made) x = 7;
    return made;
}

tensor<float, 4> scaled(tensor<float, 4> x, float factor)
{
    for (float& v : x) v *= factor;
    return x;
}

/// One training step of depth_integration, with dout and measurements (and differences) of some scale.
tensor<float, 4> integrate(float scale, float dout_scale, bool back)
{
    dims<4> const e{1, 1, 6, 7}, edges{1, 2, 6, 7};
    auto const differences = scaled(uniform<float>(edges, 1, -1, 1), scale),
               edge_confidence = uniform<float>(edges, 2, 0.1, 1), measured = scaled(uniform<float>(e, 3, 0, 3), scale),
               confidence = uniform<float>(e, 4, 0.1, 1), dout = scaled(uniform<float>(e, 5, -1, 1), dout_scale);
    depth_integration_inputs<float> const in{
        .differences = differences, .edge_confidence = edge_confidence, .measured = measured, .confidence = confidence};
    tensor<float, 4> out(e), dmeasured(e);
    depth_integration_saved<float> kept;
    presets::depth_integration const layer;
    layer.forward(exec::seq{}, in, out, kept);
    if (!back) return out;
    layer.backward(exec::seq{}, in, kept, dout, depth_integration_gradients<float>{.measured = dmeasured});
    return dmeasured;
}

/// The same of diffusion_fixed_point.
tensor<float, 4> settle(float scale, float dout_scale, bool back)
{
    dims<4> const e{1, 2, 6, 7};
    auto const gates = uniform<float>(dims<4>{1, 9, 6, 7}, 6, -2, 2), seed = scaled(uniform<float>(e, 7, -1, 1), scale),
               dout = scaled(uniform<float>(e, 8, -1, 1), dout_scale);
    diffusion_inputs<float> const in{.gates = gates, .seed = seed};
    tensor<float, 4> out(e), dseed(e);
    saved<float> kept;
    presets::diffusion_fixed_point const layer;
    layer.forward(exec::seq{}, in, out, kept);
    if (!back) return out;
    layer.backward(exec::seq{}, in, kept, dout, diffusion_gradients<float>{.seed = dseed});
    return dseed;
}

}  // namespace

TEST_CASE("corner cases: without maps the gradients of what maps share are 0")
{
    testing::on_policies([](auto const& exec) {
        stencil const net{.steps = 2, .injection = injection_time::after};
        tensor<float, 4> const none(2, 0, 3, 4), map(2, 1, 3, 4);
        inputs<float> const in{.initial = none, .gates = none, .measured = map, .confidence = map};
        tensor<float, 4> out(2, 0, 3, 4), measured = of_sevens(map.extents()), confidence = of_sevens(map.extents());
        per_map_saved<float> kept;
        per_map{net}.forward(exec, in, out, kept);
        per_map{net}.backward(exec, in, kept, out, gradients<float>{.measured = measured, .confidence = confidence});
        CHECK(all_zero(measured));
        CHECK(all_zero(confidence));

        auto const embedding = uniform<float>(dims<4>{1, 3, 4, 4}, 1, 0, 1);
        auto const tree = minimum_spanning_tree(embedding);
        tensor<float, 4> const x(1, 0, 4, 4);
        tensor<float, 4> z(1, 0, 4, 4), d = of_sevens(embedding.extents());
        tree_filter_inputs<float> const filtered{.x = x, .embedding = embedding, .tree = &tree};
        tree_filter_saved<float> passes;
        presets::tree_filter{}.forward(exec, filtered, z, passes);
        presets::tree_filter{}.backward(exec, filtered, passes, z, tree_filter_gradients<float>{.embedding = d});
        CHECK(all_zero(d));
    });
}

TEST_CASE("corner cases: a tree of other levels than images is refused")
{
    auto const x = uniform<float>(dims<4>{1, 2, 4, 4}, 1, 0, 1);
    auto tree = minimum_spanning_tree(x);
    tree.levels.clear();
    tensor<float, 4> z(x.extents());
    CHECK_THROWS_WITH(presets::tree_filter{}.forward(
                          exec::seq{}, tree_filter_inputs<float>{.x = x, .embedding = x, .tree = &tree}, z),
                      "tree_filter::forward: the number of the tree's levels must be that of its images, got 0");
}

TEST_CASE("corner cases: solvers do not depend on the scale of their right-hand side")
{
    for (float scale : {1e-30F, 1e-24F, 1e-22F, 1e-10F, 1e10F, 1e20F, 1e30F}) {
        INFO(scale);
        CHECK(testing::relative_error(scaled(integrate(scale, 1, false), 1 / scale), integrate(1, 1, false)) <= 1e-4);
        CHECK(testing::relative_error(scaled(integrate(1, scale, true), 1 / scale), integrate(1, 1, true)) <= 1e-4);
        CHECK(testing::relative_error(scaled(settle(scale, 1, false), 1 / scale), settle(1, 1, false)) <= 1e-4);
        CHECK(testing::relative_error(scaled(settle(1, scale, true), 1 / scale), settle(1, 1, true)) <= 1e-4);
    }
}

TEST_CASE("corner cases: a start far from the scale of the solution does no harm")
{
    dims<4> const e{1, 1, 5, 6};
    auto const gates = uniform<float>(dims<4>{1, 9, 5, 6}, 6, -2, 2),
               seed = scaled(uniform<float>(e, 7, -1, 1), 1e-30F), one = uniform<float>(e, 8, 0.5, 1);
    tensor<float, 4> near(e), far(e);
    presets::diffusion_fixed_point const layer;
    layer.forward(exec::seq{}, diffusion_inputs<float>{.gates = gates, .seed = seed}, near);
    layer.forward(exec::seq{}, diffusion_inputs<float>{.initial = one, .gates = gates, .seed = seed}, far);
    CHECK(testing::relative_error(scaled(far, 1e30F), scaled(near, 1e30F)) <= 1e-4);
}

TEST_CASE("corner cases: the dilated network refuses before it writes, and says which stage")
{
    auto const a = testing::cast_all<float>(testing::random_dilated({1, 2, 3, 4}, 9));
    presets::penet_dilated const net{.steps = 2};
    tensor<float, 4> out = of_sevens(a.initial.extents()), wrong(1, 3, 3, 5), gates = of_sevens(dims<4>{1, 8, 6, 8});
    dilated_saved<float> kept;
    auto const refused = [&](auto const& in, std::string const& message) {
        CHECK_THROWS_WITH(net.forward(exec::seq{}, in, out), "penet_dilated::forward: " + message);
        CHECK_THROWS_WITH(net.forward(exec::seq{}, in, out, kept), "penet_dilated::forward: " + message);
        CHECK_THROWS_WITH(net.backward(exec::seq{}, in, kept, out, dilated_gradients<float>{}),
                          "penet_dilated::backward: " + message);
    };
    auto in = a.views();
    in.half.sigma = wrong;
    refused(in, "half.sigma must be [N, 3, H, W] = [1, 3, 3, 4], got [1, 3, 3, 5]");
    in = a.views();
    in.full.gates[2] = wrong;
    refused(in, "full.gates[2] must be [N, 48, H, W] = [1, 48, 6, 8], got [1, 3, 3, 5]");
    in = a.views();
    in.half.initial = a.initial;
    refused(in, "half.initial must be absent, got an array");
    in = a.views();
    in.full.lambda = wrong;
    refused(in, "full.lambda must be absent, got an array");
    CHECK(kept.phases.size() == 0);

    net.forward(exec::seq{}, a.views(), out, kept);
    dilated_gradients<float> d;
    d.full.gates[0] = gates;
    auto const not_written = [&](std::string const& message) {
        CHECK_THROWS_WITH(net.backward(exec::seq{}, a.views(), kept, out, d), "penet_dilated::backward: " + message);
        CHECK(gates(0, 0, 0, 0) == 7);
    };
    d.half.sigma = wrong;
    not_written("the gradient of half.sigma must be the shape of its input = [1, 3, 3, 4], got [1, 3, 3, 5]");
    d.half.sigma = {};
    d.half.initial = wrong;
    not_written("the gradient of half.initial must be absent, got an array");
    d.half.initial = {};
    d.half.gates[1] = wrong;
    not_written("the gradient of half.gates[1] must be the shape of its input = [1, 24, 3, 4], got [1, 3, 3, 5]");
    d.half.gates[1] = {};
    kept.half.beta = {};
    not_written("half.kept.beta must be the shape of confidence = [1, 1, 3, 4], got [0, 0, 0, 0]");
}

TEST_CASE("corner cases: forward that returns an array, and equality")
{
    auto const check = [](auto const& net, auto const& in, auto out) {
        net.forward(exec::seq{}, in, out);
        CHECK(testing::same_bits(net.forward(exec::seq{}, in), out));
        CHECK(net == net);
    };
    dims<4> const e{1, 2, 4, 6};
    auto const mixed = testing::random_mixture(e, 12, 3, 1), post = testing::random_mixture(e, 3, 3, 2, false);
    auto const dilated = testing::random_dilated(e, 3);
    check(presets::cspn_pp{}, mixed.views(), tensor<double, 4>(e));
    check(presets::bpnet_post{}, post.views(), tensor<double, 4>(e));
    check(presets::penet_dilated{}, dilated.views(), tensor<double, 4>(dilated.initial.extents()));
    CHECK(!(presets::cspn_pp{.steps = 4} == presets::cspn_pp{}));

    auto const x = uniform<float>(e, 4, 0, 1), gates = uniform<float>(dims<4>{1, 16, 4, 6}, 5, -1, 1);
    auto const tree = minimum_spanning_tree(x);
    inputs<float> own{.initial = x, .gates = gates}, shared = own;
    shared.gates = hyspn::view<float const, 4>(gates.data(), dims<4>{1, 8, 4, 6});
    check(per_map{{.steps = 2}}, own, tensor<float, 4>(e));
    check(snapshots{.at = {1, 3}}, shared, tensor<float, 5>(2, 1, 2, 4, 6));
    check(presets::tree_filter{}, tree_filter_inputs<float>{.x = x, .embedding = x, .tree = &tree},
          tensor<float, 4>(e));
    difnet_inputs<float> levels{.seed = x};
    levels.levels.push_back({.features = x});
    check(presets::difnet{}, levels, tensor<float, 4>(e));
    auto const nine = uniform<float>(dims<4>{1, 9, 4, 6}, 6, -1, 1);
    check(presets::diffusion{}, diffusion_inputs<float>{.gates = nine, .seed = x}, tensor<float, 4>(e));
    CHECK(snapshots{.at = {1, 3}} == snapshots{.at = {1, 3}});
    CHECK(!(snapshots{.at = {1, 3}} == snapshots{.at = {1, 2}}));
    CHECK(presets::diffusion{} == presets::diffusion{});
    CHECK(presets::diffusion_fixed_point{} == presets::diffusion_fixed_point{});
    CHECK(fixed_point{} == fixed_point{});
    CHECK(presets::cspn{} == presets::cspn{});
    CHECK(!(presets::depth_integration{.alpha = 1} == presets::depth_integration{}));
}

TEST_CASE("corner cases: each walk refuses in its own name, and keeps its arrays from call to call")
{
    dims<4> const e{1, 2, 4, 5};
    auto const x = uniform<float>(e, 1, 0, 1), features = uniform<float>(dims<4>{1, 3, 4, 5}, 2, 0, 1),
               edge = uniform<float>(dims<4>{1, 1, 4, 5}, 3, 0, 1);
    auto const theta = uniform<float>(dims<1>{3}, 4, -1, 0);
    tensor<float, 4> out(e), wide(1, 2, 4, 6);
    auto const check = [&](auto const& net, auto const& in, auto kept, auto const& d, std::string const& name) {
        std::string const got = " must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 6]";
        CHECK_THROWS_WITH(net.forward(exec::seq{}, in, wide), name + "::forward: out" + got);
        CHECK_THROWS_WITH(net.forward(exec::seq{}, in, wide, kept), name + "::forward: out" + got);
        net.forward(exec::seq{}, in, out, kept);
        CHECK(testing::same_bits(net.forward(exec::seq{}, in), out));
        CHECK(net == net);
        float const *const gates = kept.gates.data(), *const taps = kept.walk.taps.data();
        net.forward(exec::seq{}, in, out, kept);
        CHECK(kept.gates.data() == gates);
        CHECK(kept.walk.taps.data() == taps);
        CHECK_THROWS_WITH(net.backward(exec::seq{}, in, kept, wide, d), name + "::backward: dout" + got);
        std::string const lost = "must be [T - 1, N, L, H, W] = [3, 1, 2, 4, 5], got [0, 0, 0, 0, 0]";
        kept.walk.iterates = {};
        CHECK_THROWS_WITH(net.backward(exec::seq{}, in, kept, out, d), name + "::backward: kept.iterates " + lost);
    };
    random_walk_inputs<float> const plain{.x = x, .features = features};
    random_walk_inputs<float> const weighted{.x = x, .features = features, .theta = theta};
    random_walk_saved<float> const kept;
    random_walk_gradients<float> const d;
    check(presets::random_walk{.steps = 4}, weighted, kept, d, "random_walk");
    check(presets::psa_walk{.times = 2}, plain, kept, d, "psa_walk");
    check(presets::irn_walk{.times = 2}, irn_walk_inputs<float>{.x = x, .edge = edge}, irn_walk_saved<float>{},
          irn_walk_gradients<float>{}, "irn_walk");
}
