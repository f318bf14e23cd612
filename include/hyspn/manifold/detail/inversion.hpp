// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/half_space_point.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

/// \file
/// Poincaré ball ↔ upper half-space: with σ the reflection of the last coordinate and ι the inversion in the sphere
/// about a = Rê, R = 1/√c, of radius √2 R,
///     ι(x) = a + 2R² u/‖u‖²,  u = x − a;     ball → half-space: σι,     half-space → ball: ισ.
/// Both are conformal, so their derivatives neither lengthen nor shorten one direction more than another:
///     Dι v = (2R²/‖u‖²) (v − 2⟨û,v⟩û), symmetric.

namespace hyspn::detail {

/// ι of a point given by u, and what pulls cotangents back. u is made without cancellation.
template <class T, class X>
struct inversion {
    with_last<T, X> u;
    T radius, square, factor;  ///< R, ‖u‖², 2R²/‖u‖²

    HYSPN_HD inversion(curvature<T> const& k, X x, T last) : u{x, last}, radius(k.radius())
    {
        square = squared_norm(u);
        factor = T(2) / (k.c() * square);
    }

    /// Dι v, element by element, from ⟨u,v⟩ and v_i.
    HYSPN_HD T image(index_t i, T uv, T v) const { return factor * (v - T(2) * uv / square * u(i)); }

    /// The cotangent of R, of ι(x) = a + 2R²u/‖u‖² with u = x − a, for g and the last element of Dι g.
    template <class G>
    HYSPN_HD T radius_bar(G const& g, T ug, T last_image) const
    {
        return height(g) + T(4) * radius * ug / square - last_image;
    }

    /// D²ι(v, g), element by element, but for the factor −2·factor/‖u‖².
    HYSPN_HD T bend(index_t i, T vg, T uv, T ug, T v, T g) const
    {
        return (vg - T(4) * uv / square * ug) * u(i) + ug * v + uv * g;
    }
};

/// Ball → half-space and back, by From: its reflections and its u.
template <class From>
struct inversion_map {
    static constexpr bool scalar_output = false;

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        inversion<T, X> const to(k, x, From::last_of_u(k, x));
        T const last = From::last_of_image(k, x, to);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = to.factor * x(i);
        out(n) = last;
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        inversion<T, X> const to(k, x, From::last_of_u(k, x));
        with_last<T, G> const h{g, From::out_sign * height(g)};
        index_t const n = x.extent(0) - 1;
        T const uh = cdot(to.u, h), last = to.image(n, uh, h(n)), radius_bar = to.radius_bar(h, uh, last);
        for (index_t i = 0; i < n; ++i) dx(i) = to.image(i, uh, h(i));
        dx(n) = From::in_sign * last;
        return radius_to_c(k, radius_bar);
    }
};

/// The derivative of inversion_map in the direction v: x̄ = D²ι(v, h), v̄ = Dι h for h = g or σg. As it depends on √c x
/// alone, c̄ = ⟨x,x̄⟩/(2c).
template <class From>
struct inversion_tangent {
    static constexpr bool scalar_output = false;

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        inversion<T, X> const to(k, x, From::last_of_u(k, x));
        with_last<T, V> const w{v, From::in_sign * height(v)};
        T const uw = cdot(to.u, w);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = to.image(i, uw, w(i));
        out(n) = From::out_sign * to.image(n, uw, w(n));
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        inversion<T, X> const to(k, x, From::last_of_u(k, x));
        with_last<T, V> const w{v, From::in_sign * height(v)};
        with_last<T, G> const h{g, From::out_sign * height(g)};
        index_t const n = x.extent(0) - 1;
        T const uw = cdot(to.u, w), uh = cdot(to.u, h), wh = cdot(w, h), turn = T(-2) * to.factor / to.square;
        T const last = turn * to.bend(n, wh, uw, uh, w(n), h(n));
        compensated_sum<T> on_x(T(0));
        on_x.add_product(x(n), From::in_sign * last);
        for (index_t i = 0; i < n; ++i) {
            T const to_x = turn * to.bend(i, wh, uw, uh, w(i), h(i)), to_v = to.image(i, uh, h(i));
            on_x.add_product(x(i), to_x);
            dx(i) = to_x;
            dv(i) = to_v;
        }
        T const last_v = From::in_sign * to.image(n, uh, h(n));
        dx(n) = From::in_sign * last;
        dv(n) = last_v;
        return on_x.value() / (T(2) * k.c());
    }
};

}  // namespace hyspn::detail
