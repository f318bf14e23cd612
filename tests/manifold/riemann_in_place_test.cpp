// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/parity_suite.hpp>
#include <manifold/riemann_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Transport and metric may overwrite an input", "", tangent_ops)
{
    check_in_place<TestType>();
}

TEMPLATE_LIST_TEST_CASE("Curves may overwrite an input", "", path_ops)
{
    check_in_place<TestType>();
}

TEMPLATE_LIST_TEST_CASE("Planes and cones may overwrite an input", "", plane_ops)
{
    check_in_place<TestType>();
}

}  // namespace hyspn::testing
