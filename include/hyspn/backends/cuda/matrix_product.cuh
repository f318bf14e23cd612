// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

#include <cublas_v2.h>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/cuda.cuh>

/// \file
/// Products of matrices on CUDA, by cuBLAS.

namespace hyspn::detail {

inline void check_cublas(cublasStatus_t status, char const* call)
{
    if (status != CUBLAS_STATUS_SUCCESS)
        throw cuda_error(std::string(call) + " failed: " + cublasGetStatusString(status));
}

/// Handles of cuBLAS, made where none is free. One serves one call at a time, and always the same stream of the same
/// device, whose order keeps its workspace from being used twice. They live as long as the process, one or a few for
/// each stream address that was ever used: the driver may be gone before static objects are.
class cublas_handles {
    using place = std::tuple<int, cudaStream_t, std::thread::id>;
    using map = std::multimap<place, cublasHandle_t>;

public:
    /// A handle for the length of a call.
    class lease {
    public:
        explicit lease(cudaStream_t stream)
        {
            int device = 0;
            check_cuda(cudaGetDevice(&device), "cudaGetDevice");
            // One name for the streams of all threads.
            auto const thread = stream == cudaStreamPerThread ? std::this_thread::get_id() : std::thread::id{};
            handle_ = all().take({device, stream, thread});
            if (handle_.mapped()) return;
            check_cublas(cublasCreate(&handle_.mapped()), "cublasCreate");
            check_cublas(cublasSetStream(handle_.mapped(), stream), "cublasSetStream");
        }
        lease(lease const&) = delete;
        lease& operator=(lease const&) = delete;
        ~lease()
        {
            std::lock_guard const lock(all().mutex_);
            all().free_.insert(std::move(handle_));
        }
        cublasHandle_t get() const { return handle_.mapped(); }

    private:
        map::node_type handle_;
    };

private:
    /// The node of a free handle of a place, or of none yet.
    map::node_type take(place const& key)
    {
        map made;
        std::lock_guard const lock(mutex_);
        auto const at = free_.find(key);
        return at == free_.end() ? made.extract(made.emplace(key, nullptr)) : free_.extract(at);
    }

    static cublas_handles& all()
    {
        static auto* const one = new cublas_handles;
        return *one;
    }

    std::mutex mutex_;
    map free_;
};

/// A matrix as cuBLAS sees it, column-major: what is row-major here is a transpose there.
struct cublas_operand {
    cublasOperation_t operation;
    int pitch;
};

template <class T>
cublas_operand cublas_operand_of(view<T, 3, memory::device> const& x)
{
    bool const rows = x.stride(2) == 1 || x.extent(2) <= 1;
    index_t const pitch = rows ? x.stride(1) : x.stride(2), least = rows ? x.extent(2) : x.extent(1);
    return {rows ? CUBLAS_OP_N : CUBLAS_OP_T, static_cast<int>(pitch < least ? least : pitch)};
}

/// to[i] = scale·a[i]·b[i] + keep·to[i] for each i: [N, I, K] times [N, K, J] is [N, I, J]. Each matrix has rows or
/// columns of adjacent elements, `to` rows; a stride of 0 along N shares a matrix.
template <class T>
void matrix_products(exec::cuda const& exec, T scale, view<T const, 3, memory::device> const& a,
                     view<T const, 3, memory::device> const& b, T keep, view<T, 3, memory::device> const& to)
{
    if (to.size() == 0) return;
    cublas_handles::lease const lease(exec.stream);
    cublasHandle_t const handle = lease.get();
    auto const left = cublas_operand_of(a), right = cublas_operand_of(b);
    int const rows = static_cast<int>(to.extent(1)), columns = static_cast<int>(to.extent(2)),
              inner = static_cast<int>(a.extent(2)), batch = static_cast<int>(to.extent(0));
    int const pitch = static_cast<int>(to.stride(1) < to.extent(2) ? to.extent(2) : to.stride(1));
    // The transposed product, columns first.
    if constexpr (std::is_same_v<T, float>)
        check_cublas(cublasSgemmStridedBatched(handle, right.operation, left.operation, columns, rows, inner, &scale,
                                               b.data_handle(), right.pitch, b.stride(0), a.data_handle(), left.pitch,
                                               a.stride(0), &keep, to.data_handle(), pitch, to.stride(0), batch),
                     "cublasSgemmStridedBatched");
    else
        check_cublas(cublasDgemmStridedBatched(handle, right.operation, left.operation, columns, rows, inner, &scale,
                                               b.data_handle(), right.pitch, b.stride(0), a.data_handle(), left.pitch,
                                               a.stride(0), &keep, to.data_handle(), pitch, to.stride(0), batch),
                     "cublasDgemmStridedBatched");
}

/// One matrix for each of n products.
template <class T>
view<T, 3, memory::device> shared_by(view<T, 2, memory::device> const& x, index_t n)
{
    return {x.data_handle(), {n, x.extent(0), x.extent(1)}, {0, x.stride(0), x.stride(1)}};
}

template <class T>
view<T, 2, memory::device> transposed_view(view<T, 2, memory::device> const& x)
{
    return {x.data_handle(), {x.extent(1), x.extent(0)}, {x.stride(1), x.stride(0)}};
}

/// The same of one matrix each.
template <class T>
void matrix_product(exec::cuda const& exec, T scale, view<T const, 2, memory::device> const& a,
                    view<T const, 2, memory::device> const& b, T keep, view<T, 2, memory::device> const& to)
{
    matrix_products<T>(exec, scale, with_batch(a), with_batch(b), keep, with_batch(to));
}

}  // namespace hyspn::detail
