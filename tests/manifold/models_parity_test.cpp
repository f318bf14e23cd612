// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/lorentz_ops.hpp>
#include <manifold/parity_suite.hpp>

namespace hyspn::testing {

using models_parity_ops = joined<klein_ops, half_space_ops>;

TEMPLATE_LIST_TEST_CASE("Klein and half-space: every layout and policy gives the one-vector results, float", "",
                        models_parity_ops)
{
    check_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Klein and half-space: every layout and policy gives the one-vector results, double", "",
                        models_parity_ops)
{
    check_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Klein and half-space: operations may overwrite an input", "", models_parity_ops)
{
    check_in_place<TestType>();
}

}  // namespace hyspn::testing
