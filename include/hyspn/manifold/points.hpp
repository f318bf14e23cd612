// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/points/delta_hyperbolicity.hpp>
#include <hyspn/manifold/points/farthest_points.hpp>
#include <hyspn/manifold/points/k_means.hpp>
#include <hyspn/manifold/points/nearest_neighbours.hpp>

/// \file
/// Algorithms on point sets [N, D]. Those that need distances only take the distance function as an argument, and so
/// serve every model that has one:
///
///     points::nearest_neighbours(exec, poincare::dist, c, queries, points, distances, indices)
///     points::farthest_points(exec, poincare::dist, c, points, count)
///     points::sampled_delta_hyperbolicity(exec, poincare::dist, c, points, samples, seed)
///     points::delta_hyperbolicity(exec, distances)                    of a matrix, from poincare::cdist for example
///     points::k_means(exec, c, points, {.clusters = 8, .seed = 1})    about Fréchet means, on the Poincaré ball
///
/// All give the same result for any number of threads.
