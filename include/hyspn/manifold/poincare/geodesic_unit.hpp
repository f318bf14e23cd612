// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/ideal_offset.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

namespace hyspn {

namespace detail {

/// z = x ⊕ ρû with û = ±u/‖u‖, the sign that of t, and ρ = tanh θ/s, θ = s|t|/2. Exponentials of θ taken out of both
/// sides of the quotient, with e = e^{−s|t|}, A = 1 − c‖x‖², γ = 1 + s⟨x,û⟩, N± = ‖û ± sx‖², N₊ = 2γ − A,
/// N₋ = 2(2−A) − N₊ and x⊥ = x − ⟨x,û⟩û:
///     z = x + (A/Δ) v,   v = (1−e) { (2e + (1−e)γ)/s û + (1−e) x⊥ },   Δ = N₊ + 2Ae + e²N₋,
/// a step, nothing in which cancels on the way from the boundary inwards, where x and ρû would: γ and N₊ come from
/// ideal_offset, û being the opposite of the direction that x is close to. With G = g/Δ, m = ⟨G,v⟩, S = Δ + A(1−e)²:
///     x̄ = S G + (2sm/Δ) { N₊ + e²(N₋+2A) − γS } û − (2cmS/Δ) x⊥,
///     ū = ±(A(1−e²)/(sΔ‖u‖)) (g⊥ − 2cm x⊥),
///     t̄ = ±(2eA/Δ) { (4e² − (1−e)²N₊ + (1−e)γW) ⟨G,û⟩ + (1−e)W s⟨G,x⊥⟩ },   W = 2γ + e(4−2γ).
/// c̄, which is small of second order in t, is that of the sum, see curvature_vjp.
struct poincare_geodesic_unit {
    static constexpr char const* name = "poincare::geodesic_unit";
    static constexpr argument inputs[] = {length("t"), point("x"), axis("u")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class U>
    struct step {
        T sign, length, e, fade;                  ///< of t, ‖u‖, e, 1 − e
        ideal_offset<T, X, scaled<T, U>> behind;  ///< of the ray along −û
        T gamma, n_plus, n_minus, delta;          ///< γ, N₊, N₋, Δ
        T on_u, on_across;                        ///< v in û and x⊥

        HYSPN_HD step(curvature<T> const& k, T t, X x, U u)
            : sign(t < T(0) ? T(-1) : T(1)), behind(k, x, {t < T(0) ? T(1) : T(-1), u})
        {
            using std::exp;
            using std::expm1;
            using std::fabs;
            length = behind.length;
            T const angle = length > T(0) ? k.sqrt_c() * T(fabs(t)) : T(0);
            e = exp(-angle);
            fade = -expm1(-angle);
            gamma = behind.gap + behind.turn;
            n_plus = behind.n;
            n_minus = T(2) - behind.a + T(2) * behind.sx;
            delta = n_plus + T(2) * behind.a * e + e * e * n_minus;
            on_u = fade * (T(2) * e + fade * gamma) / k.sqrt_c();
            on_across = fade * fade;
        }
    };

    template <class T, class X, class U, class M>
    HYSPN_HD static void forward(curvature<T> const& k, T t, X x, U u, view<T, 1, M> out)
    {
        step<T, X, U> const w(k, t, x, u);
        T const scale = w.behind.a / w.delta, on_u = w.sign * scale * w.on_u, on_across = scale * w.on_across;
        direction const u_hat{u, w.length};
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = x(i) + (on_u * u_hat(i) + on_across * w.behind.across(i));
    }

    /// With w = ρû, B = sech²θ, p = x + w, n = c‖p‖², D = AB + n, q = B + Acρ², ψ = tanhc_decay θ and
    /// η = A {q⟨g,û⟩ + cρ (D+q)⟨g,x⟩}/D², the cotangent of ρ, whose derivative in c is −ψρ³:
    ///     c̄ = [ρ²⟨g,x⟩ {A − (1−A)(A+n)} − ρ⟨g,û⟩ {‖x‖² + 2ρ⟨x,û⟩ + (1−A²)ρ²}]/D² − ηψρ³,
    /// the bracket as ‖p‖² (A + B(1−A))⟨g,x⟩ − ⟨g,p⟩(‖p‖² − A²ρ²) where x and w nearly cancel.
    template <class T, class X, class U, class G>
    HYSPN_HD static T curvature_vjp(curvature<T> const& k, T t, X x, U u, G g, T length)
    {
        using std::fabs;
        if (!(length > T(0))) return T(0);
        T const theta = k.sqrt_c() * T(fabs(t)) / T(2), rho = tanhc(theta) * t / T(2), rho2 = rho * rho, c = k.c();
        mobius_sum const z{c, x, scaled<T, direction<T, U>>{rho, {u, length}}, sech2(theta)};
        T const a = z.a, b = z.b, d2 = z.d * z.d, x2 = squared_norm(x), q = b + a * c * rho2;
        T const gx = cdot(g, x), gu = cdot(g, u) / length, xu = cdot(x, u) / length, gp = cdot(g, sum{x, z.y});
        T const eta = a * (q * gu + c * rho * (z.d + q) * gx) / d2;
        bool const nearly_opposite = z.p2 < (x2 > rho2 ? x2 : rho2) / T(2);
        T const general =
            rho2 * gx * (a - c * x2 * (a + z.n)) - rho * gu * (x2 + T(2) * rho * xu + c * x2 * (T(1) + a) * rho2);
        T const opposite = z.p2 * (a + b * (T(1) - a)) * gx - gp * (z.p2 - a * a * rho2);
        return (nearly_opposite ? opposite : general) / d2 - eta * tanhc_decay(theta) * rho * rho2;
    }

    template <class T, class X, class U, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, T t, X x, U u, G g, T& dt, view<T, 1, M> dx, view<T, 1, M> du)
    {
        step<T, X, U> const w(k, t, x, u);
        T const s = k.sqrt_c(), a = w.behind.a, e = w.e, fade = w.fade, gamma = w.gamma, delta = w.delta;
        T const c_bar = curvature_vjp(k, t, x, u, g, w.length);
        T const gu = w.length > T(0) ? w.sign * (cdot(g, u) / w.length) / delta : T(0);
        T const g_across = cdot(g, w.behind.across) / delta;
        T const m = w.on_u * gu + w.on_across * g_across, whole = delta + a * fade * fade;

        T const turn = w.n_plus + e * e * (w.n_minus + T(2) * a) - gamma * whole;
        T const x_on_g = whole / delta, x_on_u = w.sign * T(2) * s * m / delta * turn;
        T const x_on_across = T(-2) * k.c() * m * x_on_g;
        T const swing = w.length > T(0) ? w.sign * a * (fade * (T(1) + e) / s) / delta / w.length : T(0);
        direction const u_hat{u, w.length};
        rejection const g_rest{g, u};
        T const ahead = T(2) * gamma + e * (T(4) - T(2) * gamma);
        T const speed =
            (T(4) * e * e - fade * fade * w.n_plus + fade * gamma * ahead) * gu + fade * ahead * s * g_across;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const across = w.behind.across(i);
            T const to_x = x_on_g * g(i) + x_on_u * u_hat(i) + x_on_across * across;
            T const to_u = swing * (g_rest(i) - T(2) * k.c() * m * across);
            dx(i) = to_x;
            du(i) = to_u;
        }
        dt = w.length > T(0) ? w.sign * T(2) * e * a / delta * speed : T(0);
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// The point at the distance t, a length a point, from x along the geodesic that leaves x in the direction of u (any
/// length, only its direction counts; x for u = 0), in the Poincaré ball: out = x ⊕ tanh(st/2) u/(s‖u‖), s = √c;
/// t may be negative. Any strides; out may be x or u. Error ≤ 16 eps, norm-wise, for x inside the ball, but where the
/// line passes the origin, ≤ 4·cond eps. Ganea et al. 2018, Lemma 2.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_geodesic_unit> geodesic_unit{};

/// Vector-Jacobian product: writes dt, dx and du (at right angles to u; dt = 0 and du = 0 for u = 0), returns the
/// cotangent of c. dt may be t, dx may be x, du may be u.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_geodesic_unit> geodesic_unit_vjp{};

}  // namespace poincare
}  // namespace hyspn
