// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/stereographic/dist.hpp>
#include <hyspn/manifold/stereographic/dist0.hpp>
#include <hyspn/manifold/stereographic/expmap.hpp>
#include <hyspn/manifold/stereographic/expmap0.hpp>
#include <hyspn/manifold/stereographic/geodesic.hpp>
#include <hyspn/manifold/stereographic/lambda_x.hpp>
#include <hyspn/manifold/stereographic/logmap.hpp>
#include <hyspn/manifold/stereographic/logmap0.hpp>
#include <hyspn/manifold/stereographic/mobius_add.hpp>
#include <hyspn/manifold/stereographic/mobius_scalar_mul.hpp>

/// \file
/// The κ-stereographic model: one space for each curvature κ of any sign, and one analytic function of κ for each
/// operation (Bachmann, Bécigneul and Ganea 2020, "Constant curvature graph convolutional networks"). κ < 0 is the
/// Poincaré ball of c = −κ, bit for bit; κ = 0 is Euclidean space with lengths doubled (λ = 2); κ > 0 is the sphere of
/// radius 1/√κ, projected from its south pole, which lies at infinity: the equator is ‖x‖ = 1/√κ.
///
/// Calls are those of the ball, with a sectional_curvature for c; the vector-Jacobian products return the cotangent of
/// κ, the negative of that of c. Values and gradients are continuous through κ = 0.
///
/// For κ ≥ 0 errors, norm-wise in units of round-off, float and double, for √κ‖x‖ up to 30: values ≤ 16, but near the
/// antipode, where a value's condition number exceeds 4, up to 4 times that (expmap0 and expmap; distances and sums
/// stay ≤ 13 there, geodesic up to 12 times); gradients ≤ 128, or 12 times their condition number (geodesic 24); those
/// of κ ≤ 128, or 24 times it.
