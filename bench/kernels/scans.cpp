// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Scans (SPN, GSPN) and ring propagation (DySPN) as users call them.
#include <hyspn/propagation/presets/dyspn_rings.hpp>
#include <hyspn/propagation/presets/gspn.hpp>
#include <hyspn/propagation/scan.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

constexpr index_t ring_steps = 6;

/// A map and four directions of three gates.
struct spn_problem {
    tensor<float, 4> x, gates[4];

    explicit spn_problem(image const& size) : x(noise<float>(planes(size, 1), 1, 2))
    {
        for (std::uint64_t d = 0; d < 4; ++d) gates[d] = noise<float>(planes(size, 3), 1, 3 + d);
    }
    propagation::scan_inputs<float> inputs() const
    {
        return {.x = x, .gates = {as_view(gates[0]), as_view(gates[1]), as_view(gates[2]), as_view(gates[3])}};
    }
    propagation::scan_gradients<float> gradients()
    {
        return {.x = x, .gates = {as_view(gates[0]), as_view(gates[1]), as_view(gates[2]), as_view(gates[3])}};
    }
};

/// Reads the map and 12 gates once, writes the map once.
template <class Exec>
void spn(Exec const& exec, std::string const& backend, image const& size)
{
    propagation::scan const net = propagation::presets::spn_if_above_one;
    add("spn_forward/" + backend + "/f32/way3_" + size.name, [=](benchmark::State& state) {
        spn_problem const problem(size);
        tensor<float, 4> out(problem.x.extents());
        for (auto _ : state) {
            net.forward(exec, problem.inputs(), out);
            benchmark::ClobberMemory();
        }
        count(state, bytes_of(size, 14));
    });
    add("spn_forward_backward/" + backend + "/f32/way3_" + size.name, [=](benchmark::State& state) {
        spn_problem const problem(size);
        spn_problem d(size);
        tensor<float, 4> out(problem.x.extents());
        auto const dout = noise<float>(out.extents(), 1, 9);
        propagation::scan_saved<float> kept;
        for (auto _ : state) {
            net.forward(exec, problem.inputs(), out, kept);
            net.backward(exec, problem.inputs(), kept, dout, d.gradients());
            benchmark::ClobberMemory();
        }
        count(state, 2 * bytes_of(size, 14));
    });
}

/// One scan: reads the map, its factor and three gates once, writes the map once.
template <class Exec>
void gspn(Exec const& exec, std::string const& backend, image const& size)
{
    add("gspn_forward_backward/" + backend + "/f32/right_" + size.name, [=](benchmark::State& state) {
        auto const x = noise<float>(planes(size, 1), 1, 2), b = noise<float>(planes(size, 1), 1, 3);
        auto const gates = noise<float>(planes(size, 3), 1, 4), dout = noise<float>(planes(size, 1), 1, 5);
        propagation::gspn_inputs<float> const in{.x = x, .factor = b, .gates = gates};
        tensor<float, 4> out(x.extents()), dx(out), db(out), dgates(gates.extents());
        propagation::gspn_saved<float> kept;
        propagation::presets::gspn const net{};
        for (auto _ : state) {
            net.forward(exec, in, out, kept);
            net.backward(exec, in, kept, dout,
                         propagation::gspn_gradients<float>{.x = dx, .factor = db, .gates = dgates});
            benchmark::ClobberMemory();
        }
        count(state, 2 * bytes_of(size, 6));
    });
}

struct ring_problem {
    tensor<float, 4> initial, gates, attention, measured, mask;

    explicit ring_problem(image const& size)
        : initial(noise<float>(planes(size, 1), 1, 2)),
          gates(noise<float>(planes(size, 48), 1, 3)),
          attention(noise<float>(planes(size, 4 * ring_steps), 1, 4)),
          measured(noise<float>(planes(size, 1), 1, 5)),
          mask(noise<float>(planes(size, 1), 1, 6))
    {
        for (float& m : mask) m = m > 0.9f ? 0.7f : 0.f;
    }
    propagation::ring_inputs<float> inputs() const
    {
        return {.initial = initial, .gates = gates, .attention = attention, .measured = measured, .confidence = mask};
    }
};

/// Reads 48 gates, 4 attentions a step and four maps once, writes the map once.
template <class Exec>
void rings(Exec const& exec, std::string const& backend, image const& size)
{
    index_t const necessary = 48 + 4 * ring_steps + 5;
    propagation::presets::dyspn_rings const net{.steps = ring_steps};
    add("dyspn_rings_forward/" + backend + "/f32/t6_" + size.name, [=](benchmark::State& state) {
        ring_problem const problem(size);
        tensor<float, 4> out(problem.initial.extents());
        for (auto _ : state) {
            net.forward(exec, problem.inputs(), out);
            benchmark::ClobberMemory();
        }
        count(state, bytes_of(size, necessary), 2.0 * 49 * ring_steps * bytes_of(size, 1) / 4);
    });
    add("dyspn_rings_forward_backward/" + backend + "/f32/t6_" + size.name, [=](benchmark::State& state) {
        ring_problem const problem(size);
        ring_problem d(size);
        tensor<float, 4> out(problem.initial.extents());
        auto const dout = noise<float>(out.extents(), 1, 7);
        propagation::ring_saved<float> kept;
        for (auto _ : state) {
            net.forward(exec, problem.inputs(), out, kept);
            net.backward(exec, problem.inputs(), kept, dout,
                         {.initial = d.initial, .gates = d.gates, .attention = d.attention, .confidence = d.mask});
            benchmark::ClobberMemory();
        }
        count(state, 2 * bytes_of(size, necessary), 3 * 2.0 * 49 * ring_steps * bytes_of(size, 1) / 4);
    });
}

}  // namespace

void register_scans()
{
    for (image const& size : {nyu, kitti}) {
        spn(exec::omp{}, "omp", size);
        gspn(exec::omp{}, "omp", size);
        rings(exec::omp{}, "omp", size);
        spn(exec::seq{}, "seq", size);
        gspn(exec::seq{}, "seq", size);
        rings(exec::seq{}, "seq", size);
    }
}

}  // namespace hyspn::bench
