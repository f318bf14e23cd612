// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/lorentz/boost.hpp>
#include <hyspn/manifold/lorentz/centroid.hpp>
#include <hyspn/manifold/lorentz/dist.hpp>
#include <hyspn/manifold/lorentz/dist0.hpp>
#include <hyspn/manifold/lorentz/dist2plane.hpp>
#include <hyspn/manifold/lorentz/expmap.hpp>
#include <hyspn/manifold/lorentz/expmap0.hpp>
#include <hyspn/manifold/lorentz/inner.hpp>
#include <hyspn/manifold/lorentz/logmap.hpp>
#include <hyspn/manifold/lorentz/logmap0.hpp>
#include <hyspn/manifold/lorentz/midpoint.hpp>
#include <hyspn/manifold/lorentz/ptransp.hpp>
#include <hyspn/manifold/lorentz/rotate.hpp>
#include <hyspn/manifold/lorentz/rotation.hpp>
#include <hyspn/manifold/lorentz/time.hpp>

/// \file
/// The hyperboloid (Lorentz model) of curvature −c: points of R^{1+D}, time first, with ⟨x,x⟩_L = −x₀² + ‖X‖² = −1/c
/// and x₀ > 0. A point is stored by its space part X, D numbers of any size; its time part √(1/c + ‖X‖²) is derived
/// (lorentz::time), so that no rounding leads off the hyperboloid. Tangent vectors V at X are stored by their space
/// part too; tangency, ⟨X,V⟩ = x₀v₀, gives the time part. The origin is X = 0. Lengths there are Euclidean: d(0,
/// expmap0(v)) = ‖v‖, where the Poincaré ball has 2‖v‖.
///
/// Every operation is a function object, and its vector-Jacobian product another, each for one point and for arrays, as
/// in poincare.hpp: rows of [N, D], planar maps [C, H, W] and [N, C, H, W], on every policy. No argument is clamped and
/// no point is projected.
