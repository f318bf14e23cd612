// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/parity_suite.hpp>
#include <manifold/riemann_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Transport and metric: every layout and policy gives the one-vector results, double", "",
                        tangent_ops)
{
    check_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Curves: every layout and policy gives the one-vector results, double", "", path_ops)
{
    check_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Planes and cones: every layout and policy gives the one-vector results, double", "", plane_ops)
{
    check_layouts<TestType, double>();
}

TEST_CASE("Half-aperture: every layout and policy gives the one-vector results, double")
{
    check_layouts<cone_half_aperture, double>();
}

}  // namespace hyspn::testing
