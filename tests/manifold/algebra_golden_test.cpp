// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <tuple>

#include <manifold/algebra_ops.hpp>
#include <manifold/golden_replay.hpp>

namespace hyspn::testing {

using golden_algebra_ops = std::tuple<mobius_scalar_mul, gyration>;

TEMPLATE_LIST_TEST_CASE("Poincare algebra and its derivatives meet the goldens", "[golden]", golden_algebra_ops)
{
    replay<TestType, float>("poincare");
    replay<TestType, double>("poincare");
}

}  // namespace hyspn::testing
