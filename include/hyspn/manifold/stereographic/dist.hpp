// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/dist.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>
#include <hyspn/manifold/stereographic/mobius_add.hpp>

namespace hyspn {

namespace detail {

/// From x towards y for κ ≥ 0: with δ = y − x, A = 1 + κ‖x‖², D = 1 + 2κ⟨x,y⟩ + κ²‖x‖²‖y‖², 0 at the antipode of x,
///     u = A y − A′x = A δ + κ‖δ‖² x,     A′ = 1 + 2κ⟨x,y⟩ − κ‖y‖²,     ‖u‖ = ‖δ‖√D,
/// the direction of −x ⊕ y = u/D. The second form serves for close points.
template <class T, class X, class Y>
struct spherical_chord {
    X x;
    Y y;
    T kappa, a, on_x, delta2;  ///< κ, A, A′, ‖δ‖²
    bool close;

    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const
    {
        return close ? a * (y(i) - x(i)) + kappa * delta2 * x(i) : a * y(i) - on_x * x(i);
    }
};

/// What a pair of points is for κ ≥ 0: d = 2ρM with ρ = ‖δ‖/√D, M = atan t/t, t = √κρ.
template <class T, class X, class Y>
struct spherical_pair {
    X x;
    Y y;
    T kappa, x2, y2, xy, a, b;  ///< κ, ‖x‖², ‖y‖², ⟨x,y⟩, 1 + κ‖x‖², 1 + κ‖y‖²
    T length, d, ratio;         ///< ‖δ‖, D, ρ
    arc<T> t;
    bool close;

    HYSPN_HD spherical_pair(sectional_curvature<T> const& k, X from, Y to)
        : x(from),
          y(to),
          kappa(k.kappa()),
          x2(squared_norm(x)),
          y2(squared_norm(y)),
          xy(cdot(x, y)),
          a(T(1) + kappa * x2),
          b(T(1) + kappa * y2),
          length(norm(difference{y, x})),
          d(mobius_denominator(kappa, x, scaled{T(-1), y}))
    {
        using std::sqrt;
        ratio = length / sqrt(d);
        t = arc_of(k, ratio);
        close = length * length < (x2 > y2 ? x2 : y2) / T(2);
    }

    HYSPN_HD spherical_chord<T, X, Y> from_x() const
    {
        return {x, y, kappa, a, T(1) + kappa * (T(2) * xy - y2), length * length, close};
    }
    HYSPN_HD spherical_chord<T, Y, X> from_y() const
    {
        return {y, x, kappa, b, T(1) + kappa * (T(2) * xy - x2), length * length, close};
    }
    HYSPN_HD T distance(sectional_curvature<T> const& k) const
    {
        using std::atan;
        return t.root < T(1) ? T(2) * ratio * atanc(t) : T(2) / k.root() * atan(t.root);
    }
    /// ∂(Ad)/∂κ = 2ρ (ρ²M′(2−A) − ⟨δ, x + κ‖x‖²y⟩/(AB)): far from the origin Ad hardly depends on κ, A and d do.
    HYSPN_HD T scaled_distance_slope() const
    {
        T const by_angle =
            t.root < T(1) ? ratio * ratio * atanc_slope(t) : (T(1) / (T(1) + t.square) - atanc(t)) / (T(2) * kappa);
        T const by_ratio = cdot(difference{y, x}, combination{T(1), x, kappa * x2, y}) / a / b;
        return T(2) * ratio * (by_angle * (T(2) - a) - by_ratio);
    }
    /// ∂d/∂κ; that of π/√κ for antipodes, where ρ is infinite.
    HYSPN_HD T distance_slope(sectional_curvature<T> const& k) const
    {
        T const by_angle = t.root < T(1) ? T(2) * ratio * ratio * ratio * atanc_slope(t)
                                         : (T(1) / (T(1) / ratio + kappa * ratio) - distance(k) / T(2)) / kappa;
        return d > T(0) ? by_angle - T(2) * ratio * ((xy + kappa * x2 * y2) / a / b) : by_angle;
    }
};

template <class T, class X, class Y>
spherical_pair(sectional_curvature<T> const&, X, Y) -> spherical_pair<T, X, Y>;

/// d = 2ρM as above. With M′ the slope of M in t², û = u/‖u‖ (0 where u = 0, for coincident points and antipodes):
///     x̄ = −(2g/A) û(x,y),  ȳ = −(2g/B) û(y,x),     κ̄ = 2gρ (ρ²M′ − (⟨x,y⟩ + κ‖x‖²‖y‖²)/(AB)).
struct spherical_dist {
    template <class T, class X, class Y>
    HYSPN_HD static T value(sectional_curvature<T> const& k, X x, Y y)
    {
        return spherical_pair{k, x, y}.distance(k);
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, X x, Y y, T g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        spherical_pair const pair{k, x, y};
        auto const from_x = pair.from_x();
        auto const from_y = pair.from_y();
        direction const x_to_y{from_x, norm(from_x)};
        direction const y_to_x{from_y, norm(from_y)};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = T(-2) * g / pair.a * x_to_y(i), to_y = T(-2) * g / pair.b * y_to_x(i);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return g * pair.distance_slope(k);
    }
};

struct stereographic_dist : by_sign<poincare_dist, spherical_dist> {
    static constexpr char const* name = "stereographic::dist";
};

}  // namespace detail

namespace stereographic {

/// Geodesic distance d = 2 tan_κ⁻¹(‖−x⊕y‖) of two points (any stride): 2‖x−y‖ for κ = 0, the great-circle distance for
/// κ > 0, precise for close points and antipodes alike. Bachmann et al. 2020, eq. 4.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_dist> dist{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the distance (0 for coincident points and for
/// antipodes, where the distance has no derivative), returns the cotangent of κ. dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_dist> dist_vjp{};

}  // namespace stereographic
}  // namespace hyspn
