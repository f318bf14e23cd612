// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/pointwise_suite.hpp>
#include <manifold/lorentz_ops.hpp>

namespace hyspn::testing {

using lorentz_map_device_ops = lorentz_map_ops;

TEMPLATE_LIST_TEST_CASE("cuda: hyperboloid maps as exec::seq does them, float", "", lorentz_map_device_ops)
{
    check_device_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("cuda: hyperboloid maps as exec::seq does them, double", "", lorentz_map_device_ops)
{
    check_device_layouts<TestType, double>();
}

}  // namespace hyspn::testing
