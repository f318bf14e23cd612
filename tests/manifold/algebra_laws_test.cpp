// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include <manifold/algebra_ops.hpp>
#include <manifold/law_suite.hpp>
#include <support/catch.hpp>

#include <hyspn/manifold/poincare/dist.hpp>
#include <hyspn/manifold/poincare/dist0.hpp>
#include <hyspn/manifold/poincare/expmap0.hpp>
#include <hyspn/manifold/poincare/logmap0.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

// What must hold whatever the numbers: no reference values here.
namespace hyspn::testing {

namespace {

constexpr double law_bar = 64;  // units of round-off, times what near-boundary points lose (1/complement)

/// The ball of curvature −c, out of place, so that laws read like formulas.
template <class T>
struct gyrospace {
    curvature<T> c;

    using vec = tensor<T, 1>;
    vec add(vec const& x, vec const& y) const { return call(poincare::mobius_add, x, y); }
    vec sub(vec const& x, vec const& y) const { return call(poincare::mobius_sub, x, y); }
    vec coadd(vec const& x, vec const& y) const { return call(poincare::mobius_coadd, x, y); }
    vec cosub(vec const& x, vec const& y) const { return call(poincare::mobius_cosub, x, y); }
    vec mul(T r, vec const& x) const { return call(poincare::mobius_scalar_mul, x, r, std::true_type{}); }
    vec mul(vec const& w, vec const& x) const { return call(poincare::mobius_pointwise_mul, w, x); }
    vec exp0(vec const& v) const { return call(poincare::expmap0, v); }
    vec log0(vec const& x) const { return call(poincare::logmap0, x); }
    vec negative(vec const& x) const { return call(poincare::antipode, x); }
    T dist(vec const& x, vec const& y) const { return poincare::dist(c, as_view(x), as_view(y)); }
    T dist0(vec const& x) const { return poincare::dist0(c, as_view(x)); }
    vec gyr(vec const& x, vec const& y, vec const& v) const
    {
        vec out(v.extents());
        poincare::gyration(c, as_view(x), as_view(y), as_view(v), as_view(out));
        return out;
    }
    template <class F>
    vec apply(F const& f, vec const& x) const
    {
        vec out(x.extents());
        poincare::mobius_fn_apply(c, f, as_view(x), as_view(out));
        return out;
    }

private:
    template <class F>
    vec call(F const& f, vec const& x) const
    {
        vec out(x.extents());
        f(c, as_view(x), as_view(out));
        return out;
    }
    template <class F>
    vec call(F const& f, vec const& x, vec const& y) const
    {
        vec out(x.extents());
        f(c, as_view(x), as_view(y), as_view(out));
        return out;
    }
    template <class F>
    vec call(F const& f, vec const& x, T r, std::true_type) const
    {
        vec out(x.extents());
        f(c, r, as_view(x), as_view(out));
        return out;
    }
};

template <class T>
double apart(tensor<T, 1> const& a, tensor<T, 1> const& b)
{
    return distance_in_eps<T>(as_view(a), as_view(b));
}

/// d(x, y) in units of round-off of the distance that was travelled.
template <class T>
double gap(gyrospace<T> const& b, tensor<T, 1> const& x, tensor<T, 1> const& y, T travelled)
{
    return static_cast<double>(b.dist(x, y)) / static_cast<double>(travelled * math_traits<T>::unit_roundoff);
}

/// What rounding the coordinates of x is worth as a distance, in the units of gap.
template <class T>
double rounding_at(gyrospace<T> const& b, tensor<T, 1> const& x)
{
    return law_bar / static_cast<double>(complement(b.c.c(), as_view(x)));
}

/// Calls law(space, x, y, z, bar) for points from the origin to near the boundary.
template <class T, class Law>
void for_points(Law const& law)
{
    point_source source(31);
    for (double c : {0.25, 1.0, 3.7})
        for (index_t extent : {1, 2, 7})
            for (double first : {1e-6, 0.1, 0.7, 0.99})
                for (double second : {3e-6, 0.5, 0.98}) {
                    INFO("c = " << c << ", D = " << extent << ", s|x| = " << first << ", s|y| = " << second);
                    double const s = std::sqrt(c);
                    auto const x = source.point<T>(extent, first / s), y = source.point<T>(extent, second / s),
                               z = source.point<T>(extent, 0.5 / s);
                    law(gyrospace<T>{curvature<T>::from_c(static_cast<T>(c))}, x, y, z,
                        law_bar / ((1 - first * first) * (1 - second * second)));
                }
}

}  // namespace

TEMPLATE_TEST_CASE("Gyrations are rotations", "", float, double)
{
    using T = TestType;
    for_points<T>([](auto const& b, auto const& x, auto const& y, auto const& z, double) {
        auto const turned_z = b.gyr(x, y, z), turned_x = b.gyr(x, y, x);
        CHECK(std::fabs(static_cast<double>(norm(as_view(turned_z)) / norm(as_view(z)) - 1)) <=
              16 * static_cast<double>(math_traits<T>::unit_roundoff));
        CHECK(std::fabs(static_cast<double>(dot(as_view(turned_z), as_view(turned_x)) - dot(as_view(z), as_view(x)))) <=
              32 * static_cast<double>(norm(as_view(z)) * norm(as_view(x)) * math_traits<T>::unit_roundoff));
        CHECK(apart(b.gyr(y, x, turned_z), z) <= 32);
        if (x.extent(0) == 1) CHECK(apart(turned_z, z) == 0);
    });
}

TEMPLATE_TEST_CASE("Möbius addition is gyroassociative and gyrocommutative", "", float, double)
{
    using T = TestType;
    for_points<T>([](auto const& b, auto const& x, auto const& y, auto const& z, double bar) {
        T const travelled = b.dist0(x) + b.dist0(y) + b.dist0(z);
        auto const xy = b.add(x, y);
        CHECK(gap(b, b.add(x, b.add(y, z)), b.add(xy, b.gyr(x, y, z)), travelled) <= bar);
        CHECK(apart(b.gyr(x, y, b.add(y, x)), xy) <= bar);
        CHECK(apart(b.gyr(xy, y, z), b.gyr(x, y, z)) <= bar);  // the left loop property
        CHECK(gap(b, b.add(b.negative(xy), b.add(x, b.add(y, z))), b.gyr(x, y, z), travelled) <= bar);  // definition
        CHECK(apart(b.sub(x, y), b.add(x, b.negative(y))) == 0);
        CHECK(norm(as_view(b.sub(x, x))) == 0);
    });
}

TEMPLATE_TEST_CASE("Möbius coaddition commutes, and cosubtraction undoes addition from the right", "", float, double)
{
    using T = TestType;
    for_points<T>([](auto const& b, auto const& x, auto const& y, auto const&, double bar) {
        T const travelled = b.dist0(x) + b.dist0(y);
        auto const sum = b.coadd(x, y);
        CHECK(apart(sum, b.coadd(y, x)) <= 4);
        CHECK(gap(b, sum, b.add(x, b.gyr(x, b.negative(y), y)), travelled) <= bar);
        CHECK(gap(b, b.add(b.cosub(x, y), y), x, travelled) <= bar);
        CHECK(gap(b, b.cosub(b.add(x, y), y), x, travelled) <= bar);
        CHECK(apart(b.cosub(x, y), b.coadd(x, b.negative(y))) == 0);
        CHECK(norm(as_view(b.cosub(x, x))) == 0);
        CHECK(apart(b.negative(sum), b.coadd(b.negative(x), b.negative(y))) == 0);
    });
}

TEMPLATE_TEST_CASE("Möbius scalar multiplication is a gyrovector space's", "", float, double)
{
    using T = TestType;
    for_points<T>([](auto const& b, auto const& x, auto const& y, auto const& z, double bar) {
        for (double first : {0.3, 1.0, -0.8})
            for (double second : {0.45, -0.3, 1.2}) {
                INFO("r1 = " << first << ", r2 = " << second);
                T const r1 = static_cast<T>(first), r2 = static_cast<T>(second);
                auto const sum = b.mul(r1 + r2, x), product = b.mul(r1 * r2, x);
                CHECK(gap(b, sum, b.add(b.mul(r1, x), b.mul(r2, x)), T(2) * b.dist0(x)) <=
                      std::max(bar, rounding_at(b, sum)));
                CHECK(gap(b, product, b.mul(r1, b.mul(r2, x)), b.dist0(x)) <= std::max(bar, rounding_at(b, product)));
            }
        auto const twice = b.mul(T(2), x);
        CHECK(gap(b, twice, b.add(x, x), b.dist0(x)) <= rounding_at(b, twice));
        CHECK(gap(b, twice, b.coadd(x, x), b.dist0(x)) <= rounding_at(b, twice));
        CHECK(gap(b, b.mul(T(1), x), x, b.dist0(x)) <= bar);
        CHECK(norm(as_view(b.mul(T(0), x))) == 0);
        CHECK(apart(b.mul(T(-0.7), x), b.negative(b.mul(T(0.7), x))) == 0);
        CHECK(std::fabs(static_cast<double>(b.dist0(b.mul(T(-0.7), x)) / (T(0.7) * b.dist0(x)) - 1)) <=
              bar * static_cast<double>(math_traits<T>::unit_roundoff));
        CHECK(apart(b.gyr(x, y, b.mul(T(0.6), z)), b.mul(T(0.6), b.gyr(x, y, z))) <= bar);
        tensor<T, 1> weights(x.extents());
        for (T& w : weights) w = T(-0.7);
        CHECK(gap(b, b.mul(weights, x), b.mul(T(-0.7), x), b.dist0(x)) <= bar);
    });
}

TEMPLATE_TEST_CASE("Weights and functions act in the tangent space at the origin", "", float, double)
{
    using T = TestType;
    for_points<T>([](auto const& b, auto const& x, auto const& w, auto const&, double bar) {
        auto v = b.log0(x);
        for (index_t i = 0; i < v.extent(0); ++i) v(i) *= w(i);
        CHECK(apart(b.mul(w, x), b.exp0(v)) <= bar);

        auto const check = [&](auto const& f) {
            auto y = b.log0(x);
            for (T& a : y) a = f.value(a);
            CHECK(apart(b.apply(f, x), b.exp0(y)) <= bar);
        };
        check(relu{});
        check(leaky_relu{0.2});
        check(hyperbolic_tangent{});
        auto positive = x;
        for (T& a : positive) a = std::fabs(a);
        CHECK(gap(b, b.apply(relu{}, positive), positive, b.dist0(x)) <= bar);
        tensor<T, 1> const origin(x.extents());
        CHECK(apart(b.apply(relu{}, b.negative(positive)), origin) == 0);
    });
}

TEST_CASE("A function that changes nothing has no cotangent of c")
{
    auto const c = curvature<float>::from_c(0.7f);
    tensor<float, 1> x(3), g(3), dx(3);
    for (index_t i = 0; i < 3; ++i) x(i) = 0.2f + 0.1f * static_cast<float>(i), g(i) = 1.0f - static_cast<float>(i);
    CHECK(poincare::mobius_fn_apply_vjp(c, relu{}, as_view(x), as_view(g), as_view(dx)) == 0);
    float dr = 0;
    CHECK(poincare::mobius_scalar_mul_vjp(c, 1.0f, as_view(x), as_view(g), dr, as_view(dx)) == 0);
    CHECK(poincare::mobius_scalar_mul_vjp(c, -1.0f, as_view(x), as_view(g), dr, as_view(dx)) == 0);
}

TEMPLATE_LIST_TEST_CASE("Scaling lengths by a power of two is exact for sums and gyrations", "", sum_ops)
{
    check_power_of_two_scaling<TestType, float>();
    check_power_of_two_scaling<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Scaling lengths by a power of two is exact for products", "", equivariant_product_ops)
{
    check_power_of_two_scaling<TestType, float>();
    check_power_of_two_scaling<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Cotangents of sums and gyrations obey Euler's law", "", sum_ops)
{
    check_euler<TestType>();
}

TEMPLATE_LIST_TEST_CASE("Cotangents of products obey Euler's law", "", equivariant_product_ops)
{
    check_euler<TestType>();
}

namespace {

/// Op at zero vectors; numbers are 0.6.
template <class Op>
sample<Op, float> at_zero()
{
    sample<Op, float> a(3, 0, 1.3, 2);
    for (std::size_t k = 0; k < a.inputs; ++k)
        if (!Op::inputs[k].is_number())
            for (float& e : a.in[k]) e = 0;
    a.evaluate();
    for (float e : a.out) CHECK(e == 0);
    CHECK(a.c_bar == 0);
    return a;
}

/// The cotangent of input k is `factor` times that of the output.
template <class Op>
void check_cotangent(sample<Op, float> const& a, std::size_t k, float factor)
{
    INFO(Op::name << ", cotangent of " << Op::inputs[k].name);
    for (index_t i = 0; i < 3; ++i) CHECK(a.grad[k](i) == factor * a.g(i));
}

}  // namespace

TEST_CASE("Algebra at zero vectors has finite values and the stated derivatives")
{
    auto const sum = at_zero<mobius_coadd>();
    check_cotangent(sum, 0, 1);
    check_cotangent(sum, 1, 1);
    auto const difference = at_zero<mobius_sub>();
    check_cotangent(difference, 0, 1);
    check_cotangent(difference, 1, -1);
    auto const codifference = at_zero<mobius_cosub>();
    check_cotangent(codifference, 0, 1);
    check_cotangent(codifference, 1, -1);
    auto const product = at_zero<mobius_scalar_mul>();
    CHECK(product.grad[0](0) == 0);
    check_cotangent(product, 1, 0.6f);
    auto const weighted = at_zero<mobius_pointwise_mul>();
    check_cotangent(weighted, 0, 0);
    check_cotangent(weighted, 1, 0);
    auto const turned = at_zero<gyration>();
    check_cotangent(turned, 0, 0);
    check_cotangent(turned, 1, 0);
    check_cotangent(turned, 2, 1);
    check_cotangent(at_zero<antipode>(), 0, -1);
    auto const projected = at_zero<proju>();
    check_cotangent(projected, 0, 0);
    check_cotangent(projected, 1, 1);
    check_cotangent(at_zero<apply_relu>(), 0, 0);
    check_cotangent(at_zero<apply_leaky_relu>(), 0, 0.01f);
    check_cotangent(at_zero<apply_tanh>(), 0, 1);
}

}  // namespace hyspn::testing
