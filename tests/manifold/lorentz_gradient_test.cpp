// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/gradient_suite.hpp>
#include <manifold/lorentz_ops.hpp>

namespace hyspn::testing {

using hyperboloid_ops = joined<lorentz_map_ops, lorentz_more_ops>;

TEMPLATE_LIST_TEST_CASE("Hyperboloid: vector-Jacobian products are the transposes of the derivatives", "",
                        hyperboloid_ops)
{
    check_gradients_everywhere<TestType>();
}

}  // namespace hyspn::testing
