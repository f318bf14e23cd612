// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

namespace hyspn {

namespace detail {

/// z = x ⊕ w with w = f v, f = T/A, T = tanhc(θ), θ = s‖v‖/A, A = 1 − c‖x‖²; w's complement is sech²θ, carried. With w̄,
/// the first part of x̄ and D from mobius_sum_vjp, q = 1 − c²‖x‖²‖w‖² = B + A c‖w‖², ψ = tanhc_decay(θ), v̂ = v/‖v‖:
///     μ = ⟨w̄,v⟩ = A {q⟨g,v⟩ + cf‖v‖² (D+q)⟨g,x⟩}/D²,
///     v̄ = f (w̄ − ⟨w̄,v̂⟩v̂) + (sech²θ/A)⟨w̄,v̂⟩v̂,     x̄ = part + 2cμ (sech²θ/A²) x,
///     c̄ = (f/D)² [ ‖v‖²⟨g,x⟩ {q − (2−A)ψ c‖w‖² (D+q)} − ⟨g,v⟩ {2⟨x,v⟩ + f‖v‖² (2(1−A) + (2−A)ψq)} ].
/// c̄ is small of second order in w; the partial derivatives through A, θ and ⊕ are of first order and would cancel.
struct poincare_expmap {
    static constexpr char const* name = "poincare::expmap";
    static constexpr char const* inputs[] = {"x", "v"};
    static constexpr bool scalar_output = false;

    /// w and what else depends on ‖v‖.
    template <class T, class X, class V>
    struct increment {
        T length, theta, factor, complement;  ///< ‖v‖, θ, f, sech²θ
        scaled<T, V> vector;

        HYSPN_HD increment(curvature<T> const& k, X x, V v)
        {
            T const a = hyspn::complement(k.c(), x);
            length = norm(v);
            theta = k.sqrt_c() * length / a;
            factor = tanhc(theta) / a;
            complement = sech2(theta);
            vector = {factor, v};
        }
    };

    template <class Back>
    struct increment_cotangent {
        Back const& back;
        HYSPN_HD index_t extent(std::size_t) const { return back.z.extent(0); }
        HYSPN_HD auto operator()(index_t i) const { return back.to_y(i); }
    };

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        increment const w{k, x, v};
        mobius_sum const z{k.c(), x, w.vector, w.complement};
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = z(i);
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        increment const w{k, x, v};
        mobius_sum const z{k.c(), x, w.vector, w.complement};
        mobius_sum_vjp const back{z, g};
        increment_cotangent<decltype(back)> const w_bar{back};
        T const a = z.a, c = z.c, f = w.factor, root = f / z.d;
        T const gv = cdot(g, v), v2 = cdot(v, v), cw2 = c * back.y2;
        T const q = z.b + a * cw2, psi = (T(2) - a) * tanhc_decay(w.theta);
        T const mu = a * (q * gv + c * f * v2 * (z.d + q) * back.gx) / (z.d * z.d);
        T const c_bar = root * root *
                        (v2 * back.gx * (q - psi * cw2 * (z.d + q)) -
                         gv * (T(2) * cdot(x, v) + f * v2 * (T(2) * (T(1) - a) + psi * q)));
        direction const v_hat{v, w.length};
        T const along = dot(w_bar, v_hat);
        T const radial = w.complement / a;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = back.to_x(i) + T(2) * c * mu * radial / a * x(i);
            T const to_v = w.factor * (w_bar(i) - along * v_hat(i)) + radial * along * v_hat(i);
            dx(i) = to_x;
            dv(i) = to_v;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Exponential map of the Poincaré ball at the point x: out = x ⊕ tanh(sλ_x‖v‖/2) v/(s‖v‖), s = √c, for a tangent
/// vector v at x of any length; x itself for v = 0. Any strides; out may be x or v. Error ≤ 16 eps, norm-wise, for x
/// inside the ball. Ganea et al. 2018, Lemma 2.
template <class T, class M, class X, class V>
HYSPN_HD void expmap(curvature<T> const& c, view<X, 1, M> x, view<V, 1, M> v, view<T, 1, M> out)
{
    detail::poincare_expmap::forward(c, as_const(x), as_const(v), out);
}

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, returns the cotangent of c.
/// dx may be x, dv may be v.
template <class T, class M, class X, class V, class G>
HYSPN_HD T expmap_vjp(curvature<T> const& c, view<X, 1, M> x, view<V, 1, M> v, view<G, 1, M> g, view<T, 1, M> dx,
                      view<T, 1, M> dv)
{
    return detail::poincare_expmap::vjp(c, as_const(x), as_const(v), as_const(g), dx, dv);
}

/// The same for every point of an array; layouts and errors as in the file's head.
template <execution_policy P, class T, view_like X, view_like V, view_like Out>
    requires same_space<P, X, V, Out>
void expmap(P const& exec, curvature<T> const& c, X const& x, V const& v, Out&& out)
{
    detail::pointwise<detail::poincare_expmap>(exec, c, {as_const(x), as_const(v)}, as_view(out));
}

template <execution_policy P, class T, view_like X, view_like V, view_like G, view_like DX, view_like DV>
    requires same_space<P, X, V, G, DX, DV> T expmap_vjp(P const& exec, curvature<T> const& c, X const& x, V const& v,
                                                         G const& g, DX&& dx, DV&& dv)
    {
        return detail::pointwise_vjp<detail::poincare_expmap>(exec, c, {as_const(x), as_const(v)}, as_const(g),
                                                              {as_view(dx), as_view(dv)});
    }

}  // namespace poincare
}  // namespace hyspn
