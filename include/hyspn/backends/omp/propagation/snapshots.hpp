// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/omp/propagation/stencil.hpp>
#include <hyspn/propagation/snapshots.hpp>

/// \file
/// Snapshots by wavefronts, as many at a time as fit the cache: for large windows the rows of all steps at once would
/// not. Each stretch folds the gates anew, which costs less than storing and reading the taps of the image. Included by
/// propagation/snapshots.hpp.

namespace hyspn::detail {

/// The steps after snapshot first - 1 up to snapshot last, in one wavefront if that fits.
template <std::floating_point T>
bool run_stretch(exec::omp const& exec, snapshots_forward_op<T, memory::host> const& op, row_folder<T> const& fold,
                 index_t first, index_t last)
{
    std::vector<index_t> at;
    for (index_t s = first; s < last; ++s) at.push_back(op.at(s) - op.at(first - 1));
    wavefront_job<T> job{op.net.axes.taps(), op.at(last) - op.at(first - 1), op.from(first),
                         op.out[last],       op.between(first, last),        first == 0 ? op.taps : view<T, 4>{}};
    if (!at.empty()) {
        job.snapshots = ascending(op.out, first, last - first);
        job.snapshots_at = at.data();
    }
    return run_wavefront(exec, job, fold);
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, snapshots_forward_op<T, memory::host> const& op)
{
    if (propagation::present(op.in.active) || !row_folder<T>::serves(op.net.axes, op.in) ||
        !all_rows_contiguous(op.out, op.taps, op.iterates))
        return forward_snapshots(exec, op);
    row_folder<T> const fold(exec, op.net.axes, op.in);
    for (index_t first = 0; first < op.count();) {
        index_t last = op.count() - 1;
        while (last >= first && !run_stretch(exec, op, fold, first, last)) --last;
        if (last < first) return forward_snapshots(exec, op);
        first = last + 1;
    }
    keep_snapshots(exec, op);
}

}  // namespace hyspn::detail
