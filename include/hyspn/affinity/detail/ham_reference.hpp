// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/detail/ham_ops.hpp>
#include <hyspn/exec/dispatch.hpp>

namespace hyspn::detail {

template <execution_policy P, class T, class M>
void dispatch(P const& exec, ham_forward_op<T, M> const& op);

template <execution_policy P, class T, class M>
void dispatch(P const& exec, ham_backward_op<T, M> const& op);

}  // namespace hyspn::detail
