// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <manifold/poincare_ops.hpp>
#include <manifold/stereographic_ops.hpp>
#include <support/catch.hpp>

// Tangent vectors may be any finite numbers: their images and all gradients are finite, and nothing collapses to 0.
// Inputs are taken by bit pattern, so that every exponent occurs.
namespace hyspn::testing {
namespace {

template <class T>
using bits_of = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

/// Positive and negative finite numbers, `steps` bit patterns evenly over all of them, and both ends.
template <class T>
std::vector<T> patterns(int steps)
{
    auto const last = std::bit_cast<bits_of<T>>(std::numeric_limits<T>::max());
    std::vector<T> all{T(0), std::numeric_limits<T>::denorm_min(), std::numeric_limits<T>::min(),
                       std::numeric_limits<T>::max()};
    for (int k = 1; k < steps; ++k)
        all.push_back(std::bit_cast<T>(
            static_cast<bits_of<T>>(last / static_cast<bits_of<T>>(steps) * static_cast<bits_of<T>>(k))));
    std::size_t const n = all.size();
    for (std::size_t k = 0; k < n; ++k) all.push_back(-all[k]);
    return all;
}

/// The worst findings, in words; empty when there is none.
struct findings {
    int count = 0;
    std::string text;
    template <class T>
    void add(char const* what, double c, std::vector<T> const& v)
    {
        if (++count > 8) return;
        char line[160];
        std::snprintf(line, sizeof line, "%s at c = %g, v = (%a, %a), D = %zu\n", what, c, static_cast<double>(v[0]),
                      static_cast<double>(v.size() > 1 ? v[1] : T(0)), v.size());
        text += line;
    }
};

template <class T>
bool all_finite(std::vector<T> const& x)
{
    for (T e : x)
        if (!std::isfinite(e)) return false;
    return true;
}

template <class T>
view<T, 1> as_vector(std::vector<T>& x)
{
    return {x.data(), dims<1>{{static_cast<index_t>(x.size())}}};
}

/// expmap0 and its gradients at v; for κ < 0 the image has the length tanh(s‖v‖)/s.
template <class T, class Forward, class Vjp, class K>
void look(findings& found, K const& k, double c, std::vector<T> v, Forward const& forward, Vjp const& vjp)
{
    std::vector<T> out(v.size()), g(v.size()), dv(v.size());
    for (std::size_t i = 0; i < v.size(); ++i) g[i] = i % 2 == 0 ? T(1) : T(-0.75);
    forward(k, as_vector(v), as_vector(out));
    T const c_bar = vjp(k, as_vector(v), as_vector(g), as_vector(dv));
    if (!all_finite(out)) found.add("value", c, v);
    if (!all_finite(dv) || !std::isfinite(c_bar)) found.add("gradient", c, v);
    long double square = 0, wanted = 0;
    for (std::size_t i = 0; i < v.size(); ++i) {
        square += static_cast<long double>(out[i]) * static_cast<long double>(out[i]);
        wanted += static_cast<long double>(v[i]) * static_cast<long double>(v[i]);
    }
    long double const s = std::sqrt(static_cast<long double>(static_cast<T>(c))), t = s * std::sqrt(wanted);
    long double const length = std::tanh(t) / s, error = std::fabs(std::sqrt(square) - length);
    long double const floor = static_cast<long double>(std::numeric_limits<T>::min());
    if (!(error <= 16 * static_cast<long double>(math_traits<T>::unit_roundoff) * std::max(length, floor)))
        found.add("length", c, v);
}

}  // namespace

TEMPLATE_TEST_CASE("Tangent vectors of every bit pattern have finite images and gradients", "", float, double)
{
    using T = TestType;
    findings found;
    auto const one = patterns<T>(20000), few = patterns<T>(120);
    for (double c : {1e-12, 1e-3, 0.25, 1.0, 3.7, 1e6}) {
        auto const ball = curvature<T>::from_c(static_cast<T>(c));
        auto const any = sectional_curvature<T>::from_kappa(static_cast<T>(-c));
        for (T a : one) look(found, ball, c, std::vector<T>{a}, poincare::expmap0, poincare::expmap0_vjp);
        for (T a : few)
            for (T b : few) {
                look(found, ball, c, std::vector<T>{a, b}, poincare::expmap0, poincare::expmap0_vjp);
                look(found, any, c, std::vector<T>{b, a, a, b}, stereographic::expmap0, stereographic::expmap0_vjp);
            }
    }
    INFO(found.text);
    CHECK(found.count == 0);
}

TEMPLATE_TEST_CASE("From a point inside the ball, any tangent vector leads to a finite point with finite gradients", "",
                   float, double)
{
    using T = TestType;
    findings found;
    auto const few = patterns<T>(200);
    for (double c : {1e-6, 0.25, 3.7, 1e4})
        for (double r : {0.0, 1e-6, 0.6, 0.999}) {
            auto const k = curvature<T>::from_c(static_cast<T>(c));
            T const s = static_cast<T>(r / std::sqrt(c));
            std::vector<T> x{T(0.6) * s, T(-0.8) * s};
            for (T a : few)
                for (T b : few) {
                    std::vector<T> v{a, b}, out(2), g{T(1), T(-0.75)}, dx(2), dv(2);
                    poincare::expmap(k, as_vector(x), as_vector(v), as_vector(out));
                    T const c_bar =
                        poincare::expmap_vjp(k, as_vector(x), as_vector(v), as_vector(g), as_vector(dx), as_vector(dv));
                    if (!all_finite(out)) found.add("value", c, v);
                    if (!all_finite(dx) || !all_finite(dv) || !std::isfinite(c_bar)) found.add("gradient", c, v);
                    long double const far = static_cast<long double>(std::hypot(a, b)) * std::sqrt(c);
                    long double const length =
                        std::sqrt(static_cast<long double>(c)) *
                        std::hypot(static_cast<long double>(out[0]), static_cast<long double>(out[1]));
                    if (far > 40 && !(std::fabs(length - 1) < 1e-5)) found.add("not at the boundary", c, v);
                }
        }
    INFO(found.text);
    CHECK(found.count == 0);
}

}  // namespace hyspn::testing
