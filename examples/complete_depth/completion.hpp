// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include <hyspn/core/tensor.hpp>
#include <hyspn/io/safetensors.hpp>

#include "../common/progress.hpp"
#include "arguments.hpp"
#include "problem.hpp"

namespace complete_depth {

/// Everything the program knows when the computing is done.
struct completion {
    hyspn::tensor<float, 3> features;  ///< [C, H, W], tangent vectors
    hyspn::tensor<float, 2> initial;   ///< the map before propagation, metres
    hyspn::tensor<float, 2> depth;     ///< the map after it, metres
    hyspn::tensor<float, 4> gates;     ///< [1, K, H, W], as the propagation took them; of logits the exponentials
    float curvature = 0;               ///< of the distances of features; 0: Euclidean
    float temperature = 0;             ///< at which a distance counts as an edge; 0: none is known
    std::string origin;                ///< where the values of the affinity come from
    hyspn::io::safetensors values;     ///< these values, as --weights reads them
    std::string network;               ///< configuration of the trained network that made the map; empty without
    double anisotropy = 1;             ///< of the sampling
    index_t samples = 0;
};

/// The whole task by the trained network that the arguments name. Throws usage_error and the library's errors.
completion complete_by_guide(problem const& p, arguments const& a, progress& bar);

/// The whole task on the policy the arguments name. Throws usage_error and the library's errors.
completion complete(problem const& p, arguments const& a, progress& bar);

}  // namespace complete_depth
