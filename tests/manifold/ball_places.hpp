// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <manifold/reference_sweep.hpp>
#include <support/catch.hpp>

/// \file
/// The grid of the sweeps over the Poincaré ball.

namespace hyspn::testing {

inline std::vector<double> const ball_curvatures{1e-12, 1e-6, 1e-3, 0.25, 1, 3.7, 100, 1e6};
inline std::vector<index_t> const all_extents{1, 2, 3, 16, 17, 64, 257};

/// Values have no excuse, but for a way that ends near the origin after a start far from it; gradients have one where
/// two points nearly cancel on a line; the cotangent of c is one number in which terms cancel by chance.
template <class Op>
constexpr condition_factors ball_factors{Op::name == "expmap" ? 1.0 : 0.0, 6, 12};

/// 1 − r down to 2^-20; `tiny` is a length whose square is far above the smallest number, the square of `faint` is 0.
inline std::vector<placement> ball_places(double tiny, double faint)
{
    using relation = placement::relation;
    double const edge = 1 - 0x1p-20, rim = 1 - 0x1p-10;
    return {{"general position", 0.6, 0.3},
            {"from the origin", 0, 0.4},
            {"to the origin", 0.5, 0},
            {"at the origin", 0, 0},
            {"tiny", tiny, 1.7 * tiny},
            {"one tiny", 0.5, tiny},
            {"the other tiny", tiny, 0.5},
            {"faint", faint, 1.7 * faint},
            {"one faint", 0.5, faint},
            {"the other faint", faint, 0.5},
            {"far", 0.999, 0.9},
            {"rim and centre", rim, 0.4},
            {"centre and rim", 0.4, rim},
            {"edge and rim", edge, rim},
            {"rim and edge", rim, edge},
            {"coincident", 0.7, 1, relation::same},
            {"coincident at the edge", edge, 1, relation::same},
            {"close", 0.6, 1e-4, relation::close},
            {"close at the edge", edge, 1e-2, relation::close},
            {"near each other at the edge", edge, 0.3, relation::close},
            {"opposite", 0.7, 1, relation::opposite},
            {"opposite at the edge", edge, 1, relation::opposite},
            {"nearly opposite", 0.7, 1.001, relation::opposite},
            {"collinear", 0.8, -0.4, relation::collinear},
            {"collinear, opposite", 0.8, 0.4, relation::collinear},
            {"collinear at the edge", edge, -0.999, relation::collinear},
            {"subnormal", 0, 0, relation::free, true}};
}

template <class T>
std::vector<placement> ball_places()
{
    return std::is_same_v<T, float> ? ball_places(1e-5, 1e-36) : ball_places(1e-12, 1e-300);
}

template <class Op, class T>
void check_ball_sweep()
{
    auto const report = sweep<Op, T>(ball_places<T>(), ball_curvatures, all_extents, ball_factors<Op>,
                                     [](auto const& p) { return evaluate<Op>(p); });
    report.print(Op::full_name, sizeof(T) == 4 ? "float" : "double");
    INFO(report.failures);
    CHECK(report.failed == 0);
}

}  // namespace hyspn::testing
