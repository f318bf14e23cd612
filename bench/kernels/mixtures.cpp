// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Networks that mix windows of 3, 5 and 7 pixels, with their published numbers of steps.
#include <array>

#include <hyspn/propagation/presets/bpnet_post.hpp>
#include <hyspn/propagation/presets/cspn_pp.hpp>
#include <hyspn/propagation/presets/penet_dilated.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

using propagation::mixture_gradients;
using propagation::mixture_inputs;

/// One array per input, random, one pixel in twenty measured.
struct mixture_arrays {
    tensor<float, 4> initial, gates3, gates5, gates7, sigma, lambda, confidence, measured, mask;

    mixture_arrays(index_t height, index_t width, index_t lambdas, index_t confidences)
        : initial(map(1, height, width, 2)),
          gates3(map(8, height, width, 3)),
          gates5(map(24, height, width, 4)),
          gates7(map(48, height, width, 5)),
          sigma(map(3, height, width, 6)),
          lambda(lambdas > 0 ? map(lambdas, height, width, 7) : tensor<float, 4>{}),
          confidence(map(confidences, height, width, 8)),
          measured(map(1, height, width, 9)),
          mask(map(1, height, width, 10))
    {
        for (index_t i = 0; i < mask.size(); ++i) {
            mask.data()[i] = mask.data()[i] > 0.9f ? 1.f : 0.f;
            measured.data()[i] *= mask.data()[i];
        }
    }

    static tensor<float, 4> map(index_t channels, index_t height, index_t width, std::uint64_t seed)
    {
        return noise<float>(dims<4>{1, channels, height, width}, 1, seed);
    }

    mixture_inputs<float> inputs() const
    {
        return {.initial = initial,
                .gates = {as_view(gates3), as_view(gates5), as_view(gates7)},
                .sigma = sigma,
                .lambda = lambda,
                .confidence = confidence,
                .measured = measured,
                .mask = mask};
    }

    /// Written over the arrays.
    mixture_gradients<float> gradients()
    {
        return {.initial = initial,
                .gates = {as_view(gates3), as_view(gates5), as_view(gates7)},
                .sigma = sigma,
                .lambda = lambda,
                .confidence = confidence};
    }

    /// Each array once.
    double bytes() const
    {
        return 4.0 *
               static_cast<double>(2 * initial.size() + gates3.size() + gates5.size() + gates7.size() + sigma.size() +
                                   lambda.size() + confidence.size() + measured.size() + mask.size());
    }
};

struct cspn_pp_problem {
    static constexpr char const* name = "cspn_pp";
    static constexpr char const* shape = "k357_t12_";
    propagation::presets::cspn_pp net{};
    mixture_arrays arrays, written;
    propagation::mixture_saved<float> kept{};

    explicit cspn_pp_problem(image const& size) : arrays(size.height, size.width, 12, 3), written(arrays) {}
    mixture_inputs<float> inputs() const { return arrays.inputs(); }
    mixture_gradients<float> gradients() { return written.gradients(); }
    double bytes() const { return arrays.bytes(); }
    dims<4> extents() const { return arrays.initial.extents(); }
};

struct bpnet_problem {
    static constexpr char const* name = "bpnet_post";
    static constexpr char const* shape = "k357_t12_";
    propagation::presets::bpnet_post net{};
    mixture_arrays arrays, written;
    propagation::mixture_saved<float> kept{};

    explicit bpnet_problem(image const& size) : arrays(size.height, size.width, 3, 3), written(arrays)
    {
        arrays.mask = written.mask = {};
    }
    mixture_inputs<float> inputs() const { return arrays.inputs(); }
    mixture_gradients<float> gradients() { return written.gradients(); }
    double bytes() const { return arrays.bytes(); }
    dims<4> extents() const { return arrays.initial.extents(); }
};

struct dilated_problem {
    static constexpr char const* name = "penet_dilated";
    static constexpr char const* shape = "k357_t6+6_";
    propagation::presets::penet_dilated net{};
    mixture_arrays half, full, written_half, written_full;
    propagation::dilated_saved<float> kept{};

    explicit dilated_problem(image const& size)
        : half(size.height / 2, size.width / 2, 0, 1),
          full(size.height, size.width, 0, 1),
          written_half(half),
          written_full(full)
    {
    }
    propagation::dilated_inputs<float> inputs() const
    {
        propagation::dilated_inputs<float> in{.initial = full.initial, .half = half.inputs(), .full = full.inputs()};
        in.half.initial = in.full.initial = {};
        return in;
    }
    propagation::dilated_gradients<float> gradients()
    {
        propagation::dilated_gradients<float> d{
            .initial = written_full.initial, .half = written_half.gradients(), .full = written_full.gradients()};
        d.half.initial = d.full.initial = {};
        return d;
    }
    double bytes() const { return half.bytes() + full.bytes(); }
    dims<4> extents() const { return full.initial.extents(); }
};

template <class Problem, class Exec>
void add_network(Exec const& exec, char const* backend, image const& size)
{
    auto const name = [&](char const* what) {
        return std::string(Problem::name) + what + backend + "/f32/" + Problem::shape + size.name;
    };
    add(name("_forward/"), [=](benchmark::State& state) {
        Problem const problem(size);
        tensor<float, 4> out(problem.extents());
        for (auto _ : state) {
            problem.net.forward(exec, problem.inputs(), out);
            benchmark::ClobberMemory();
        }
        count(state, problem.bytes());
    });
    add(name("_forward_backward/"), [=](benchmark::State& state) {
        Problem problem(size);
        tensor<float, 4> out(problem.extents());
        auto const dout = noise<float>(out.extents(), 1, 20);
        for (auto _ : state) {
            problem.net.forward(exec, problem.inputs(), out, problem.kept);
            problem.net.backward(exec, problem.inputs(), problem.kept, dout, problem.gradients());
            benchmark::ClobberMemory();
        }
        count(state, 3 * problem.bytes());
    });
}

template <class Problem>
void add_network()
{
    for (image const& size : {nyu, kitti}) {
        add_network<Problem>(exec::omp{}, "omp", size);
        add_network<Problem>(exec::seq{}, "seq", size);
    }
}

}  // namespace

void register_mixtures()
{
    add_network<cspn_pp_problem>();
    add_network<bpnet_problem>();
    add_network<dilated_problem>();
}

}  // namespace hyspn::bench
