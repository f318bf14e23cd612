// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>
#include <limits>
#include <type_traits>

#include <hyspn/core/math.hpp>

/// \file
/// Forward-mode dual numbers: run any operation with T = dual<double> to get its exact directional derivative.

namespace hyspn::testing {

/// value + derivative·ε with ε² = 0. Comparisons look at the value alone, so branches and orders are those of T.
template <class T>
struct dual {
    T value{};
    T derivative{};

    dual() = default;
    HYSPN_HD constexpr dual(T v) : value(v) {}
    template <class U>
        requires(std::is_arithmetic_v<U> && !std::same_as<U, T>)
    HYSPN_HD constexpr dual(U v) : value(static_cast<T>(v)) {}
    HYSPN_HD constexpr dual(T v, T d) : value(v), derivative(d) {}
    /// The value alone, as any number type.
    template <class U>
    requires std::is_arithmetic_v<U> HYSPN_HD explicit constexpr operator U() const { return static_cast<U>(value); }

    HYSPN_HD friend constexpr dual operator+(dual a, dual b)
    {
        return {a.value + b.value, a.derivative + b.derivative};
    }
    HYSPN_HD friend constexpr dual operator-(dual a, dual b)
    {
        return {a.value - b.value, a.derivative - b.derivative};
    }
    HYSPN_HD friend constexpr dual operator-(dual a) { return {-a.value, -a.derivative}; }
    HYSPN_HD friend constexpr dual operator+(dual a) { return a; }
    HYSPN_HD friend constexpr dual operator*(dual a, dual b)
    {
        return {a.value * b.value, a.derivative * b.value + a.value * b.derivative};
    }
    HYSPN_HD friend constexpr dual operator/(dual a, dual b)
    {
        T const q = a.value / b.value;
        return {q, (a.derivative - q * b.derivative) / b.value};
    }
    HYSPN_HD constexpr dual& operator+=(dual b) { return *this = *this + b; }
    HYSPN_HD constexpr dual& operator-=(dual b) { return *this = *this - b; }
    HYSPN_HD constexpr dual& operator*=(dual b) { return *this = *this * b; }
    HYSPN_HD constexpr dual& operator/=(dual b) { return *this = *this / b; }

    HYSPN_HD friend constexpr bool operator==(dual a, dual b) { return a.value == b.value; }
    HYSPN_HD friend constexpr auto operator<=>(dual a, dual b) { return a.value <=> b.value; }

    friend dual exp(dual x) { return chain(x, std::exp(x.value), std::exp(x.value)); }
    friend dual expm1(dual x) { return chain(x, std::expm1(x.value), std::exp(x.value)); }
    friend dual log(dual x) { return chain(x, std::log(x.value), 1 / x.value); }
    friend dual log1p(dual x) { return chain(x, std::log1p(x.value), 1 / (1 + x.value)); }
    friend dual sqrt(dual x)
    {
        T const root = std::sqrt(x.value);
        return chain(x, root, root > 0 ? 1 / (2 * root) : T{0});  // 0 at 0: the library's convention for ‖v‖ at 0
    }
    friend dual sinh(dual x) { return chain(x, std::sinh(x.value), std::cosh(x.value)); }
    friend dual cosh(dual x) { return chain(x, std::cosh(x.value), std::sinh(x.value)); }
    friend dual tanh(dual x)
    {
        T const t = std::tanh(x.value);
        return chain(x, t, 1 - t * t);
    }
    friend dual asinh(dual x) { return chain(x, std::asinh(x.value), 1 / std::hypot(T{1}, x.value)); }
    friend dual atanh(dual x) { return chain(x, std::atanh(x.value), 1 / ((1 - x.value) * (1 + x.value))); }
    friend dual sin(dual x) { return chain(x, std::sin(x.value), std::cos(x.value)); }
    friend dual cos(dual x) { return chain(x, std::cos(x.value), -std::sin(x.value)); }
    friend dual tan(dual x)
    {
        T const t = std::tan(x.value);
        return chain(x, t, 1 + t * t);
    }
    friend dual atan(dual x) { return chain(x, std::atan(x.value), 1 / (1 + x.value * x.value)); }
    friend dual abs(dual x) { return x.value < 0 ? -x : x; }
    friend dual fabs(dual x) { return abs(x); }
    friend dual hypot(dual a, dual b)
    {
        T const h = std::hypot(a.value, b.value);
        return {h, h > 0 ? (a.value * a.derivative + b.value * b.derivative) / h : T{0}};
    }
    friend dual atan2(dual y, dual x)
    {
        T const square = x.value * x.value + y.value * y.value;
        return {std::atan2(y.value, x.value),
                square > 0 ? (x.value * y.derivative - y.value * x.derivative) / square : T{0}};
    }
    /// For x > 0; where x is 0 too if y is a constant.
    friend dual pow(dual x, dual y)
    {
        T const p = std::pow(x.value, y.value);
        T const by_y = y.derivative == T{0} ? T{0} : std::log(x.value) * p * y.derivative;
        return {p, y.value * std::pow(x.value, y.value - 1) * x.derivative + by_y};
    }
    friend dual fma(dual a, dual b, dual c)
    {
        return {std::fma(a.value, b.value, c.value), a.derivative * b.value + a.value * b.derivative + c.derivative};
    }
    friend dual copysign(dual magnitude, dual sign)
    {
        return std::signbit(magnitude.value) == std::signbit(sign.value) ? magnitude : -magnitude;
    }
    friend bool isfinite(dual x) { return std::isfinite(x.value) && std::isfinite(x.derivative); }
    friend bool signbit(dual x) { return std::signbit(x.value); }

private:
    static constexpr dual chain(dual x, T f, T df) { return {f, df * x.derivative}; }
};

}  // namespace hyspn::testing

namespace hyspn {

template <class T>
struct math_traits<testing::dual<T>> : math_traits<T> {
};

}  // namespace hyspn

/// Without it an infinity of dual numbers would be 0.
template <class T>
class std::numeric_limits<hyspn::testing::dual<T>> : public std::numeric_limits<T> {
};
