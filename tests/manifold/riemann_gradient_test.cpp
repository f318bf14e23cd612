// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <vector>

#include <manifold/gradient_suite.hpp>
#include <manifold/riemann_ops.hpp>

namespace hyspn::testing {

namespace {

/// Where the derivative of the text is not the stated one: hyperplane_dist gives a zero row z a gradient to train by.
template <class Op>
bool by_convention(place const& at)
{
    return std::is_same_v<Op, hyperplane_dist> && at.second == 0;
}

/// Derivatives that vanish, in one dimension or by symmetry, are rounding of the others in one of the two texts.
template <class Op>
double rounding_floor(std::vector<double> const& x, index_t extent)
{
    flat_operation<Op> const op{extent};
    double greatest = 0.1;
    for (double a : op.backward(x, std::vector<double>(static_cast<std::size_t>(op.outputs()), 1.0)))
        greatest = std::max(greatest, std::fabs(a));
    return (extent == 1 ? 1e-5 : 1e-8) * greatest;  // on a line every direction is parallel to every other
}

template <class Op>
void check_places()
{
    for (auto const& at : places)
        for (index_t extent : {1, 2, 5})
            for (double c : {0.3, 1.0, 2.5}) {
                if (by_convention<Op>(at)) continue;
                INFO(Op::name << ", " << at.name << ", D = " << extent << ", c = " << c);
                auto const x = join<Op>(extent, at, c, 7);
                check_gradients<Op>(x, extent, at.differences, rounding_floor<Op>(x, extent));
            }
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("Transport and metric: vector-Jacobian products are transposes", "", tangent_ops)
{
    check_places<TestType>();
}

TEMPLATE_LIST_TEST_CASE("Curves: vector-Jacobian products are transposes", "", path_ops)
{
    check_places<TestType>();
}

TEMPLATE_LIST_TEST_CASE("Planes and cones: vector-Jacobian products are transposes", "", plane_ops)
{
    check_places<TestType>();
}

TEST_CASE("Half-aperture: vector-Jacobian products are transposes wherever there is a cone")
{
    for (double length : {0.1, 0.3, 0.6, 0.999})
        for (index_t extent : {1, 2, 5})
            for (double c : {0.3, 1.0, 2.5}) {
                INFO("s|x| = " << length << ", D = " << extent << ", c = " << c);
                place const at{"", length, 0, length > 0.2 && length < 0.9};
                // K = 0.1 for a curvature.
                check_gradients<operation<hyspn::detail::poincare_cone_half_aperture>>(
                    join<operation<hyspn::detail::poincare_cone_half_aperture>>(extent, at, c, 7), extent,
                    at.differences);
            }
}

TEST_CASE("A zero row of hyperplane_dist has the stated derivative in z and none else")
{
    for (double c : {0.5, 1.0, 3.0})
        for (double offset : {0.0, 0.4, -1.3, 200.0}) {
            INFO("c = " << c << ", r = " << offset);
            auto const k = curvature<double>::from_c(c);
            auto const x = point_source(4).point<double>(3, 0.7 / k.sqrt_c());
            tensor<double, 1> const z(3);
            tensor<double, 1> dx(3), dz(3);
            double dr = 1;
            CHECK(poincare::hyperplane_dist(k, as_view(x), as_view(z), offset) == 0);
            CHECK(poincare::hyperplane_dist_vjp(k, as_view(x), as_view(z), offset, 1.5, as_view(dx), as_view(dz), dr) ==
                  0);
            CHECK(dr == 0);
            double const t2 = c * squared_norm(as_view(x)), angle = 2 * k.sqrt_c() * std::fabs(offset);
            // cosh/√(A² + (2−A)² sinh²), divided by cosh.
            double const factor = 4 * 1.5 / std::hypot((1 - t2) / std::cosh(angle), (1 + t2) * std::tanh(angle));
            for (index_t i = 0; i < 3; ++i) {
                CHECK(dx(i) == 0);
                CHECK(dz(i) == Approx(factor * x(i)).epsilon(1e-12));
            }
        }
}

}  // namespace hyspn::testing
