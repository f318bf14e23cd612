// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include <hyspn/exec/cuda.cuh>

#include "../support.hpp"
#include "rows.hpp"

/// \file
/// Rows of exec::cuda. A time is that between two events around one call, so it holds all a caller waits for: launches,
/// scratch arrays, and gaps between kernels.

namespace hyspn::bench {

template <std::size_t Rank>
using device_array = tensor<float, Rank, memory::device>;

/// As noise, on the device.
template <std::size_t Rank>
device_array<Rank> device_noise(dims<Rank> const& e, double scale, std::uint64_t seed = 1)
{
    return to_device(exec::cuda{}, noise<float>(e, scale, seed));
}

/// Two events of the default stream and the time between them.
class device_clock {
public:
    void start() { detail::check_cuda(cudaEventRecord(from_.get(), nullptr), "cudaEventRecord"); }
    double stop()
    {
        detail::check_cuda(cudaEventRecord(to_.get(), nullptr), "cudaEventRecord");
        detail::check_cuda(cudaEventSynchronize(to_.get()), "cudaEventSynchronize");
        float ms = 0;
        detail::check_cuda(cudaEventElapsedTime(&ms, from_.get(), to_.get()), "cudaEventElapsedTime");
        return ms * 1e-3;
    }

private:
    struct destroy {
        void operator()(cudaEvent_t e) const { (void)cudaEventDestroy(e); }
    };
    using event = std::unique_ptr<CUevent_st, destroy>;
    static event make()
    {
        cudaEvent_t e{};
        detail::check_cuda(cudaEventCreate(&e), "cudaEventCreate");
        return event(e);
    }
    event from_ = make(), to_ = make();
};

/// Times call() on the device: one round to warm up, then as many as Google Benchmark asks for.
template <class Call>
void time_on_device(benchmark::State& state, Call&& call, double bytes, double flops = 0)
{
    device_clock clock;
    call();
    for (auto _ : state) {
        clock.start();
        call();
        state.SetIterationTime(clock.stop());
    }
    count(state, bytes, flops);
}

template <class Body>
void add_device_row(std::string const& name, Body body)
{
    benchmark::RegisterBenchmark(name.c_str(), body)->UseManualTime()->Unit(benchmark::kMillisecond)->MinTime(0.1);
}

}  // namespace hyspn::bench
