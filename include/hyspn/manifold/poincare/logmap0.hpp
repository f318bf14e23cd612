// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// v = M x with M = artanh t/t, t = s‖x‖, from the complement A = 1 − t² (artanhc). With x̂ = x/‖x‖ (0 at 0):
///     x̄ = M g + (1/A − M) ⟨g,x̂⟩x̂,     c̄ = M′‖x‖²⟨g,x⟩.
struct poincare_logmap0 {
    static constexpr char const* name = "poincare::logmap0";
    static constexpr char const* inputs[] = {"x"};
    static constexpr bool scalar_output = false;

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        T const factor = artanhc(k.sqrt_c() * norm(x), complement(k.c(), x));
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = factor * x(i);
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        T const a = complement(k.c(), x), r = norm(x), t = k.sqrt_c() * r, factor = artanhc(t, a);
        direction const x_hat{x, r};
        T const along = (T(1) / a - factor) * dot(g, x_hat);
        T const c_bar = artanhc_slope(t, a) * r * r * cdot(g, x);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = factor * g(i) + along * x_hat(i);
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Logarithmic map at the origin of the Poincaré ball: out = artanh(s‖x‖) x/(s‖x‖), s = √c, for a point x (any stride);
/// the identity at 0. out may be x. Error ≤ 16 eps, norm-wise, for points inside the ball, however close to the
/// boundary; not finite on it, meaningless outside. Ganea et al. 2018, Lemma 2.
template <class T, class M, class X>
HYSPN_HD void logmap0(curvature<T> const& c, view<X, 1, M> x, view<T, 1, M> out)
{
    detail::poincare_logmap0::forward(c, as_const(x), out);
}

/// Vector-Jacobian product: writes dx for the cotangent g of the output, returns the cotangent of c. dx may be x or g.
template <class T, class M, class X, class G>
HYSPN_HD T logmap0_vjp(curvature<T> const& c, view<X, 1, M> x, view<G, 1, M> g, view<T, 1, M> dx)
{
    return detail::poincare_logmap0::vjp(c, as_const(x), as_const(g), dx);
}

/// The same for every point of an array; layouts as in manifold/poincare.hpp. Throws shape_error unless the extents
/// agree.
template <execution_policy P, class T, view_like X, view_like Out>
    requires same_space<P, X, Out>
void logmap0(P const& exec, curvature<T> const& c, X const& x, Out&& out)
{
    detail::pointwise<detail::poincare_logmap0>(exec, c, {as_const(x)}, as_view(out));
}

/// Vector-Jacobian product for every point of an array; returns the cotangent of c summed over the points in the order
/// of exec::reduce, whatever the number of threads. Throws shape_error unless the extents agree.
template <execution_policy P, class T, view_like X, view_like G, view_like DX>
    requires same_space<P, X, G, DX> T logmap0_vjp(P const& exec, curvature<T> const& c, X const& x, G const& g,
                                                   DX&& dx)
    {
        return detail::pointwise_vjp<detail::poincare_logmap0>(exec, c, {as_const(x)}, as_const(g), {as_view(dx)});
    }

}  // namespace poincare
}  // namespace hyspn

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/poincare/logmap0.hpp>
#endif
