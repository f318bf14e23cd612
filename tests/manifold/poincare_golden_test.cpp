// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include <support/catch.hpp>
#include <support/golden.hpp>

#include <hyspn/core/tensor.hpp>

#include "poincare_ops.hpp"

// Values and vector-Jacobian products against 150-digit results, at points in general position, near the origin, near
// the boundary, close to each other and on one line.
namespace hyspn::testing {
namespace {

// In units of round-off, norm-wise for each point. Inputs count as exact; where the cotangent of c is worse conditioned
// than 32 it may be off by four times its condition number.
constexpr double forward_bar = 16;
constexpr double vjp_bar = 128;

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

void note(worst_errors& worst, std::string const& what, double error)
{
    // Written so that NaN counts as worse than anything.
    double& w = worst[what];
    if (!(error <= w)) w = error;
}

template <class Op, class T>
void replay_case(io::safetensors const& file, std::string const& name, std::string const& regime, worst_errors& worst)
{
    auto const array = [&](std::string const& field) { return file.get<double, 2>(name + "." + field); };
    auto const c = curvature<T>::from_c(file.get_scalar<T>(name + ".c"));
    auto const out = array("out"), grad_out = array("grad_out");
    auto const grad_c = file.get<double, 1>(name + ".grad_c"), cond_c = file.get<double, 1>(name + ".cond_c");
    constexpr std::size_t inputs = Op::inputs.size();
    std::array<tensor<double, 2>, inputs> true_grad;
    std::array<tensor<T, 2>, inputs> in, grad;
    for (std::size_t k = 0; k < inputs; ++k) {
        in[k] = file.get<T, 2>(name + "." + Op::inputs[k]);
        true_grad[k] = array(std::string("grad_") + Op::inputs[k]);
        grad[k] = tensor<T, 2>(in[k].extents());
    }
    auto const g = cast<T>(grad_out);
    tensor<T, 2> got(out.extents());

    for (index_t row = 0; row < in[0].extent(0); ++row) {
        INFO(name << " row " << row);
        auto const at = [row](auto& t) { return as_view(t)[row]; };
        T const c_bar = [&]<std::size_t... K>(std::index_sequence<K...>)
        {
            if constexpr (Op::scalar_output) {
                got(row, 0) = Op::forward(c, at(in[K])...);
                return Op::vjp(c, at(in[K])..., g(row, 0), at(grad[K])...);
            } else {
                Op::forward(c, at(in[K])..., at(got));
                return Op::vjp(c, at(in[K])..., at(g), at(grad[K])...);
            }
        }
        (std::make_index_sequence<inputs>{});

        double const forward_error = error_in_eps(as_const(got)[row], as_const(out)[row]);
        note(worst, regime + " out", forward_error);
        CHECK(forward_error <= forward_bar);
        for (std::size_t k = 0; k < inputs; ++k) {
            INFO("cotangent of " << Op::inputs[k]);
            double const vjp_error = error_in_eps(as_const(grad[k])[row], as_const(true_grad[k])[row]);
            note(worst, regime + " " + Op::inputs[k], vjp_error);
            CHECK(vjp_error <= vjp_bar);
        }
        INFO("cotangent of c");
        double const c_error =
            error_in_eps(view<T const, 1>(&c_bar, dims<1>{{1}}), view<double const, 1>(&grad_c(row), dims<1>{{1}}));
        note(worst, regime + " c", c_error);
        note(worst, regime + " c/(4 cond)", c_error / std::max(vjp_bar, 4 * cond_c(row)));
        CHECK(c_error <= std::max(vjp_bar, 4 * cond_c(row)));
    }
}

template <class Op, class T>
void replay()
{
    auto const file = golden("poincare");
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
        std::printf("%-10s %s", Op::name, sizeof(T) == 4 ? "float " : "double");
        for (auto const& [what, error] : worst) std::printf("  %s %.1f", what.c_str(), error);
        std::printf("\n");
    }
    CHECK(cases > 0);
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("Poincare operations and their derivatives meet the goldens", "[golden]", poincare_ops)
{
    replay<TestType, float>();
    replay<TestType, double>();
}

}  // namespace hyspn::testing
