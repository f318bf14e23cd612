// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_pair.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// ⟨U,V⟩_L = ⟨U⊥,V⊥⟩ + U∥V∥/(cX₀²), with τ_V = V₀/X₀ and V♭ = V − τ_V X:
///     Ū = gV♭,   V̄ = gU♭,   X̄ = −g(τ_V U♭ + τ_U V♭),   c̄ = −g τ_U τ_V/c².
struct lorentz_inner {
    static constexpr char const* name = "lorentz::inner";
    static constexpr argument inputs[] = {point("X"), tangent("U"), tangent("V")};
    static constexpr bool scalar_output = true;

    template <class T, class X, class U, class V>
    HYSPN_HD static T value(curvature<T> const& k, X x, U u, V v)
    {
        lorentz_tangent const a{k, x, u}, b{k, x, v};
        return cdot(a.across, b.across) + a.shrink * a.along() * b.along();
    }

    template <class T, class X, class U, class V, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, U u, V v, T g, view<T, 1, M> dx, view<T, 1, M> du,
                          view<T, 1, M> dv)
    {
        lorentz_tangent const a{k, x, u}, b{k, x, v};
        T const tau_u = a.v0 / a.x0, tau_v = b.v0 / b.x0;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const u_flat = a.flat(i), v_flat = b.flat(i);
            dx(i) = -g * (tau_v * u_flat + tau_u * v_flat);
            du(i) = g * v_flat;
            dv(i) = g * u_flat;
        }
        return -g * (tau_u / k.c()) * (tau_v / k.c());
    }
};

/// ⟨X,Y⟩_L = −(1/c + N²/2): X̄ = −½g ∂N²/∂X, c̄ = g (X₀/Y₀ + Y₀/X₀)/(2c²).
struct lorentz_point_inner {
    static constexpr char const* name = "lorentz::point_inner";
    static constexpr argument inputs[] = {point("X"), point("Y")};
    static constexpr bool scalar_output = true;

    template <class T, class X, class Y>
    HYSPN_HD static T value(curvature<T> const& k, X x, Y y)
    {
        return -(T(1) / k.c() + lorentz_pair{k, x, y}.n2 / T(2));
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, T g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        lorentz_pair const p{k, x, y};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = p.to_x(i), to_y = p.to_y(i);
            dx(i) = -g * to_x;
            dy(i) = -g * to_y;
        }
        return g * (p.x0 / p.y0 + p.y0 / p.x0) / (T(2) * k.c() * k.c());
    }
};

}  // namespace detail

namespace lorentz {

/// Inner product ⟨U,V⟩_L of two tangent vectors at the point X of the hyperboloid, all given by their space parts,
/// their time parts being ⟨X,U⟩/X₀ and ⟨X,V⟩/X₀: the Riemannian metric. Any strides. Error ≤ 16 eps of ‖U‖_L‖V‖_L.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_inner> inner{};

/// Vector-Jacobian product: writes dX, dU and dV for the cotangent g of the value, which may be X, U and V, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_inner> inner_vjp{};

/// Inner product ⟨X,Y⟩_L = ⟨X,Y⟩ − X₀Y₀ ≤ −1/c of two points of the hyperboloid, given by their space parts. Any
/// strides. Error ≤ 16 eps, for close points and points far out alike: the two large products are never subtracted.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_point_inner> point_inner{};

/// Vector-Jacobian product: writes dX and dY for the cotangent g of the value, which may be X and Y, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_point_inner> point_inner_vjp{};

}  // namespace lorentz
}  // namespace hyspn
