// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/lorentz_accuracy_suite.hpp>
#include <manifold/lorentz_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Klein model: values and derivatives agree with the textbook in 113 bits", "", klein_ops)
{
    check_accuracy<TestType, float>();
    check_accuracy<TestType, double>();
}

}  // namespace hyspn::testing
