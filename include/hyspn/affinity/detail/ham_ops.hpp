// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/affinity/neighbourhood.hpp>
#include <hyspn/affinity/weighting.hpp>
#include <hyspn/core/view.hpp>

/// \file
/// The hyperbolic affinity module as one value per direction: everything dispatch(policy, op) needs. The generic
/// dispatch (ham_reference.hpp) runs them stage by stage; a policy may overload it.
///
/// Notation: c > 0 curvature −c, s = √c; v_i ∈ R^C the tangent feature of pixel i, r_i = ‖v_i‖, û_i = v_i/r_i (0 at 0);
/// K neighbours j in raster order, d_ij geodesic distances, g_ij weights, κ = β_{KC}/β_C.

namespace hyspn::detail {

/// What the forward pass computes from the options.
struct ham_options {
    affinity::neighbourhood around;
    bool beta_priority = true;  ///< neighbours concatenated by distance; otherwise in raster order
    affinity::weighting weight = affinity::weighting::softmax;

    /// False when neither order nor weights look at distances; then the pair arrays are not touched.
    HYSPN_HD constexpr bool needs_distances() const { return beta_priority || weight != affinity::weighting::uniform; }
};

/// Intermediate values of the forward pass that the backward pass reads. T is const there.
///
/// Pair arrays hold, at pixel i and half offset h, the pair (i, j) with j the forward(h) neighbour of i; entries whose
/// j is absent are neither written nor read. With needs_distances() false, radius, chord, radial and distance have
/// no elements.
template <class T, class M>
struct ham_saved_views {
    view<T, 3, M> radius;  ///< [N, H, W] r_i
    view<T, 4, M> chord;  ///< [N, half, H, W] k = ‖û_i − û_j‖², in two passes; exactly 0 where only rounding is left
    view<T, 4, M> radial;    ///< [N, half, H, W] Δr = r_i − r_j = ⟨v_i−v_j, v_i+v_j⟩/(r_i+r_j)
    view<T, 4, M> distance;  ///< [N, half, H, W] d_ij: the key of the order
    view<T, 4, M> inner;     ///< [N, O, H, W] ⟨t_i, z_o⟩ = κ Σ_j g_ij ⟨z_{o,rank_ij}, v_j⟩
    view<T, 3, M> norm;      ///< [N, H, W] ‖t_i‖ = κ √(Σ_j g_ij² r_j²)
};

/// Logits of the hyperbolic affinity module.
///
/// Per pixel: distances to the present neighbours; their order; weights g; i_o = κ Σ_m g_σ(m) ⟨z_{o,m}, v_σ(m)⟩;
/// the Poincaré fully connected layer. Order (beta_priority): the centre has rank 0 even where an earlier neighbour
/// coincides with it; the other present ones follow by d ascending, exact ties in raster order; absent ones last, in
/// raster order (they have weight 0). Without beta_priority rank_j = j.
template <class T, class M>
struct ham_forward_op {
    ham_options options;
    view<T const, 4, M> x;  ///< [N, C, H, W] features, any strides
    view<T const, 3, M> z;  ///< [O, K, C] rows, any strides
    view<T const, 1, M> r;  ///< [O] biases
    T c;                    ///< > 0
    T tau;                  ///< > 0; unused when weight is uniform
    T kappa;                ///< β_{KC}/β_C
    view<T, 4, M> y;        ///< [N, O, H, W] logits, out
    bool save;              ///< whether `saved` is to be filled; otherwise its views are null
    ham_saved_views<T, M> saved;
};

/// Vector-Jacobian product of the logits. The order counts as constant.
template <class T, class M>
struct ham_backward_op {
    ham_options options;
    view<T const, 4, M> x;
    view<T const, 3, M> z;
    view<T const, 1, M> r;
    T c;
    T tau;
    T kappa;
    ham_saved_views<T const, M> saved;  ///< as the forward pass left it
    view<T const, 4, M> dy;             ///< [N, O, H, W] cotangent of the logits
    view<T, 4, M> dx;                   ///< [N, C, H, W] written
    view<T, 3, M> dz;                   ///< [O, K, C] added to
    view<T, 1, M> dr;                   ///< [O] added to
    T* dc;                              ///< host address, added to: cotangent of c itself
    T* dtau;  ///< host address, added to: cotangent of τ itself (by 0 when weight is uniform)
};

}  // namespace hyspn::detail
