// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>
#include <utility>

#include <manifold/operations.hpp>

#include <hyspn/manifold/convert.hpp>
#include <hyspn/manifold/half_space.hpp>
#include <hyspn/manifold/klein.hpp>
#include <hyspn/manifold/lorentz.hpp>

namespace hyspn::testing {

/// The operations of the hyperboloid, in two parts so that their tests compile side by side.
using lorentz_map_ops = std::tuple<operation<hyspn::detail::lorentz_time_part>, operation<hyspn::detail::lorentz_dist>,
                                   operation<hyspn::detail::lorentz_dist0>, operation<hyspn::detail::lorentz_expmap0>,
                                   operation<hyspn::detail::lorentz_logmap0>, operation<hyspn::detail::lorentz_expmap>,
                                   operation<hyspn::detail::lorentz_logmap>, operation<hyspn::detail::lorentz_ptransp>>;
using lorentz_more_ops =
    std::tuple<operation<hyspn::detail::lorentz_inner>, operation<hyspn::detail::lorentz_point_inner>,
               operation<hyspn::detail::lorentz_midpoint>, operation<hyspn::detail::lorentz_boost>,
               operation<hyspn::detail::lorentz_boost_back>, operation<hyspn::detail::lorentz_rotation>,
               operation<hyspn::detail::lorentz_dist2plane>>;

using klein_ops = std::tuple<operation<hyspn::detail::klein_dist>, operation<hyspn::detail::klein_dist0>,
                             operation<hyspn::detail::klein_expmap0>, operation<hyspn::detail::klein_logmap0>,
                             operation<hyspn::detail::klein_expmap>, operation<hyspn::detail::klein_logmap>,
                             operation<hyspn::detail::klein_midpoint>>;

using half_space_ops =
    std::tuple<operation<hyspn::detail::half_space_dist>, operation<hyspn::detail::half_space_dist0>,
               operation<hyspn::detail::half_space_expmap0>, operation<hyspn::detail::half_space_logmap0>,
               operation<hyspn::detail::half_space_expmap>, operation<hyspn::detail::half_space_logmap>>;

using convert_ops =
    std::tuple<operation<hyspn::detail::poincare_to_lorentz>, operation<hyspn::detail::poincare_to_klein>,
               operation<hyspn::detail::poincare_to_half_space>, operation<hyspn::detail::lorentz_to_poincare>,
               operation<hyspn::detail::lorentz_to_klein>, operation<hyspn::detail::lorentz_to_half_space>,
               operation<hyspn::detail::klein_to_poincare>, operation<hyspn::detail::klein_to_lorentz>,
               operation<hyspn::detail::klein_to_half_space>, operation<hyspn::detail::half_space_to_poincare>,
               operation<hyspn::detail::half_space_to_lorentz>, operation<hyspn::detail::half_space_to_klein>>;

using convert_tangent_ops = std::tuple<
    operation<hyspn::detail::poincare_to_lorentz_tangent>, operation<hyspn::detail::poincare_to_klein_tangent>,
    operation<hyspn::detail::poincare_to_half_space_tangent>, operation<hyspn::detail::lorentz_to_poincare_tangent>,
    operation<hyspn::detail::lorentz_to_klein_tangent>, operation<hyspn::detail::lorentz_to_half_space_tangent>,
    operation<hyspn::detail::klein_to_poincare_tangent>, operation<hyspn::detail::klein_to_lorentz_tangent>,
    operation<hyspn::detail::klein_to_half_space_tangent>, operation<hyspn::detail::half_space_to_poincare_tangent>,
    operation<hyspn::detail::half_space_to_lorentz_tangent>, operation<hyspn::detail::half_space_to_klein_tangent>>;

template <class... Lists>
using joined = decltype(std::tuple_cat(std::declval<Lists>()...));

/// Everything that is not the ball's own.
using model_ops =
    joined<lorentz_map_ops, lorentz_more_ops, klein_ops, half_space_ops, convert_ops, convert_tangent_ops>;

}  // namespace hyspn::testing
