// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/pointwise_suite.hpp>
#include <manifold/riemann_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("cuda: transport and metric as exec::seq does them", "", tangent_ops)
{
    check_device_layouts<TestType, float>();
    check_device_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("cuda: curves as exec::seq does them", "", path_ops)
{
    check_device_layouts<TestType, float>();
    check_device_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("cuda: planes and cones as exec::seq does them", "", plane_ops)
{
    check_device_layouts<TestType, float>();
    check_device_layouts<TestType, double>();
}

TEST_CASE("cuda: half-aperture as exec::seq does it")
{
    check_device_layouts<cone_half_aperture, float>();
    check_device_layouts<cone_half_aperture, double>();
}

}  // namespace hyspn::testing
