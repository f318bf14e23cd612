// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

/// \file
/// The only place that asks which compiler this is. Everything else asks the macros below.

/// Callable on the host and, in CUDA translation units, on the device.
#if defined(__CUDACC__)
#define HYSPN_HD __host__ __device__
#define HYSPN_HAS_CUDA 1
#else
#define HYSPN_HD
#define HYSPN_HAS_CUDA 0
#endif

/// exec::omp exists in host translation units compiled with OpenMP. A .cu file uses exec::seq and exec::cuda: the fast
/// OpenMP kernels need Eigen and vector types that device compilers do not take, and one operation must not have two
/// meanings in one program.
#if defined(_OPENMP) && !defined(__CUDACC__)
#define HYSPN_HAS_OPENMP 1
#else
#define HYSPN_HAS_OPENMP 0
#endif

/// Declares a function object at namespace scope, callable on the host and in device code.
// clang-format off
#if defined(__CUDA_ARCH__)
#define HYSPN_FUNCTION __device__ constexpr
#else
#define HYSPN_FUNCTION inline constexpr
#endif
// clang-format on

/// Debug check inside kernels, on host and device.
#define HYSPN_ASSERT(condition) assert(condition)

namespace hyspn {

/// Sizes, extents and positions. Signed, so that differences and neighbours outside an image are plain arithmetic.
using index_t = std::ptrdiff_t;

namespace detail {

/// a / b of numbers from 0 to 2^32 - 1, such as places in a window: 64-bit division takes several times as long, on
/// GPUs above all.
HYSPN_HD constexpr index_t small_quotient(index_t a, index_t b)
{
    return static_cast<index_t>(static_cast<std::uint32_t>(a) / static_cast<std::uint32_t>(b));
}
/// a % b of such numbers.
HYSPN_HD constexpr index_t small_remainder(index_t a, index_t b)
{
    return static_cast<index_t>(static_cast<std::uint32_t>(a) % static_cast<std::uint32_t>(b));
}

}  // namespace detail

}  // namespace hyspn
