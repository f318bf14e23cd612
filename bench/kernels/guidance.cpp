// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Guidance as complete_depth runs it: features of an image, for each pixel the 14 nearest of 500 samples, planes
// through them.

#include <hyspn/guidance/initial_depth.hpp>

#include "../support.hpp"
#include "guidance_scene.hpp"

namespace hyspn::bench {

namespace {

constexpr index_t neighbours = 14;

template <class Exec>
void search(Exec const& exec, char const* backend, image const& size)
{
    add(std::string("nearest_samples/") + backend + "/f32/C10_K14_n500_" + size.name, [=](benchmark::State& state) {
        auto const features = guidance::image_features(exec, tiled_image(size));
        auto const list = guidance::collect_samples(drawn_samples(size));
        for (auto _ : state) {
            auto const near = guidance::find_nearest_samples(exec, features, list, neighbours);
            benchmark::DoNotOptimize(near.index.data());
        }
        count(state, static_cast<double>((4 * features.extent(0) + 8 * neighbours) * size.height * size.width));
    });
}

void around_the_search(image const& size)
{
    exec::omp const exec{};
    add(std::string("image_features/omp/f32/C10_") + size.name, [=](benchmark::State& state) {
        auto const rgb = tiled_image(size);
        for (auto _ : state) {
            auto const features = guidance::image_features(exec, rgb);
            benchmark::DoNotOptimize(features.data());
        }
        count(state, static_cast<double>(4 * (3 + 10) * size.height * size.width));
    });
    add(std::string("local_planes/omp/f32/K14_n500_") + size.name, [=](benchmark::State& state) {
        auto const list = guidance::collect_samples(drawn_samples(size));
        auto const near =
            guidance::find_nearest_samples(exec, guidance::image_features(exec, tiled_image(size)), list, neighbours);
        for (auto _ : state) {
            auto const depth = guidance::fit_local_planes(exec, near, list, {});
            benchmark::DoNotOptimize(depth.data());
        }
        count(state, static_cast<double>((8 * neighbours + 4) * size.height * size.width));
    });
}

}  // namespace

void register_guidance()
{
    for (image const& size : {nyu, kitti}) {
        search(exec::omp{}, "omp", size);
        around_the_search(size);
    }
    search(exec::seq{}, "seq", nyu);
}

}  // namespace hyspn::bench
