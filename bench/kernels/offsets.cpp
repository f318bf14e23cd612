// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Networks with learned offsets as users call them. Offsets are smooth noise of a few pixels, as trained networks give.
#include <hyspn/propagation/presets/dyspn_softmax.hpp>
#include <hyspn/propagation/presets/lrru.hpp>
#include <hyspn/propagation/presets/nlspn.hpp>
#include <hyspn/propagation/sampled.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

using propagation::sampled;

/// One image; one pixel in twenty measured.
struct offsets_problem {
    tensor<float, 4> initial, gates, offsets, confidence, measured, mask;
    tensor<float, 1> gamma;

    offsets_problem(sampled const& net, image const& size)
        : initial(noise<float>(dims<4>{1, 1, size.height, size.width}, 1, 2)),
          gates(noise<float>(dims<4>{1, sets(net.gates_per_step, net) * net.count(), size.height, size.width}, 1, 3)),
          offsets(noise<float>(dims<4>{1, 2 * sets(net.offsets_per_step, net) * net.count(), size.height, size.width},
                               2, 4))
    {
        if (net.learned_divisor) {
            gamma = tensor<float, 1>(1);
            gamma(0) = 4;
        }
        if (net.confidence != propagation::confidence_role::none) {
            confidence = noise<float>(initial.extents(), 0.5, 5);
            for (float& c : confidence) c += 0.5f;
        }
        if (net.injection == propagation::injection_time::none) return;
        measured = noise<float>(initial.extents(), 1, 6);
        mask = noise<float>(initial.extents(), 1, 7);
        for (float& m : mask) m = m > 0.9f ? 1.f : 0.f;
    }

    propagation::sampled_inputs<float> inputs() const
    {
        return {.initial = as_view(initial),
                .gates = as_view(gates),
                .offsets = as_view(offsets),
                .gamma = as_view(gamma),
                .confidence = as_view(confidence),
                .measured = as_view(measured),
                .mask = as_view(mask)};
    }

    /// Reads everything once and writes the map once.
    double necessary_bytes() const
    {
        return 4.0 * static_cast<double>(2 * initial.size() + gates.size() + offsets.size() + confidence.size() +
                                         measured.size() + mask.size());
    }

private:
    static index_t sets(bool per_step, sampled const& net) { return per_step ? net.steps : 1; }
};

/// Per step and neighbour: four bilinear weights, four products and sums.
double flops(sampled const& net, image const& size)
{
    return 16.0 * static_cast<double>(net.steps * net.count() * size.height * size.width);
}

template <class Exec>
void forward(Exec const& exec, std::string const& name, char const* backend, sampled const& net, image const& size)
{
    add(name + "_forward/" + backend + "/f32/t" + std::to_string(net.steps) + "_" + size.name,
        [=](benchmark::State& state) {
            offsets_problem const problem(net, size);
            tensor<float, 4> out(problem.initial.extents());
            for (auto _ : state) {
                net.forward(exec, problem.inputs(), out);
                benchmark::ClobberMemory();
            }
            count(state, problem.necessary_bytes(), flops(net, size));
        });
}

template <class Exec>
void forward_backward(Exec const& exec, std::string const& name, char const* backend, sampled const& net,
                      image const& size)
{
    add(name + "_forward_backward/" + backend + "/f32/t" + std::to_string(net.steps) + "_" + size.name,
        [=](benchmark::State& state) {
            offsets_problem const problem(net, size);
            tensor<float, 4> out(problem.initial.extents()), d_initial(out), d_gates(problem.gates.extents()),
                d_offsets(problem.offsets.extents()), d_confidence(problem.confidence.extents());
            tensor<float, 1> d_gamma(problem.gamma.extents());
            propagation::sampled_saved<float> saved;
            auto const d_out = noise<float>(out.extents(), 1, 8);
            for (auto _ : state) {
                net.forward(exec, problem.inputs(), out, saved);
                net.backward(exec, problem.inputs(), saved, d_out,
                             {.initial = as_view(d_initial),
                              .gates = as_view(d_gates),
                              .offsets = as_view(d_offsets),
                              .gamma = as_view(d_gamma),
                              .confidence = as_view(d_confidence)});
                benchmark::ClobberMemory();
            }
            count(state, 2 * problem.necessary_bytes(), 3 * flops(net, size));
        });
}

/// Forward, and forward with backward.
template <class Exec>
void both(Exec const& exec, std::string const& name, char const* backend, sampled const& net, image const& size)
{
    forward(exec, name, backend, net, size);
    forward_backward(exec, name, backend, net, size);
}

}  // namespace

void register_offsets()
{
    using namespace propagation::presets;
    auto const networks = [](auto const& exec, char const* backend, image const& size) {
        both(exec, "nlspn", backend, nlspn{}, size);
        both(exec, "dyspn_softmax", backend, dyspn_softmax{}, size);
        both(exec, "lrru", backend, lrru{}, size);
    };
    for (image const& size : {nyu, kitti}) {
        networks(exec::omp{}, "omp", size);
        networks(exec::seq{}, "seq", size);
    }
}

}  // namespace hyspn::bench
