// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The 3-D CSPN operator on cost volumes: many maps that share their gates, and one large volume.
#include <hyspn/propagation/volume.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

struct volume_size {
    char const* name;
    index_t maps, depth, height, width;
};

struct volume_problem {
    propagation::volume net = propagation::presets::paddle_cspn_3d;
    tensor<float, 5> initial, gates;

    explicit volume_problem(volume_size const& s)
        : initial(noise<float>(dims<5>{1, s.maps, s.depth, s.height, s.width}, 1, 2)),
          gates(noise<float>(dims<5>{1, net.gates(), s.depth, s.height, s.width}, 0.04, 3))
    {
    }
    propagation::volume_inputs<float> inputs() const { return {.initial = initial, .gates = gates}; }

    /// The gates and the map read, the map written.
    double bytes() const { return 4.0 * static_cast<double>(gates.size() + 2 * initial.size()); }
    double flops() const
    {
        return 2.0 * static_cast<double>(net.steps * net.gates()) * static_cast<double>(initial.size());
    }
};

template <class Exec>
void add_volume(Exec const& exec, char const* backend, volume_size const& size)
{
    std::string const shape = std::string(backend) + "/f32/k3_t24_" + size.name;
    add("volume_forward/" + shape, [=](benchmark::State& state) {
        volume_problem const problem(size);
        tensor<float, 5> out(problem.initial.extents());
        for (auto _ : state) {
            problem.net.forward(exec, problem.inputs(), out);
            benchmark::ClobberMemory();
        }
        count(state, problem.bytes(), problem.flops());
    });
    add("volume_forward_backward/" + shape, [=](benchmark::State& state) {
        volume_problem const problem(size);
        tensor<float, 5> out(problem.initial.extents()), d_initial(out), d_gates(problem.gates.extents());
        propagation::volume_saved<float> kept;
        auto const d_out = noise<float>(out.extents(), 1, 6);
        for (auto _ : state) {
            problem.net.forward(exec, problem.inputs(), out, kept);
            problem.net.backward(exec, problem.inputs(), kept, d_out,
                                 propagation::volume_gradients<float>{.initial = d_initial, .gates = d_gates});
            benchmark::ClobberMemory();
        }
        count(state, 3 * problem.bytes(), 3 * problem.flops());
    });
}

}  // namespace

void register_volume()
{
    volume_size const maps{"32x4x64x128", 32, 4, 64, 128}, deep{"1x48x64x128", 1, 48, 64, 128};
    for (auto const& size : {maps, deep}) {
        add_volume(exec::omp{}, "omp", size);
        add_volume(exec::seq{}, "seq", size);
    }
}

}  // namespace hyspn::bench
