// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/parity_suite.hpp>
#include <manifold/stereographic_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Stereographic operations in every layout and policy", "", stereographic_ops)
{
    check_layouts<TestType, float>();
    check_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Stereographic operations may overwrite an input", "", stereographic_ops)
{
    check_in_place<TestType>();
}

}  // namespace hyspn::testing
