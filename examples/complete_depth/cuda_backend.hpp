// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/euclidean.hpp>
#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/naive.hpp>
#include <hyspn/propagation/fixed_point.hpp>
#include <hyspn/propagation/options.hpp>

/// Affinity and propagation on a GPU, from and to arrays of the host. Compiled by nvcc where the build has CUDA;
/// features, the initial map and the fit of learned affinities stay on the processor's cores.

namespace complete_depth {

/// Names the GPU where a policy names the host: an overload of run_affinity and run_propagation.
struct gpu {};

/// Throws cuda_error with a sentence when there is no GPU to use.
void require_gpu();

/// Gates [1, K, H, W] of features [1, C, H, W].
hyspn::tensor<float, 4> run_affinity(gpu, hyspn::affinity::geodesic const& module,
                                     hyspn::affinity::geodesic::params<float> const& params,
                                     hyspn::tensor<float, 4> const& features);
hyspn::tensor<float, 4> run_affinity(gpu, hyspn::affinity::hyperbolic const& module,
                                     hyspn::affinity::hyperbolic::params<float> const& params,
                                     hyspn::tensor<float, 4> const& features);
hyspn::tensor<float, 4> run_affinity(gpu, hyspn::affinity::naive const& module,
                                     hyspn::affinity::naive::params<float> const& params,
                                     hyspn::tensor<float, 4> const& features);
hyspn::tensor<float, 4> run_affinity(gpu, hyspn::affinity::euclidean const& module,
                                     hyspn::affinity::euclidean::params<float> const& params,
                                     hyspn::tensor<float, 4> const& features);

/// The propagated map [N, L, H, W].
hyspn::tensor<float, 4> run_propagation(gpu, hyspn::propagation::stencil const& net,
                                        hyspn::propagation::inputs<float> const& in);
hyspn::tensor<float, 4> run_propagation(gpu, hyspn::propagation::fixed_point const& limit,
                                        hyspn::propagation::inputs<float> const& in);

}  // namespace complete_depth
