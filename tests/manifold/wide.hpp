// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <vector>

#include <quadmath.h>

/// \file
/// Numbers of 113 bits with one derivative, for references. Tests alone use them.

namespace hyspn::testing {

__extension__ typedef __float128 quad;

/// value + slope·ε, ε² = 0.
struct wide {
    quad value = 0;
    quad slope = 0;

    wide() = default;
    wide(double v) : value(v) {}
    wide(quad v, quad s) : value(v), slope(s) {}

    friend wide operator+(wide a, wide b) { return {a.value + b.value, a.slope + b.slope}; }
    friend wide operator-(wide a, wide b) { return {a.value - b.value, a.slope - b.slope}; }
    friend wide operator-(wide a) { return {-a.value, -a.slope}; }
    friend wide operator*(wide a, wide b) { return {a.value * b.value, a.slope * b.value + a.value * b.slope}; }
    friend wide operator/(wide a, wide b)
    {
        quad const q = a.value / b.value;
        return {q, (a.slope - q * b.slope) / b.value};
    }
    friend bool operator<(wide a, wide b) { return a.value < b.value; }
};

/// The derivative of a length at 0 counts as 0, as everywhere in the library.
inline wide sqrt(wide a)
{
    quad const root = sqrtq(a.value);
    return {root, root > 0 ? a.slope / (2 * root) : 0};
}
inline wide log(wide a)
{
    return {logq(a.value), a.slope / a.value};
}
inline wide atan(wide a)
{
    return {atanq(a.value), a.slope / (1 + a.value * a.value)};
}

/// Σ z^k/(2k + parity)!: cosh √z and sinh √z/√z, for z of either sign.
inline wide even_exponential(wide z, int parity)
{
    if (fabsq(z.value) < quad(1)) {
        wide sum = 1, term = 1;
        for (int k = 1; k < 20; ++k) {
            term = term * z / wide(double((2 * k + parity) * (2 * k + parity - 1)));
            sum = sum + term;
        }
        return sum;
    }
    bool const real = z.value > 0;
    quad const t = sqrtq(real ? z.value : -z.value);
    quad const even = real ? coshq(t) : cosq(t), odd = (real ? sinhq(t) : sinq(t)) / t;
    // d cosh √z/dz = (sinh √z/√z)/2; d (sinh √z/√z)/dz = (cosh √z − sinh √z/√z)/(2z).
    return parity == 0 ? wide{even, z.slope * odd / 2} : wide{odd, z.slope * (even - odd) / (2 * z.value)};
}

/// tanh √z/√z.
inline wide tanh_quotient(wide z)
{
    if (z.value > 3000) {
        wide const t = sqrt(z);
        return wide(1) / t;
    }
    return even_exponential(z, 1) / even_exponential(z, 0);
}

/// artanh √z/√z from z and its complement 1 − z.
inline wide artanh_quotient(wide z, wide complement)
{
    if (fabsq(z.value) < quad(0.01)) {
        wide sum = 0;
        for (int k = 20; k >= 0; --k) sum = wide(1) / wide(double(2 * k + 1)) + z * sum;
        return sum;
    }
    wide const t = sqrt(z.value > 0 ? z : -z);
    if (z.value < 0) return atan(t) / t;
    return log((wide(1) + t) * (wide(1) + t) / complement) / (wide(2) * t);
}

using wide_vector = std::vector<wide>;

inline wide dot(wide_vector const& x, wide_vector const& y)
{
    wide sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum = sum + x[i] * y[i];
    return sum;
}
inline wide_vector operator*(wide a, wide_vector x)
{
    for (wide& e : x) e = a * e;
    return x;
}
inline wide_vector operator+(wide_vector x, wide_vector const& y)
{
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = x[i] + y[i];
    return x;
}

}  // namespace hyspn::testing
