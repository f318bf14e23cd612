// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <manifold/algebra_ops.hpp>
#include <manifold/golden_replay.hpp>
#include <manifold/law_suite.hpp>
#include <manifold/quad_reference.hpp>

#include <hyspn/manifold/poincare/mobius_matvec.hpp>

// Operations without goldens against textbook formulas in 113 bits.
#if defined(__SIZEOF_FLOAT128__)

namespace hyspn::testing {

namespace {

quad gamma_squared(quad c, quads const& x)
{
    return 1 / (1 - c * quad_dot(x, x));
}

/// Ungar's quotient.
quads quad_coadd(quad c, std::vector<quads> const& in)
{
    quad const a = gamma_squared(c, in[0]), b = gamma_squared(c, in[1]);
    quads z(in[0].size());
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = (a * in[0][i] + b * in[1][i]) / (a + b - 1);
    return z;
}

quads quad_scalar_mul(quad c, std::vector<quads> const& in)
{
    quads v = quad_logmap0(c, in[1]);
    for (quad& a : v) a *= in[0][0];
    return quad_expmap0(c, v);
}

quads quad_pointwise_mul(quad c, std::vector<quads> const& in)
{
    quads v = quad_logmap0(c, in[1]);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] *= in[0][i];
    return quad_expmap0(c, v);
}

quads quad_matvec(quad c, std::vector<quads> const& in)
{
    quads const v = quad_logmap0(c, in[1]);
    quads y(in[0].size() / v.size());
    for (std::size_t o = 0; o < y.size(); ++o)
        for (std::size_t i = 0; i < v.size(); ++i) y[o] += in[0][o * v.size() + i] * v[i];
    return quad_expmap0(c, y);
}

template <class F>
quad_function quad_apply(F const& f)
{
    return [f](quad c, std::vector<quads> const& in) {
        quads v = quad_logmap0(c, in[0]);
        for (quad& a : v) a = f(a);
        return quad_expmap0(c, v);
    };
}

/// Runs over regimes, dimensions and curvatures, checks the bars and prints the worst errors of each regime.
struct survey {
    char const* name;
    char const* precision;
    std::string regime;
    double bar_of_c = vjp_bar;
    worst_errors worst{};

    void operator()(quad_errors const& e, std::vector<std::string> const& names)
    {
        note(worst, "out", e.out);
        CHECK(e.out <= forward_bar);
        for (std::size_t k = 0; k < names.size(); ++k) {
            INFO("cotangent of " << names[k]);
            note(worst, names[k], e.inputs[k]);
            CHECK(e.inputs[k] <= vjp_bar);
        }
        INFO("cotangent of c");
        note(worst, "c", e.c);
        CHECK(e.c <= bar_of_c);
    }
    ~survey()
    {
        std::printf("%-20s %s %-9s", name, precision, regime.c_str());
        for (auto const& [what, error] : worst) std::printf("  %s %.1f", what.c_str(), error);
        std::printf("\n");
    }
};

template <class T>
constexpr char const* precision_name = sizeof(T) == 4 ? "float " : "double";

template <class Op, class T>
outcome<T> evaluate(sample<Op, T>& a)
{
    a.evaluate();
    outcome<T> o{a.c, a.c_bar, {}, {}, {a.g.begin(), a.g.end()}, {a.out.begin(), a.out.end()}};
    for (auto const& x : a.in) o.inputs.emplace_back(x.begin(), x.end());
    for (auto const& x : a.grad) o.grads.emplace_back(x.begin(), x.end());
    return o;
}

struct regime {
    char const* name;
    double length;
    /// What becomes of the second vector, given the first: 0 itself, otherwise near factor·first.
    double factor, noise;
};

constexpr regime regimes[] = {
    {"generic", 0.6, 0, 0},        {"origin", 1e-3, 0, 0},         {"boundary", 0.9999, 0, 0},
    {"edge", 0.999999, 0, 0},      {"close", 0.6, 1, 1e-4},        {"opposite", 0.6, -1, 1e-4},
    {"collinear", 0.6, 0.5, 1e-9}, {"far close", 0.9999, 1, 1e-5}, {"far oppos.", 0.9999, -1, 1e-5}};

template <class Op, class T>
void check_operation(char const* name, quad_function const& f, double number = 0.6, double bar_of_c = vjp_bar)
{
    constexpr bool pair = Op::input_count == 2 && Op::inputs[0].is_length() && Op::inputs[1].is_length();
    std::vector<std::string> names;
    for (auto const& input : Op::inputs) names.push_back(input.name);
    for (auto const& r : regimes) {
        if (!pair && r.factor != 0) continue;
        survey report{name, precision_name<T>, r.name, bar_of_c};
        for (index_t extent : {2, 5})
            for (double c : {0.25, 1.0, 3.7})
                for (unsigned seed : {1u, 2u, 3u}) {
                    INFO(name << ", " << r.name << ", D = " << extent << ", c = " << c << ", seed " << seed);
                    sample<Op, T> a(extent, r.length, c, seed);
                    if constexpr (!Op::inputs[0].is_length() && !Op::inputs[0].is_number())
                        for (T& w : a.in[0]) w *= static_cast<T>(std::sqrt(c) / r.length);  // weights about 1
                    if constexpr (Op::inputs[0].is_number()) a.in[0](0) = static_cast<T>(number);
                    if constexpr (pair)
                        if (r.factor != 0) {
                            point_source source(seed + 10);
                            auto const noise = source.point<T>(extent, r.noise * r.length / std::sqrt(c));
                            for (index_t i = 0; i < extent; ++i)
                                a.in[1](i) = static_cast<T>(r.factor * 0.99999) * a.in[0](i) + noise(i);
                        }
                    report(compare(evaluate(a), f, 1 - r.length * r.length), names);
                }
    }
}

}  // namespace

TEMPLATE_TEST_CASE("Coaddition and subtraction against 113 bits", "", float, double)
{
    using T = TestType;
    check_operation<mobius_coadd, T>("mobius_coadd", quad_coadd);
    check_operation<mobius_cosub, T>("mobius_cosub", [](quad c, std::vector<quads> in) {
        for (quad& a : in[1]) a = -a;
        return quad_coadd(c, in);
    });
}

TEMPLATE_TEST_CASE("Products against 113 bits", "", float, double)
{
    using T = TestType;
    for (double r : {0.3, 0.52, 0.7, 0.9, 1.001, 1.7, -2.5}) {
        std::string const name = "scalar_mul " + std::to_string(r).substr(0, 5);
        check_operation<mobius_scalar_mul, T>(name.c_str(), quad_scalar_mul, r);
    }
    check_operation<mobius_pointwise_mul, T>("mobius_pointwise_mul", quad_pointwise_mul);
}

TEMPLATE_TEST_CASE("Functions against 113 bits", "", float, double)
{
    using T = TestType;
    auto const positive = [](quad v) { return v > 0 ? v : quad(0); };
    quad const below = static_cast<T>(0.01);
    check_operation<apply_relu, T>("relu", quad_apply(positive));
    check_operation<apply_leaky_relu, T>("leaky_relu", quad_apply([=](quad v) { return v > 0 ? v : below * v; }));
    // Where one coordinate is much the largest, tanh acts as in one dimension, and two terms of c̄ nearly cancel.
    check_operation<apply_tanh, T>("tanh", quad_apply(quad_tanh), 0, 4 * vjp_bar);
}

TEMPLATE_TEST_CASE("Matrix multiplication against 113 bits", "", float, double)
{
    using T = TestType;
    for (auto const& r : regimes) {
        if (r.factor != 0) continue;
        survey report{"mobius_matvec", precision_name<T>, r.name};
        for (index_t rows : {2, 4})
            for (double c : {0.25, 1.0, 3.7})
                for (unsigned seed : {1u, 2u, 3u}) {
                    INFO(r.name << ", D_out = " << rows << ", c = " << c << ", seed " << seed);
                    point_source source(seed);
                    auto const x = source.point<T>(3, r.length / std::sqrt(c));
                    tensor<T, 2> m(rows, 3), dm(rows, 3);
                    tensor<T, 1> g(rows), out(rows), dx(3);
                    for (T& a : m) a = static_cast<T>(source.number());
                    for (T& a : g) a = static_cast<T>(source.number());
                    auto const k = curvature<T>::from_c(static_cast<T>(c));
                    poincare::mobius_matvec(k, as_view(m), as_view(x), as_view(out));
                    T const c_bar =
                        poincare::mobius_matvec_vjp(k, as_view(m), as_view(x), as_view(g), as_view(dm), as_view(dx));
                    outcome<T> const got{k.c(),
                                         c_bar,
                                         {{m.begin(), m.end()}, {x.begin(), x.end()}},
                                         {{dm.begin(), dm.end()}, {dx.begin(), dx.end()}},
                                         {g.begin(), g.end()},
                                         {out.begin(), out.end()}};
                    report(compare(got, quad_matvec, 1 - r.length * r.length), {"m", "x"});
                }
    }
}

}  // namespace hyspn::testing

#endif
