// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <manifold/sets_reference.hpp>
#include <support/catch.hpp>

#include <hyspn/manifold/poincare/dist.hpp>
#include <hyspn/manifold/poincare/frechet_mean.hpp>
#include <hyspn/manifold/poincare/frechet_variance.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

// What must hold for sets of points whatever the numbers: no reference values here.
namespace hyspn::testing {
namespace {

/// The two means as types, so that one body serves both.
struct gyromidpoint {
    template <class... A>
    static void mean(A&&... a)
    {
        poincare::weighted_midpoint(std::forward<A>(a)...);
    }
    template <class K, class W, class X, class Y, class G, class DW, class DX>
    static auto vjp(K const& c, W&& w, X&& x, Y&&, G&& g, DW&& dw, DX&& dx)
    {
        return poincare::weighted_midpoint_vjp(c, w, x, g, dw, dx);
    }
};
struct frechet {
    template <class... A>
    static void mean(A&&... a)
    {
        CHECK(poincare::frechet_mean(std::forward<A>(a)...).converged());
    }
    template <class K, class W, class X, class Y, class G, class DW, class DX>
    static auto vjp(K const& c, W&& w, X&& x, Y&& y, G&& g, DW&& dw, DX&& dx)
    {
        return poincare::frechet_mean_vjp(c, w, x, y, g, dw, dx);
    }
};

template <class Op, class T>
tensor<T, 1> mean_of(random_set<T> const& set)
{
    tensor<T, 1> out(set.points.extent(1));
    Op::mean(set.k(), set.weights, set.points, out);
    return out;
}

/// Everything there is to a set, value and cotangents.
template <class T>
struct evaluated {
    tensor<T, 1> mean, g, dw;
    tensor<T, 2> dx;
    T dc = T(0);

    template <class Op>
    static evaluated of(random_set<T> const& set)
    {
        index_t const k = set.points.extent(0), d = set.points.extent(1);
        evaluated e{mean_of<Op>(set), point_source(3).point<T>(d, 1), tensor<T, 1>(k), tensor<T, 2>(k, d), T(0)};
        e.dc = Op::vjp(set.k(), set.weights, set.points, e.mean, e.g, e.dw, e.dx);
        return e;
    }
};

template <class T>
bool same(tensor<T, 1> const& a, tensor<T, 1> const& b)
{
    return std::equal(a.begin(), a.end(), b.begin());
}

}  // namespace

TEMPLATE_TEST_CASE("Means of identical points are that point, of one point itself", "", gyromidpoint, frechet)
{
    using Op = TestType;
    for (double length : {0.0, 1e-30, 0.3, 0.9999999})
        for (index_t k : {1, 2, 7}) {
            random_set<float> set(k, 3, 1.7, 0.5, 1, 3);
            auto const x = point_source(4).point<float>(3, length / std::sqrt(1.7) + 1e-38);
            for (index_t n = 0; n < k; ++n) copy(as_const(as_view(x)), as_view(set.points)[n]);
            CHECK(same(mean_of<Op>(set), x));
            auto const e = evaluated<float>::template of<Op>(set);
            for (float a : e.dw) CHECK(a == 0);
            for (float a : e.dx) CHECK(std::isfinite(a));
            CHECK(e.dc == 0);
        }
}

TEMPLATE_TEST_CASE("Means do not depend on the order of the points nor on the unit of the weights", "", gyromidpoint,
                   frechet)
{
    using Op = TestType;
    random_set<double> const set(6, 4, 0.7, 0.6, 2, 3, std::is_same_v<Op, gyromidpoint>);
    auto const mean = mean_of<Op>(set);
    random_set<double> turned = set;
    for (index_t n = 0; n < 6; ++n) {
        turned.weights(n) = set.weights((n + 2) % 6);
        copy(set.points[(n + 2) % 6], as_view(turned.points)[n]);
    }
    CHECK(distance_in_eps<double>(as_view(mean), as_view(mean_of<Op>(turned))) <= 8);
    for (double unit : {1e-300, 0x1p-40, 0x1p+900}) {
        auto scaled = set;
        for (double& w : scaled.weights) w *= unit;
        CHECK(distance_in_eps<double>(as_view(mean), as_view(mean_of<Op>(scaled))) <= 8);
    }
}

TEMPLATE_TEST_CASE("Means move with the points under translations and rotations", "", gyromidpoint, frechet)
{
    using Op = TestType;
    for (double c : {0.25, 1.0, 3.7}) {
        random_set<double> const set(5, 3, c, 0.4, 2, 8);
        auto const exact_mean = mean_of<Op>(set);
        auto const to = point_source(9).point<double>(3, 0.8 / std::sqrt(c));
        random_set<double> moved = set, turned = set;
        for (index_t n = 0; n < 5; ++n) {
            poincare::mobius_add(set.k(), as_view(to), set.points[n], as_view(moved.points)[n]);
            turned.points(n, 0) = 0.6 * set.points(n, 0) - 0.8 * set.points(n, 1);
            turned.points(n, 1) = 0.8 * set.points(n, 0) + 0.6 * set.points(n, 1);
        }
        tensor<double, 1> wanted(3);
        poincare::mobius_add(set.k(), as_view(to), as_view(exact_mean), as_view(wanted));
        CHECK(poincare::dist(set.k(), as_view(wanted), as_view(mean_of<Op>(moved))) < 1e-13 / std::sqrt(c));
        auto const rotated = mean_of<Op>(turned);
        CHECK(rotated(0) == Approx(0.6 * exact_mean(0) - 0.8 * exact_mean(1)).epsilon(1e-13));
        CHECK(rotated(1) == Approx(0.8 * exact_mean(0) + 0.6 * exact_mean(1)).epsilon(1e-13));
    }
}

TEMPLATE_TEST_CASE("The mean of two points lies on their geodesic: half way, and where the weights say", "",
                   gyromidpoint, frechet)
{
    using Op = TestType;
    for (double c : {0.25, 3.7})
        for (double lever : {1.0, 3.0}) {
            random_set<double> set(2, 3, c, 0.6, 3, 5);
            set.weights(0) = 1;
            set.weights(1) = lever;
            auto const m = mean_of<Op>(set);
            auto const k = set.k();
            double const d0 = poincare::dist(k, set.points[0], as_view(m)),
                         d1 = poincare::dist(k, set.points[1], as_view(m));
            CHECK(d0 + d1 == Approx(poincare::dist(k, set.points[0], set.points[1])).epsilon(1e-13));
            double const s = std::sqrt(c);
            if (std::is_same_v<Op, gyromidpoint>)
                CHECK(std::sinh(s * d0) == Approx(lever * std::sinh(s * d1)).epsilon(1e-12));
            else
                CHECK(d0 == Approx(lever * d1).epsilon(1e-12));
        }
}

TEST_CASE("The gyromidpoint of positive weights is the Einstein midpoint of the Klein model")
{
    for (double c : {0.25, 1.0, 3.7}) {
        random_set<double> const set(7, 3, c, 0.5, 2, 6);
        // k = 2x/(1+c‖x‖²), γ = 1/√(1−c‖k‖²); midpoint Σwγk/Σwγ; back: x = k/(1+√(1−c‖k‖²)).
        double sum[3] = {}, mass = 0;
        for (index_t n = 0; n < 7; ++n) {
            double const x2 = squared_norm(set.points[n]), gamma = (1 + c * x2) / (1 - c * x2);
            mass += set.weights(n) * gamma;
            for (index_t i = 0; i < 3; ++i) sum[i] += set.weights(n) * gamma * 2 * set.points(n, i) / (1 + c * x2);
        }
        double k2 = 0;
        for (double& a : sum) a /= mass, k2 += a * a;
        auto const m = mean_of<gyromidpoint>(set);
        for (index_t i = 0; i < 3; ++i) CHECK(m(i) == Approx(sum[i] / (1 + std::sqrt(1 - c * k2))).epsilon(1e-12));
    }
}

TEMPLATE_TEST_CASE("A negative weight is its absolute value at the opposite point; sums of any sign are finite", "",
                   gyromidpoint, frechet)
{
    using Op = TestType;
    random_set<double> const set(6, 3, 0.7, 0.2, 1.5, 3, true);
    auto opposite = set;
    for (index_t n = 0; n < 6; ++n) {
        if (set.weights(n) > 0) continue;
        opposite.weights(n) = -set.weights(n);
        for (index_t i = 0; i < 3; ++i) opposite.points(n, i) = -set.points(n, i);
    }
    CHECK(same(mean_of<Op>(set), mean_of<Op>(opposite)));
    auto const a = evaluated<double>::template of<Op>(set), b = evaluated<double>::template of<Op>(opposite);
    CHECK(a.dc == b.dc);
    for (index_t n = 0; n < 6; ++n) {
        double const sign = set.weights(n) < 0 ? -1 : 1;
        CHECK(a.dw(n) == sign * b.dw(n));
        for (index_t i = 0; i < 3; ++i) CHECK(a.dx(n, i) == sign * b.dx(n, i));
    }
    // Where Σw(λ−1) vanishes or is negative other rules divide by 0 or take roots of negative numbers.
    for (double second : {-1.0, -1.000001, -5.0}) {
        random_set<double> pair(2, 2, 0.7, 0.6, 1e-3, 3);
        pair.weights(0) = 1;
        pair.weights(1) = second;
        auto const e = evaluated<double>::template of<Op>(pair);
        for (double x : e.mean) CHECK(std::isfinite(x));
        for (double x : e.dw) CHECK(std::isfinite(x));
        for (double x : e.dx) CHECK(std::isfinite(x));
    }
}

TEMPLATE_TEST_CASE("Sets without weight have the origin for their mean and no gradient", "", gyromidpoint, frechet)
{
    random_set<float> set(3, 2, 0.7, 0.6, 1, 3);
    for (float& w : set.weights) w = 0;
    auto const e = evaluated<float>::of<TestType>(set);
    for (float x : e.mean) CHECK(x == 0);
    for (float x : e.dw) CHECK(x == 0);
    for (float x : e.dx) CHECK(x == 0);
    CHECK(e.dc == 0);
    // One weight of 0 among others: the point does not pull, its weight has the derivative from above.
    random_set<double> some(3, 2, 0.7, 0.4, 1, 3);
    some.weights(1) = 0;
    auto const at = evaluated<double>::of<TestType>(some);
    for (index_t i = 0; i < 2; ++i) CHECK(at.dx(1, i) == 0);
    auto more = some;
    more.weights(1) = 1e-7;
    double slope = 0;
    auto const beside = mean_of<TestType>(more);
    for (index_t i = 0; i < 2; ++i) slope += at.g(i) * (beside(i) - at.mean(i)) / 1e-7;
    CHECK(at.dw(1) == Approx(slope).epsilon(1e-5));
}

TEMPLATE_TEST_CASE("Sets: scaling lengths, and weights, by a power of two is exact", "", gyromidpoint, frechet)
{
    for (int power : {-9, 6})
        for (double radius : {1e-5, 0.3, 0.97}) {
            random_set<float> const set(5, 3, 0.8, radius, 0.5, 4);
            auto scaled = set;
            float const unit = std::ldexp(1.0f, power);
            for (float& x : scaled.points) x /= unit;
            for (float& w : scaled.weights) w *= 4;
            scaled.c *= unit * unit;
            auto const a = evaluated<float>::of<TestType>(set), b = evaluated<float>::of<TestType>(scaled);
            INFO("2^" << power << ", radius " << radius);
            for (index_t i = 0; i < 3; ++i) CHECK(b.mean(i) * unit == a.mean(i));
            for (index_t n = 0; n < 5; ++n) CHECK(b.dw(n) * 4 * unit == a.dw(n));
            for (index_t n = 0; n < a.dx.size(); ++n) CHECK(b.dx.data()[n] == a.dx.data()[n]);
            CHECK(b.dc * unit * unit * unit == a.dc);
        }
}

TEMPLATE_TEST_CASE("Sets: Euler's law in lengths, and in weights", "", gyromidpoint, frechet)
{
    for (double c : {0.25, 1.0, 3.7})
        for (double radius : {1e-6, 0.3, 0.95}) {
            random_set<double> const set(5, 3, c, radius, 1, 4, std::is_same_v<TestType, gyromidpoint>);
            auto const e = evaluated<double>::of<TestType>(set);
            double sum = -2 * c * e.dc, size = std::fabs(sum), weights = 0, weights_size = 0;
            for (index_t n = 0; n < e.dx.size(); ++n) {
                sum += set.points.data()[n] * e.dx.data()[n];
                size += std::fabs(set.points.data()[n] * e.dx.data()[n]);
            }
            for (index_t i = 0; i < 3; ++i) sum -= e.mean(i) * e.g(i), size += std::fabs(e.mean(i) * e.g(i));
            for (index_t n = 0; n < 5; ++n) {
                weights += set.weights(n) * e.dw(n);
                weights_size += std::fabs(set.weights(n) * e.dw(n));
            }
            INFO("c = " << c << ", radius " << radius);
            CHECK(std::fabs(sum) <= 1e-13 * size / (1 - radius * radius));
            CHECK(std::fabs(weights) <= 1e-13 * weights_size);
        }
}

TEMPLATE_TEST_CASE("Means of points as far apart as the type can say stay in the ball", "", float, double)
{
    using T = TestType;
    T const edge = std::nextafter(T(1), T(0)) * T(0.5);  // c = 4
    for (T lever : {T(1), T(1e-3), T(1e-12), T(1e-30)}) {
        random_set<T> set(3, 2, 4, 0.1, 1, 3);
        for (T& x : set.points) x = 0;
        set.points(0, 0) = edge;
        set.points(1, 0) = -edge;
        set.points(2, 1) = edge;
        set.weights(0) = lever;
        set.weights(1) = T(1);
        set.weights(2) = lever;
        auto const e = evaluated<T>::template of<gyromidpoint>(set);
        INFO("weights 1 and " << lever << ": " << e.mean(0) << ", " << e.mean(1));
        CHECK(complement(set.c, as_view(e.mean)) > 0);
        for (T x : e.dx) CHECK(std::isfinite(x));
        for (T x : e.dw) CHECK(std::isfinite(x));
        // On the hyperboloid, times 1 − c x² of the points: (1+2l; l−1, l), of squared length 6l + 2l².
        double const l = static_cast<double>(lever);
        CHECK(static_cast<double>(e.mean(0)) * 2 ==
              Approx((l - 1) / (1 + 2 * l + std::sqrt(6 * l + 2 * l * l))).margin(1e-3));
        CHECK(static_cast<double>(e.mean(1)) * 2 ==
              Approx(l / (1 + 2 * l + std::sqrt(6 * l + 2 * l * l))).margin(1e-3));
    }
}

}  // namespace hyspn::testing
