// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <tuple>

#include <manifold/law_suite.hpp>
#include <manifold/riemann_ops.hpp>
#include <support/catch.hpp>

// What every operation obeys; the geometry is in riemann_geometry_test.cpp.
namespace hyspn::testing {

template <>
inline constexpr int degree<metric_inner> = 2;
template <>
inline constexpr int degree<cone_angle> = 0;
template <>
inline constexpr int degree<cone_half_aperture> = 0;

using riemann_ops = decltype(std::tuple_cat(tangent_ops{}, path_ops{}, plane_ops{}));
using scaled_ops = decltype(std::tuple_cat(riemann_ops{}, std::tuple<cone_half_aperture>{}));

TEMPLATE_LIST_TEST_CASE("Riemannian operations: scaling lengths by a power of two is exact", "", scaled_ops)
{
    check_power_of_two_scaling<TestType, float>();
    check_power_of_two_scaling<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Riemannian operations obey Euler's law", "", scaled_ops)
{
    check_euler<TestType>();
}

namespace {

template <class Sample>
void check_finite(Sample const& a)
{
    auto const finite = [](auto const& x) {
        bool all = true;
        for (auto e : x) all = all && std::isfinite(e);
        return all;
    };
    CHECK(finite(a.out));
    for (auto const& x : a.grad) CHECK(finite(x));
    CHECK(std::isfinite(a.c_bar));
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("Riemannian operations: zero vectors, and coincident ones, have finite values and gradients",
                        "", riemann_ops)
{
    using Op = TestType;
    for (unsigned zeros = 0; zeros < (1u << Op::input_count); ++zeros)
        for (index_t extent : {1, 3}) {
            INFO(Op::name << ", inputs at zero: bits of " << zeros << ", D = " << extent);
            sample<Op, float> a(extent, 0.6, 1.3, 2);
            sample<Op, double> b(extent, 0.6, 1.3, 2);
            for (std::size_t k = 0; k < Op::input_count; ++k) {
                if (!(zeros >> k & 1)) continue;
                for (float& e : a.in[k]) e = 0;
                for (double& e : b.in[k]) e = 0;
            }
            a.evaluate();
            check_finite(a);
            b.evaluate();
            check_finite(b);
            // Every vector the first one.
            if (zeros != 0) continue;
            constexpr std::size_t first = hyspn::detail::first_vector<typename Op::formula>();
            for (std::size_t k = 0; k < Op::input_count; ++k)
                if (!Op::inputs[k].is_number()) {
                    a.in[k] = a.in[first];
                    b.in[k] = b.in[first];
                }
            a.evaluate();
            check_finite(a);
            b.evaluate();
            check_finite(b);
        }
}

}  // namespace hyspn::testing
