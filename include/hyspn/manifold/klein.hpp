// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/klein/dist.hpp>
#include <hyspn/manifold/klein/dist0.hpp>
#include <hyspn/manifold/klein/expmap.hpp>
#include <hyspn/manifold/klein/expmap0.hpp>
#include <hyspn/manifold/klein/logmap.hpp>
#include <hyspn/manifold/klein/logmap0.hpp>
#include <hyspn/manifold/klein/midpoint.hpp>

/// \file
/// The Klein (projective) model of curvature −c: points x of R^D with c‖x‖² < 1, whose geodesics are straight. Lengths
/// at the origin are Euclidean: d(0, expmap0(v)) = ‖v‖, where the Poincaré ball has 2‖v‖. Near the boundary the model
/// has half the digits of the ball: a point at distance d from the origin lies 2 exp(−2sd) from it, not 2 exp(−sd).
///
/// Every operation is a function object, and its vector-Jacobian product another, each for one point and for arrays, as
/// in poincare.hpp: rows of [N, D], planar maps [C, H, W] and [N, C, H, W], on every policy. No argument is clamped and
/// no point is projected.
