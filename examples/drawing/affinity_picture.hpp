// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "canvas.hpp"

namespace drawing {

/// What an affinity made of an image.
struct shown_affinity {
    picture const& rgb;                       ///< [3, H, W] in [0, 1]
    hyspn::tensor<float, 3> const& features;  ///< [C, H, W]: tangent vectors
    hyspn::tensor<float, 4> const& gates;     ///< [1, K, H, W], K neighbours of a square window with its centre or not
    float curvature = 0;                      ///< c of the features' distances; 0: Euclidean
    float temperature = 0;                    ///< τ of similarities; 0: the median distance around a marked pixel
};

/// The image with a few marked pixels beside strong edges; next to it, the weakest of each pixel's affinity weights;
/// and for each marked pixel its surroundings, the similarity exp(−d/τ) of everything around to it, and the weights of
/// its neighbours.
picture draw_affinity(shown_affinity const& a);

}  // namespace drawing
