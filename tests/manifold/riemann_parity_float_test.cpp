// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/parity_suite.hpp>
#include <manifold/riemann_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Transport and metric: every layout and policy gives the one-vector results, float", "",
                        tangent_ops)
{
    check_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Curves: every layout and policy gives the one-vector results, float", "", path_ops)
{
    check_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Planes and cones: every layout and policy gives the one-vector results, float", "", plane_ops)
{
    check_layouts<TestType, float>();
}

TEST_CASE("Half-aperture: every layout and policy gives the one-vector results, float")
{
    check_layouts<cone_half_aperture, float>();
}

}  // namespace hyspn::testing
