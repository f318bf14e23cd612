// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <string>
#include <utility>

#include <manifold/operations.hpp>
#include <support/catch.hpp>
#include <support/golden.hpp>

#include <hyspn/core/tensor.hpp>

/// \file
/// Values and vector-Jacobian products against 150-digit results, at points in general position, near the origin, near
/// the boundary, close to each other and on one line.

namespace hyspn::testing {

/// In units of round-off, norm-wise for each point. Inputs count as exact; where the cotangent of c is worse
/// conditioned than 32 it may be off by four times its condition number.
inline constexpr double forward_bar = 16;
inline constexpr double vjp_bar = 128;

/// Operations whose value and cotangents cancel at some inputs, so that no code with rounded intermediate results meets
/// the bars there: they may be off by four times their condition number.
template <class Op>
inline constexpr bool may_cancel = false;

/// The bar of a value with condition number `cond`.
template <class Op>
double value_bar(double cond)
{
    return may_cancel<Op> ? std::max(forward_bar, 4 * cond) : forward_bar;
}

/// The bar of the cotangent of an input with condition number `cond`.
template <class Op>
double input_bar(std::string const& regime, double cond)
{
    // Two points near the boundary know their midpoint no better than that.
    bool const far_midpoint = Op::name == "midpoint" && regime == "boundary";
    return far_midpoint || may_cancel<Op> ? std::max(vjp_bar, 4 * cond) : vjp_bar;
}

template <class T>
double error_in_eps(view<T const, 1> got, view<double const, 1> wanted)
{
    double error = 0, size = 0;
    for (index_t i = 0; i < wanted.extent(0); ++i) {
        double const e = static_cast<double>(got(i)) - wanted(i);
        error += e * e;
        size += wanted(i) * wanted(i);
    }
    double const floor = static_cast<double>(std::numeric_limits<T>::min());
    return std::sqrt(error) / std::max(std::sqrt(size), floor) / static_cast<double>(math_traits<T>::unit_roundoff);
}

/// The worst error seen, by regime; printed so that a run shows how much room the bars leave.
using worst_errors = std::map<std::string, double>;

inline void note(worst_errors& worst, std::string const& what, double error)
{
    // Written so that NaN counts as worse than anything.
    double& w = worst[what];
    if (!(error <= w)) w = error;
}

template <class Op, class T>
void replay_case(io::safetensors const& file, std::string const& name, std::string const& regime, worst_errors& worst)
{
    auto const array = [&](std::string const& field) { return file.get<double, 2>(name + "." + field); };
    auto const condition = [&](std::string const& field) { return file.get<double, 1>(name + ".cond_" + field); };
    auto const c = curvature<T>::from_c(file.get_scalar<T>(name + ".c"));
    auto const out = array("out"), grad_out = array("grad_out");
    auto const grad_c = file.get<double, 1>(name + ".grad_c"), cond_c = condition("c"), cond_out = condition("out");
    constexpr std::size_t inputs = Op::input_count;
    std::array<tensor<double, 2>, inputs> true_grad;
    std::array<tensor<double, 1>, inputs> cond;
    std::array<tensor<T, 2>, inputs> in, grad;
    for (std::size_t k = 0; k < inputs; ++k) {
        std::string const input = Op::inputs[k].name;
        in[k] = file.get<T, 2>(name + "." + input);
        true_grad[k] = array("grad_" + input);
        cond[k] = condition(input);
        grad[k] = tensor<T, 2>(in[k].extents());
    }
    auto const g = cast<T>(grad_out);
    tensor<T, 2> got(out.extents());

    for (index_t row = 0; row < in[0].extent(0); ++row) {
        INFO(name << " row " << row);
        // A number is a row of one element.
        auto const at = [row]<bool IsNumber>(std::bool_constant<IsNumber>, auto& t) -> decltype(auto) {
            if constexpr (IsNumber)
                return t(row, 0);
            else
                return as_view(t)[row];
        };
        T const c_bar = with_inputs<Op>([&]<std::size_t... K>(std::index_sequence<K...>) {
            std::bool_constant<Op::scalar_output> const number{};
            if constexpr (Op::scalar_output)
                got(row, 0) = Op::forward(c, at(std::bool_constant<Op::inputs[K].is_number()>{}, in[K])...);
            else
                Op::forward(c, at(std::bool_constant<Op::inputs[K].is_number()>{}, in[K])..., as_view(got)[row]);
            return Op::vjp(c, at(std::bool_constant<Op::inputs[K].is_number()>{}, in[K])..., at(number, g),
                           at(std::bool_constant<Op::inputs[K].is_number()>{}, grad[K])...);
        });

        double const forward_error = error_in_eps(as_const(got)[row], as_const(out)[row]);
        note(worst, regime + " out", forward_error);
        note(worst, regime + " out/(4 cond)", forward_error / std::max(forward_bar, 4 * cond_out(row)));
        CHECK(forward_error <= value_bar<Op>(cond_out(row)));
        for (std::size_t k = 0; k < inputs; ++k) {
            INFO("cotangent of " << Op::inputs[k].name);
            double const vjp_error = error_in_eps(as_const(grad[k])[row], as_const(true_grad[k])[row]);
            note(worst, regime + " " + Op::inputs[k].name, vjp_error);
            CHECK(vjp_error <= input_bar<Op>(regime, cond[k](row)));
        }
        INFO("cotangent of c");
        double const c_error =
            error_in_eps(view<T const, 1>(&c_bar, dims<1>{{1}}), view<double const, 1>(&grad_c(row), dims<1>{{1}}));
        note(worst, regime + " c", c_error);
        note(worst, regime + " c/(4 cond)", c_error / std::max(vjp_bar, 4 * cond_c(row)));
        CHECK(c_error <= std::max(vjp_bar, 4 * cond_c(row)));
    }
}

/// All cases of Op in tests/golden/<model>.safetensors, in precision T.
template <class Op, class T>
void replay(std::string const& model)
{
    auto const file = golden(model);
    char const* const regimes[] = {"generic", "origin", "boundary", "close", "collinear"};
    int cases = 0;
    for (std::string const regime : regimes) {
        worst_errors worst;
        for (auto const& name : golden_cases(file, "out")) {
            if (!name.starts_with(std::string(Op::name) + ".") || name.find("." + regime + ".") == std::string::npos)
                continue;
            replay_case<Op, T>(file, name, regime, worst);
            ++cases;
        }
        std::printf("%-10s %s", std::string(Op::name).c_str(), sizeof(T) == 4 ? "float " : "double");
        for (auto const& [what, error] : worst) std::printf("  %s %.1f", what.c_str(), error);
        std::printf("\n");
    }
    CHECK(cases > 0);
}

}  // namespace hyspn::testing
