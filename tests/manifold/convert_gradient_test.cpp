// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/gradient_suite.hpp>
#include <manifold/lorentz_ops.hpp>

namespace hyspn::testing {

using conversions = joined<convert_ops, convert_tangent_ops>;

TEMPLATE_LIST_TEST_CASE("Conversions: vector-Jacobian products are the transposes of the derivatives", "",
                        conversions)
{
    check_gradients_everywhere<TestType>();
}

}  // namespace hyspn::testing
