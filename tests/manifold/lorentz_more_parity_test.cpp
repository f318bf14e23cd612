// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/lorentz_ops.hpp>
#include <manifold/parity_suite.hpp>

namespace hyspn::testing {

using lorentz_more_parity_ops = lorentz_more_ops;

TEMPLATE_LIST_TEST_CASE("Hyperboloid: every layout and policy gives the one-vector results, float", "",
                        lorentz_more_parity_ops)
{
    check_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Hyperboloid: every layout and policy gives the one-vector results, double", "",
                        lorentz_more_parity_ops)
{
    check_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Hyperboloid: operations may overwrite an input", "", lorentz_more_parity_ops)
{
    check_in_place<TestType>();
}

}  // namespace hyspn::testing
