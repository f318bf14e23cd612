// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/dist.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>
#include <hyspn/manifold/stereographic/mobius_add.hpp>

namespace hyspn {

namespace detail {

/// From x towards y for κ ≥ 0: with δ = y − x, A = 1 + κ‖x‖², D = 1 + 2κ⟨x,y⟩ + κ²‖x‖²‖y‖², 0 at the antipode of x,
///     u = A y − (1 + 2κ⟨x,y⟩ − κ‖y‖²) x = A δ + κ‖δ‖² x,     ‖u‖ = ‖δ‖√D,
/// the direction of −x ⊕ y = u/D. The second form serves for close points.
template <class T, class X, class Y>
struct spherical_chord {
    X x;
    Y y;
    T kappa, a, delta2, on_x;
    bool close;

    HYSPN_HD spherical_chord(T k, X from, Y to, T x2, T y2, T xy, T delta2_)
        : x(from), y(to), kappa(k), a(T(1) + k * x2), delta2(delta2_), on_x(T(1) + k * (T(2) * xy - y2))
    {
        close = delta2 < (x2 > y2 ? x2 : y2) / T(2);
    }
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const
    {
        return close ? a * (y(i) - x(i)) + kappa * delta2 * x(i) : a * y(i) - on_x * x(i);
    }
};

/// d = 2ρM with ρ = ‖x−y‖/√D, M = atan t/t, t = √κρ, D as for the chord u. With B = 1 + κ‖y‖², P = AB = D(1 + t²) and M′
/// the slope in t²:
///     x̄ = −(2g/A) u(x,y)/‖u‖,  ȳ = −(2g/B) u(y,x)/‖u‖, 0 where u = 0 (coincident points and antipodes),
///     κ̄ = 2gρ (ρ²M′ − (⟨x,y⟩ + κ‖x‖²‖y‖²)/P).
struct spherical_dist {
    template <class T>
    HYSPN_HD static T from_ratio(sectional_curvature<T> const& k, T ratio)
    {
        using std::atan;
        arc<T> const t = arc_of(k, ratio);
        return t.root < T(1) ? T(2) * ratio * atanc(t) : T(2) / k.root() * atan(t.root);
    }

    template <class T, class X, class Y>
    HYSPN_HD static T value(sectional_curvature<T> const& k, X x, Y y)
    {
        using std::sqrt;
        return from_ratio(k, norm(difference{x, y}) / sqrt(mobius_denominator(k.kappa(), x, scaled{T(-1), y})));
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, X x, Y y, T g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        using std::sqrt;
        T const kappa = k.kappa(), x2 = squared_norm(x), y2 = squared_norm(y), xy = cdot(x, y);
        T const length = norm(difference{x, y});
        T const root_d = sqrt(mobius_denominator(kappa, x, scaled{T(-1), y})), ratio = length / root_d;
        spherical_chord const from_x{kappa, x, y, x2, y2, xy, length * length};
        spherical_chord const from_y{kappa, y, x, y2, x2, xy, length * length};

        arc<T> const t = arc_of(k, ratio);
        T const p = from_x.a * from_y.a;
        T const by_angle = t.root < T(1) ? T(2) * ratio * ratio * ratio * atanc_slope(t)
                                         : (ratio / (T(1) + t.square) - from_ratio(k, ratio) / T(2)) / kappa;
        T const by_ratio = T(2) * ratio * (xy + kappa * x2 * y2) / p;
        T const chord = length * root_d;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = chord > T(0) ? T(-2) * g / from_x.a * (from_x(i) / chord) : T(0);
            T const to_y = chord > T(0) ? T(-2) * g / from_y.a * (from_y(i) / chord) : T(0);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return g * (by_angle - by_ratio);
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
