// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/mobius_add.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>

namespace hyspn {

namespace detail {

/// D = 1 − 2κ⟨x,y⟩ + κ²‖x‖²‖y‖², 0 where x and −y are antipodes. Away from there as it stands, else as
/// ‖x/‖x‖ − κ‖x‖y‖², a sum of squares that is as small as D because its elements are.
template <class T, class X, class Y>
HYSPN_HD T mobius_denominator(T kappa, X const& x, Y const& y)
{
    T const length = norm(x), product = kappa * length * norm(y);
    if (product < T(0.5)) return T(1) - T(2) * kappa * cdot(x, y) + product * product;
    return squared_norm(combination{T(1) / length, x, -kappa * length, y});
}

/// z = x ⊕ y for κ ≥ 0, element by element, with A = 1 + κ‖x‖², p = x + y and D above:
///     z = ((1 − 2κ⟨x,y⟩ − κ‖y‖²) x + A y)/D = (A p − κ‖p‖² x)/D.
/// The second serves where y ≈ −x.
template <class T, class X, class Y>
struct spherical_sum {
    X x;
    Y y;
    T kappa, a, d;     ///< κ, A, D
    T x2, y2, xy, p2;  ///< ‖x‖², ‖y‖², ⟨x,y⟩, ‖p‖²
    T on_x;            ///< 1 − 2κ⟨x,y⟩ − κ‖y‖²
    bool nearly_opposite;

    HYSPN_HD spherical_sum(T k, X left, Y right) : x(left), y(right), kappa(k)
    {
        x2 = squared_norm(x);
        y2 = squared_norm(y);
        xy = cdot(x, y);
        p2 = squared_norm(sum{x, y});
        a = T(1) + kappa * x2;
        d = mobius_denominator(kappa, x, y);
        on_x = T(1) - kappa * (T(2) * xy + y2);
        nearly_opposite = p2 < (x2 > y2 ? x2 : y2) / T(2);
    }
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const
    {
        return (nearly_opposite ? a * (x(i) + y(i)) - kappa * p2 * x(i) : on_x * x(i) + a * y(i)) / d;
    }
};

/// Cotangents of x and y for the cotangent g of z = x ⊕ y. With E = ⟨g, y − κ‖y‖²x⟩, F = ⟨g, (1−2κ⟨x,y⟩)x + κ‖x‖²y⟩:
///     x̄ = ((1 − 2κ⟨x,y⟩ − κ‖y‖²) g + 2κE z)/D,     ȳ = (A/D) (g + (2κ/D)(E x − F y)).
/// On a line x̄ = ((1 + κ‖y‖²)/D) g, the same without its cancellation.
template <class T, class X, class Y, class G>
struct spherical_sum_vjp {
    spherical_sum<T, X, Y> const& z;
    G g;
    T gx, gy, e, f;  ///< ⟨g,x⟩, ⟨g,y⟩, E, F

    HYSPN_HD spherical_sum_vjp(spherical_sum<T, X, Y> const& z_, G g_) : z(z_), g(g_)
    {
        gx = cdot(g, z.x);
        gy = cdot(g, z.y);
        e = gy - z.kappa * z.y2 * gx;
        f = (T(1) - T(2) * z.kappa * z.xy) * gx + z.kappa * z.x2 * gy;
    }
    HYSPN_HD index_t extent(std::size_t) const { return z.extent(0); }
    HYSPN_HD T to_x(index_t i) const
    {
        if (extent(0) == 1) return (T(1) + z.kappa * z.y2) / z.d * g(i);
        return (z.on_x * g(i) + T(2) * z.kappa * e * z(i)) / z.d;
    }
    HYSPN_HD T to_y(index_t i) const { return z.a / z.d * (g(i) + T(2) * z.kappa / z.d * (e * z.x(i) - f * z.y(i))); }
    /// ȳ as a vector.
    HYSPN_HD T operator()(index_t i) const { return to_y(i); }
};

/// spherical_sum and its cotangents; with A′ = 1 − 2κ⟨x,y⟩ − κ‖y‖²
///     D² κ̄ = ⟨g,y⟩ (‖x‖² + 2⟨x,y⟩ − κ‖x‖²(1+A)‖y‖²) − ‖y‖²⟨g,x⟩ (A + κ‖x‖²A′)
///          = ⟨g,p⟩ (‖p‖² − A²‖y‖²) − ‖p‖²⟨g,x⟩ (1 − κ²‖x‖²‖y‖²),
/// the second where y ≈ −x.
struct spherical_mobius_add {
    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(sectional_curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        spherical_sum const z{k.kappa(), x, y};
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = z(i);
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        spherical_sum const z{k.kappa(), x, y};
        spherical_sum_vjp const back{z, g};
        T const kx2 = z.kappa * z.x2;
        T const numerator =
            z.nearly_opposite
                ? cdot(g, sum{x, y}) * (z.p2 - z.a * z.a * z.y2) - z.p2 * back.gx * (T(1) - kx2 * (z.kappa * z.y2))
                : back.gy * (z.x2 + T(2) * z.xy - kx2 * (T(1) + z.a) * z.y2) - z.y2 * back.gx * (z.a + kx2 * z.on_x);
        T const kappa_bar = numerator / (z.d * z.d);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = back.to_x(i), to_y = back.to_y(i);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return kappa_bar;
    }
};

struct stereographic_mobius_add : by_sign<poincare_mobius_add, spherical_mobius_add> {
    static constexpr char const* name = "stereographic::mobius_add";
};

}  // namespace detail

namespace stereographic {

/// Möbius addition out = x ⊕ y = ((1 − 2κ⟨x,y⟩ − κ‖y‖²)x + (1 + κ‖x‖²)y)/(1 − 2κ⟨x,y⟩ + κ²‖x‖²‖y‖²), for two points of
/// any stride; x + y for κ = 0. For κ > 0 infinite where x and −y are antipodes. out may be x or y.
/// Bachmann et al. 2020, eq. 2.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_mobius_add> mobius_add{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, returns the cotangent of κ.
/// dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_mobius_add> mobius_add_vjp{};

}  // namespace stereographic
}  // namespace hyspn
