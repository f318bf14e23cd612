// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The distance between two pixels, its slopes and its derivative in the curvature, pair by pair.
#include <hyspn/affinity/detail/tangent_distance.hpp>

#include "affinity/support.hpp"

using namespace hyspn;
using namespace hyspn::testing;

namespace {

template <class T>
struct pair_result {
    T d, c_bar;
    T dv1[3], dv2[3];
};

template <class T>
view<T const, 1> vec(T const* p)
{
    return {p, dims<1>{3}};
}

template <class T>
pair_result<T> both_ways(T s, T const* v1, T const* v2)
{
    pair_result<T> out{};
    auto const one_end = [&](T const* v, T const* u, T* dv) {
        T const r1 = norm(vec(v)), r2 = norm(vec(u));
        auto const g = hyspn::detail::geometry_of(vec(v), vec(u), r1, r2);
        hyspn::detail::distance_terms<T> const d(s, r1, r2, g);
        auto const slope = hyspn::detail::tangent_distance_slope(d);
        for (index_t i = 0; i < 3; ++i) dv[i] = r1 > 0 ? slope.along * (v[i] / r1) : T(0);
        if (g.chord > 0) {
            auto const e = hyspn::detail::make_unit_combination(vec(v), vec(u), T(-1), r1, r2, g.radial);
            for (index_t i = 0; i < 3; ++i) dv[i] += slope.across * e(i);
        }
        out.d = hyspn::detail::tangent_distance(s, r1, r2, g);
        auto const complement = hyspn::detail::chord_complement(vec(v), vec(u), r1, r2, g);
        out.c_bar = hyspn::detail::tangent_distance_c(d, complement);
    };
    one_end(v2, v1, out.dv2);
    one_end(v1, v2, out.dv1);
    return out;
}

/// Pairs at angle `angle` (radians) and radius ratio `ratio`, turned by some rotation.
template <class T>
void make_pair_at(double radius, double ratio, double angle, T* v1, T* v2)
{
    double const a[] = {0.6, 0.64, 0.48}, b[] = {0.8, -0.48, -0.36};
    for (int i = 0; i < 3; ++i) {
        v1[i] = static_cast<T>(radius * a[i]);
        v2[i] = static_cast<T>(radius * ratio * (std::cos(angle) * a[i] + std::sin(angle) * b[i]));
    }
}

constexpr double angles[] = {1e-4, 1e-2, 0.3, 1.0, 1.6, 2.5, 3.1, 3.14159};
constexpr double ratios[] = {1, 0.9999, 0.3, 1e-4};

/// ⟨v₁, ∂d/∂v₁⟩ + ⟨v₂, ∂d/∂v₂⟩ − 2c ∂d/∂c = d.
template <class T>
double euler_defect(T s, T const* v1, T const* v2)
{
    auto const g = both_ways(s, v1, v2);
    double sum = -static_cast<double>(g.d), size = static_cast<double>(g.d);
    auto const add = [&](double term) { sum += term, size += std::fabs(term); };
    for (int i = 0; i < 3; ++i) {
        add(static_cast<double>(v1[i]) * static_cast<double>(g.dv1[i]));
        add(static_cast<double>(v2[i]) * static_cast<double>(g.dv2[i]));
    }
    add(-2 * static_cast<double>(s) * static_cast<double>(s) * static_cast<double>(g.c_bar));
    return std::fabs(sum) / size / unit_roundoff<T>;
}

template <class T>
void check_euler(double greatest_radius)
{
    for (double radius = 1e-6; radius <= greatest_radius; radius *= 10)
        for (double ratio : ratios)
            for (double angle : angles) {
                T v1[3], v2[3];
                make_pair_at(radius, ratio, angle, v1, v2);
                CAPTURE(sizeof(T), radius, ratio, angle);
                CHECK(euler_defect<T>(T(1.25), v1, v2) < affinity_tolerances::law);
            }
}

}  // namespace

TEST_CASE("a pair's distance, gradients and curvature gradient obey Euler's theorem at all radii and angles")
{
    check_euler<float>(1e4);
    check_euler<double>(1e6);
}

TEST_CASE("a pair's distance equals the law of cosines where that has digits")
{
    for (double radius : {0.3, 1.0, 3.0})
        for (double ratio : {1.0, 0.3})
            for (double angle : {0.3, 1.0, 1.6, 2.5, 3.1}) {
                double v1[3], v2[3];
                make_pair_at(radius, ratio, angle, v1, v2);
                double const s = 1.25, a = 2 * s * radius, b = 2 * s * radius * ratio;
                double const cosine = std::cosh(a) * std::cosh(b) - std::sinh(a) * std::sinh(b) * std::cos(angle);
                CHECK(both_ways(s, v1, v2).d == Approx(std::acosh(cosine) / s).epsilon(1e-13));
            }
}

TEST_CASE("slopes of a pair's distance are those of dual numbers")
{
    using D = dual<double>;
    for (double radius : {1e-3, 0.3, 1.0, 4.0, 40.0, 400.0})
        for (double ratio : {1.0, 0.3, 1e-2})
            for (double angle : {0.1, 0.3, 1.0, 1.6, 2.5, 3.1}) {
                CAPTURE(radius, ratio, angle);
                double v1[3], v2[3];
                make_pair_at(radius, ratio, angle, v1, v2);
                double const c = 1.5;
                auto const g = both_ways(std::sqrt(c), v1, v2);
                for (int at = 0; at < 7; ++at) {
                    D w1[3] = {v1[0], v1[1], v1[2]}, w2[3] = {v2[0], v2[1], v2[2]}, cd = c;
                    (at < 3 ? w1[at] : at < 6 ? w2[at - 3] : cd).derivative = 1;
                    D const r1 = norm(vec(w1)), r2 = norm(vec(w2));
                    auto const pair = hyspn::detail::geometry_of(vec(w1), vec(w2), r1, r2);
                    double const want = hyspn::detail::tangent_distance(sqrt(cd), r1, r2, pair).derivative;
                    double const got = at < 3 ? g.dv1[at] : at < 6 ? g.dv2[at - 3] : g.c_bar;
                    // The dual of c loses digits to cancellation in proportion to the parts it is made of.
                    double const size = at < 6 ? 1 : (1 + radius) / c;
                    CHECK(std::fabs(got - want) <= 1e-11 * std::max(std::fabs(want), size));
                }
            }
}

TEST_CASE("special pairs: coincident, on a ray, through the origin, opposite, zero")
{
    float const s = 1;
    auto const check = [&](std::initializer_list<float> a, std::initializer_list<float> b, float want) {
        auto const g = both_ways(s, a.begin(), b.begin());
        CHECK(g.d == Approx(want).epsilon(1e-6));
        CHECK(g.c_bar == 0);
        for (int i = 0; i < 3; ++i) CHECK((std::isfinite(g.dv1[i]) && std::isfinite(g.dv2[i])));
        return g;
    };
    for (float size : {1e-30f, 1e-3f, 1.f, 100.f, 1e4f}) {
        CAPTURE(size);
        float const x = 0.3f * size, y = -0.7f * size, z = 0.11f * size, r = std::hypot(x, y, z);
        auto const same = check({x, y, z}, {x, y, z}, 0);
        CHECK((same.d == 0 && same.dv1[0] == 0 && same.dv2[2] == 0));
        check({x, y, z}, {x / 2, y / 2, z / 2}, r);
        check({x, y, z}, {-x, -y, -z}, 4 * r);
        auto const from_origin = check({0, 0, 0}, {x, y, z}, 2 * r);
        CHECK(from_origin.dv1[1] == Approx(-2 * y / r).epsilon(1e-6));
        CHECK(from_origin.dv2[1] == Approx(2 * y / r).epsilon(1e-6));
    }
    auto const none = check({0, 0, 0}, {0, 0, 0}, 0);
    CHECK((none.dv1[0] == 0 && none.dv2[0] == 0));
}

TEST_CASE("the divided difference of x sinh 2x agrees with its definition")
{
    auto const f = [](long double z) {
        long double const x = std::asinh(std::sqrt(z));
        return x * std::sinh(2 * x);
    };
    using wide = long double;
    for (double z0 : {0.0, 0.01, 0.4})
        for (double z1 : {0.8, 1.5})
            for (double z2 : {2.0, 2.6}) {
                wide const w0 = static_cast<wide>(z0), w1 = static_cast<wide>(z1), w2 = static_cast<wide>(z2);
                wide const first = (f(w1) - f(w0)) / (w1 - w0), second = (f(w2) - f(w1)) / (w2 - w1);
                auto const want = static_cast<double>((second - first) / (w2 - w0));
                CHECK(hyspn::detail::second_difference_of_x_sinh_2x(z0, z1, z2) == Approx(want).epsilon(1e-14));
                auto const in_float = hyspn::detail::second_difference_of_x_sinh_2x(
                    static_cast<float>(z0), static_cast<float>(z1), static_cast<float>(z2));
                CHECK(static_cast<double>(in_float) == Approx(want).epsilon(1e-5));
            }
}
