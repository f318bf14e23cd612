// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/law_suite.hpp>
#include <manifold/lorentz_ops.hpp>

namespace hyspn::testing {

template <>
inline constexpr int degree<operation<hyspn::detail::lorentz_inner>> = 2;
template <>
inline constexpr int degree<operation<hyspn::detail::lorentz_point_inner>> = 2;

TEMPLATE_LIST_TEST_CASE("Models: scaling lengths by a power of two is exact, forward and backward", "", model_ops)
{
    check_power_of_two_scaling<TestType, float>();
    check_power_of_two_scaling<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Models: cotangents obey Euler's law of homogeneous functions", "", model_ops)
{
    check_euler<TestType>();
}

}  // namespace hyspn::testing
