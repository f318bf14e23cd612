// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/lorentz_ops.hpp>
#include <manifold/parity_suite.hpp>

namespace hyspn::testing {

using convert_tangent_parity_ops = convert_tangent_ops;

TEMPLATE_LIST_TEST_CASE("Conversions of tangent vectors: every layout and policy gives the one-vector results, float",
                        "", convert_tangent_parity_ops)
{
    check_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Conversions of tangent vectors: every layout and policy gives the one-vector results, double",
                        "", convert_tangent_parity_ops)
{
    check_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Conversions of tangent vectors: operations may overwrite an input", "",
                        convert_tangent_parity_ops)
{
    check_in_place<TestType>();
}

}  // namespace hyspn::testing
