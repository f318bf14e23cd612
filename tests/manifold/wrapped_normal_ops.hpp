// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include <manifold/operations.hpp>

#include <hyspn/manifold/poincare/wrapped_normal.hpp>

namespace hyspn::testing {

using wrapped_normal = operation<hyspn::detail::poincare_wrapped_normal>;
using log_density = operation<hyspn::detail::poincare_wrapped_normal_log_density>;

using wrapped_normal_ops = std::tuple<wrapped_normal, log_density>;

}  // namespace hyspn::testing
