// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/antipode.hpp>
#include <hyspn/manifold/poincare/busemann.hpp>
#include <hyspn/manifold/poincare/cdist.hpp>
#include <hyspn/manifold/poincare/dist.hpp>
#include <hyspn/manifold/poincare/dist0.hpp>
#include <hyspn/manifold/poincare/dist2plane.hpp>
#include <hyspn/manifold/poincare/egrad2rgrad.hpp>
#include <hyspn/manifold/poincare/ehess2rhess.hpp>
#include <hyspn/manifold/poincare/entailment_cone.hpp>
#include <hyspn/manifold/poincare/expmap.hpp>
#include <hyspn/manifold/poincare/expmap0.hpp>
#include <hyspn/manifold/poincare/frechet_mean.hpp>
#include <hyspn/manifold/poincare/frechet_variance.hpp>
#include <hyspn/manifold/poincare/geodesic.hpp>
#include <hyspn/manifold/poincare/geodesic_unit.hpp>
#include <hyspn/manifold/poincare/gyration.hpp>
#include <hyspn/manifold/poincare/hyperplane_dist.hpp>
#include <hyspn/manifold/poincare/inner.hpp>
#include <hyspn/manifold/poincare/lambda_x.hpp>
#include <hyspn/manifold/poincare/logmap.hpp>
#include <hyspn/manifold/poincare/logmap0.hpp>
#include <hyspn/manifold/poincare/midpoint.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>
#include <hyspn/manifold/poincare/mobius_coadd.hpp>
#include <hyspn/manifold/poincare/mobius_fn_apply.hpp>
#include <hyspn/manifold/poincare/mobius_matvec.hpp>
#include <hyspn/manifold/poincare/mobius_pointwise_mul.hpp>
#include <hyspn/manifold/poincare/mobius_scalar_mul.hpp>
#include <hyspn/manifold/poincare/mobius_sub.hpp>
#include <hyspn/manifold/poincare/norm.hpp>
#include <hyspn/manifold/poincare/proju.hpp>
#include <hyspn/manifold/poincare/projx.hpp>
#include <hyspn/manifold/poincare/ptransp.hpp>
#include <hyspn/manifold/poincare/ptransp0.hpp>
#include <hyspn/manifold/poincare/retr.hpp>
#include <hyspn/manifold/poincare/weighted_midpoint.hpp>
#include <hyspn/manifold/poincare/wrapped_normal.hpp>

/// \file
/// The Poincaré ball of curvature −c: points x of R^D with c‖x‖² < 1. Every operation is a function object, and its
/// vector-Jacobian product another, each for one point and for arrays:
///
///     poincare::dist(c, x, y)                              one point: rank-1 arrays of any stride, on host and device
///     poincare::dist_vjp(c, x, y, g, dx, dy)               its vector-Jacobian product, returns the cotangent of c
///     poincare::dist(exec, c, x, y, out)                   every point of an array, on any policy
///     poincare::dist_vjp(exec, c, x, y, g, dx, dy)         likewise, the cotangent of c summed over the points
///
/// g is the cotangent of the output; dx, dy are written. c is a curvature. Arrays hold points as rows of [N, D], or as
/// the channel vectors of planar maps [C, H, W] and [N, C, H, W]; outputs of one number a point are [N], [H, W] and
/// [N, H, W]. All arrays of one call have one layout, any strides. On exec::omp many
/// operations run on registers of points, in any layout, and may differ from exec::seq by rounding.
///
/// Means of sets take weights [N, K] and points [N, K, D], all pairs x [N, D] and y [M, D]; see their headers.
///
/// No argument is clamped and no point is projected: near the boundary values and derivatives stay accurate, because
/// they are computed from 1 − c‖x‖² without cancellation. Points on or outside the ball give numbers without meaning,
/// NaN or infinities, never an exception.
