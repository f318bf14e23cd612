// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/poincare_layer.hpp>
#include <hyspn/nn/detail/feature_maps.hpp>

/// \file
/// What follows the linear part of a layer, at one point and for one group of outputs: a head. Heads are values with
///     static constexpr bool has_radial;                          // z̄_o has a part along z_o
///     void forward(length, first, inner, y)                      // inner may be y itself
///     layer_cotangents vjp(length, first, inner, g, inner_bar, bias_bar, radial_bar)
/// where `first` is the group's first output. radial_bar holds the factor of z_o in z̄_o, or, without radial part, the
/// cotangent of another weight per output.

namespace hyspn::detail {

/// Poincaré fully connected layer: logits times `scale`.
template <class T, class M>
struct poincare_layer_head {
    static constexpr bool has_radial = true;
    view<T const, 1, M> zeta, r;
    T s, c;
    T scale;  ///< β-concatenation of the groups

    template <class I, class Y>
    HYSPN_HD void forward(T length, index_t first, I const& inner, Y const& y) const
    {
        index_t const count = y.extent(0);
        poincare_layer_forward(s, length, inner, part(zeta, first, count), part(r, first, count), y);
        if (scale != T(1))
            for (index_t o = 0; o < count; ++o) y(o) *= scale;
    }

    template <class I, class G, class B>
    HYSPN_HD layer_cotangents<T> vjp(T length, index_t first, I const& inner, G const& g, B const& inner_bar,
                                     B const& bias_bar, B const& radial_bar) const
    {
        index_t const count = g.extent(0);
        return poincare_layer_vjp(s, c, length, inner, part(zeta, first, count), part(r, first, count),
                                  scaled<T, G>{scale, g}, inner_bar, bias_bar, radial_bar);
    }

    /// Elements first … first + count − 1.
    HYSPN_HD static view<T const, 1, M> part(view<T const, 1, M> const& x, index_t first, index_t count)
    {
        return {x.data_handle() + first * x.stride(0), dims<1>{count}, x.strides()};
    }
};

/// Poincaré multinomial logistic regression: q_o = u_o/s itself. Each logit is a distance of its own: no common norm,
/// and 2c·∂q/∂c = (2‖z_o‖/s)(2c·∂y/∂c − y), the quantity the layer calls H.
template <class T, class M>
struct poincare_mlr_head {
    static constexpr bool has_radial = true;
    view<T const, 1, M> zeta, r;
    T s, c;

    template <class I, class Y>
    HYSPN_HD void forward(T length, index_t first, I const& inner, Y const& y) const
    {
        for (index_t o = 0; o < y.extent(0); ++o) {
            index_t const k = first + o;
            y(o) = T(2) * zeta(k) / s * plane_terms<T>(s, length, inner(o), zeta(k), r(k)).y;
        }
    }

    template <class I, class G, class B>
    HYSPN_HD layer_cotangents<T> vjp(T length, index_t first, I const& inner, G const& g, B const& inner_bar,
                                     B const& bias_bar, B const& radial_bar) const
    {
        index_t const count = g.extent(0);
        for (index_t o = 0; o < count; ++o) inner_bar(o) = g(o) / s;
        using layer = poincare_layer_head<T, M>;
        return plane_distances_vjp(s, c, length, inner, layer::part(zeta, first, count), layer::part(r, first, count),
                                   T(0), inner_bar, bias_bar, radial_bar);
    }
};

}  // namespace hyspn::detail
