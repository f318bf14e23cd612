// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <manifold/wide.hpp>

/// \file
/// The operations as their papers have them (Ganea et al. 2018; Bachmann et al. 2020 for curvatures κ of any sign), in
/// 113 bits. Arguments are κ and the inputs in order.

namespace hyspn::testing {

namespace gyro {

/// 1 + κ‖x‖²
inline wide complement(wide kappa, wide_vector const& x)
{
    return wide(1) + kappa * dot(x, x);
}
inline wide lambda(wide kappa, wide_vector const& x)
{
    return wide(2) / complement(kappa, x);
}
/// 1 − 2κ⟨x,y⟩ + κ²‖x‖²‖y‖²; for κ < 0 and both points near the boundary as a sum of positive terms, since 113 bits are
/// too few there for the other form and its derivatives. Equal: see the test of references.
inline wide denominator(wide kappa, wide_vector const& x, wide_vector const& y, bool positive_terms)
{
    if (positive_terms) return complement(kappa, x) * complement(kappa, y) - kappa * dot(x + y, x + y);
    return wide(1) - wide(2) * kappa * dot(x, y) + kappa * kappa * dot(x, x) * dot(y, y);
}
inline wide denominator(wide kappa, wide_vector const& x, wide_vector const& y)
{
    return denominator(kappa, x, y, complement(kappa, x) < wide(0.5) && complement(kappa, y) < wide(0.5));
}
inline wide_vector add(wide kappa, wide_vector const& x, wide_vector const& y)
{
    wide const on_x = wide(1) - wide(2) * kappa * dot(x, y) - kappa * dot(y, y);
    return wide(1) / denominator(kappa, x, y) * (on_x * x + complement(kappa, x) * y);
}
/// 1 + κ‖x⊕y‖²
inline wide complement_of_sum(wide kappa, wide_vector const& x, wide_vector const& y)
{
    return complement(kappa, x) * complement(kappa, y) / denominator(kappa, x, y);
}
/// tan_κ(‖v‖) v/‖v‖
inline wide_vector tan_of(wide kappa, wide_vector const& v)
{
    return tanh_quotient(-kappa * dot(v, v)) * v;
}
/// tan_κ⁻¹(‖u‖)/‖u‖ with 1 + κ‖u‖² given
inline wide arctan_quotient(wide kappa, wide_vector const& u, wide complement)
{
    return artanh_quotient(-kappa * dot(u, u), complement);
}

template <std::size_t N>
using inputs = std::array<wide_vector, N>;

inline wide_vector lambda_x(wide kappa, inputs<1> const& in)
{
    return {lambda(kappa, in[0])};
}
inline wide_vector dist0(wide kappa, inputs<1> const& in)
{
    return {wide(2) * arctan_quotient(kappa, in[0], complement(kappa, in[0])) * sqrt(dot(in[0], in[0]))};
}
inline wide_vector expmap0(wide kappa, inputs<1> const& in)
{
    return tan_of(kappa, in[0]);
}
inline wide_vector logmap0(wide kappa, inputs<1> const& in)
{
    return arctan_quotient(kappa, in[0], complement(kappa, in[0])) * in[0];
}
inline wide_vector mobius_add(wide kappa, inputs<2> const& in)
{
    return add(kappa, in[0], in[1]);
}
inline wide_vector dist(wide kappa, inputs<2> const& in)
{
    wide_vector const minus_x = wide(-1) * in[0], u = add(kappa, minus_x, in[1]);
    return {wide(2) * arctan_quotient(kappa, u, complement_of_sum(kappa, minus_x, in[1])) * sqrt(dot(u, u))};
}
inline wide_vector expmap(wide kappa, inputs<2> const& in)
{
    return add(kappa, in[0], tan_of(kappa, lambda(kappa, in[0]) / wide(2) * in[1]));
}
inline wide_vector logmap(wide kappa, inputs<2> const& in)
{
    wide_vector const minus_x = wide(-1) * in[0], u = add(kappa, minus_x, in[1]);
    return wide(2) / lambda(kappa, in[0]) * arctan_quotient(kappa, u, complement_of_sum(kappa, minus_x, in[1])) * u;
}

/// r ⊗ u with 1 + κ‖u‖² given
inline wide_vector scalar_multiple(wide kappa, wide r, wide_vector const& u, wide complement)
{
    return tan_of(kappa, r * arctan_quotient(kappa, u, complement) * u);
}
inline wide_vector mobius_scalar_mul(wide kappa, inputs<2> const& in)
{
    return scalar_multiple(kappa, in[0][0], in[1], complement(kappa, in[1]));
}
inline wide_vector geodesic(wide kappa, inputs<3> const& in)
{
    wide_vector const minus_x = wide(-1) * in[1], u = add(kappa, minus_x, in[2]);
    return add(kappa, in[1], scalar_multiple(kappa, in[0][0], u, complement_of_sum(kappa, minus_x, in[2])));
}

}  // namespace gyro

/// reference<Op>::at(κ, inputs): the outputs of an operation in 113 bits. An operation of another name or with other
/// inputs specialises it.
template <class Op>
struct reference {
    static wide_vector at(wide kappa, gyro::inputs<Op::input_count> const& in)
    {
        if constexpr (Op::name == "lambda_x") return gyro::lambda_x(kappa, in);
        if constexpr (Op::name == "dist0") return gyro::dist0(kappa, in);
        if constexpr (Op::name == "dist") return gyro::dist(kappa, in);
        if constexpr (Op::name == "expmap0") return gyro::expmap0(kappa, in);
        if constexpr (Op::name == "logmap0") return gyro::logmap0(kappa, in);
        if constexpr (Op::name == "mobius_add") return gyro::mobius_add(kappa, in);
        if constexpr (Op::name == "expmap") return gyro::expmap(kappa, in);
        if constexpr (Op::name == "logmap") return gyro::logmap(kappa, in);
        if constexpr (Op::name == "mobius_scalar_mul") return gyro::mobius_scalar_mul(kappa, in);
        if constexpr (Op::name == "geodesic") return gyro::geodesic(kappa, in);
    }
};

}  // namespace hyspn::testing
