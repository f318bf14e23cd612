// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/sampled.hpp>

namespace hyspn::propagation::presets {

/// Lin, Yang, Cheng, Zhou, Wu: Dynamic Spatial Propagation Network, as extended in TCSVT 2023 and used by OGNI-DC and
/// OMNI-DC: each step has gates and offsets of its own for 5 (up, left, centre, right, down) or 9 (3 x 3) points, all
/// of which move; softmax weights; the measurement blended in after each step with β = mask · confidence.
///
/// Gates [N, T·P, H, W], offsets [N, T·2P, H, W] in the order step, point, (dy, dx). The confidence is given after the
/// sigmoid. Weights are convex, so maps keep within the range of what goes in and 0, to which they fade at the border.
/// The authors sample by grid_sample, whose derivative at whole offsets depends on rounding; here it is that from the
/// right.
struct dyspn_softmax {
    index_t points = 5;  ///< P: 5 or 9
    index_t steps = 6;

    constexpr operator sampled() const
    {
        if (points != 5 && points != 9)
            hyspn::detail::raise<value_error>("dyspn_softmax", "points", "5 or 9", std::to_string(points));
        return {.neighbours = points == 5 ? neighbour_set::cross : neighbour_set::window_with_centre,
                .kernel = 3,
                .steps = steps,
                .gates_per_step = true,
                .offsets_per_step = true,
                .normaliser = gate_normaliser::softmax,
                .centre = centre_term::in_set,
                .confidence = confidence_role::injection,
                .injection = injection_time::after};
    }
};

}  // namespace hyspn::propagation::presets
