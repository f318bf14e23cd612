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

using with_goldens = std::tuple<ptransp, ptransp0, egrad2rgrad, midpoint, golden_dist2plane>;

}  // namespace

TEMPLATE_LIST_TEST_CASE("Riemannian operations and their derivatives meet the goldens", "[golden]", with_goldens)
{
    replay<TestType, float>("poincare");
    replay<TestType, double>("poincare");
}

}  // namespace hyspn::testing
