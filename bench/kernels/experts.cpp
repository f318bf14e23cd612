// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The initial map of complete_depth: both searches for the nearest of 500 samples, the six planes they give, and the
// Dirichlet solution that may be blended in.

#include <hyspn/guidance/dirichlet.hpp>
#include <hyspn/guidance/features.hpp>
#include <hyspn/guidance/plane_experts.hpp>

#include "../support.hpp"
#include "guidance_scene.hpp"

namespace hyspn::bench {

namespace {

constexpr index_t neighbours = 14;

template <class Exec>
void fits(Exec const& exec, char const* backend, image const& size)
{
    add(std::string("plane_experts/") + backend + "/f32/K14_n500_" + size.name, [=](benchmark::State& state) {
        auto const samples = guidance::collect_samples(drawn_samples(size));
        auto const features = guidance::image_features(exec, tiled_image(size));
        auto const near = guidance::find_expert_samples(exec, features, samples, {.neighbours = neighbours});
        for (auto _ : state) {
            auto const maps = guidance::fit_plane_experts(exec, near, samples, {.neighbours = neighbours});
            benchmark::DoNotOptimize(maps.depth.data());
        }
        count(state, static_cast<double>((2 * 8 * neighbours + 4 * 14) * size.height * size.width));
    });
}

void searches(image const& size)
{
    exec::omp const exec{};
    add(std::string("expert_samples/omp/f32/C10_K14_n500_") + size.name, [=](benchmark::State& state) {
        auto const samples = guidance::collect_samples(drawn_samples(size));
        auto const features = guidance::image_features(exec, tiled_image(size));
        for (auto _ : state) {
            auto const near = guidance::find_expert_samples(exec, features, samples, {.neighbours = neighbours});
            benchmark::DoNotOptimize(near[1].index.data());
        }
        count(state, static_cast<double>(2 * (4 * features.extent(0) + 8 * neighbours) * size.height * size.width));
    });
}

/// From the mean of the samples.
void dirichlet(image const& size)
{
    exec::omp const exec{};
    add(std::string("dirichlet/omp/f32/") + size.name, [=](benchmark::State& state) {
        auto const sparse = drawn_samples(size);
        tensor<float, 3> lab(3, size.height, size.width);
        guidance::rgb_to_lab(exec, tiled_image(size), lab);
        tensor<float, 2> guess(size.height, size.width);
        for (float& z : guess) z = 4;
        double iterations = 0;
        for (auto _ : state) {
            auto const map = guidance::dirichlet_map(exec, lab, sparse, guess);
            benchmark::DoNotOptimize(map.depth.data());
            iterations = static_cast<double>(map.report.iterations);
        }
        state.counters["iterations"] = iterations;
        count(state, iterations * static_cast<double>(4 * 16 * size.height * size.width));
    });
}

}  // namespace

void register_experts()
{
    for (image const& size : {nyu, kitti}) {
        searches(size);
        fits(exec::omp{}, "omp", size);
        dirichlet(size);
    }
    fits(exec::seq{}, "seq", nyu);
}

}  // namespace hyspn::bench
