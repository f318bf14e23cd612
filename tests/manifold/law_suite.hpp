// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <tuple>
#include <utility>

#include <manifold/models.hpp>
#include <manifold/operations.hpp>
#include <manifold/points.hpp>
#include <support/catch.hpp>

/// \file
/// Laws every pointwise operation obeys, whatever the numbers: no reference values here.

namespace hyspn::testing {

/// Degree of an operation's output in lengths; c has degree −2. Specialised where it is not 1.
template <class Op>
inline constexpr int degree = 1;

template <class Op, class T, class Indices = std::make_index_sequence<Op::input_count>>
struct sample;

/// Inputs, outputs and cotangents of one operation at one set of inputs. Numbers are held as vectors of one element.
template <class Op, class T, std::size_t... K>
struct sample<Op, T, std::index_sequence<K...>> {
    static constexpr std::size_t inputs = Op::input_count;
    std::array<tensor<T, 1>, inputs> in, grad;
    tensor<T, 1> g, out;
    T c, c_bar{};

    /// Vectors of s‖x‖ = length, a little less from the second on; numbers are 0.6.
    sample(index_t extent, double length, double c_, unsigned seed)
        : g(Op::scalar_output ? 1 : extent), out(Op::scalar_output ? 1 : extent), c(static_cast<T>(c_))
    {
        point_source source(seed);
        for (std::size_t k = 0; k < inputs; ++k) {
            if (Op::inputs[k].is_number()) {
                in[k] = tensor<T, 1>(1);
                in[k](0) = static_cast<T>(Op::inputs[k].is_length() ? 0.6 * length / std::sqrt(c_) : 0.6);
            } else {
                in[k] = source.point<T>(extent, length / std::sqrt(c_) / (1.0 + 0.3 * static_cast<double>(k)));
                settle<Op>(Op::inputs[k], as_view(in[k]), c_);
            }
            grad[k] = tensor<T, 1>(in[k].extents());
        }
        for (T& a : g) a = static_cast<T>(source.number());
    }

    void evaluate()
    {
        auto const k = curvature_of<Op>(c);
        if constexpr (Op::scalar_output)
            out(0) = Op::forward(k, part<Op::inputs[K].is_number()>(in[K])...);
        else
            Op::forward(k, part<Op::inputs[K].is_number()>(in[K])..., as_view(out));
        c_bar = Op::vjp(k, part<Op::inputs[K].is_number()>(in[K])..., part<Op::scalar_output>(g),
                        part<Op::inputs[K].is_number()>(grad[K])...);
    }

private:
    template <bool IsNumber>
    static decltype(auto) part(tensor<T, 1>& x)
    {
        if constexpr (IsNumber)
            return static_cast<T&>(x(0));
        else
            return as_view(x);
    }
};

/// op(x/a, c·a²)·a = op(x, c) bit for bit for a = 2^k, and so for every cotangent.
template <class Op, class T>
void check_power_of_two_scaling()
{
    for (int k : {-9, -1, 1, 6})
        for (double length : {1e-5, 0.3, 0.97}) {
            INFO(Op::name << ", lengths divided by 2^" << k << ", s|x| = " << length);
            sample<Op, T> a(5, length, 0.8, 31), b = a;
            T const scale = std::ldexp(T(1), k);
            for (std::size_t n = 0; n < a.inputs; ++n)
                if (Op::inputs[n].is_length())
                    for (T& e : b.in[n]) e /= scale;
            b.c *= scale * scale;
            a.evaluate();
            b.evaluate();
            T const out_scale = std::ldexp(T(1), k * degree<Op>);
            for (index_t i = 0; i < a.out.extent(0); ++i) CHECK(b.out(i) * out_scale == a.out(i));
            for (std::size_t n = 0; n < a.inputs; ++n) {
                INFO("cotangent of " << Op::inputs[n].name);
                T const in_scale = Op::inputs[n].is_length() ? scale : T(1);
                for (index_t i = 0; i < a.in[n].extent(0); ++i)
                    CHECK(b.grad[n](i) * out_scale / in_scale == a.grad[n](i));
            }
            CHECK(b.c_bar * scale * scale * out_scale == a.c_bar);
        }
}

/// Euler's law of homogeneous functions: Σ⟨length input, cotangent⟩ − 2c·c̄ = degree·⟨output, g⟩, to rounding of the
/// summed magnitudes.
template <class Op>
void check_euler()
{
    for (double c : {0.25, 1.0, 3.7})
        for (index_t extent : {1, 2, 9})
            for (double length : {1e-6, 0.05, 0.6, 0.95}) {
                INFO(Op::name << ", c = " << c << ", D = " << extent << ", s|x| = " << length);
                sample<Op, double> a(extent, length, c, 41);
                a.evaluate();
                double sum = -2 * a.c * a.c_bar, size = std::fabs(sum);
                auto const add = [&](auto const& x, auto const& y, double sign) {
                    for (index_t i = 0; i < x.extent(0); ++i) {
                        sum += sign * x(i) * y(i);
                        size += std::fabs(x(i) * y(i));
                    }
                };
                for (std::size_t k = 0; k < a.inputs; ++k)
                    if (Op::inputs[k].is_length()) add(a.in[k], a.grad[k], 1);
                add(a.out, a.g, -degree<Op>);
                // Near the boundary the maps themselves carry rounding from one end of the ball to the other.
                double const complement = 1 - length * length;
                CHECK(std::fabs(sum) <= 1e-13 * size / (complement * complement));
            }
}

}  // namespace hyspn::testing
