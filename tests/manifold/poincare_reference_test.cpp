// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/ball_places.hpp>
#include <manifold/poincare_ops.hpp>
#include <support/catch.hpp>

namespace hyspn::testing {

TEST_CASE("References agree with themselves in other forms", "[reference]")
{
    point_source source(4);
    auto const relative = [](wide a, wide b) { return static_cast<double>(fabsq(a.value - b.value) / fabsq(b.value)); };
    for (double r : {1e-3, 0.3, 0.9, 0.999}) {
        auto const wide_point = [&] {
            wide_vector x;
            for (double e : source.point<double>(3, r)) x.push_back(e);
            return x;
        };
        wide_vector const x = wide_point(), y = wide_point(), z = gyro::add(-1, x, y);
        CHECK(relative(gyro::denominator(-1, x, y, true), gyro::denominator(-1, x, y, false)) < 1e-26);
        CHECK(relative(gyro::complement_of_sum(-1, x, y), gyro::complement(-1, z)) < 1e-24);
        for (double sign : {-1.0, 1.0}) {
            wide const root(r), t = wide(sign) * root * root;
            wide const tangent(sign > 0 ? tanhq(root.value) : tanq(root.value), 0);
            CHECK(relative(root * tanh_quotient(t), tangent) < 1e-30);
            wide const square = wide(sign) * tangent * tangent;
            CHECK(relative(tangent * artanh_quotient(square, wide(1) - square), root) < 1e-30);
        }
    }
}

TEMPLATE_LIST_TEST_CASE("Operations of the ball against 113 bits, float", "[reference]", poincare_ops)
{
    check_ball_sweep<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Operations of the ball against 113 bits, double", "[reference]", poincare_ops)
{
    check_ball_sweep<TestType, double>();
}

}  // namespace hyspn::testing
