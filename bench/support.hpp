// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <benchmark/benchmark.h>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/exec/seq.hpp>

/// \file
/// Rows are named op/backend/type/shape. Every row counts the bytes its operation must move at least once, so GB/s can
/// be held against the streaming floor, and floors run in the same process.

namespace hyspn::bench {

/// The two image sizes of the literature's tables: NYUv2 halved and KITTI completion.
struct image {
    char const* name;
    index_t height, width;
};
inline constexpr image nyu{"228x304", 228, 304};
inline constexpr image kitti{"352x1216", 352, 1216};

/// Maps of one image.
inline dims<4> planes(image const& size, index_t maps)
{
    return {1, maps, size.height, size.width};
}

/// Of floats.
inline double bytes_of(image const& size, index_t maps)
{
    return 4.0 * static_cast<double>(maps * size.height * size.width);
}

/// Values in [-scale, scale], the same in every run.
template <class T, std::size_t Rank>
tensor<T, Rank> noise(dims<Rank> const& e, double scale, std::uint64_t seed = 1)
{
    tensor<T, Rank> t(e);
    random_stream stream(seed);
    for (T& x : t) x = static_cast<T>(scale * (2 * stream.uniform() - 1));
    return t;
}

/// Declares the bytes and floating-point operations of one iteration.
inline void count(benchmark::State& state, double bytes, double flops = 0)
{
    auto const n = static_cast<double>(state.iterations());
    state.counters["GB/s"] = benchmark::Counter(bytes * n * 1e-9, benchmark::Counter::kIsRate);
    if (flops > 0) state.counters["GF/s"] = benchmark::Counter(flops * n * 1e-9, benchmark::Counter::kIsRate);
}

/// Registers body(state) as `name`, timed by the wall clock (the operations run their own threads).
template <class Body>
void add(std::string const& name, Body body)
{
    benchmark::RegisterBenchmark(name.c_str(), body)->UseRealTime()->Unit(benchmark::kMillisecond);
}

// Each file of kernels/ registers its rows.
void register_floors();
void register_manifold();
void register_affinity();
void register_convolutions();
void register_scenes();
void register_guidance();
void register_guidance_net();
void register_training();
void register_losses();
void register_experts();
void register_propagation();
void register_mixtures();
void register_volume();
void register_offsets();
void register_scans();
void register_graphs();

}  // namespace hyspn::bench
