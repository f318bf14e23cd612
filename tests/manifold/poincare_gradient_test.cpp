// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <manifold/gradient_suite.hpp>
#include <manifold/poincare_ops.hpp>

namespace hyspn::testing {

TEMPLATE_LIST_TEST_CASE("Vector-Jacobian products are the transposes of the derivatives", "", poincare_ops)
{
    check_gradients_everywhere<TestType>();
}

TEMPLATE_LIST_TEST_CASE("Vector-Jacobian products hold for close and for opposite points", "", poincare_ops)
{
    using Op = TestType;
    if constexpr (Op::input_count == 2 && !Op::inputs[0].is_number()) {
        for (double factor : {1.001, -1.001, -1.0}) {
            INFO(Op::name << ", y = " << factor << " x");
            auto x = join<Op>(3, places[0], 1.5, 3);
            for (std::size_t i = 0; i < 3; ++i) x[i + 3] = factor * x[i] + (factor > 0 ? 1e-4 * x[(i + 1) % 3] : 0);
            check_gradients<Op>(x, 3, false);
        }
    }
}

TEST_CASE("The gradient of a distance between coincident points is zero")
{
    point_source source(5);
    auto const x = source.point<double>(4, 0.6);
    tensor<double, 1> dx(4), dy(4);
    auto const c = curvature<double>::from_c(1);
    CHECK(poincare::dist(c, as_view(x), as_view(x)) == 0);
    CHECK(poincare::dist_vjp(c, as_view(x), as_view(x), 1.0, as_view(dx), as_view(dy)) == 0);
    for (index_t i = 0; i < 4; ++i) {
        CHECK(dx(i) == 0);
        CHECK(dy(i) == 0);
    }
}

}  // namespace hyspn::testing
