// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <hyspn/core/math.hpp>

/// \file
/// Errors in units of round-off against a textbook formula evaluated with 113 bits, for values, cotangents and the
/// cotangent of c. Only with compilers that have such a type.

#if defined(__SIZEOF_FLOAT128__)

namespace hyspn::testing {

__extension__ typedef __float128 quad;
using quads = std::vector<quad>;

inline quad quad_sqrt(quad x)
{
    if (!(x > 0)) return 0;
    quad y = std::sqrt(static_cast<long double>(x));
    for (int k = 0; k < 3; ++k) y = (y + x / y) / 2;
    return y;
}

/// eˣ − 1.
inline quad quad_expm1(quad x)
{
    quad term = x / 256, sum = term;
    for (int k = 2; k < 30; ++k) sum += term *= x / 256 / k;
    for (int k = 0; k < 8; ++k) sum *= sum + 2;
    return sum;
}

inline quad quad_tanh(quad x)
{
    quad const e = quad_expm1(2 * x);
    return e / (e + 2);
}

inline quad quad_artanh(quad t)
{
    quad y = std::atanh(static_cast<long double>(t));
    for (int k = 0; k < 3; ++k) {  // Newton: the derivative of tanh is 1 − tanh²
        quad const h = quad_tanh(y);
        y -= (h - t) / (1 - h * h);
    }
    return y;
}

inline quad quad_dot(quads const& x, quads const& y)
{
    quad s = 0;
    for (std::size_t i = 0; i < x.size(); ++i) s += x[i] * y[i];
    return s;
}

/// expmap0 as in the textbook.
inline quads quad_expmap0(quad c, quads v)
{
    quad const r = quad_sqrt(quad_dot(v, v)), s = quad_sqrt(c);
    for (quad& a : v) a *= r > 0 ? quad_tanh(s * r) / (s * r) : quad(1);
    return v;
}

/// logmap0 as in the textbook.
inline quads quad_logmap0(quad c, quads x)
{
    quad const r = quad_sqrt(quad_dot(x, x)), s = quad_sqrt(c);
    for (quad& a : x) a *= r > 0 ? quad_artanh(s * r) / (s * r) : quad(1);
    return x;
}

/// An operation on its inputs, one array each, and c.
using quad_function = std::function<quads(quad c, std::vector<quads> const& inputs)>;

/// What an operation made of its inputs in precision T.
template <class T>
struct outcome {
    T c, c_bar;
    std::vector<std::vector<T>> inputs, grads;
    std::vector<T> g, out;
};

struct quad_errors {
    double out = 0;
    std::vector<double> inputs;
    double c = 0;
};

namespace quad_detail {

/// ⟨g, df⟩ for the derivative of f in one of its numbers, by a formula of eighth order.
inline quad slope(std::function<quad(quad)> const& f, quad x, quad step)
{
    quad const weights[] = {quad(4) / 5, -quad(1) / 5, quad(4) / 105, -quad(1) / 280};
    quad sum = 0;
    for (int k = 1; k <= 4; ++k) sum += weights[k - 1] * (f(x + k * step) - f(x - k * step));
    return sum / step;
}

template <class T>
double error_in_eps(std::vector<T> const& got, quads const& wanted)
{
    quad error = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) error += (got[i] - wanted[i]) * (got[i] - wanted[i]);
    if (error == 0) return 0;
    return static_cast<double>(quad_sqrt(error / quad_dot(wanted, wanted)) / quad(math_traits<T>::unit_roundoff));
}

}  // namespace quad_detail

/// Errors of an outcome. `room` is how far, relative to their size, inputs may move before something happens: the
/// complement of the points.
template <class T>
quad_errors compare(outcome<T> const& got, quad_function const& f, double room)
{
    using namespace quad_detail;
    double const step = 1e-3 * room;
    quad const c = got.c;
    std::vector<quads> in;
    for (auto const& x : got.inputs) in.emplace_back(x.begin(), x.end());
    quads const g(got.g.begin(), got.g.end());
    quad_errors errors;
    errors.out = error_in_eps(got.out, f(c, in));
    for (std::size_t k = 0; k < in.size(); ++k) {
        quad const size = quad_sqrt(quad_dot(in[k], in[k]));
        quads grad;
        for (std::size_t i = 0; i < in[k].size(); ++i) {
            auto moved = in;
            auto const along = [&](quad x) {
                moved[k][i] = x;
                return quad_dot(g, f(c, moved));
            };
            grad.push_back(slope(along, in[k][i], size * step));
        }
        errors.inputs.push_back(error_in_eps(got.grads[k], grad));
    }
    quad const c_bar = slope([&](quad x) { return quad_dot(g, f(x, in)); }, c, c * step);
    errors.c = error_in_eps(std::vector<T>{got.c_bar}, quads{c_bar});
    return errors;
}

}  // namespace hyspn::testing

#endif
