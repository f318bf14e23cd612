// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Guidance as complete_depth runs it: features of an image, for each pixel the 14 nearest of 500 samples, planes
// through them.

#include <hyspn/guidance/initial_depth.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

constexpr index_t samples = 500, neighbours = 14, tile = 24;

/// Tiles of even colour with a little grain: edges to go round, and smooth ground.
tensor<float, 3> tiled_image(image const& size)
{
    auto rgb = noise<float>(dims<3>{3, size.height, size.width}, 0.02);
    auto const colours = noise<float>(dims<3>{3, size.height / tile + 1, size.width / tile + 1}, 0.45, 2);
    for (index_t c = 0; c < 3; ++c)
        for (index_t y = 0; y < size.height; ++y)
            for (index_t x = 0; x < size.width; ++x) rgb(c, y, x) += 0.5f + colours(c, y / tile, x / tile);
    return rgb;
}

guidance::sample_list<float> drawn_samples(image const& size)
{
    tensor<float, 2> depth(size.height, size.width);
    for (index_t y = 0; y < size.height; ++y)
        for (index_t x = 0; x < size.width; ++x) depth(y, x) = 2 + static_cast<float>((y / tile + x / tile) % 5);
    return guidance::collect_samples(guidance::draw_samples(depth, samples, 3));
}

template <class Exec>
void search(Exec const& exec, char const* backend, image const& size)
{
    add(std::string("nearest_samples/") + backend + "/f32/C10_K14_n500_" + size.name, [=](benchmark::State& state) {
        auto const features = guidance::image_features(exec, tiled_image(size));
        auto const list = drawn_samples(size);
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
        auto const list = drawn_samples(size);
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
