// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>
#include <tuple>
#include <utility>

#include <manifold/operations.hpp>

#include <hyspn/manifold/poincare.hpp>

namespace hyspn::testing {

using ptransp = operation<hyspn::detail::poincare_ptransp>;
using ptransp0 = operation<hyspn::detail::poincare_ptransp0>;
using ptransp0back = operation<hyspn::detail::poincare_ptransp0back>;
using metric_inner = operation<hyspn::detail::poincare_inner>;
using metric_norm = operation<hyspn::detail::poincare_norm>;
using egrad2rgrad = operation<hyspn::detail::poincare_egrad2rgrad>;
using ehess2rhess = operation<hyspn::detail::poincare_ehess2rhess>;
using retr = operation<hyspn::detail::poincare_retr>;
using geodesic = operation<hyspn::detail::poincare_geodesic>;
using geodesic_unit = operation<hyspn::detail::poincare_geodesic_unit>;
using midpoint = operation<hyspn::detail::poincare_midpoint>;
using dist2plane = operation<hyspn::detail::poincare_dist2plane>;
using hyperplane_dist = operation<hyspn::detail::poincare_hyperplane_dist>;
using busemann = operation<hyspn::detail::poincare_busemann>;
using cone_angle = operation<hyspn::detail::poincare_cone_angle>;

/// The half-aperture of cones with K = 1/Reciprocal.
template <index_t Reciprocal>
struct cone_half_aperture_of : operation<hyspn::detail::poincare_cone_half_aperture> {
    using base = operation<hyspn::detail::poincare_cone_half_aperture>;

    template <curvature_like K>
    static auto cones(K const& k)
    {
        using T = typename K::value_type;
        return entailment_cones<T>(curvature<T>::from_c(k.c()), T(1) / T(Reciprocal));
    }
    template <class P, class... A>
    static auto forward(P const& policy_or_curvature, A&&... a)
    {
        if constexpr (curvature_like<P>)
            return base::forward(cones(policy_or_curvature), std::forward<A>(a)...);
        else
            return with_policy(
                policy_or_curvature, [](auto&&... b) { return base::forward(b...); }, a...);
    }
    template <class P, class... A>
    static auto vjp(P const& policy_or_curvature, A&&... a)
    {
        if constexpr (curvature_like<P>)
            return base::vjp(cones(policy_or_curvature), std::forward<A>(a)...);
        else
            return with_policy(
                policy_or_curvature, [](auto&&... b) { return base::vjp(b...); }, a...);
    }

private:
    template <class P, class F, class K, class... A>
    static auto with_policy(P const& policy, F const& f, K const& k, A&... a)
    {
        return f(policy, cones(k), a...);
    }
};

/// With K so small that every point the suites think of has a cone, but the origin.
using cone_half_aperture = cone_half_aperture_of<(index_t{1} << 40)>;

/// Transport and the metric.
using tangent_ops = std::tuple<ptransp, ptransp0, ptransp0back, metric_inner, metric_norm, egrad2rgrad, ehess2rhess>;
/// Curves.
using path_ops = std::tuple<retr, geodesic, geodesic_unit, midpoint>;
/// Hyperplanes, horospheres and cones, but cone_half_aperture, which is not defined at the origin.
using plane_ops = std::tuple<dist2plane, hyperplane_dist, busemann, cone_angle>;

}  // namespace hyspn::testing
