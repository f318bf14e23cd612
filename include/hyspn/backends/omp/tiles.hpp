// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <vector>

#include <omp.h>

#include <hyspn/exec/omp.hpp>

namespace hyspn::detail {

/// Runs body(worker, t) for 0 ≤ t < count, each on one thread with a worker of its own, made beforehand by
/// make_worker(). Tiles are handed out as threads become free: what a tile writes must not depend on who runs it. The
/// first exception of a body ends the loop and is thrown again here.
///
/// The team has at least two threads even when one is to work, because Eigen multiplies on threads of its own unless it
/// finds itself inside a team; bodies without Eigen say that one will do.
template <class MakeWorker, class Body>
void for_each_tile(exec::omp const& exec, index_t count, MakeWorker const& make_worker, Body const& body,
                   int smallest_team = 2)
{
    int const wanted = exec.threads > 0 ? exec.threads : omp_get_max_threads();
    auto const threads = static_cast<std::size_t>(std::min<index_t>(wanted, count));
    std::vector<decltype(make_worker())> workers;
    for (std::size_t t = 0; t < threads; ++t) workers.push_back(make_worker());
    int const team = std::max(smallest_team, static_cast<int>(threads));
    std::atomic<index_t> next{0};
    exec::detail::first_exception failure;
#pragma omp parallel num_threads(team)
    if (auto const me = static_cast<std::size_t>(omp_get_thread_num()); me < threads) {
        for (index_t t = next++; t < count && !failure.failed(); t = next++)
            failure.guard([&] { body(*workers[me], t); });
    }
    failure.rethrow();
}

}  // namespace hyspn::detail
