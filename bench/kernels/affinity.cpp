// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The affinities as users call them, at the size of the literature: 64 channels to 8 gates over 3 x 3 neighbours. Their
// floor is floor_gemm, the projection alone; that of geodesic and pairwise, which have none, is their traffic.
#include <concepts>
#include <string_view>

#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/learned_metric.hpp>
#include <hyspn/affinity/naive.hpp>
#include <hyspn/affinity/pairwise.hpp>

#include "../support.hpp"

namespace hyspn::bench {

namespace {

constexpr index_t channels = 64, outputs = 8;
constexpr index_t moved = channels + outputs;  // maps: reads the features and writes the logits once

/// Of the projection, where there is one.
template <class Affinity>
double gemm_flops(Affinity const&, image const& size)
{
    if (std::same_as<Affinity, affinity::geodesic> || std::same_as<Affinity, affinity::pairwise>) return 0;
    if (std::same_as<Affinity, affinity::learned_metric>)
        return 2.0 * static_cast<double>(outputs * channels * size.height * size.width);
    return 2.0 * static_cast<double>(9 * outputs * channels * size.height * size.width);
}

template <class Affinity>
auto random_params(Affinity const& affinity)
{
    auto p = affinity.template make_params<float>(channels);
    std::uint64_t seed = 10;
    for_each_leaf(p, [&](std::string_view name, auto leaf) {
        if (name == "c" || name == "tau") return;
        auto const values = noise<float>(leaf.extents(), 0.05, seed++);
        copy(as_view(values), leaf);
    });
    return p;
}

template <class Exec, class Affinity>
void rows(Exec const& exec, char const* backend, char const* name, Affinity const& affinity, image const& size,
          bool with_backward = true)
{
    std::string const shape = std::string("/") + backend + "/f32/C64_O8_k3_" + size.name;
    add(std::string(name) + "_forward" + shape, [=](benchmark::State& state) {
        auto const p = random_params(affinity);
        auto const x = noise<float>(dims<4>{1, channels, size.height, size.width}, 0.1);
        tensor<float, 4> y(1, outputs, size.height, size.width);
        for (auto _ : state) {
            affinity.forward(exec, p, x, y);
            benchmark::ClobberMemory();
        }
        count(state, bytes_of(size, moved), gemm_flops(affinity, size));
    });
    if (!with_backward) return;
    add(std::string(name) + "_backward" + shape, [=](benchmark::State& state) {
        auto const p = random_params(affinity);
        auto const x = noise<float>(dims<4>{1, channels, size.height, size.width}, 0.1);
        tensor<float, 4> y(1, outputs, size.height, size.width), dx(x.extents());
        auto const dy = noise<float>(y.extents(), 1, 7);
        typename Affinity::template saved<float> saved;
        affinity.forward(exec, p, x, y, saved);
        auto dp = affinity.zero_gradients(p);
        for (auto _ : state) {
            affinity.backward(exec, p, x, saved, dy, dx, dp);
            benchmark::ClobberMemory();
        }
        count(state, 2 * bytes_of(size, moved), 3 * gemm_flops(affinity, size));
    });
}

}  // namespace

void register_affinity()
{
    for (image const& size : {nyu, kitti}) {
        rows(exec::omp{}, "omp", "ham", affinity::hyperbolic{}, size);
        rows(exec::omp{}, "omp", "naive", affinity::naive{}, size);
        rows(exec::omp{}, "omp", "euclidean", affinity::euclidean{}, size);
        rows(exec::omp{}, "omp", "geodesic", affinity::geodesic{}, size);
        rows(exec::omp{}, "omp", "gaussian", affinity::pairwise{}, size);
        rows(exec::omp{}, "omp", "cosine", affinity::pairwise{.similarity = affinity::similarity::cosine}, size);
        rows(exec::omp{}, "omp", "learned_metric", affinity::learned_metric{.rank = outputs}, size);
    }
    rows(exec::seq{}, "seq", "ham", affinity::hyperbolic{}, nyu, false);
}

}  // namespace hyspn::bench
