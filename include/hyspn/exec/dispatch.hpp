// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/omp.hpp>
#include <hyspn/exec/seq.hpp>
#if HYSPN_HAS_CUDA
#include <hyspn/exec/cuda.cuh>
#endif

/// \file
/// From an operation object to a loop. An operation is a trivially copyable value with shape() and a host/device call
/// operator; the same object runs on every policy. A hot operation is specialised by a more specialised overload
/// `dispatch(exec::omp const&, some_op<T> const&)` in namespace hyspn::detail, in backends/<policy>/ at the same path.
/// The header that defines the operation includes its specialisations at its end, so no program can see only half of
/// them.

namespace hyspn::detail {

template <execution_policy P, class Op>
void dispatch(P const& exec, Op const& op)
{
    parallel_for(exec, op.shape(), op);
}

}  // namespace hyspn::detail
