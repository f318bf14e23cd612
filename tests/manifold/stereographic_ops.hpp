// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tuple>

#include <manifold/operations.hpp>

#include <hyspn/manifold/stereographic.hpp>

namespace hyspn::testing {

namespace stereo {
using lambda_x = operation<hyspn::detail::stereographic_lambda_x>;
using dist0 = operation<hyspn::detail::stereographic_dist0>;
using dist = operation<hyspn::detail::stereographic_dist>;
using expmap0 = operation<hyspn::detail::stereographic_expmap0>;
using logmap0 = operation<hyspn::detail::stereographic_logmap0>;
using mobius_add = operation<hyspn::detail::stereographic_mobius_add>;
using expmap = operation<hyspn::detail::stereographic_expmap>;
using logmap = operation<hyspn::detail::stereographic_logmap>;
using mobius_scalar_mul = operation<hyspn::detail::stereographic_mobius_scalar_mul>;
using geodesic = operation<hyspn::detail::stereographic_geodesic>;
}  // namespace stereo

/// The κ-stereographic operations.
using stereographic_ops =
    std::tuple<stereo::lambda_x, stereo::dist0, stereo::dist, stereo::expmap0, stereo::logmap0, stereo::mobius_add,
               stereo::expmap, stereo::logmap, stereo::mobius_scalar_mul, stereo::geodesic>;

}  // namespace hyspn::testing
