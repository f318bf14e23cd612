// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/golden_replay.hpp>
#include <manifold/poincare_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Poincare operations and their derivatives meet the goldens", "[golden]", poincare_ops)
{
    replay<TestType, float>("poincare");
    replay<TestType, double>("poincare");
}

}  // namespace hyspn::testing
