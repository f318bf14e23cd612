// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/on_device.hpp>
#include <propagation/support.hpp>
#include <support/catch.hpp>

namespace hyspn::testing {
namespace {

template <class T>
inline constexpr double parity_tolerance = std::is_same_v<T, double> ? 1e-12 : 1e-4;

/// A problem and its training step on the device.
template <class T>
struct device_run {
    template <std::size_t Rank>
    using array = tensor<T, Rank, memory::device>;

    exec::cuda gpu{};
    array<4> initial, gates, measured, confidence, out;
    array<4> dinitial, dgates, dmeasured, dconfidence;
    propagation::saved<T, memory::device> kept{};

    device_run(propagation::stencil const& net, problem<T> const& p, tensor<T, 4> const& dout)
        : initial(to_device(gpu, p.initial)),
          gates(to_device(gpu, p.gates)),
          measured(to_device(gpu, p.measured)),
          confidence(to_device(gpu, p.confidence)),
          out(initial.extents()),
          dinitial(initial.extents()),
          dgates(gates.extents()),
          dmeasured(measured.extents()),
          dconfidence(confidence.extents())
    {
        propagation::inputs<T, memory::device> const in{
            .initial = initial, .gates = gates, .measured = measured, .confidence = confidence};
        net.forward(gpu, in, out, kept);
        auto const lambda = to_device(gpu, dout);
        net.backward(gpu, in, kept, lambda,
                     propagation::gradients<T, memory::device>{
                         .initial = dinitial, .gates = dgates, .measured = dmeasured, .confidence = dconfidence});
    }
};

template <class T>
void check_parity(propagation::stencil const& net, dims<4> const& e, std::uint64_t seed)
{
    INFO(describe(net) << " on " << to_string(e));
    problem<T> const p(random_problem(net, e, seed, seed % 3 == 0, true));
    auto const dout = cast<T>(random_problem(net, e, seed + 1).initial);
    training_run<T> const wanted(exec::seq{}, net, p.views(), dout);
    device_run<T> const got(net, p, dout);
    auto const same = [&](auto const& device, auto const& host) {
        return relative_error(to_host(got.gpu, device), host) <= parity_tolerance<T>;
    };
    CHECK(same(got.out, wanted.out));
    CHECK(same(got.kept.taps, wanted.kept.taps));
    CHECK(same(got.kept.iterates, wanted.kept.iterates));
    CHECK(same(got.dinitial, wanted.d.initial));
    CHECK(same(got.dgates, wanted.d.gates));
    CHECK(same(got.dmeasured, wanted.d.measured));
    CHECK(same(got.dconfidence, wanted.d.confidence));
}

}  // namespace

TEST_CASE("cuda: every combination of the axes propagates as on exec::seq")
{
    std::uint64_t seed = 1;
    for_each_combination([&](propagation::stencil const& net) { check_parity<double>(net, {2, 2, 5, 37}, ++seed); });
}

TEST_CASE("cuda: maps of every size propagate as on exec::seq")
{
    propagation::stencil const net{
        .steps = 12, .owner = propagation::gate_owner::source, .injection = propagation::injection_time::after};
    for (auto const& e :
         {dims<4>{{1, 1, 1, 1}}, {{1, 1, 0, 5}}, {{0, 1, 3, 3}}, {{1, 1, 1, 300}}, {{1, 3, 61, 83}}, {{2, 19, 11, 45}}})
        check_parity<float>(net, e, 5);
    for (index_t kernel : {3, 5, 7, 9})
        check_parity<double>({.kernel = kernel, .dilation = 2, .steps = 3}, {2, 3, 13, 40}, 6);
}

}  // namespace hyspn::testing
