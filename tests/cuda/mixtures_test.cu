// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Mixtures of windows, gates per map, and volumes: exec::cuda against exec::seq.

#include <cuda/on_device.hpp>
#include <propagation/mixtures_support.hpp>
#include <propagation/volume_support.hpp>
#include <support/catch.hpp>

#include <hyspn/propagation/per_map.hpp>

namespace hyspn::testing {
namespace {

constexpr double tolerance = 1e-12;

template <class T, std::size_t Rank>
using device_tensor = tensor<T, Rank, memory::device>;

template <class T, std::size_t Rank>
bool same(exec::cuda const& gpu, device_tensor<T, Rank> const& got, tensor<T, Rank> const& wanted)
{
    return relative_error(to_host(gpu, got), wanted) <= tolerance;
}

/// A mixture's arrays, or their gradients, on the device.
struct device_mixture {
    device_tensor<double, 4> initial, gates3, gates5, gates7, sigma, lambda, confidence, measured, mask;

    device_mixture(exec::cuda const& gpu, mixture_arrays<double> const& a)
        : initial(to_device(gpu, a.initial)),
          gates3(to_device(gpu, a.gates[0])),
          gates5(to_device(gpu, a.gates[1])),
          gates7(to_device(gpu, a.gates[2])),
          sigma(to_device(gpu, a.sigma)),
          lambda(to_device(gpu, a.lambda)),
          confidence(to_device(gpu, a.confidence)),
          measured(to_device(gpu, a.measured)),
          mask(to_device(gpu, a.mask))
    {
    }

    propagation::mixture_inputs<double, memory::device> views() const
    {
        propagation::mixture_inputs<double, memory::device> in{.initial = initial,
                                                               .sigma = sigma,
                                                               .lambda = lambda,
                                                               .confidence = confidence,
                                                               .measured = measured,
                                                               .mask = mask};
        in.gates = {as_view(gates3), as_view(gates5), as_view(gates7)};
        return in;
    }
    propagation::mixture_gradients<double, memory::device> gradient_views()
    {
        propagation::mixture_gradients<double, memory::device> d{
            .initial = initial, .sigma = sigma, .lambda = lambda, .confidence = confidence, .measured = measured};
        d.gates = {as_view(gates3), as_view(gates5), as_view(gates7)};
        return d;
    }

    void check(exec::cuda const& gpu, mixture_arrays<double> const& wanted) const
    {
        CHECK(same(gpu, gates3, wanted.gates[0]));
        CHECK(same(gpu, gates5, wanted.gates[1]));
        CHECK(same(gpu, gates7, wanted.gates[2]));
        CHECK(same(gpu, sigma, wanted.sigma));
        CHECK(same(gpu, lambda, wanted.lambda));
        CHECK(same(gpu, confidence, wanted.confidence));
        CHECK(same(gpu, measured, wanted.measured));
    }
};

template <class Net>
void check_mixture(Net const& net, mixture_arrays<double> const& a, std::uint64_t seed)
{
    exec::cuda const gpu{};
    auto const dout = random_mixture(a.initial.extents(), 0, 1, seed).initial;
    mixture_run<double> const wanted(exec::seq{}, net, a, dout);
    device_mixture const in(gpu, a);
    device_mixture d(gpu, same_shapes(a));
    device_tensor<double, 4> out(a.initial.extents()), inferred(a.initial.extents());
    auto const lambda = to_device(gpu, dout);
    propagation::mixture_saved<double, memory::device> kept;
    net.forward(gpu, in.views(), inferred);
    net.forward(gpu, in.views(), out, kept);
    net.backward(gpu, in.views(), kept, lambda, d.gradient_views());
    CHECK(same(gpu, out, wanted.out));
    CHECK(same(gpu, inferred, wanted.out));
    CHECK(same(gpu, d.initial, wanted.d.initial));
    d.check(gpu, wanted.d);
}

void check_volume(propagation::volume const& net, dims<5> const& e, std::uint64_t seed)
{
    INFO(describe(net) << " on " << to_string(e));
    exec::cuda const gpu{};
    auto const a = random_volume(net, e, seed, true);
    auto const dout = random_volume(net, e, seed + 1).initial;
    volume_run<double> const wanted(exec::seq{}, net, a, dout);
    auto const initial = to_device(gpu, a.initial), gates = to_device(gpu, a.gates),
               measured = to_device(gpu, a.measured), confidence = to_device(gpu, a.confidence),
               lambda = to_device(gpu, dout);
    propagation::volume_inputs<double, memory::device> const in{
        .initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    device_tensor<double, 5> out(e), inferred(e), dinitial(e), dgates(a.gates.extents()),
        dmeasured(a.measured.extents()), dconfidence(a.confidence.extents());
    propagation::volume_saved<double, memory::device> kept;
    net.forward(gpu, in, inferred);
    net.forward(gpu, in, out, kept);
    net.backward(gpu, in, kept, lambda,
                 propagation::volume_gradients<double, memory::device>{
                     .initial = dinitial, .gates = dgates, .measured = dmeasured, .confidence = dconfidence});
    CHECK(same(gpu, out, wanted.out));
    CHECK(same(gpu, inferred, wanted.out));
    CHECK(same(gpu, dinitial, wanted.d.initial));
    CHECK(same(gpu, dgates, wanted.d.gates));
    CHECK(same(gpu, dmeasured, wanted.d.measured));
    CHECK(same(gpu, dconfidence, wanted.d.confidence));
}

}  // namespace

TEST_CASE("cuda: mixtures of windows propagate as on exec::seq")
{
    for (auto const& e : {dims<4>{{1, 1, 1, 1}}, {{2, 1, 1, 13}}, {{1, 2, 7, 37}}}) {
        check_mixture(propagation::presets::cspn_pp{.steps = 8}, random_mixture(e, 12, 3, 1), 11);
        check_mixture(propagation::presets::bpnet_post{.steps = 4}, random_mixture(e, 3, 3, 2, false), 12);
    }
}

TEST_CASE("cuda: the dilated network propagates as on exec::seq")
{
    exec::cuda const gpu{};
    propagation::presets::penet_dilated const net{.steps = 3};
    auto const a = random_dilated({2, 2, 5, 7}, 3);
    auto const dout = random_dilated({2, 2, 5, 7}, 4).initial;
    dilated_run<double> const wanted(exec::seq{}, net, a, dout);
    device_mixture const half(gpu, a.half), full(gpu, a.full);
    device_mixture dhalf(gpu, same_shapes(a.half)), dfull(gpu, same_shapes(a.full));
    auto const initial = to_device(gpu, a.initial), lambda = to_device(gpu, dout);
    device_tensor<double, 4> out(a.initial.extents()), dinitial(a.initial.extents());
    propagation::dilated_inputs<double, memory::device> const in{
        .initial = initial, .half = half.views(), .full = full.views()};
    propagation::dilated_saved<double, memory::device> kept;
    net.forward(gpu, in, out, kept);
    net.backward(gpu, in, kept, lambda,
                 propagation::dilated_gradients<double, memory::device>{
                     .initial = dinitial, .half = dhalf.gradient_views(), .full = dfull.gradient_views()});
    CHECK(same(gpu, out, wanted.out));
    CHECK(same(gpu, dinitial, wanted.d.initial));
    dhalf.check(gpu, wanted.d.half);
    dfull.check(gpu, wanted.d.full);
}

TEST_CASE("cuda: gates of its own for each map, as on exec::seq")
{
    exec::cuda const gpu{};
    propagation::per_map const net{
        {.steps = 4, .owner = propagation::gate_owner::source, .injection = propagation::injection_time::after}};
    dims<4> const e{2, 3, 5, 17};
    random_problem p(net.net, e, 5, true, true);
    p.gates = normal_values<double>(dims<4>{2, 24, 5, 17}, 1, 6);
    auto const dout = random_problem(net.net, e, 7).initial;
    propagation::inputs<double> const in{
        .initial = p.initial, .gates = p.gates, .measured = p.measured, .confidence = p.confidence};
    tensor<double, 4> out(e);
    gradient_tensors<double> d(in);
    propagation::per_map_saved<double> kept;
    net.forward(exec::seq{}, in, out, kept);
    net.backward(exec::seq{}, in, kept, dout, d.views());

    auto const initial = to_device(gpu, p.initial), gates = to_device(gpu, p.gates),
               measured = to_device(gpu, p.measured), confidence = to_device(gpu, p.confidence),
               lambda = to_device(gpu, dout);
    propagation::inputs<double, memory::device> const there{
        .initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
    device_tensor<double, 4> got(e), dinitial(e), dgates(p.gates.extents()), dmeasured(p.measured.extents()),
        dconfidence(p.confidence.extents());
    propagation::per_map_saved<double, memory::device> kept_there;
    net.forward(gpu, there, got, kept_there);
    net.backward(gpu, there, kept_there, lambda,
                 propagation::gradients<double, memory::device>{
                     .initial = dinitial, .gates = dgates, .measured = dmeasured, .confidence = dconfidence});
    CHECK(same(gpu, got, out));
    CHECK(same(gpu, dinitial, d.initial));
    CHECK(same(gpu, dgates, d.gates));
    CHECK(same(gpu, dmeasured, d.measured));
    CHECK(same(gpu, dconfidence, d.confidence));
}

TEST_CASE("cuda: volumes propagate as on exec::seq")
{
    propagation::volume const folded{.kernel = 5, .steps = 3, .injection = propagation::injection_time::after};
    for (auto const& e : {dims<5>{{1, 1, 1, 1, 1}}, {{2, 2, 3, 5, 19}}, {{1, 3, 4, 1, 37}}}) {
        check_volume(propagation::presets::paddle_cspn_3d, e, 7);
        check_volume(folded, e, 8);
    }
}

}  // namespace hyspn::testing
