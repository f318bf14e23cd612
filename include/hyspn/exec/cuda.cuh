// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include <cuda_runtime.h>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/chunked.hpp>
#include <hyspn/exec/device_memory.cuh>
#include <hyspn/exec/policy.hpp>
#include <hyspn/exec/seq.hpp>

/// \file
/// CUDA: the policy, device tensors, copies between spaces, and the three loop drivers. Kernels are thin: the work is
/// in the operation object, the same text the CPU policies run.

namespace hyspn {

namespace exec {

/// Threads of one block of parallel_for and scan_lines. A value, so that a kernel's shape can be tuned by architecture
/// without touching it; kernels with a shape of their own (backends/cuda) keep that.
struct launch_shape {
    int threads = 256;
};

/// Enqueues on a CUDA stream of the current device. The drivers return without waiting, but for reduce and copies to
/// the host; operations that need scratch arrays wait for the device where those are made and freed.
struct cuda {
    using memory_space = memory::device;
    static constexpr bool is_execution_policy = true;
    cudaStream_t stream = nullptr;
    launch_shape launch{};

    /// Waits until everything enqueued so far has run. Throws cuda_error if any of it failed.
    void wait() const { hyspn::detail::check_cuda(cudaStreamSynchronize(stream), "cudaStreamSynchronize"); }
};

/// True when a CUDA device can be used by this process.
inline bool cuda_available()
{
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess && count > 0;
}

namespace detail {

/// Divides row-major positions; by 32-bit numbers where they are `small`, which takes a fraction of the time.
struct position_divider {
    bool small;

    /// Returns the quotient and leaves the remainder.
    HYSPN_HD index_t operator()(index_t& position, index_t extent) const
    {
        index_t const q = small ? hyspn::detail::small_quotient(position, extent) : position / extent;
        position -= q * extent;
        return q;
    }
};

/// f at the row-major position `flat` of `shape`.
template <std::size_t Rank, class F>
HYSPN_HD void call_at(F const& f, dims<Rank> const& shape, position_divider const& divide, index_t flat)
{
    if constexpr (Rank == 1) {
        f(flat);
    } else if constexpr (Rank == 2) {
        index_t const i = divide(flat, shape[1]);
        f(i, flat);
    } else if constexpr (Rank == 3) {
        index_t rows = divide(flat, shape[2]);
        index_t const i = divide(rows, shape[1]);
        f(i, rows, flat);
    } else {
        static_assert(Rank == 4, "parallel_for takes one to four indices");
        index_t rows = divide(flat, shape[3]);
        index_t planes = divide(rows, shape[2]);
        index_t const i = divide(planes, shape[1]);
        f(i, planes, rows, flat);
    }
}

/// Terms that a block of sum_chunks holds, a multiple of the lanes, and its threads.
template <class T>
inline constexpr index_t terms_at_once = 16384 / static_cast<index_t>(sizeof(T)) / reduce_lanes* reduce_lanes;
inline constexpr int threads_of_sums = 256;

/// Hidden symbols: the address of a kernel must never cross a shared-library boundary. By the namespace, since the
/// attribute of a function is refused where its template arguments have internal linkage.
namespace [[gnu::visibility("hidden")]] kernels {

template <std::size_t Rank, class F>
__global__ void for_each_index(dims<Rank> shape, index_t n, F f)
{
    index_t const step = static_cast<index_t>(gridDim.x) * blockDim.x;
    position_divider const divide{n <= INT32_MAX};
    for (index_t i = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step)
        call_at(f, shape, divide, i);
}

template <class F>
__global__ void walk_lines(index_t lines, index_t length, F f)
{
    index_t const line = static_cast<index_t>(blockIdx.x) * blockDim.x + threadIdx.x;
    if (line >= lines) return;
    for (index_t t = 0; t < length; ++t) f(line, t);
}

/// One block per chunk: all threads evaluate terms, its first warp adds them in exactly the order of chunk_sum.
template <class T, class F>
__global__ void sum_chunks(index_t n, F f, T* sums)
{
    index_t const chunk = blockIdx.x, thread = threadIdx.x;
    index_t const first = chunk * reduce_chunk;
    index_t const count = n - first < reduce_chunk ? n - first : reduce_chunk;
    constexpr index_t room = terms_at_once<T>;
    __shared__ T terms[room];
    __shared__ T lane[reduce_lanes];
    T sum{};
    for (index_t done = 0; done < count; done += room) {
        index_t const some = count - done < room ? count - done : room;
        for (index_t i = thread; i < some; i += blockDim.x) terms[i] = f(first + done + i);
        __syncthreads();
        if (thread < reduce_lanes)
            for (index_t i = thread; i < some; i += reduce_lanes) sum += terms[i];
        __syncthreads();
    }
    if (thread >= reduce_lanes) return;
    lane[thread] = sum;
    __syncwarp();
    for (index_t width = reduce_lanes / 2; width > 0; width /= 2) {
        T const other = thread < width ? lane[thread + width] : T{};
        __syncwarp();
        if (thread < width) lane[thread] += other;
        __syncwarp();
    }
    if (thread == 0) sums[chunk] = lane[0];
}

// clang-format off
}  // namespace kernels
// clang-format on

template <class T>
struct load_partial {
    T const* data;
    HYSPN_HD T operator()(index_t i) const { return data[i]; }
};

inline unsigned grid_of(index_t n, int threads)
{
    index_t const blocks = (n + threads - 1) / threads;
    return static_cast<unsigned>(blocks < 65535 * 16 ? blocks : 65535 * 16);
}

}  // namespace detail

/// Calls f at every index of `shape`, one device thread each; the last index varies fastest across a warp.
template <std::size_t Rank, class F>
void parallel_for(cuda const& exec, dims<Rank> const& shape, F const& f)
{
    static_assert(std::is_trivially_copyable_v<F>, "an operation sent to the device must be trivially copyable");
    index_t n = 1;
    for (std::size_t r = 0; r < Rank; ++r) n *= shape[r];
    if (n == 0) return;
    detail::kernels::for_each_index<Rank, F>
        <<<detail::grid_of(n, exec.launch.threads), exec.launch.threads, 0, exec.stream>>>(shape, n, f);
    hyspn::detail::check_cuda(cudaGetLastError(), "parallel_for kernel launch");
}

/// Recurrences along an axis: one device thread per line.
template <class F>
void scan_lines(cuda const& exec, index_t lines, index_t length, F const& f)
{
    static_assert(std::is_trivially_copyable_v<F>, "an operation sent to the device must be trivially copyable");
    if (lines == 0 || length == 0) return;
    unsigned const blocks = static_cast<unsigned>((lines + exec.launch.threads - 1) / exec.launch.threads);
    detail::kernels::walk_lines<F><<<blocks, exec.launch.threads, 0, exec.stream>>>(lines, length, f);
    hyspn::detail::check_cuda(cudaGetLastError(), "scan_lines kernel launch");
}

/// Sum of f(i) over 0 <= i < n in the order of exec/chunked.hpp. Waits for the result.
template <class F>
auto reduce(cuda const& exec, index_t n, F const& f)
{
    using T = detail::sum_t<F>;
    static_assert(std::is_trivially_copyable_v<F>, "an operation sent to the device must be trivially copyable");
    if (n <= 0) return T{};
    index_t const chunks = detail::chunks_of(n);
    tensor<T, 1, memory::device> sums(chunks + detail::chunks_of(chunks));
    T* from = sums.data();
    T* to = from + chunks;
    detail::kernels::sum_chunks<T, F>
        <<<static_cast<unsigned>(chunks), detail::threads_of_sums, 0, exec.stream>>>(n, f, from);
    hyspn::detail::check_cuda(cudaGetLastError(), "reduce kernel launch");
    for (index_t m = chunks; m > 1; m = detail::chunks_of(m)) {
        detail::load_partial<T> const partial{from};
        detail::kernels::sum_chunks<T, detail::load_partial<T>>
            <<<static_cast<unsigned>(detail::chunks_of(m)), detail::threads_of_sums, 0, exec.stream>>>(m, partial, to);
        hyspn::detail::check_cuda(cudaGetLastError(), "reduce kernel launch");
        T* const swap = from;
        from = to;
        to = swap;
    }
    T result{};
    hyspn::detail::check_cuda(cudaMemcpyAsync(&result, from, sizeof(T), cudaMemcpyDeviceToHost, exec.stream),
                              "cudaMemcpyAsync");
    exec.wait();
    return result;
}

}  // namespace exec

/// Copies a dense array into a tensor on the device, on exec's stream. The host memory may be reused on return.
template <class T, std::size_t Rank>
tensor<T, Rank, memory::device> to_device(exec::cuda const& exec, tensor<T, Rank> const& from)
{
    tensor<T, Rank, memory::device> to(from.extents());
    if (from.size() > 0)
        detail::check_cuda(cudaMemcpyAsync(to.data(), from.data(), static_cast<std::size_t>(from.size()) * sizeof(T),
                                           cudaMemcpyHostToDevice, exec.stream),
                           "cudaMemcpyAsync");
    exec.wait();
    return to;
}

/// Copies a device tensor to the host and waits for it.
template <class T, std::size_t Rank>
tensor<T, Rank> to_host(exec::cuda const& exec, tensor<T, Rank, memory::device> const& from)
{
    tensor<T, Rank> to(from.extents());
    if (from.size() > 0)
        detail::check_cuda(cudaMemcpyAsync(to.data(), from.data(), static_cast<std::size_t>(from.size()) * sizeof(T),
                                           cudaMemcpyDeviceToHost, exec.stream),
                           "cudaMemcpyAsync");
    exec.wait();
    return to;
}

/// A second device tensor with the same content; enqueued on exec's stream.
template <class T, std::size_t Rank>
tensor<T, Rank, memory::device> clone(exec::cuda const& exec, tensor<T, Rank, memory::device> const& from)
{
    tensor<T, Rank, memory::device> to(from.extents());
    if (from.size() > 0)
        detail::check_cuda(cudaMemcpyAsync(to.data(), from.data(), static_cast<std::size_t>(from.size()) * sizeof(T),
                                           cudaMemcpyDeviceToDevice, exec.stream),
                           "cudaMemcpyAsync");
    return to;
}

}  // namespace hyspn
