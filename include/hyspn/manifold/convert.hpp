// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/convert/klein_half_space.hpp>
#include <hyspn/manifold/convert/lorentz_half_space.hpp>
#include <hyspn/manifold/convert/lorentz_klein.hpp>
#include <hyspn/manifold/convert/poincare_half_space.hpp>
#include <hyspn/manifold/convert/poincare_klein.hpp>
#include <hyspn/manifold/convert/poincare_lorentz.hpp>

/// \file
/// Conversions between the four models of hyperbolic space of curvature −c, for points and (…_tangent) for tangent
/// vectors, direct ones for each pair: poincare_to_lorentz(c, x, out), poincare_to_lorentz_tangent(c, x, v, out). They
/// are isometries for every c. The origins of ball, hyperboloid and Klein model and the base point of the half-space
/// are one point. Names follow the direction, from …_to_…, as they belong to neither model.
///
/// Every operation is a function object, and its vector-Jacobian product another, each for one point and for arrays, as
/// in poincare.hpp: rows of [N, D], planar maps [C, H, W] and [N, C, H, W], on every policy. No argument is clamped and
/// no point is projected.
