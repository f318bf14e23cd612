// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/algebra_ops.hpp>
#include <manifold/parity_suite.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Every layout and policy gives the one-vector results, sums, float", "", sum_ops)
{
    check_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Every layout and policy gives the one-vector results, sums, double", "", sum_ops)
{
    check_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Operations may overwrite an input, sums", "", sum_ops)
{
    check_in_place<TestType>();
}

}  // namespace hyspn::testing
