// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Propagations that are solves or walks over graphs: exec::cuda against exec::seq.

#include <cuda/on_device.hpp>
#include <propagation/graphs_support.hpp>
#include <support/catch.hpp>

#include <hyspn/propagation/presets/depth_integration.hpp>
#include <hyspn/propagation/presets/difnet.hpp>
#include <hyspn/propagation/presets/irn_walk.hpp>
#include <hyspn/propagation/presets/random_walk.hpp>
#include <hyspn/propagation/presets/tree_filter.hpp>

namespace hyspn::testing {
namespace {

using namespace propagation;

template <class T>
inline constexpr double graph_tolerance = 1e-4;
template <>
inline constexpr double graph_tolerance<double> = 1e-11;

template <class T, std::size_t Rank>
using array = tensor<T, Rank, memory::device>;

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 17}, {1, 2, 13, 1}, {2, 3, 11, 19}};

dims<4> channels(dims<4> const& e, index_t c)
{
    return {e[0], c, e[2], e[3]};
}

/// Device against host.
template <class T, std::size_t Rank>
void check_same(exec::cuda const& gpu, array<T, Rank> const& device, tensor<T, Rank> const& host,
                double tolerance = graph_tolerance<T>)
{
    CHECK(relative_error(to_host(gpu, device), host) <= tolerance);
}

template <class T>
void check_integration(dims<4> e)
{
    e[1] = 1;
    exec::cuda const gpu{};
    auto const g = uniform<T>(channels(e, 2), 1, -1, 1), c = uniform<T>(channels(e, 2), 2, -0.1, 1),
               s = uniform<T>(e, 3, 0, 3), b = uniform<T>(e, 4, 0.1, 1), dout = uniform<T>(e, 5, -1, 1);
    presets::depth_integration const layer{.tolerance = std::is_same_v<T, double> ? 1e-14 : 1e-6};
    tensor<T, 4> out(e), dg(g.extents()), dc(g.extents()), ds(e), db(e);
    depth_integration_saved<T> kept;
    T dalpha{};
    depth_integration_inputs<T> const in{.differences = g, .edge_confidence = c, .measured = s, .confidence = b};
    layer.forward(exec::seq{}, in, out, kept);
    layer.backward(exec::seq{}, in, kept, dout,
                   depth_integration_gradients<T>{
                       .differences = dg, .edge_confidence = dc, .measured = ds, .confidence = db, .alpha = &dalpha});

    auto const G = to_device(gpu, g), C = to_device(gpu, c), S = to_device(gpu, s), B = to_device(gpu, b),
               lambda = to_device(gpu, dout);
    array<T, 4> Out(e), dG(g.extents()), dC(g.extents()), dS(e), dB(e);
    depth_integration_saved<T, memory::device> device_kept;
    T device_dalpha{};
    depth_integration_inputs<T, memory::device> const device_in{
        .differences = G, .edge_confidence = C, .measured = S, .confidence = B};
    layer.forward(gpu, device_in, Out, device_kept);
    layer.backward(
        gpu, device_in, device_kept, lambda,
        depth_integration_gradients<T, memory::device>{
            .differences = dG, .edge_confidence = dC, .measured = dS, .confidence = dB, .alpha = &device_dalpha});
    check_same(gpu, Out, out);
    check_same(gpu, dG, dg);
    check_same(gpu, dC, dc, 10 * graph_tolerance<T>);
    check_same(gpu, dS, ds);
    check_same(gpu, dB, db, 10 * graph_tolerance<T>);
    CHECK(std::abs(static_cast<double>(device_dalpha - dalpha)) <= 10 * graph_tolerance<T>);
}

template <class T>
void check_tree_filter(dims<4> const& e)
{
    exec::cuda const gpu{};
    auto const x = uniform<T>(e, 11, -1, 1), f = uniform<T>(channels(e, 3), 12, -0.7, 0.7),
               dout = uniform<T>(e, 13, -1, 1);
    auto const tree = minimum_spanning_tree(uniform<T>(channels(e, 2), 14, 0, 1));
    presets::tree_filter const filter;
    tensor<T, 4> out(e), dx(e), df(f.extents());
    tree_filter_saved<T> kept;
    tree_filter_inputs<T> const in{.x = x, .embedding = f, .tree = &tree};
    filter.forward(exec::seq{}, in, out, kept);
    filter.backward(exec::seq{}, in, kept, dout, tree_filter_gradients<T>{.x = dx, .embedding = df});

    auto const X = to_device(gpu, x), F = to_device(gpu, f), lambda = to_device(gpu, dout);
    auto const device_tree = to_device(gpu, tree);
    array<T, 4> Out(e), dX(e), dF(f.extents());
    tree_filter_saved<T, memory::device> device_kept;
    tree_filter_inputs<T, memory::device> const device_in{.x = X, .embedding = F, .tree = &device_tree};
    filter.forward(gpu, device_in, Out, device_kept);
    filter.backward(gpu, device_in, device_kept, lambda,
                    tree_filter_gradients<T, memory::device>{.x = dX, .embedding = dF});
    check_same(gpu, Out, out);
    check_same(gpu, dX, dx);
    check_same(gpu, dF, df);
}

template <class T>
void check_difnet(dims<4> const& e)
{
    exec::cuda const gpu{};
    auto const seed = uniform<T>(e, 21, -1, 1), f0 = uniform<T>(channels(e, 3), 22, -1, 1),
               f1 = uniform<T>(channels(e, 5), 23, -1, 1), dout = uniform<T>(e, 24, -1, 1);
    presets::difnet const net;
    tensor<T, 4> out(e), dseed(e), df0(f0.extents()), df1(f1.extents());
    T scalars[4]{}, device_scalars[4]{};
    difnet_saved<T> kept;
    difnet_inputs<T> const in{.seed = seed,
                              .levels = {{.features = f0, .a = T(0.3), .b = T(-0.2)}, {.features = f1, .a = T(-1)}}};
    net.forward(exec::seq{}, in, out, kept);
    net.backward(exec::seq{}, in, kept, dout,
                 difnet_gradients<T>{.seed = dseed,
                                     .levels = {{.features = df0, .a = &scalars[0], .b = &scalars[1]},
                                                {.features = df1, .a = &scalars[2], .b = &scalars[3]}}});

    auto const Seed = to_device(gpu, seed), F0 = to_device(gpu, f0), F1 = to_device(gpu, f1),
               lambda = to_device(gpu, dout);
    array<T, 4> Out(e), dSeed(e), dF0(f0.extents()), dF1(f1.extents());
    difnet_saved<T, memory::device> device_kept;
    difnet_inputs<T, memory::device> const device_in{
        .seed = Seed, .levels = {{.features = F0, .a = T(0.3), .b = T(-0.2)}, {.features = F1, .a = T(-1)}}};
    net.forward(gpu, device_in, Out, device_kept);
    net.backward(gpu, device_in, device_kept, lambda,
                 difnet_gradients<T, memory::device>{
                     .seed = dSeed,
                     .levels = {{.features = dF0, .a = &device_scalars[0], .b = &device_scalars[1]},
                                {.features = dF1, .a = &device_scalars[2], .b = &device_scalars[3]}}});
    check_same(gpu, Out, out);
    check_same(gpu, dSeed, dseed);
    check_same(gpu, dF0, df0);
    check_same(gpu, dF1, df1);
    for (int i = 0; i < 4; ++i)
        CHECK(std::abs(static_cast<double>(device_scalars[i] - scalars[i])) <= 10 * graph_tolerance<T>);
}

template <class T, class Walk>
void check_walk(Walk const& net, dims<4> const& e, bool weighted)
{
    exec::cuda const gpu{};
    auto const x = uniform<T>(e, 31, -1, 1), f = uniform<T>(channels(e, 4), 32, -1, 1), dout = uniform<T>(e, 33, -1, 1);
    auto const theta = uniform<T>(dims<1>{weighted ? 4 : 0}, 34, -1, 0);
    tensor<T, 4> out(e), dx(e), df(f.extents());
    tensor<T, 1> dtheta(theta.extents());
    random_walk_saved<T> kept;
    random_walk_inputs<T> const in{.x = x, .features = f, .theta = theta};
    net.forward(exec::seq{}, in, out, kept);
    net.backward(exec::seq{}, in, kept, dout, random_walk_gradients<T>{.x = dx, .features = df, .theta = dtheta});

    auto const X = to_device(gpu, x), F = to_device(gpu, f), lambda = to_device(gpu, dout);
    auto const Theta = to_device(gpu, theta);
    array<T, 4> Out(e), dX(e), dF(f.extents());
    array<T, 1> dTheta(theta.extents());
    random_walk_saved<T, memory::device> device_kept;
    random_walk_inputs<T, memory::device> const device_in{.x = X, .features = F, .theta = Theta};
    net.forward(gpu, device_in, Out, device_kept);
    net.backward(gpu, device_in, device_kept, lambda,
                 random_walk_gradients<T, memory::device>{.x = dX, .features = dF, .theta = dTheta});
    check_same(gpu, Out, out);
    check_same(gpu, dX, dx);
    check_same(gpu, dF, df);
    check_same(gpu, dTheta, dtheta);
}

template <class T>
void check_irn_walk(dims<4> const& e)
{
    exec::cuda const gpu{};
    auto const x = uniform<T>(e, 41, -1, 1), s = uniform<T>(channels(e, 1), 42, 0, 0.9),
               dout = uniform<T>(e, 43, -1, 1);
    presets::irn_walk const net{.radius = 4, .beta = 3, .times = 3};
    tensor<T, 4> out(e), dx(e), ds(s.extents());
    irn_walk_saved<T> kept;
    irn_walk_inputs<T> const in{.x = x, .edge = s};
    net.forward(exec::seq{}, in, out, kept);
    net.backward(exec::seq{}, in, kept, dout, irn_walk_gradients<T>{.x = dx, .edge = ds});

    auto const X = to_device(gpu, x), S = to_device(gpu, s), lambda = to_device(gpu, dout);
    array<T, 4> Out(e), dX(e), dS(s.extents());
    irn_walk_saved<T, memory::device> device_kept;
    irn_walk_inputs<T, memory::device> const device_in{.x = X, .edge = S};
    net.forward(gpu, device_in, Out, device_kept);
    net.backward(gpu, device_in, device_kept, lambda, irn_walk_gradients<T, memory::device>{.x = dX, .edge = dS});
    check_same(gpu, Out, out);
    check_same(gpu, dX, dx);
    check_same(gpu, dS, ds);
}

}  // namespace

TEST_CASE("cuda: depth integration as on exec::seq")
{
    for (auto const& e : sizes) {
        check_integration<double>(e);
        check_integration<float>(e);
    }
}

TEST_CASE("cuda: tree filter as on exec::seq")
{
    for (auto const& e : sizes) {
        check_tree_filter<double>(e);
        check_tree_filter<float>(e);
    }
}

TEST_CASE("cuda: dense walks as on exec::seq")
{
    for (auto const& e : sizes) {
        check_difnet<double>(e);
        check_difnet<float>(e);
    }
}

TEST_CASE("cuda: walks within a radius as on exec::seq")
{
    for (auto const& e : sizes) {
        check_walk<double>(presets::random_walk{.radius = 2.3, .steps = 3}, e, true);
        check_walk<float>(presets::random_walk{.radius = 2.3, .steps = 3}, e, true);
        check_walk<double>(presets::random_walk_closed{.radius = 2, .alpha = 0.8, .tolerance = 1e-14}, e, true);
        check_walk<double>(presets::psa_walk{.radius = 3, .beta = 2, .times = 3}, e, false);
        check_irn_walk<double>(e);
        check_irn_walk<float>(e);
    }
}

}  // namespace hyspn::testing
