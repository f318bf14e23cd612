// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/config.hpp>

/// \file
/// The axes on which published spatial propagation networks differ. With K neighbours at offsets d_k, raw gates g_k,
/// iterate x_t, initial map h0, measurement s and confidence β in [0, 1], one step is
///
///     y(p)       = Σ_k w_k(p) x_t(p + d_k) + z(p) x_t(p) + a(p) h0(p)
///     x_{t+1}(p) = (1 - β(p)) y(p) + β(p) s(p)
///
/// A neighbour outside the image has value 0.

namespace hyspn::propagation {

/// Which neighbour channel k of the gates speaks of: row-major over the window, or that order reversed.
enum class channel_order { natural, flipped };

/// Whose gate weighs the neighbour q = p + d_k at p: the pixel p that receives (w_k(p) from g_k(p)), or the pixel q
/// that gives (w_k(p) from g_k(q); gates outside the image are 0).
enum class gate_owner { destination, source };

/// From gates g to weights w, per pixel; S = Σ|g| + epsilon. 0/0 is 0, with gradient 0.
enum class gate_normaliser {
    abs_sum,            ///< g / S over the gates that meet at the destination
    abs_sum_at_source,  ///< g / S over a pixel's own gates, before they travel
    abs_sum_clamped,    ///< g / max(1, S)
    softmax,            ///< over all K channels, whether the neighbour exists or not
    softmax_present,    ///< over the neighbours inside the image; the others get 0
    minus_mean,         ///< g - the mean of the K gates; sums to 0
    none                ///< the gates are the weights
};

/// What stands at the centre of the window.
enum class centre_term {
    anchor,         ///< a = 1 - Σw on h0; with abs_sum_at_source the sum of the pixel's own normalised gates
    current,        ///< z = 1 - Σw on x_t
    in_set,         ///< the centre is one of the neighbours and has its own gate
    in_set_anchor,  ///< so, but its weight multiplies h0
    none            ///< nothing
};

/// When the measurement is blended in.
enum class injection_time { none, before, after };

/// What is blended in: the measurement s, or the initial map h0.
enum class injected_value { measured, initial };

}  // namespace hyspn::propagation

namespace hyspn::detail {

using propagation::centre_term;
using propagation::gate_normaliser;

struct pixel_offset {
    index_t dy, dx;
};

/// The neighbours of a pixel in channel order. `self` appends the pixel itself as a last neighbour.
struct stencil_neighbours {
    index_t kernel;
    index_t dilation;
    bool flipped;
    bool centre;
    bool self = false;

    HYSPN_HD index_t in_window() const { return kernel * kernel - (centre ? 0 : 1); }
    HYSPN_HD index_t count() const { return in_window() + (self ? 1 : 0); }

    HYSPN_HD pixel_offset operator[](index_t k) const
    {
        if (k == in_window()) return {0, 0};
        index_t cell = flipped ? in_window() - 1 - k : k;
        if (!centre && cell >= kernel * kernel / 2) ++cell;
        index_t const half = kernel / 2;
        return {(small_quotient(cell, kernel) - half) * dilation, (small_remainder(cell, kernel) - half) * dilation};
    }

    /// Channel of the centre in a window that has one.
    HYSPN_HD index_t centre_channel() const { return kernel * kernel / 2; }
};

HYSPN_HD inline bool inside(index_t y, index_t x, index_t height, index_t width)
{
    return y >= 0 && y < height && x >= 0 && x < width;
}

}  // namespace hyspn::detail
