// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/tensor.hpp>

#include "arguments.hpp"

namespace complete_depth {

struct problem {
    hyspn::tensor<float, 3> rgb;     ///< [3, H, W] in [0, 1]
    hyspn::tensor<float, 2> sparse;  ///< metres, 0 = not measured
    hyspn::tensor<float, 2> truth;   ///< metres, 0 = unknown; no elements when there is none

    index_t height() const { return rgb.extent(1); }
    index_t width() const { return rgb.extent(2); }
    bool has_truth() const { return truth.size() > 0; }
};

/// From files, or the synthetic scene. Throws usage_error or what the readers throw.
problem load_problem(arguments const& a);

/// An image and its true depth.
struct scene {
    hyspn::tensor<float, 3> rgb;
    hyspn::tensor<float, 2> depth;
};

/// A room with textured floor and walls, boxes and spheres, lit by one lamp with cast shadows. Depth is exact: strong
/// edges, also between things of like colour, and strong colours on flat ground.
scene make_synthetic_scene(index_t height, index_t width, std::uint64_t seed);

}  // namespace complete_depth
