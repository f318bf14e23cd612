// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// v = κ (Aδ − Qx) with δ = y − x, Q = c‖δ‖², P = AB, A = 1 − c‖x‖², B = 1 − c‖y‖², κ = AS/√(P(P+Q)), S = asinhc(√z), z
/// = Q/P: the direction of −x ⊕ y times d(x, y)/λ_x, without the division by its length. With b = asinh √z, χ² =
/// P/(P+Q), U = 2 asinhc_decay(b) = ℓ(b)T(b), W = (S²U + χ²)/2, V = (T(b) + χ²)/2, γ = κg, m = ⟨γ, Aδ−Qx⟩, q = ⟨γ,x⟩ +
/// mW/P:
///     ȳ = Aγ − 2cqδ + 2c(mV/B) y,     x̄ = −(A+Q)γ + 2cqδ − 2c(⟨γ,δ⟩ + mWz/A) x,
///     c̄ = m⟨δ,x+y⟩/P − ‖δ‖²⟨γ,x⟩/A − mW(‖δ‖²/P)(1/A + 1/B − 1).
/// (The sum of partial derivatives is O(‖δ‖), c̄ is O(‖δ‖²): hence this form.)
struct poincare_logmap {
    static constexpr char const* name = "poincare::logmap";
    static constexpr char const* inputs[] = {"x", "y"};
    static constexpr bool scalar_output = false;

    /// The scalars of the formula, and the chord Aδ − Qx, which is −x ⊕ y but for a positive factor.
    template <class T, class X, class Y>
    struct terms {
        difference<Y, X> delta;
        T a, b, p, length, q, root_z, z, s, kappa;
        combination<T, difference<Y, X>, X> chord;

        HYSPN_HD terms(curvature<T> const& k, X x, Y y) : delta{y, x}
        {
            using std::sqrt;
            a = complement(k.c(), x);
            b = complement(k.c(), y);
            p = a * b;
            length = norm(delta);
            q = k.c() * length * length;
            root_z = k.sqrt_c() * length / sqrt(p);
            z = root_z * root_z;
            s = asinhc(root_z);
            kappa = a * s / (p * sqrt(T(1) + z));
            chord = {a, delta, -q, x};
        }
    };

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        terms const t{k, x, y};
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = t.kappa * t.chord(i);
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        terms const t{k, x, y};
        T const c = k.c(), a = t.a, b = t.b, p = t.p, z = t.z;
        T const angle = t.s * t.root_z, chi2 = T(1) / (T(1) + z);
        T const w = (t.s * t.s * T(2) * asinhc_decay(angle) + chi2) / T(2), v = (tanhc(angle) + chi2) / T(2);
        T const gamma_x = t.kappa * cdot(g, x), gamma_delta = t.kappa * cdot(g, t.delta);
        T const m = t.kappa * cdot(g, t.chord), q = gamma_x + m * w / p;
        T const delta2 = t.length * t.length;
        T const c_bar = m * cdot(t.delta, sum{x, y}) / p - delta2 * gamma_x / a -
                        m * w * (delta2 / p) * (T(1) / a + T(1) / b - T(1));
        T const on_x = T(2) * c * (gamma_delta + m * w * z / a), on_y = T(2) * c * (m * v / b);
        T const on_delta = T(2) * c * q, q_big = t.q;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const gamma = t.kappa * g(i), delta = t.delta(i);
            T const to_x = -(a + q_big) * gamma + on_delta * delta - on_x * x(i);
            T const to_y = a * gamma - on_delta * delta + on_y * y(i);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Logarithmic map of the Poincaré ball at the point x: the tangent vector at x whose expmap is the point y,
/// out = (2/(sλ_x)) artanh(s‖u‖) u/‖u‖ with u = −x ⊕ y, s = √c; 0 for y = x. Any strides; out may be x or y.
/// Error ≤ 16 eps, norm-wise, inside the ball, for close points and points near the boundary alike.
/// Ganea et al. 2018, Lemma 2.
template <class T, class M, class X, class Y>
HYSPN_HD void logmap(curvature<T> const& c, view<X, 1, M> x, view<Y, 1, M> y, view<T, 1, M> out)
{
    detail::poincare_logmap::forward(c, as_const(x), as_const(y), out);
}

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, returns the cotangent of c.
/// dx may be x, dy may be y.
template <class T, class M, class X, class Y, class G>
HYSPN_HD T logmap_vjp(curvature<T> const& c, view<X, 1, M> x, view<Y, 1, M> y, view<G, 1, M> g, view<T, 1, M> dx,
                      view<T, 1, M> dy)
{
    return detail::poincare_logmap::vjp(c, as_const(x), as_const(y), as_const(g), dx, dy);
}

/// The same for every point of an array; layouts and errors as in the file's head.
template <execution_policy P, class T, view_like X, view_like Y, view_like Out>
    requires same_space<P, X, Y, Out>
void logmap(P const& exec, curvature<T> const& c, X const& x, Y const& y, Out&& out)
{
    detail::pointwise<detail::poincare_logmap>(exec, c, {as_const(x), as_const(y)}, as_view(out));
}

template <execution_policy P, class T, view_like X, view_like Y, view_like G, view_like DX, view_like DY>
    requires same_space<P, X, Y, G, DX, DY> T logmap_vjp(P const& exec, curvature<T> const& c, X const& x, Y const& y,
                                                         G const& g, DX&& dx, DY&& dy)
    {
        return detail::pointwise_vjp<detail::poincare_logmap>(exec, c, {as_const(x), as_const(y)}, as_const(g),
                                                              {as_view(dx), as_view(dy)});
    }

}  // namespace poincare
}  // namespace hyspn
