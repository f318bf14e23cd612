// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/gradient_suite.hpp>
#include <manifold/lorentz_ops.hpp>

namespace hyspn::testing {

using other_model_ops = joined<klein_ops, half_space_ops>;

TEMPLATE_LIST_TEST_CASE("Klein and half-space: vector-Jacobian products are the transposes of the derivatives", "",
                        other_model_ops)
{
    check_gradients_everywhere<TestType>();
}

}  // namespace hyspn::testing
