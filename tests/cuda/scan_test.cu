// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/on_device.hpp>
#include <propagation/rings_support.hpp>
#include <propagation/scan_support.hpp>
#include <support/catch.hpp>

#include <hyspn/propagation/presets/gspn.hpp>

namespace hyspn::testing {
namespace {

template <class T>
inline constexpr double parity_tolerance = std::is_same_v<T, double> ? 1e-12 : 1e-4;

template <class T, std::size_t Rank>
using device_array = tensor<T, Rank, memory::device>;

template <class T, std::size_t Rank>
void check_same(exec::cuda const& gpu, device_array<T, Rank> const& got, tensor<T, Rank> const& wanted)
{
    CHECK(relative_error(to_host(gpu, got), wanted) <= parity_tolerance<T>);
}

template <class T>
void check_scan(propagation::scan const& net, dims<4> const& e, std::uint64_t seed)
{
    INFO(describe(net) << " on " << to_string(e));
    scan_arrays<T> const at(random_scan(e, net.way, seed));
    auto const dout = cast<T>(random_scan(e, net.way, seed + 1).x);
    scan_run<T> const wanted(exec::seq{}, net, at.views(), dout);

    exec::cuda const gpu{};
    auto const x = to_device(gpu, at.x), lambda = to_device(gpu, dout);
    device_array<T, 4> const gates[4] = {to_device(gpu, at.gates[0]), to_device(gpu, at.gates[1]),
                                         to_device(gpu, at.gates[2]), to_device(gpu, at.gates[3])};
    device_array<T, 4> out(e), dx(e);
    device_array<T, 4> dgates[4] = {device_array<T, 4>(gates[0].extents()), device_array<T, 4>(gates[1].extents()),
                                    device_array<T, 4>(gates[2].extents()), device_array<T, 4>(gates[3].extents())};
    propagation::scan_inputs<T, memory::device> const in{
        .x = x, .gates = {as_view(gates[0]), as_view(gates[1]), as_view(gates[2]), as_view(gates[3])}};
    propagation::scan_saved<T, memory::device> kept;
    net.forward(gpu, in, out, kept);
    net.backward(
        gpu, in, kept, lambda,
        propagation::scan_gradients<T, memory::device>{
            .x = dx, .gates = {as_view(dgates[0]), as_view(dgates[1]), as_view(dgates[2]), as_view(dgates[3])}});
    check_same(gpu, out, wanted.out);
    check_same(gpu, kept.scans, wanted.kept.scans);
    check_same(gpu, dx, wanted.d.x);
    // A single gate divided by its magnitude has gradient 0, and roundings are all there is to compare.
    if (net.way == 1 && net.normalisation != propagation::scan_normalisation::if_above_one) return;
    for (std::size_t d = 0; d < 4; ++d) check_same(gpu, dgates[d], wanted.d.gates[d]);
}

template <class T>
void check_gspn(propagation::presets::gspn const& net, dims<4> const& e)
{
    INFO("direction " << static_cast<int>(net.direction) << " chunk " << net.chunk << " on " << to_string(e));
    scan_arrays<T> const a(random_scan(e, 3, 5)), b(random_scan(e, 3, 6));
    tensor<T, 4> out(e), dx(e), db(e), dgates(a.gates[0].extents());
    propagation::gspn_inputs<T> const host{.x = a.x, .factor = b.x, .gates = a.gates[0]};
    propagation::gspn_saved<T> host_kept;
    net.forward(exec::seq{}, host, out, host_kept);
    net.backward(exec::seq{}, host, host_kept, b.x,
                 propagation::gspn_gradients<T>{.x = dx, .factor = db, .gates = dgates});

    exec::cuda const gpu{};
    auto const x = to_device(gpu, a.x), factor = to_device(gpu, b.x), gates = to_device(gpu, a.gates[0]);
    device_array<T, 4> gpu_out(e), gpu_dx(e), gpu_db(e), gpu_dgates(gates.extents());
    propagation::gspn_inputs<T, memory::device> const in{.x = x, .factor = factor, .gates = gates};
    propagation::gspn_saved<T, memory::device> kept;
    net.forward(gpu, in, gpu_out, kept);
    net.backward(gpu, in, kept, factor,
                 propagation::gspn_gradients<T, memory::device>{.x = gpu_dx, .factor = gpu_db, .gates = gpu_dgates});
    check_same(gpu, gpu_out, out);
    check_same(gpu, gpu_dx, dx);
    check_same(gpu, gpu_db, db);
    check_same(gpu, gpu_dgates, dgates);
}

template <class T>
void check_rings(dims<4> const& e, index_t steps, std::uint64_t seed)
{
    INFO(steps << " steps on " << to_string(e));
    propagation::presets::dyspn_rings const net{.steps = steps};
    ring_arrays<T> const at(random_rings(e, steps, seed, seed % 2 == 0));
    auto const dout = cast<T>(random_rings(e, steps, seed + 1).initial);
    ring_run<T> const wanted(exec::seq{}, net, at, dout);

    exec::cuda const gpu{};
    auto const initial = to_device(gpu, at.initial), gates = to_device(gpu, at.gates),
               attention = to_device(gpu, at.attention), measured = to_device(gpu, at.measured),
               confidence = to_device(gpu, at.confidence), lambda = to_device(gpu, dout);
    device_array<T, 4> out(e), dinitial(e), dgates(gates.extents()), dattention(attention.extents()),
        dmeasured(measured.extents()), dconfidence(confidence.extents());
    propagation::ring_inputs<T, memory::device> const in{
        .initial = initial, .gates = gates, .attention = attention, .measured = measured, .confidence = confidence};
    propagation::ring_saved<T, memory::device> kept;
    net.forward(gpu, in, out, kept);
    net.backward(gpu, in, kept, lambda,
                 propagation::ring_gradients<T, memory::device>{.initial = dinitial,
                                                                .gates = dgates,
                                                                .attention = dattention,
                                                                .measured = dmeasured,
                                                                .confidence = dconfidence});
    check_same(gpu, out, wanted.out);
    check_same(gpu, kept.rings, wanted.kept.rings);
    check_same(gpu, dinitial, wanted.d.initial);
    check_same(gpu, dgates, wanted.d.gates);
    if (e[2] * e[3] > 1) check_same(gpu, dattention, wanted.d.attention);  // of a single pixel all cancels
    check_same(gpu, dmeasured, wanted.d.measured);
    check_same(gpu, dconfidence, wanted.d.confidence);
}

}  // namespace

TEST_CASE("cuda: scans run as on exec::seq")
{
    std::uint64_t seed = 1;
    for_each_scan([&](propagation::scan const& net) {
        for (auto const& e : {dims<4>{{1, 1, 1, 1}}, {{2, 2, 5, 37}}, {{1, 1, 0, 5}}, {{1, 3, 61, 23}}}) {
            check_scan<double>(net, e, ++seed);
            check_scan<float>(net, e, ++seed);
        }
    });
    check_scan<double>({.way = 3}, {1, 1, 3, 2100}, ++seed);  // lines longer than a block
    check_scan<float>({.way = 1}, {1, 70000, 2, 3}, ++seed);
}

TEST_CASE("cuda: gspn runs as on exec::seq")
{
    using propagation::scan_direction;
    for (auto direction : {scan_direction::right, scan_direction::left, scan_direction::down, scan_direction::up})
        for (index_t chunk : {0, 7}) check_gspn<double>({.direction = direction, .chunk = chunk}, {2, 2, 19, 37});
}

TEST_CASE("cuda: dyspn_rings runs as on exec::seq")
{
    std::uint64_t seed = 1;
    for (auto const& e : {dims<4>{{1, 1, 1, 1}}, {{2, 2, 5, 37}}, {{1, 1, 0, 5}}, {{1, 1, 61, 23}}})
        for (index_t steps : {0, 1, 6}) {
            check_rings<double>(e, steps, ++seed);
            check_rings<float>(e, steps, ++seed);
        }
}

}  // namespace hyspn::testing
