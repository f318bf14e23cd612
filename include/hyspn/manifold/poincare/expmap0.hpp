// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// x = T v with T = tanh t/t, t = s‖v‖ (tanhc). With v̂ = v/‖v‖ (0 at 0):
///     v̄ = T (g − ⟨g,v̂⟩v̂) + sech²t ⟨g,v̂⟩v̂,     c̄ = T′‖v‖²⟨g,v⟩ = −tanhc_decay(t) ‖x‖² ⟨g,x⟩.
/// In this form of v̄ the first part vanishes exactly for one-dimensional points.
struct poincare_expmap0 {
    static constexpr char const* name = "poincare::expmap0";
    static constexpr char const* inputs[] = {"v"};
    static constexpr bool scalar_output = false;

    template <class T, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, V v, view<T, 1, M> out)
    {
        T const factor = tanhc(k.sqrt_c() * norm(v));
        for (index_t i = 0; i < v.extent(0); ++i) out(i) = factor * v(i);
    }

    template <class T, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, V v, G g, view<T, 1, M> dv)
    {
        T const r = norm(v), t = k.sqrt_c() * r, factor = tanhc(t), radial = sech2(t);
        direction const v_hat{v, r};
        T const along = dot(g, v_hat);
        T const x_norm = factor * r;
        T const c_bar = -tanhc_decay(t) * x_norm * x_norm * (factor * cdot(g, v));
        for (index_t i = 0; i < v.extent(0); ++i)
            dv(i) = factor * (g(i) - along * v_hat(i)) + radial * along * v_hat(i);
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Exponential map at the origin of the Poincaré ball: out = tanh(s‖v‖) v/(s‖v‖), s = √c, for a tangent vector v of any
/// length and stride; the identity at 0. out may be v. Error ≤ 16 eps, norm-wise. Ganea et al. 2018, Lemma 2.
template <class T, class M, class V>
HYSPN_HD void expmap0(curvature<T> const& c, view<V, 1, M> v, view<T, 1, M> out)
{
    detail::poincare_expmap0::forward(c, as_const(v), out);
}

/// Vector-Jacobian product: writes dv for the cotangent g of the output, returns the cotangent of c. dv may be v or g.
template <class T, class M, class V, class G>
HYSPN_HD T expmap0_vjp(curvature<T> const& c, view<V, 1, M> v, view<G, 1, M> g, view<T, 1, M> dv)
{
    return detail::poincare_expmap0::vjp(c, as_const(v), as_const(g), dv);
}

/// The same for every point of an array; layouts as in manifold/poincare.hpp. Throws shape_error unless the extents
/// agree.
template <execution_policy P, class T, view_like V, view_like Out>
    requires same_space<P, V, Out>
void expmap0(P const& exec, curvature<T> const& c, V const& v, Out&& out)
{
    detail::pointwise<detail::poincare_expmap0>(exec, c, {as_const(v)}, as_view(out));
}

/// Vector-Jacobian product for every point of an array; returns the cotangent of c summed over the points in the order
/// of exec::reduce, whatever the number of threads. Throws shape_error unless the extents agree.
template <execution_policy P, class T, view_like V, view_like G, view_like DV>
    requires same_space<P, V, G, DV> T expmap0_vjp(P const& exec, curvature<T> const& c, V const& v, G const& g,
                                                   DV&& dv)
    {
        return detail::pointwise_vjp<detail::poincare_expmap0>(exec, c, {as_const(v)}, as_const(g), {as_view(dv)});
    }

}  // namespace poincare
}  // namespace hyspn

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/poincare/expmap0.hpp>
#endif
