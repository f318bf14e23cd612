// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <string_view>
#include <tuple>

#include <manifold/golden_replay.hpp>
#include <manifold/riemann_ops.hpp>

namespace hyspn::testing {

namespace {

/// The golden files call it by its older name.
struct golden_dist2plane : dist2plane {
    static constexpr std::string_view name = "hyperplane_dist";
};

/// riemann.safetensors is made by riemann.py, beside it, with this K.
using golden_cone_half_aperture = cone_half_aperture_of<8>;

using with_own_goldens = std::tuple<ptransp0back, metric_inner, metric_norm, ehess2rhess, retr, geodesic, geodesic_unit,
                                    hyperplane_dist, busemann, golden_cone_half_aperture, cone_angle>;
using with_goldens = std::tuple<ptransp, ptransp0, egrad2rgrad, midpoint, golden_dist2plane>;

}  // namespace

// Sums of terms of either sign, lines that pass the origin, directions that all but point to the ideal point.
template <>
inline constexpr bool may_cancel<ehess2rhess> = true;
template <>
inline constexpr bool may_cancel<retr> = true;
template <>
inline constexpr bool may_cancel<geodesic> = true;
template <>
inline constexpr bool may_cancel<geodesic_unit> = true;
template <>
inline constexpr bool may_cancel<busemann> = true;

TEMPLATE_LIST_TEST_CASE("Riemannian operations and their derivatives meet the goldens", "[golden]", with_goldens)
{
    replay<TestType, float>("poincare");
    replay<TestType, double>("poincare");
}

TEMPLATE_LIST_TEST_CASE("Riemannian operations and their derivatives meet 110-digit results", "[golden]",
                        with_own_goldens)
{
    replay<TestType, float>("riemann");
    replay<TestType, double>("riemann");
}

}  // namespace hyspn::testing
