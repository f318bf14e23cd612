// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/detail/split_along.hpp>

/// \file
/// Maps that keep directions, x ↦ K(z) x with z = c‖x‖²: the conversions between ball, hyperboloid and Klein model, the
/// exponential and the logarithmic map at an origin. With r = ‖x‖, x̂ = x/r (0 at 0) and f(r) = K r their first and
/// second derivatives are known from four numbers, a profile:
///
///     value = K,   radial = f′,   slope = K′(z),   bend = f″/(c r) = 6K′ + 4zK″.
///
/// A profile is a struct of these and norm = r, made from a curvature and a point.

namespace hyspn::detail {

/// out = K x. With α = ⟨g,x̂⟩ and g⊥ = g − αx̂:  x̄ = K g⊥ + f′ α x̂,  c̄ = K′‖x‖²⟨g,x⟩.
template <class Map>
struct radial_map {
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        T const factor = typename Map::template profile<T>(k, x).value;
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = factor * x(i);
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        typename Map::template profile<T> const p(k, x);
        split_along const across{g, x, p.norm};
        T const c_bar = p.slope * p.norm * p.norm * cdot(g, x);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = p.value * across(i) + p.radial * across.parallel(i);
        return c_bar;
    }
};

/// The derivative of x ↦ K x in the direction v: out = K v⊥ + f′β x̂ with β = ⟨v,x̂⟩, v⊥ = v − βx̂. With α, g⊥ of g alike
/// and e = 2K′⟨g⊥,v⊥⟩ + (f″/(cr)) αβ:
///     v̄ = K g⊥ + f′α x̂,     x̄ = c r (2K′ (αv⊥ + βg⊥) + e x̂),     c̄ = e r²/2.
template <class Map>
struct radial_tangent {
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        typename Map::template profile<T> const p(k, x);
        split_along const across{v, x, p.norm};
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = p.value * across(i) + p.radial * across.parallel(i);
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        typename Map::template profile<T> const p(k, x);
        direction const x_hat{x, p.norm};
        split_along const v_across{v, x, p.norm};
        split_along const g_across{g, x, p.norm};
        T const alpha = g_across.along, beta = v_across.along;
        T const e = T(2) * p.slope * cdot(g_across, v_across) + p.bend * alpha * beta;
        T const cr = k.c() * p.norm, turn = T(2) * p.slope;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const u = x_hat(i), v_i = v_across(i), g_i = g_across(i), g_parallel = g_across.parallel(i);
            dx(i) = cr * (turn * (alpha * v_i + beta * g_i) + e * u);
            dv(i) = p.value * g_i + p.radial * g_parallel;
        }
        return e * p.norm * p.norm / T(2);
    }
};

}  // namespace hyspn::detail
