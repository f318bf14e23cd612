// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/ball_places.hpp>
#include <manifold/poincare_ops.hpp>
#include <support/catch.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Operations of the ball against 113 bits, float", "[reference]", poincare_ops)
{
    check_ball_sweep<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Operations of the ball against 113 bits, double", "[reference]", poincare_ops)
{
    check_ball_sweep<TestType, double>();
}

}  // namespace hyspn::testing
