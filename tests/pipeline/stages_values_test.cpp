// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <vector>

#include <hyspn/pipeline/stages.hpp>
#include <hyspn/propagation/volume.hpp>

#include "stage_parity.hpp"

// Which channel of a stage means what: its result is that of the network, given arrays put together here by hand.

// By argument-dependent lookup alone, as in a pipeline that was included before the stages.
template <class Net>
concept staged = requires(Net const& net)
{
    as_stage(net);
};

using namespace pipeline_test;
namespace presets = propagation::presets;

static_assert(staged<propagation::stencil> && staged<presets::cspn> && staged<propagation::sampled>);
static_assert(staged<presets::nlspn> && staged<presets::completionformer> && staged<presets::dyspn_softmax>);
static_assert(staged<presets::lrru> && staged<presets::dyspn_rings> && staged<presets::diffusion>);
static_assert(staged<presets::diffusion_fixed_point> && staged<propagation::scan> && staged<presets::gspn>);
static_assert(staged<presets::cspn_pp> && staged<presets::bpnet_post> && staged<presets::penet_dilated>);
static_assert(staged<presets::random_walk> && staged<presets::random_walk_closed> && staged<presets::psa_walk>);
static_assert(staged<presets::irn_walk> && staged<presets::tree_filter> && staged<presets::difnet>);
static_assert(staged<presets::depth_integration> && !staged<propagation::volume>);

namespace {

using maps = tensor<double, 4>;

template <class F>
maps made(dims<4> const& e, F const& f)
{
    maps to(e);
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t c = 0; c < e[1]; ++c)
            for (index_t i = 0; i < e[2]; ++i)
                for (index_t j = 0; j < e[3]; ++j) to(n, c, i, j) = f(n, c, i, j);
    return to;
}

maps part(maps const& x, index_t first, index_t count)
{
    return made({x.extent(0), count, x.extent(2), x.extent(3)},
                [&](index_t n, index_t c, index_t i, index_t j) { return x(n, first + c, i, j); });
}

maps logistic(maps const& x, double bias)
{
    return made(x.extents(),
                [&](index_t n, index_t c, index_t i, index_t j) { return 1 / (1 + std::exp(-x(n, c, i, j) - bias)); });
}

/// The mean of each 2 × 2 cell.
maps halved(maps const& x)
{
    return made({x.extent(0), x.extent(1), x.extent(2) / 2, x.extent(3) / 2},
                [&](index_t n, index_t c, index_t i, index_t j) {
                    return (x(n, c, 2 * i, 2 * j) + x(n, c, 2 * i, 2 * j + 1) + x(n, c, 2 * i + 1, 2 * j) +
                            x(n, c, 2 * i + 1, 2 * j + 1)) /
                           4;
                });
}

struct example : stage_problem<double> {
    maps given, out;  ///< channels of the guidance by themselves; the stage's result

    template <class Stage>
    example(Stage const& stage, stage_shape const& s, index_t measured_maps)
        : stage_problem<double>(stage, s, measured_maps), out(initial.extents())
    {
        given = part(heads, 1, stage.side(s.maps));
        stage.forward(exec::seq{}, stage.template make_params<double>(), inputs(), as_view(out));
    }

    /// The initial maps with the measurements blended in.
    maps blended() const
    {
        return made(initial.extents(), [&](index_t n, index_t l, index_t i, index_t j) {
            double const b = mask(n, 0, i, j) * confidence(n, 0, i, j), h = initial(n, l, i, j);
            return b == 0 ? h : (1 - b) * h + b * measured(n, measured.extent(1) == 1 ? 0 : l, i, j);
        });
    }

    bool gives(maps const& wanted) const
    {
        auto const flat = [](maps const& m) { return std::vector<double>(m.begin(), m.end()); };
        return agree(flat(wanted), flat(out), 1e-12);
    }
};

template <class Stage>
example example_of(Stage const& stage, index_t count = 2, index_t measured_maps = 2, index_t height = 7)
{
    return {stage, {.maps = count, .height = height, .width = 6}, measured_maps};
}

}  // namespace

TEST_CASE("values of stages: scans", "[pipeline]")
{
    auto const x = example_of(as_stage(presets::spn));
    maps const seed = x.blended(), right = part(x.gates, 0, 6), left = part(x.gates, 6, 6), down = part(x.gates, 12, 6),
               up = part(x.gates, 18, 6);
    CHECK(x.gives(presets::spn.forward(
        exec::seq{},
        propagation::scan_inputs<double>{.x = as_const(seed),
                                         .gates = {as_const(right), as_const(left), as_const(down), as_const(up)}})));

    auto const y = example_of(as_stage(presets::gspn{}), 2, 1);
    maps const start = y.blended();
    CHECK(y.gives(presets::gspn{}.forward(
        exec::seq{}, propagation::gspn_inputs<double>{
                         .x = as_const(start), .factor = as_const(y.given), .gates = as_const(y.gates)})));
}

TEST_CASE("values of stages: mixtures of windows", "[pipeline]")
{
    auto const x = example_of(as_stage(presets::cspn_pp{}));
    maps const small = part(x.gates, 0, 8), middle = part(x.gates, 8, 24), wide = part(x.gates, 32, 48),
               sigma = part(x.given, 0, 3), lambda = part(x.given, 3, 12), sure = part(x.given, 15, 3);
    CHECK(x.gives(presets::cspn_pp{}.forward(
        exec::seq{}, propagation::mixture_inputs<double>{.initial = as_const(x.initial),
                                                         .gates = {as_const(small), as_const(middle), as_const(wide)},
                                                         .sigma = as_const(sigma),
                                                         .lambda = as_const(lambda),
                                                         .confidence = as_const(sure),
                                                         .measured = as_const(x.measured),
                                                         .mask = as_const(x.mask)})));
}

TEST_CASE("values of stages: post-processing of BP-Net", "[pipeline]")
{
    auto const x = example_of(as_stage(presets::bpnet_post{}), 2, 1);
    maps const small = part(x.gates, 0, 8), middle = part(x.gates, 8, 24), wide = part(x.gates, 32, 48),
               sigma = part(x.given, 0, 3), lambda = part(x.given, 3, 3), sure = part(x.given, 6, 3);
    maps const known = made(x.measured.extents(), [&](index_t n, index_t c, index_t i, index_t j) {
        return x.mask(n, 0, i, j) > 0 ? x.measured(n, c, i, j) : 0;
    });
    CHECK(x.gives(presets::bpnet_post{}.forward(
        exec::seq{}, propagation::mixture_inputs<double>{.initial = as_const(x.initial),
                                                         .gates = {as_const(small), as_const(middle), as_const(wide)},
                                                         .sigma = as_const(sigma),
                                                         .lambda = as_const(lambda),
                                                         .confidence = as_const(sure),
                                                         .measured = as_const(known)})));
}

TEST_CASE("values of stages: PENet's two dilations", "[pipeline]")
{
    auto const x = example_of(as_stage(presets::penet_dilated{}), 2, 1, 8);
    maps const gates[3] = {part(x.gates, 0, 8), part(x.gates, 8, 24), part(x.gates, 32, 48)},
               halves[3] = {halved(gates[0]), halved(gates[1]), halved(gates[2])}, sigma = part(x.given, 0, 3),
               sure = part(x.given, 3, 1), half_sigma = halved(part(x.given, 4, 3)),
               half_sure = halved(part(x.given, 7, 1));
    maps closest(2, 1, 4, 3), found(2, 1, 4, 3);
    propagation::closest_of_cells(exec::seq{}, x.measured, x.mask, closest, found);
    propagation::dilated_inputs<double> in{.initial = as_const(x.initial)};
    in.full = {.gates = {as_const(gates[0]), as_const(gates[1]), as_const(gates[2])},
               .sigma = as_const(sigma),
               .confidence = as_const(sure),
               .measured = as_const(x.measured),
               .mask = as_const(x.mask)};
    in.half = {.gates = {as_const(halves[0]), as_const(halves[1]), as_const(halves[2])},
               .sigma = as_const(half_sigma),
               .confidence = as_const(half_sure),
               .measured = as_const(closest),
               .mask = as_const(found)};
    CHECK(x.gives(presets::penet_dilated{}.forward(exec::seq{}, in)));
}

TEST_CASE("values of stages: walks", "[pipeline]")
{
    presets::random_walk const near{.radius = 2, .steps = 3};
    auto const x = example_of(as_stage(near));
    maps const seed = x.blended();
    tensor<double, 1> theta(8);
    for (double& t : theta) t = -0.125;
    CHECK(x.gives(
        near.forward(exec::seq{}, propagation::random_walk_inputs<double>{
                                      .x = as_const(seed), .features = as_const(x.gates), .theta = as_const(theta)})));

    presets::random_walk_closed const closed{.radius = 2, .alpha = 0.6, .tolerance = 1e-14};
    auto const y = example_of(as_stage(closed));
    maps limit(seed.extents());
    maps const begun = y.blended();
    closed.forward(exec::seq{},
                   propagation::random_walk_inputs<double>{
                       .x = as_const(begun), .features = as_const(y.gates), .theta = as_const(theta)},
                   limit);
    CHECK(y.gives(limit));

    presets::irn_walk const edges{.radius = 3, .beta = 2, .times = 2};
    auto const z = example_of(as_stage(edges));
    maps const start = z.blended(), edge = logistic(z.gates, -2);
    CHECK(z.gives(edges.forward(exec::seq{},
                                propagation::irn_walk_inputs<double>{.x = as_const(start), .edge = as_const(edge)})));
}

TEST_CASE("values of stages: tree filter and DifNet", "[pipeline]")
{
    auto const x = example_of(as_stage(presets::tree_filter{}));
    maps const seed = x.blended();
    auto const tree = propagation::minimum_spanning_tree(x.gates);
    CHECK(x.gives(presets::tree_filter{}.forward(
        exec::seq{},
        propagation::tree_filter_inputs<double>{.x = as_const(seed), .embedding = as_const(x.gates), .tree = &tree})));

    auto const y = example_of(difnet_stage{.levels = 2, .features = 3});
    maps const start = y.blended(), first = part(y.gates, 0, 3), second = part(y.gates, 3, 3);
    propagation::difnet_inputs<double> in{.seed = as_const(start)};
    in.levels = {{.features = as_const(first)}, {.features = as_const(second)}};
    CHECK(y.gives(presets::difnet{}.forward(exec::seq{}, in)));
}

TEST_CASE("values of stages: depth integration", "[pipeline]")
{
    presets::depth_integration const layer{.alpha = 3, .tolerance = 1e-14};
    auto const x = example_of(as_stage(layer), 1, 1);
    maps const edges = logistic(x.gates, 0),
               beta = made(x.mask.extents(), [&](index_t n, index_t, index_t i, index_t j) {
                   return x.mask(n, 0, i, j) * x.confidence(n, 0, i, j);
               });
    maps solution(x.initial.extents());
    layer.forward(exec::seq{},
                  propagation::depth_integration_inputs<double>{.differences = as_const(x.given),
                                                                .edge_confidence = as_const(edges),
                                                                .measured = as_const(x.measured),
                                                                .confidence = as_const(beta)},
                  solution);
    CHECK(x.gives(solution));
}
