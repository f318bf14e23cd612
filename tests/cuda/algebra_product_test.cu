// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/pointwise_suite.hpp>
#include <manifold/algebra_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("cuda: products of the ball as exec::seq does them, float", "", product_ops)
{
    check_device_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("cuda: products of the ball as exec::seq does them, double", "", product_ops)
{
    check_device_layouts<TestType, double>();
}

}  // namespace hyspn::testing
