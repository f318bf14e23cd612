// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include <manifold/operations.hpp>

#include <hyspn/manifold/poincare.hpp>

namespace hyspn::testing {

using lambda_x = operation<hyspn::detail::poincare_lambda_x>;
using dist0 = operation<hyspn::detail::poincare_dist0>;
using dist = operation<hyspn::detail::poincare_dist>;
using expmap0 = operation<hyspn::detail::poincare_expmap0>;
using logmap0 = operation<hyspn::detail::poincare_logmap0>;
using mobius_add = operation<hyspn::detail::poincare_mobius_add>;
using expmap = operation<hyspn::detail::poincare_expmap>;
using logmap = operation<hyspn::detail::poincare_logmap>;

/// The operations of the Poincaré ball.
using poincare_ops = std::tuple<lambda_x, dist0, dist, expmap0, logmap0, mobius_add, expmap, logmap>;

}  // namespace hyspn::testing
