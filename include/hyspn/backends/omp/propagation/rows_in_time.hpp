// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include <hyspn/exec/omp.hpp>

/// \file
/// Several stages over the rows of images, of which each needs only near rows of the one before, in one pass: what a
/// row reads is still in cache when the next stage comes by.

namespace hyspn::detail {

/// Rows of stage j: from first + slope_first·j to end + slope_end·j.
struct row_cone {
    index_t first, end, slope_first, slope_end;

    index_t begin_of(index_t stage) const { return first + slope_first * stage; }
    index_t end_of(index_t stage) const { return end + slope_end * stage; }
};

/// f(stage, y) for the rows of a cone; each stage lags `reach` rows behind the one before.
template <class F>
void walk_cone(row_cone const& cone, index_t stages, index_t reach, F const& f)
{
    index_t start = cone.begin_of(0), finish = cone.end_of(0);
    for (index_t j = 0; j < stages; ++j) {
        start = std::min(start, cone.begin_of(j) + j * reach);
        finish = std::max(finish, cone.end_of(j) + j * reach);
    }
    for (index_t front = start; front < finish; ++front)
        for (index_t j = 0; j < stages; ++j) {
            index_t const y = front - j * reach;
            if (y >= cone.begin_of(j) && y < cone.end_of(j)) f(j, y);
        }
}

/// Calls f(n, stage, y) once for every row of every stage, in such an order that row y of a stage comes after rows
/// y - reach ... y + reach of the stage before, and that stage j + 2 may overwrite what stage j left.
/// Images are cut into bands, one for a thread. First each thread does all stages of its band that need no other band:
/// rows `reach` fewer per stage at a cut. Then what is left around the cuts, `reach` more per stage.
template <class F>
void for_rows_in_time(exec::omp const& exec, index_t images, index_t height, index_t stages, index_t reach, F const& f)
{
    if (images == 0 || height == 0 || stages == 0) return;
    index_t const threads = exec.threads > 0 ? exec.threads : omp_get_max_threads();
    index_t const most = std::max<index_t>(1, height / (2 * reach * stages));
    if (threads > 2 * images * most) {  // too many threads for that: stage by stage
        for (index_t j = 0; j < stages; ++j)
            exec::detail::for_each_index_omp(exec, images * height, [&](index_t i) { f(i / height, j, i % height); });
        return;
    }
    index_t const bands = std::clamp<index_t>((threads + images - 1) / images, 1, most);
    auto const cut = [&](index_t b) { return b * height / bands; };
    exec::detail::for_each_index_omp(exec, images * bands, [&](index_t i) {
        index_t const n = i / bands, b = i % bands;
        row_cone const cone{cut(b), cut(b + 1), b > 0 ? reach : 0, b + 1 < bands ? -reach : 0};
        walk_cone(cone, stages, reach, [&](index_t j, index_t y) { f(n, j, y); });
    });
    if (bands == 1) return;
    exec::detail::for_each_index_omp(exec, images * (bands - 1), [&](index_t i) {
        index_t const n = i / (bands - 1), b = i % (bands - 1) + 1;
        row_cone const cone{cut(b), cut(b), -reach, reach};
        walk_cone(cone, stages, reach, [&](index_t j, index_t y) { f(n, j, y); });
    });
}

}  // namespace hyspn::detail
