// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/half_space/dist.hpp>
#include <hyspn/manifold/half_space/dist0.hpp>
#include <hyspn/manifold/half_space/expmap.hpp>
#include <hyspn/manifold/half_space/expmap0.hpp>
#include <hyspn/manifold/half_space/logmap.hpp>
#include <hyspn/manifold/half_space/logmap0.hpp>

/// \file
/// The upper half-space of curvature −c: points x of R^D whose last element x_D, the height, is positive, with the
/// metric ‖dx‖²/(c x_D²). Dilations are isometries, so the unit of the coordinates is free; it is the unit of lengths
/// here: the base point, the image of the origins of the other models, is (0, …, 0, 1/√c), where lengths are Euclidean.
/// Heights that are not positive give numbers without meaning, never an exception.
///
/// Every operation is a function object, and its vector-Jacobian product another, each for one point and for arrays, as
/// in poincare.hpp: rows of [N, D], planar maps [C, H, W] and [N, C, H, W], on every policy. No argument is clamped and
/// no point is projected.
