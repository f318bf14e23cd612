// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/backends/omp/propagation/stencil.hpp>
#include <hyspn/propagation/snapshots.hpp>

/// \file
/// From snapshot to snapshot by wavefronts. Few steps at a time let the rows of large windows fit the cache, where all
/// steps at once would not; gates are folded anew for each stretch, which costs less than storing and reading the taps
/// of the image. Included by propagation/snapshots.hpp.

namespace hyspn::detail {

template <std::floating_point T>
void dispatch(exec::omp const& exec, snapshots_forward_op<T, memory::host> const& op)
{
    if (propagation::present(op.in.active) || !row_folder<T>::serves(op.net.axes, op.in) ||
        !all_rows_contiguous(op.out, op.taps, op.iterates))
        return forward_snapshots(exec, op);
    row_folder<T> const fold(exec, op.net.axes, op.in);
    for (index_t s = 0; s < op.count(); ++s) {
        wavefront_job<T> const job{op.net.axes.taps(), op.steps_to(s), op.from(s), op.out[s], op.between(s),
                                   s == 0 ? op.taps : view<T, 4>{}};
        if (!run_wavefront(exec, job, fold)) return forward_snapshots(exec, op);
    }
    keep_snapshots(exec, op);
}

}  // namespace hyspn::detail
