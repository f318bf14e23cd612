// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// λ_x = 2/A, A = 1 − c‖x‖². With l = λ_x: x̄ = g·c·l²·x, c̄ = g·l²‖x‖²/2.
struct poincare_lambda_x {
    static constexpr char const* name = "poincare::lambda_x";
    static constexpr char const* inputs[] = {"x"};
    static constexpr bool scalar_output = true;

    template <class T, class X>
    HYSPN_HD static T value(curvature<T> const& k, X x)
    {
        return T(2) / complement(k.c(), x);
    }

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        out(0) = value(k, x);
    }

    template <class T, class X, class M>
    HYSPN_HD static T value_vjp(curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        T const l = value(k, x), gl2 = g * l * l;
        T const c_bar = gl2 * squared_norm(x) / T(2);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = gl2 * k.c() * x(i);
        return c_bar;
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        return value_vjp(k, x, g(0), dx);
    }
};

}  // namespace detail

namespace poincare {

/// The conformal factor λ_x = 2/(1 − c‖x‖²) of the Poincaré ball at the point x (any stride): lengths at x are λ_x
/// times Euclidean ones. Error ≤ 16 eps for points inside the ball, however close to the boundary; outside it is
/// negative, on it infinite. Ganea et al. 2018, §2.1.
template <class T, class M, class X>
HYSPN_HD T lambda_x(curvature<T> const& c, view<X, 1, M> x)
{
    return detail::poincare_lambda_x::value(c, as_const(x));
}

/// Vector-Jacobian product: writes dx for the cotangent g of the value, returns the cotangent of c. dx may be x.
template <class T, class M, class X>
HYSPN_HD T lambda_x_vjp(curvature<T> const& c, view<X, 1, M> x, T g, view<T, 1, M> dx)
{
    return detail::poincare_lambda_x::value_vjp(c, as_const(x), g, dx);
}

/// The same for every point of an array; layouts as in manifold/poincare.hpp. Throws shape_error unless the extents
/// agree.
template <execution_policy P, class T, view_like X, view_like Out>
    requires same_space<P, X, Out>
void lambda_x(P const& exec, curvature<T> const& c, X const& x, Out&& out)
{
    detail::pointwise<detail::poincare_lambda_x>(exec, c, {as_const(x)}, as_view(out));
}

/// Vector-Jacobian product for every point of an array; returns the cotangent of c summed over the points in the order
/// of exec::reduce, whatever the number of threads. Throws shape_error unless the extents agree.
template <execution_policy P, class T, view_like X, view_like G, view_like DX>
    requires same_space<P, X, G, DX> T lambda_x_vjp(P const& exec, curvature<T> const& c, X const& x, G const& g,
                                                    DX&& dx)
    {
        return detail::pointwise_vjp<detail::poincare_lambda_x>(exec, c, {as_const(x)}, as_const(g), {as_view(dx)});
    }

}  // namespace poincare
}  // namespace hyspn
