// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Whole steps of training: guidance, hyperbolic affinity, CSPN, loss, AdamW. bench/train_twin.py times the same
// network, with the same sizes, in PyTorch.

#include <cmath>

#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/nn/guidance_unet.hpp>
#include <hyspn/nn/loss/elementwise.hpp>
#include <hyspn/nn/loss/regression.hpp>
#include <hyspn/pipeline/pipeline.hpp>
#include <hyspn/pipeline/stages/stencil.hpp>
#include <hyspn/training/step.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

constexpr index_t candidates = 6;

auto twin()
{
    return pipeline{
        .guidance =
            nn::guidance_unet{
                .inputs = 13, .width = 16, .levels = 3, .norm = {.kind = nn::norm_kind::group, .groups = 4}},
        .affinity = affinity::hyperbolic{},
        .propagation = propagation::presets::cspn{.steps = 12},
        .start = start::mixture{.candidates = candidates},
        .features = 16};
}

/// Random images with candidates and weights that are positive, a fifth of the pixels measured.
struct batch {
    tensor<float, 4> image, maps, measured, mask, target;

    batch(index_t n, index_t h, index_t w)
        : image(noise<float>(dims<4>{n, 13, h, w}, 1)),
          maps(noise<float>(dims<4>{n, 2 * candidates, h, w}, 0.3, 2)),
          measured(noise<float>(dims<4>{n, 1, h, w}, 0.3, 3)),
          mask(noise<float>(dims<4>{n, 1, h, w}, 1, 4)),
          target(noise<float>(dims<4>{n, 1, h, w}, 0.3, 5))
    {
        for (float& x : maps) x = 1 + x;
        for (float& x : measured) x = 1 + x;
        for (float& x : target) x = 1 + x;
        for (float& x : mask) x = std::fabs(x) < 0.2F ? 1.0F : 0.0F;
    }

    pipeline_inputs<float> inputs() const
    {
        return {as_const(image), as_const(maps), as_const(measured), as_const(mask)};
    }
};

}  // namespace

void register_training()
{
    exec::omp const exec{};
    add("train_step/omp/f32/4x96x128", [=](benchmark::State& state) {
        auto const net = twin();
        batch const b(4, 96, 128);
        auto run = training::run<decltype(twin())>::start(net, 1);
        training::workspace<decltype(twin())> work;
        for (auto _ : state)
            training::take_step(exec, net, {}, 1e-4, run, work, b.inputs(), [&](auto const& e, auto out, auto dout) {
                return nn::loss::value_and_gradient(e, nn::loss::l1_l2{}, out, b.target, dout);
            });
        state.counters["images/s"] =
            benchmark::Counter(4 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
    });
    add("pipeline_inference/omp/f32/228x304", [=](benchmark::State& state) {
        auto const net = twin();
        batch const b(1, nyu.height, nyu.width);
        auto const p = net.make_params<float>(1);
        tensor<float, 4> out(b.target.extents());
        for (auto _ : state) {
            net.forward(exec, p, b.inputs(), out);
            benchmark::DoNotOptimize(out.data());
        }
    });
}

}  // namespace hyspn::bench
