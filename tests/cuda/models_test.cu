// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/pointwise_suite.hpp>
#include <manifold/lorentz_ops.hpp>

namespace hyspn::testing {

using models_device_ops = joined<klein_ops, half_space_ops>;

TEMPLATE_LIST_TEST_CASE("cuda: Klein and half-space as exec::seq does them, float", "", models_device_ops)
{
    check_device_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("cuda: Klein and half-space as exec::seq does them, double", "", models_device_ops)
{
    check_device_layouts<TestType, double>();
}

}  // namespace hyspn::testing
