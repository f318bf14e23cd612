// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/exec/chunked.hpp>
#include <hyspn/exec/first_exception.hpp>
#include <hyspn/exec/policy.hpp>

#if HYSPN_HAS_OPENMP
#include <omp.h>
#endif

/// \file
/// All cores. Work is cut by index, never by thread, so results do not depend on how many there are.

namespace hyspn::exec {

/// Runs on `threads` OpenMP threads, never more than there is work for; 0 or less means as many as OpenMP would take
/// (OMP_NUM_THREADS, else every core). Exists in host translation units compiled with OpenMP (CMake: hyspn::omp); a .cu
/// file uses exec::seq or exec::cuda.
struct omp {
    using memory_space = memory::host;
    static constexpr bool is_execution_policy = true;
    int threads = 0;
};

namespace detail {

template <class T>
inline constexpr bool openmp_enabled = HYSPN_HAS_OPENMP != 0;

/// body(i) for 0 <= i < n. What a body throws is thrown again here, when all threads are done; others may then not have
/// run.
template <class Body>
void for_each_index_omp(omp const& exec, index_t n, Body const& body)
{
    static_assert(openmp_enabled<Body>,
                  "exec::omp needs a host translation unit compiled with OpenMP: link hyspn::omp or pass -fopenmp "
                  "(in a .cu file use exec::seq or exec::cuda)");
#if HYSPN_HAS_OPENMP
    int const wanted = exec.threads > 0 ? exec.threads : omp_get_max_threads();
    int const threads = static_cast<int>(std::clamp<index_t>(n, 1, wanted));
    first_exception failure;
#pragma omp parallel for schedule(static) num_threads(threads)
    for (index_t i = 0; i < n; ++i) failure.guard([&] { body(i); });
    failure.rethrow();
#else
    (void)exec, (void)n, (void)body;
#endif
}

}  // namespace detail

/// Calls f(i) for every index of `shape`, rows in parallel. What f throws is thrown here.
template <class F>
void parallel_for(omp const& exec, dims<1> const& shape, F const& f)
{
    constexpr index_t block = 1024;
    detail::for_each_index_omp(exec, (shape[0] + block - 1) / block, [&](index_t b) {
        index_t const end = std::min(shape[0], (b + 1) * block);
        for (index_t i = b * block; i < end; ++i) f(i);
    });
}

template <class F>
void parallel_for(omp const& exec, dims<2> const& shape, F const& f)
{
    detail::for_each_index_omp(exec, shape[0], [&](index_t i) {
        for (index_t j = 0; j < shape[1]; ++j) f(i, j);
    });
}

template <class F>
void parallel_for(omp const& exec, dims<3> const& shape, F const& f)
{
    detail::for_each_index_omp(exec, shape[0] * shape[1], [&](index_t row) {
        index_t const i = row / shape[1], j = row % shape[1];
        for (index_t k = 0; k < shape[2]; ++k) f(i, j, k);
    });
}

template <class F>
void parallel_for(omp const& exec, dims<4> const& shape, F const& f)
{
    detail::for_each_index_omp(exec, shape[0] * shape[1] * shape[2], [&](index_t row) {
        index_t const k = row % shape[2], j = row / shape[2] % shape[1], i = row / shape[2] / shape[1];
        for (index_t l = 0; l < shape[3]; ++l) f(i, j, k, l);
    });
}

/// Recurrences along an axis: f(line, t) for t = 0, 1, ..., length-1 in this order; lines in parallel.
template <class F>
void scan_lines(omp const& exec, index_t lines, index_t length, F const& f)
{
    detail::for_each_index_omp(exec, lines, [&](index_t line) {
        for (index_t t = 0; t < length; ++t) f(line, t);
    });
}

/// Sum of f(i) over 0 <= i < n: the bits of exec::seq, whatever the number of threads.
template <class F>
auto reduce(omp const& exec, index_t n, F const& f)
{
    return detail::reduce_levels(n, f,
                                 [&](index_t chunks, auto&& one) { detail::for_each_index_omp(exec, chunks, one); });
}

}  // namespace hyspn::exec
