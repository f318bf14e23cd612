// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

namespace hyspn {

namespace detail {

/// How far a step goes: φ(θ) = s‖w‖ for θ = s‖v‖/A; here φ = tanh θ, the exponential map.
struct exponential_step {
    /// φ/θ.
    template <class T>
    HYSPN_HD static T factor(T theta)
    {
        return tanhc(theta);
    }
    /// 1 − φ².
    template <class T>
    HYSPN_HD static T complement(T theta)
    {
        return sech2(theta);
    }
    /// φ′.
    template <class T>
    HYSPN_HD static T slope(T theta)
    {
        return sech2(theta);
    }
    /// −(φ/θ)′/(φ/θ)³, the derivative in θ².
    template <class T>
    HYSPN_HD static T decay(T theta)
    {
        return tanhc_decay(theta);
    }
};

/// z = x ⊕ w with w = ρv̂, v̂ = v/‖v‖ (0 at 0), ρ = f‖v‖, f = (φ/θ)/A, θ = s‖v‖/A, A = 1 − c‖x‖²; w's complement is
/// 1 − φ², carried. With w̄, the first part of x̄ and D from mobius_sum_vjp, q = 1 − c²‖x‖²ρ² = B + Acρ² and
/// ψ = (2−A) decay(θ):
///     η = ⟨w̄,v̂⟩ = A {q⟨g,v̂⟩ + cρ (D+q)⟨g,x⟩}/D²,
///     v̄ = f (w̄ − ηv̂) + (φ′/A) ηv̂,     x̄ = part + 2cη‖v‖ (φ′/A²) x,
///     c̄ = (ρ/D)² [ ⟨g,x⟩ {q − ψcρ² (D+q)} − ⟨g,v̂⟩ {2⟨x,v̂⟩ + ρ (2(1−A) + ψq)} ]
///       = [ ⟨g,x⟩ {‖p‖² − B²‖x‖² + ψρ² (qB − cρ²D)} − ⟨g,p⟩ {‖p‖² + (ρ² − ‖x‖²) + ρ² (ψq − 2A)} ]/D², p = x + w.
/// c̄ is small of second order in v; the partial derivatives through A, θ and ⊕ are of first order and would cancel. The
/// second line serves where x and w nearly cancel.
template <class Step>
struct poincare_step {
    static constexpr argument inputs[] = {point("x"), tangent("v")};
    static constexpr bool scalar_output = false;

    /// w and what else depends on ‖v‖.
    template <class T, class X, class V>
    struct increment {
        T length, theta, factor, complement;  ///< ‖v‖, θ, f, 1 − φ²
        scaled<T, V> vector;

        HYSPN_HD increment(curvature<T> const& k, X x, V v)
        {
            T const a = hyspn::complement(k.c(), x);
            length = norm(v);
            theta = k.sqrt_c() * length / a;
            factor = Step::factor(theta) / a;
            complement = Step::complement(theta);
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
        T const a = z.a, c = z.c, r = w.length, rho = w.factor * r, c_rho2 = c * rho * rho;
        T const q = z.b + a * c_rho2, psi = (T(2) - a) * Step::decay(w.theta);
        T const g_v = r > T(0) ? cdot(g, v) / r : T(0), x_v = r > T(0) ? cdot(x, v) / r : T(0);
        T const general =
            rho * rho *
            (back.gx * (q - psi * c_rho2 * (z.d + q)) - g_v * (T(2) * x_v + rho * (T(2) * (T(1) - a) + psi * q)));
        T const x2 = squared_norm(x), rho2 = rho * rho;
        // ρ² − ‖x‖²: near the boundary from the complements, which know it better than ρ does.
        T const longer = c_rho2 > T(0.5) ? (a - z.b) / c : cdot(sum{x, w.vector}, difference{w.vector, x});
        T const opposite = back.gx * (z.p2 - z.b * z.b * x2 + psi * rho2 * (q * z.b - c_rho2 * z.d)) -
                           back.gp * (z.p2 + longer + rho2 * (psi * q - T(2) * a));
        bool const nearly_opposite = z.p2 < (x2 > rho2 ? x2 : rho2) / T(2);
        T const c_bar = (nearly_opposite ? opposite : general) / (z.d * z.d);
        T const eta = a * (q * g_v + c * rho * (z.d + q) * back.gx) / (z.d * z.d);
        direction const v_hat{v, r};
        T const along = dot(w_bar, v_hat);
        T const radial = Step::slope(w.theta) / a;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = back.to_x(i) + T(2) * c * eta * (r * radial) / a * x(i);
            T const to_v = w.factor * (w_bar(i) - along * v_hat(i)) + radial * along * v_hat(i);
            dx(i) = to_x;
            dv(i) = to_v;
        }
        return c_bar;
    }
};

struct poincare_expmap : poincare_step<exponential_step> {
    static constexpr char const* name = "poincare::expmap";
};

}  // namespace detail

namespace poincare {

/// Exponential map of the Poincaré ball at the point x: out = x ⊕ tanh(sλ_x‖v‖/2) v/(s‖v‖), s = √c, for a tangent
/// vector v at x of any length; x itself for v = 0. Any strides; out may be x or v. Error ≤ 16 eps, norm-wise, for x
/// inside the ball. Ganea et al. 2018, Lemma 2.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_expmap> expmap{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, returns the cotangent of c.
/// dx may be x, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_expmap> expmap_vjp{};

}  // namespace poincare
}  // namespace hyspn
