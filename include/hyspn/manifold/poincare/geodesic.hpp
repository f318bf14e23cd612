// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// On the hyperboloid the geodesic is (sinh 2q X + sinh 2p Y)/sinh 2b, b = s d(x,y)/2, p = tb, q = (1−t)b. Carried to
/// the ball, with A = 1 − c‖x‖², B = 1 − c‖y‖², P = AB, Q = c‖δ‖², δ = y − x, z = Q/P = sinh²b:
///     m = (αB x + βA y)/Δ,     Δ = αB + βA + τP,
///     α = sinh 2q/sinh 2b,     β = sinh 2p/sinh 2b,     τ = (1 − α − β)/2 = sinh p sinh q/cosh b.
/// Evaluated as a step from the nearer end,
///     m − x = A (βδ − Bτx)/Δ,     m − y = −B (αδ + Aτy)/Δ:
/// x at t = 0 and y at t = 1, to the bit. With G = g/Δ, h = ⟨G,m⟩, Wronskians of α, β, τ in b and in t, and
///     N_α = 2p + ct(b) + ct(p) + ft(q),   N_β = 2q + ct(b) + ct(q) + ft(p),   ct x = 2x/(e²ˣ−1), ft x = 2x/(e²ˣ+1),
///     ω = ⟨G,δ⟩αβ (L(2p)−L(2q))/b² − (τ/b²) ⟨G, αN_α B x + βN_β A y⟩,   κ = (b/sinh b)² (tanh b/b) ω/(2Δ):
///     C_A = β⟨G,y−m⟩ − hBτ − κQ/A,     C_B = α⟨G,x−m⟩ − hAτ − κQ/B,
///     x̄ = αB G − 2cC_A x − 2cκ δ,     ȳ = βA G − 2cC_B y + 2cκ δ,     c̄ = κ‖δ‖² − C_A‖x‖² − C_B‖y‖²,
///     t̄ = (P/Δ)(2b/sinh 2b) (⟨G,δ⟩ − B sinh²q ⟨G,x⟩ + A sinh²p ⟨G,y⟩).
/// For 0 ≤ t ≤ 1 all of α, β, τ, N are ≥ 0 and Δ > 0.
struct poincare_geodesic {
    static constexpr char const* name = "poincare::geodesic";
    static constexpr argument inputs[] = {number("t"), point("x"), point("y")};
    static constexpr bool scalar_output = false;

    template <class T>
    HYSPN_HD static T sinhc_of(T u)
    {
        using std::fabs;
        return sinhc(T(fabs(u)));
    }

    template <class T, class X, class Y>
    struct terms {
        difference<Y, X> delta;
        T a, b, p, delta2, q, root_z, root, half;  ///< A, B, P, ‖δ‖², Q, sinh b, cosh b, b
        T left, near_x, near_y;                    ///< 1 − t, (1−t) b, tb
        T alpha, beta, tau_rate, tau, weight;      ///< α, β, τ/b², τ, Δ

        HYSPN_HD terms(curvature<T> const& k, T t, X x, Y y) : delta{y, x}
        {
            using std::asinh;
            using std::sinh;
            using std::sqrt;
            a = complement(k.c(), x);
            b = complement(k.c(), y);
            p = a * b;
            T const length = norm(delta);
            delta2 = length * length;
            q = k.c() * delta2;
            root_z = k.sqrt_c() * length / sqrt(p);
            root = sqrt(T(1) + root_z * root_z);
            half = asinh(root_z);
            left = T(1) - t;
            near_x = left * half;
            near_y = t * half;
            T const whole = sinhc(T(2) * half);
            alpha = left * (sinhc_of(T(2) * near_x) / whole);
            beta = t * (sinhc_of(T(2) * near_y) / whole);
            tau_rate = t * left * sinhc_of(near_x) * sinhc_of(near_y) / root;
            tau = sinh(near_x) * sinh(near_y) / root;
            weight = alpha * b + beta * a + tau * p;
        }
    };

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, T t, X x, Y y, view<T, 1, M> out)
    {
        terms<T, X, Y> const w(k, t, x, y);
        if (t < T(0.5)) {
            T const on_delta = w.a * (w.beta / w.weight), on_x = w.p * (w.tau / w.weight);
            for (index_t i = 0; i < x.extent(0); ++i) out(i) = x(i) + (on_delta * w.delta(i) - on_x * x(i));
        } else {
            T const on_delta = w.b * (w.alpha / w.weight), on_y = w.p * (w.tau / w.weight);
            for (index_t i = 0; i < x.extent(0); ++i) out(i) = y(i) - (on_delta * w.delta(i) + on_y * y(i));
        }
    }

    /// 2x/(e²ˣ+1).
    template <class T>
    HYSPN_HD static T fermi(T x)
    {
        using std::exp;
        return T(2) * x / (exp(T(2) * x) + T(1));
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, T t, X x, Y y, G g, T& dt, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        using std::fabs;
        using std::sinh;
        terms<T, X, Y> const w(k, t, x, y);
        T const c = k.c(), a = w.a, b = w.b, weight = w.weight, p = w.near_y, q = w.near_x;
        T const gx = cdot(g, x) / weight, gy = cdot(g, y) / weight, g_delta = cdot(g, w.delta) / weight;
        T const h = (w.alpha * b * gx + w.beta * a * gy) / weight;
        T const from_m_to_x = -a * (w.beta * g_delta - b * w.tau * gx) / weight;
        T const from_m_to_y = b * (w.alpha * g_delta + a * w.tau * gy) / weight;

        T const ct_b = bernoulli(T(2) * w.half);
        T const n_alpha = T(2) * p + ct_b + bernoulli(T(2) * p) + fermi(q);
        T const n_beta = T(2) * q + ct_b + bernoulli(T(2) * q) + fermi(p);
        T const slope = T(4) * (t * t * langevinc(T(fabs(T(2) * p))) - w.left * w.left * langevinc(T(fabs(T(2) * q))));
        T const omega =
            g_delta * w.alpha * w.beta * slope - w.tau_rate * (w.alpha * n_alpha * b * gx + w.beta * n_beta * a * gy);
        T const s = asinhc(w.root_z), kappa = s * omega / (T(2) * w.root * weight);  // s² tanhc(b) = s/cosh b
        T const c_a = w.beta * from_m_to_y - h * b * w.tau - kappa * w.q / a;
        T const c_b = w.alpha * from_m_to_x - h * a * w.tau - kappa * w.q / b;
        T const c_bar = kappa * w.delta2 - c_a * squared_norm(x) - c_b * squared_norm(y);

        T const sinh_p = sinh(p), sinh_q = sinh(q);
        dt = w.p / weight * (s / w.root) * (g_delta - b * sinh_q * sinh_q * gx + a * sinh_p * sinh_p * gy);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const share = g(i) / weight, pull = T(2) * c * kappa * w.delta(i);
            T const to_x = w.alpha * b * share - T(2) * c * c_a * x(i) - pull;
            T const to_y = w.beta * a * share - T(2) * c * c_b * y(i) + pull;
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// The point of the geodesic from x to y in the Poincaré ball at the fraction t of its length, a number a point:
/// out = x ⊕ t ⊗ (−x ⊕ y). Exactly x at t = 0 and y at t = 1; t outside [0, 1] goes on along the same line. Any
/// strides; out may be x or y. Error ≤ 16 eps, norm-wise, for 0 ≤ t ≤ 1, but where the line passes the origin, ≤ 4·cond
/// eps. Ganea et al. 2018, eq. 7.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_geodesic> geodesic{};

/// Vector-Jacobian product: writes dt, dx and dy, returns the cotangent of c. dt may be t, dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_geodesic> geodesic_vjp{};

}  // namespace poincare
}  // namespace hyspn
