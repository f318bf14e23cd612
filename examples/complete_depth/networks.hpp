// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/omp.hpp>
#include <hyspn/exec/seq.hpp>

/// Published networks that read more than one window of gates: without training their gates are geodesic weights, and
/// what else they learn (offsets, attention, confidences, mixtures) is what it is before training.

namespace complete_depth {

using hyspn::index_t;

inline constexpr std::string_view network_names =
    "nlspn, completionformer, dyspn_rings, dyspn_softmax, cspn_pp, penet_dilated, bpnet_post, lrru, spn, "
    "depth_integration, tree_filter";

/// Whether `name` is one of them.
bool is_network(std::string_view name);

/// The steps it takes for `steps` asked for: rounded up to a multiple of 4 for cspn_pp, of 2 for bpnet_post; at least 1
/// for dyspn_softmax, lrru (its updates), spn (its stages) and penet_dilated (of each of its two stages); none for
/// those that have no steps.
std::optional<index_t> network_steps(std::string_view name, index_t steps);

/// What they propagate.
struct network_problem {
    hyspn::view<float const, 3> features;  ///< [C, H, W]
    hyspn::view<float const, 2> initial;   ///< [H, W], metres
    hyspn::view<float const, 2> sparse;    ///< [H, W], metres, 0 = not measured
    float curvature, temperature;          ///< of the geodesic weights
    index_t steps;                         ///< as network_steps says
};

/// The propagated map. Throws the library's errors.
hyspn::tensor<float, 2> run_network(hyspn::exec::seq const& exec, std::string_view name, network_problem const& p);
hyspn::tensor<float, 2> run_network(hyspn::exec::omp const& exec, std::string_view name, network_problem const& p);

}  // namespace complete_depth
