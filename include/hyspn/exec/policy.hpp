// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <hyspn/core/view.hpp>

/// \file
/// What an execution policy is, and which arrays it accepts.

namespace hyspn {

// clang-format off

/// A policy is a small value that says where loops run: exec::seq, exec::omp, exec::cuda.
template <class P>
concept execution_policy = requires { typename P::memory_space; } && P::is_execution_policy;

/// All arrays live where the policy computes.
template <class P, class... X>
concept same_space = execution_policy<P> && (std::same_as<typename P::memory_space, memory_of<X>> && ...);

// clang-format on

}  // namespace hyspn
