// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/circular.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/sectional_curvature.hpp>

/// \file
/// One operation for curvatures of any sign. For κ < 0 it is the Poincaré ball's, bit for bit. For κ ≥ 0 the same
/// analytic function of κ is computed by another text: what keeps the digits near the ball's boundary (complements)
/// differs from what keeps them on the projected sphere, whose southern half lies far from the origin.

namespace hyspn::detail {

/// The formula of the ball where κ < 0, the spherical one where κ ≥ 0; the ball's returns the cotangent of c = −κ.
template <class Hyperbolic, class Spherical>
struct by_sign : Hyperbolic {
    template <class T>
    using curvature_type = sectional_curvature<T>;
    static constexpr bool on_lanes = false;

    template <class T, class... A>
    HYSPN_HD static T value(sectional_curvature<T> const& k, A const&... a)
    {
        return k.is_hyperbolic() ? Hyperbolic::value(k.hyperbolic(), a...) : Spherical::value(k, a...);
    }

    template <class T, class... A>
    HYSPN_HD static void forward(sectional_curvature<T> const& k, A const&... a)
    {
        if (k.is_hyperbolic())
            Hyperbolic::forward(k.hyperbolic(), a...);
        else
            Spherical::forward(k, a...);
    }

    template <class T, class... A>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, A&&... a)
    {
        return k.is_hyperbolic() ? -Hyperbolic::vjp(k.hyperbolic(), a...) : Spherical::vjp(k, a...);
    }
};

/// √κ·r and κr².
template <class T>
HYSPN_HD arc<T> arc_of(sectional_curvature<T> const& k, T r)
{
    return {k.root() * r, k.kappa() * r * r};
}

}  // namespace hyspn::detail
