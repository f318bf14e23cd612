// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/propagation/sampled.hpp>

namespace hyspn::propagation::presets {

/// How NLSPN turns affinities into weights. With K neighbours and S = Σ|a| + 1e-4, before κ:
enum class nlspn_affinity {
    AS,    ///< a / S
    ASS,   ///< a / max(1, S)
    TC,    ///< tanh(a) / K
    TGASS  ///< a' / max(1, S') with a' = tanh(a) / (γ + 1e-8); γ is learned, initially K / 2
};

/// Park, Joo, Hu, Liu, Kweon: Non-Local Spatial Propagation Network for Depth Completion (ECCV 2020). Offsets (dy, dx)
/// of the K = kernel² - 1 neighbours in raster order, weights that all steps share, and 1 - Σw on the current value.
///
/// - gamma is given with TGASS, and only then; it is the whole scale (the authors' code has γ₀ K with γ₀ = 0.5).
/// - confidence: where it is read. The paper means `intended`. The authors' code reads it at the wrong place
///   (`released`), and the weights they published were trained, and must be run, with another mistake: `legacy`.
/// - preserve_input writes the measurements over the map before each step, so not into the result. The published
///   weights need it.
///
/// Σ|w| <= 1 does not keep this network from growing: where weights are negative, 1 - Σw exceeds 1, and a map can grow
/// by 1 + 2 Σ|negative w| <= 3 a step (with all w = -1/8, 2.5 a step: 1.5e7 in 18).
struct nlspn {
    index_t kernel = 3;
    index_t steps = 18;
    nlspn_affinity affinity = nlspn_affinity::TGASS;
    confidence_role confidence = confidence_role::intended;  ///< or none
    bool preserve_input = true;

    constexpr operator sampled() const
    {
        bool const tanh = affinity == nlspn_affinity::TC || affinity == nlspn_affinity::TGASS;
        bool const clamped = affinity == nlspn_affinity::ASS || affinity == nlspn_affinity::TGASS;
        bool const given = affinity == nlspn_affinity::TC;
        return {.neighbours = neighbour_set::window,
                .kernel = kernel,
                .steps = steps,
                .function = tanh ? gate_function::tanh : gate_function::identity,
                .gate_divisor = given ? static_cast<double>(kernel * kernel - 1) : 1.0,
                .learned_divisor = affinity == nlspn_affinity::TGASS,
                .normaliser = given     ? gate_normaliser::none
                              : clamped ? gate_normaliser::abs_sum_clamped
                                        : gate_normaliser::abs_sum,
                .epsilon = 1e-4,
                .centre = centre_term::current,
                .confidence = confidence,
                .injection = preserve_input ? injection_time::before : injection_time::none};
    }
};

/// Zhang, Guo, Poggi, Zhu, Huang, Mattoccia: CompletionFormer (CVPR 2023): NLSPN with tanh(a / 100) in TGASS, 6 steps,
/// and no injection (the network adds the measurements to the initial map instead).
struct completionformer {
    index_t steps = 6;
    confidence_role confidence = confidence_role::intended;  ///< as in nlspn, whose module the authors took

    constexpr operator sampled() const
    {
        sampled net = nlspn{.steps = steps, .confidence = confidence, .preserve_input = false};
        net.gate_scale = 0.01;
        return net;
    }
};

}  // namespace hyspn::propagation::presets
