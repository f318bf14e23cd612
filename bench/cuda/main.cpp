// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// hyspn_cuda_bench: rows of exec::cuda beside what the device's memory allows, in one process.
#include <cstdio>

#include <benchmark/benchmark.h>
#include <cuda_runtime_api.h>

#include "rows.hpp"

int main(int argc, char** argv)
{
    using namespace hyspn::bench;
    cudaDeviceProp device{};
    cudaError_t const status = cudaGetDeviceProperties(&device, 0);
    if (status != cudaSuccess) {
        std::fprintf(stderr, "hyspn_cuda_bench: no CUDA device (%s)\n", cudaGetErrorString(status));
        return 1;
    }
    benchmark::AddCustomContext("device", device.name);
    register_device_floors();
    register_device_manifold();
    register_device_affinity();
    register_device_propagation();
    register_device_networks();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return 0;
}
