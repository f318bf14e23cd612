// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// d = (2/s) artanh t, t = s‖x‖, from the complement A = 1 − t²: w = s d = asinh(2t/A). With x̂ = x/‖x‖ (0 at 0):
///     x̄ = (2g/A) x̂,     c̄ = g (sinh w − w)/(2sc), sinh w = 2t/A; for small w the same as g d³ (sinh w − w)/(2w³).
struct poincare_dist0 {
    static constexpr char const* name = "poincare::dist0";
    static constexpr char const* inputs[] = {"x"};
    static constexpr bool scalar_output = true;

    template <class T, class X>
    HYSPN_HD static T value(curvature<T> const& k, X x)
    {
        return scaled_distance(k, complement(k.c(), x), norm(x)) / k.sqrt_c();
    }

    /// w = s d from A and r = ‖x‖.
    template <class T>
    HYSPN_HD static T scaled_distance(curvature<T> const& k, T a, T r)
    {
        using std::asinh;
        return asinh(T(2) * k.sqrt_c() * r / a);
    }

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        out(0) = value(k, x);
    }

    template <class T, class X, class M>
    HYSPN_HD static T value_vjp(curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        T const a = complement(k.c(), x), r = norm(x), w = scaled_distance(k, a, r), d = w / k.sqrt_c();
        T const residue = w < math_traits<T>::series_limit ? d * d * d * sinh_residue(w) : (T(2) * r / a - d) / k.c();
        direction const x_hat{x, r};
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = T(2) * g / a * x_hat(i);
        return g * residue / T(2);
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        return value_vjp(k, x, g(0), dx);
    }
};

}  // namespace detail

namespace poincare {

/// Distance from the origin of the Poincaré ball, d = (2/s) artanh(s‖x‖), s = √c, for a point x (any stride).
/// Error ≤ 16 eps inside the ball, however close to the boundary; infinite on it, meaningless outside.
/// Ganea et al. 2018, eq. 6.
template <class T, class M, class X>
HYSPN_HD T dist0(curvature<T> const& c, view<X, 1, M> x)
{
    return detail::poincare_dist0::value(c, as_const(x));
}

/// Vector-Jacobian product: writes dx for the cotangent g of the distance (0 at x = 0), returns the cotangent of c.
/// dx may be x.
template <class T, class M, class X>
HYSPN_HD T dist0_vjp(curvature<T> const& c, view<X, 1, M> x, T g, view<T, 1, M> dx)
{
    return detail::poincare_dist0::value_vjp(c, as_const(x), g, dx);
}

/// The same for every point of an array; layouts as in manifold/poincare.hpp. Throws shape_error unless the extents
/// agree.
template <execution_policy P, class T, view_like X, view_like Out>
    requires same_space<P, X, Out>
void dist0(P const& exec, curvature<T> const& c, X const& x, Out&& out)
{
    detail::pointwise<detail::poincare_dist0>(exec, c, {as_const(x)}, as_view(out));
}

/// Vector-Jacobian product for every point of an array; returns the cotangent of c summed over the points in the order
/// of exec::reduce, whatever the number of threads. Throws shape_error unless the extents agree.
template <execution_policy P, class T, view_like X, view_like G, view_like DX>
    requires same_space<P, X, G, DX> T dist0_vjp(P const& exec, curvature<T> const& c, X const& x, G const& g, DX&& dx)
    {
        return detail::pointwise_vjp<detail::poincare_dist0>(exec, c, {as_const(x)}, as_const(g), {as_view(dx)});
    }

}  // namespace poincare
}  // namespace hyspn
