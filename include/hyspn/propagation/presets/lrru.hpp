// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/sampled.hpp>

namespace hyspn::propagation::presets {

/// How LRRU turns gates into weights, σ = sigmoid(g).
enum class lrru_kernel {
    residual,  ///< x + Σ_k w_k X_k with w = σ - its mean
    average    ///< Σ_k w_k X_k with w = σ / Σσ
};

/// Wang, Li, Zhang, Liu, Gao, Dai: LRRU: Long-short Range Recurrent Updating Networks for Depth Completion (ICCV 2023):
/// updates with gates and offsets of their own for the k x k window, before each of which the measurements are written
/// over the map.
///
/// Gates [N, T·K, H, W] and offsets [N, T·2K, H, W], update after update; the offset of the centre is ignored. Where
/// the network predicts the gates of an update from the map before it, run single updates (updates = 1). The result
/// holds no measurements: they are written before.
///
/// detach: as the authors train, an update takes the map it starts from for a constant, so that each prediction's loss
/// reaches its own update only. Earlier predictions are the kept iterates: give their losses' gradients to backward.
struct lrru {
    index_t kernel = 3;
    index_t updates = 4;
    lrru_kernel weights = lrru_kernel::residual;
    bool detach = false;

    constexpr operator sampled() const
    {
        bool const residual = weights == lrru_kernel::residual;
        return {.neighbours = neighbour_set::window_with_centre,
                .kernel = kernel,
                .steps = updates,
                .gates_per_step = true,
                .offsets_per_step = true,
                .centre_stays = true,
                .function = gate_function::sigmoid,
                .normaliser = residual ? gate_normaliser::minus_mean : gate_normaliser::abs_sum,
                .epsilon = 0,
                // The residual weights sum to 0, so that 1 - Σw is the identity.
                .centre = residual ? centre_term::current : centre_term::in_set,
                .injection = injection_time::before,
                .detach = detach};
    }
};

}  // namespace hyspn::propagation::presets
