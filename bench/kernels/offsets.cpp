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

/// A network on maps of one image.
struct offsets_row {
    std::string name;
    char const* backend;
    sampled net;
    image size;
    index_t maps = 1;

    std::string named(char const* part) const
    {
        std::string text = name + part;
        text.append("/").append(backend).append("/f32/");
        if (maps > 1) text.append("L").append(std::to_string(maps)).append("_");
        return text.append("t").append(std::to_string(net.steps)).append("_").append(size.name);
    }
    /// Per step and neighbour: four bilinear weights, and for each map four products and sums.
    double flops() const
    {
        return 8.0 * static_cast<double>(net.steps * net.count() * (1 + maps) * size.height * size.width);
    }
};

/// One image; one pixel in twenty measured.
struct offsets_problem {
    tensor<float, 4> initial, gates, offsets, confidence, measured, mask;
    tensor<float, 1> gamma;

    explicit offsets_problem(offsets_row const& row)
        : initial(noise<float>(planes(row.size, row.maps), 1, 2)),
          gates(noise<float>(planes(row.size, sets(row.net.gates_per_step, row.net) * row.net.count()), 1, 3)),
          offsets(noise<float>(planes(row.size, 2 * sets(row.net.offsets_per_step, row.net) * row.net.count()), 2, 4))
    {
        sampled const& net = row.net;
        if (net.learned_divisor) {
            gamma = tensor<float, 1>(1);
            gamma(0) = 4;
        }
        if (net.confidence != propagation::confidence_role::none) {
            confidence = noise<float>(planes(row.size, 1), 0.5, 5);
            for (float& c : confidence) c += 0.5f;
        }
        if (net.injection == propagation::injection_time::none) return;
        measured = noise<float>(initial.extents(), 1, 6);
        mask = noise<float>(planes(row.size, 1), 1, 7);
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

template <class Exec>
void forward(Exec const& exec, offsets_row const& row)
{
    add(row.named("_forward"), [=](benchmark::State& state) {
        offsets_problem const problem(row);
        tensor<float, 4> out(problem.initial.extents());
        for (auto _ : state) {
            row.net.forward(exec, problem.inputs(), out);
            benchmark::ClobberMemory();
        }
        count(state, problem.necessary_bytes(), row.flops());
    });
}

template <class Exec>
void forward_backward(Exec const& exec, offsets_row const& row)
{
    add(row.named("_forward_backward"), [=](benchmark::State& state) {
        offsets_problem const problem(row);
        tensor<float, 4> out(problem.initial.extents()), d_initial(out), d_gates(problem.gates.extents()),
            d_offsets(problem.offsets.extents()), d_confidence(problem.confidence.extents());
        tensor<float, 1> d_gamma(problem.gamma.extents());
        propagation::sampled_saved<float> saved;
        auto const d_out = noise<float>(out.extents(), 1, 8);
        for (auto _ : state) {
            row.net.forward(exec, problem.inputs(), out, saved);
            row.net.backward(exec, problem.inputs(), saved, d_out,
                             {.initial = as_view(d_initial),
                              .gates = as_view(d_gates),
                              .offsets = as_view(d_offsets),
                              .gamma = as_view(d_gamma),
                              .confidence = as_view(d_confidence)});
            benchmark::ClobberMemory();
        }
        count(state, 2 * problem.necessary_bytes(), 3 * row.flops());
    });
}

/// Forward, and forward with backward.
template <class Exec>
void both(Exec const& exec, offsets_row const& row)
{
    forward(exec, row);
    forward_backward(exec, row);
}

}  // namespace

void register_offsets()
{
    using namespace propagation::presets;
    auto const networks = [](auto const& exec, char const* backend, image const& size) {
        both(exec, {"nlspn", backend, nlspn{}, size});
        both(exec, {"dyspn_softmax", backend, dyspn_softmax{}, size});
        both(exec, {"lrru", backend, lrru{}, size});
    };
    // Scores of the 21 classes of PASCAL VOC.
    both(exec::omp{}, {"nlspn", "omp", nlspn{.preserve_input = false}, nyu, 21});
    both(exec::omp{}, {"dyspn_softmax", "omp", dyspn_softmax{}, nyu, 21});
    for (image const& size : {nyu, kitti}) {
        networks(exec::omp{}, "omp", size);
        networks(exec::seq{}, "seq", size);
    }
}

}  // namespace hyspn::bench
