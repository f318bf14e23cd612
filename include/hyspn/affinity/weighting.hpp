// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// \file
/// How a distance becomes a weight.

namespace hyspn::affinity {

/// Weight g_j of neighbour j among n present ones, at distance d_j: g_j = n·q_j / Σ q_l, so that equal distances give 1
/// and an absent neighbour 0. τ > 0 is a length, the only scale of these formulas; softmax is the module's own choice,
/// the others are alternatives.
enum class weighting {
    softmax,  ///< q_j = exp(−d_j/τ)
    linear,   ///< q_j = (max_l d_l − d_j) + τ
    inverse,  ///< q_j = 1/(d_j + τ)
    uniform,  ///< q_j = 1
};

}  // namespace hyspn::affinity
