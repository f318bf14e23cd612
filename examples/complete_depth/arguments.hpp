// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <hyspn/core/config.hpp>

#include "../common/progress.hpp"
#include "../common/usage_error.hpp"

namespace complete_depth {

using examples::progress;
using examples::usage_error;
using hyspn::index_t;

struct arguments {
    std::filesystem::path rgb, sparse, truth;  ///< empty: not given
    std::filesystem::path out, json, weights, save_weights;
    std::filesystem::path guide;  ///< weights of a trained network that does the work; empty: without
    double share = 0.5;           ///< of its map; the rest is the map without training
    index_t adapt = 0;            ///< training steps of that network on the image's own samples
    std::string initial = "experts";
    double blend = 0;  ///< share of the Dirichlet solution in the initial map
    std::string affinity = "geodesic";
    std::string propagation = "cspn";
    std::string backend = "omp";
    index_t steps = 3;
    double alpha = 0.1;  ///< probability of a restart in a diffusion
    int threads = 0;
    double position_weight = 0;  ///< of the pixel's place among the features
    bool quiet = false;
    index_t samples = 500;              ///< drawn where there is no sparse map
    std::uint64_t seed = 0;             ///< of these samples, the synthetic scene's noise and the fit
    index_t width = 320, height = 240;  ///< of the synthetic scene
};

/// Stages of the work that a progress bar shows.
int stages_of(arguments const& a);

/// Nothing when help was asked for and printed. Throws usage_error.
std::optional<arguments> parse(int count, char const* const* values);

}  // namespace complete_depth
