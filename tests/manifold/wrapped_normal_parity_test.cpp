// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/parity_suite.hpp>
#include <manifold/wrapped_normal_ops.hpp>

namespace hyspn::testing {

TEMPLATE_TEST_CASE("Wrapped normal: every policy, layout and shape as point by point", "", float, double)
{
    check_layouts<wrapped_normal, TestType>();
}

TEMPLATE_LIST_TEST_CASE("Wrapped normal: cotangents in place", "", wrapped_normal_ops)
{
    check_in_place<TestType>();
}

}  // namespace hyspn::testing
