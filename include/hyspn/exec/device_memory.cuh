// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <cuda_runtime.h>

#include <hyspn/core/tensor.hpp>

/// \file
/// Memory of CUDA devices, as tensors get it: from pools of the library, so that neither cudaDeviceEnablePeerAccess nor
/// cudaIpcGetMemHandle reaches it.

namespace hyspn::detail {

inline void check_cuda(cudaError_t status, char const* call)
{
    if (status == cudaSuccess) return;
    (void)cudaGetLastError();  // the runtime remembers the error too, and the next launch would be blamed for it
    throw cuda_error(std::string(call) + " failed: " + cudaGetErrorString(status));
}

/// The library's pool of each device: what freed arrays leave stays for the next ones, since cudaMalloc and cudaFree
/// take longer than most of the kernels between them. Null where a device has no pools. Lives as long as the process:
/// the driver may be gone before static objects are.
class device_pools {
public:
    static cudaMemPool_t of_current_device()
    {
        static device_pools* const all = new device_pools;
        int device = 0;
        check_cuda(cudaGetDevice(&device), "cudaGetDevice");
        std::lock_guard const lock(all->mutex_);
        auto const at = all->pools_.find(device);
        return at != all->pools_.end() ? at->second : all->pools_.emplace(device, make(device)).first->second;
    }

private:
    static cudaMemPool_t make(int device)
    {
        int supported = 0;
        check_cuda(cudaDeviceGetAttribute(&supported, cudaDevAttrMemoryPoolsSupported, device),
                   "cudaDeviceGetAttribute");
        if (!supported) return nullptr;
        cudaMemPoolProps properties{};
        properties.allocType = cudaMemAllocationTypePinned;
        properties.location.type = cudaMemLocationTypeDevice;
        properties.location.id = device;
        cudaMemPool_t pool = nullptr;
        check_cuda(cudaMemPoolCreate(&pool, &properties), "cudaMemPoolCreate");
        std::uint64_t keep_all = UINT64_MAX;
        cudaError_t const status = cudaMemPoolSetAttribute(pool, cudaMemPoolAttrReleaseThreshold, &keep_all);
        if (status != cudaSuccess) (void)cudaMemPoolDestroy(pool);
        check_cuda(status, "cudaMemPoolSetAttribute");
        return pool;
    }

    std::mutex mutex_;
    std::unordered_map<int, cudaMemPool_t> pools_;
};

template <>
struct allocator<memory::device> {
    static constexpr bool copyable = false;
    /// Zeroed; waits for that, so that every stream sees it.
    static void* allocate(std::size_t bytes)
    {
        void* p = nullptr;
        cudaMemPool_t const pool = device_pools::of_current_device();
        if (pool)
            check_cuda(cudaMallocFromPoolAsync(&p, bytes, pool, nullptr), "cudaMallocFromPoolAsync");
        else
            check_cuda(cudaMalloc(&p, bytes), "cudaMalloc");
        std::unique_ptr<void, void (*)(void*)> owned(p, release);
        check_cuda(cudaMemsetAsync(p, 0, bytes, nullptr), "cudaMemsetAsync");
        check_cuda(cudaStreamSynchronize(nullptr), "cudaStreamSynchronize");
        return owned.release();
    }
    /// Like cudaFree, waits for the device: no stream is then still at work on the array.
    static void release(void* p) noexcept
    {
        int current = 0;
        cudaPointerAttributes where{};
        (void)cudaGetDevice(&current);
        (void)cudaPointerGetAttributes(&where, p);
        if (where.device != current) (void)cudaSetDevice(where.device);
        (void)cudaDeviceSynchronize();
        if (cudaFreeAsync(p, nullptr) != cudaSuccess) {
            (void)cudaGetLastError();  // not from a pool
            (void)cudaFree(p);
        }
        if (where.device != current) (void)cudaSetDevice(current);
    }
};

}  // namespace hyspn::detail

namespace hyspn::exec {

/// Gives the memory that the current device keeps for coming arrays back to the system, but for what is in use. Throws
/// cuda_error.
inline void release_kept_memory()
{
    cudaMemPool_t const pool = hyspn::detail::device_pools::of_current_device();
    hyspn::detail::check_cuda(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    if (pool) hyspn::detail::check_cuda(cudaMemPoolTrimTo(pool, 0), "cudaMemPoolTrimTo");
}

}  // namespace hyspn::exec
