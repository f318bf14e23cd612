// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/detail/rejection.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

namespace hyspn {

namespace detail {

/// z = x ⊕ w with w = ρû, û = u/‖u‖ (0 at 0), ρ = tanh θ/s, θ = st/2; w's complement is sech²θ, carried. With w̄, the
/// first part of x̄ and D from mobius_sum_vjp, q = B + Acρ², η = ⟨w̄,û⟩ = A {q⟨g,û⟩ + cρ (D+q)⟨g,x⟩}/D² and
/// ρ's derivative in c, −ψρ³ with ψ = tanhc_decay θ:
///     t̄ = η sech²θ/2,     ū = (ρ/‖u‖)(w̄ − ηû),     x̄ = part,
///     c̄ = [ρ²⟨g,x⟩ {A − (1−A)(A+n)} − ρ⟨g,û⟩ {‖x‖² + 2ρ⟨x,û⟩ + (1−A²)ρ²}]/D² − ηψρ³,
/// the bracket as ‖p‖² (A + B(1−A))⟨g,x⟩ − ⟨g,p⟩(‖p‖² − A²ρ²), p = x + w, where x and w nearly cancel.
struct poincare_geodesic_unit {
    static constexpr char const* name = "poincare::geodesic_unit";
    static constexpr argument inputs[] = {length("t"), point("x"), axis("u")};
    static constexpr bool scalar_output = false;

    /// w and what else depends on t and ‖u‖.
    template <class T, class U>
    struct step {
        T length, theta, rho, complement;  ///< ‖u‖, |θ|, ρ, sech²θ
        scaled<T, direction<T, U>> vector;

        HYSPN_HD step(curvature<T> const& k, T t, U u)
        {
            using std::fabs;
            length = norm(u);
            theta = k.sqrt_c() * T(fabs(t)) / T(2);
            rho = length > T(0) ? tanhc(theta) * t / T(2) : T(0);
            complement = length > T(0) ? sech2(theta) : T(1);
            vector = {rho, {u, length}};
        }
    };

    template <class Back>
    struct w_cotangent {
        Back const& back;
        HYSPN_HD index_t extent(std::size_t) const { return back.z.extent(0); }
        HYSPN_HD auto operator()(index_t i) const { return back.to_y(i); }
    };

    template <class T, class X, class U, class M>
    HYSPN_HD static void forward(curvature<T> const& k, T t, X x, U u, view<T, 1, M> out)
    {
        step<T, U> const w(k, t, u);
        mobius_sum const z{k.c(), x, w.vector, w.complement};
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = z(i);
    }

    template <class T, class X, class U, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, T t, X x, U u, G g, T& dt, view<T, 1, M> dx, view<T, 1, M> du)
    {
        step<T, U> const w(k, t, u);
        mobius_sum const z{k.c(), x, w.vector, w.complement};
        mobius_sum_vjp const back{z, g};
        T const a = z.a, b = z.b, c = z.c, d2 = z.d * z.d, rho = w.rho, rho2 = rho * rho, x2 = squared_norm(x);
        T const gu = w.length > T(0) ? cdot(g, u) / w.length : T(0),
                xu = w.length > T(0) ? cdot(x, u) / w.length : T(0);
        T const q = b + a * c * rho2;
        T const eta = w.length > T(0) ? a * (q * gu + c * rho * (z.d + q) * back.gx) / d2 : T(0);
        bool const nearly_opposite = z.p2 < (x2 > rho2 ? x2 : rho2) / T(2);
        T const general =
            rho2 * back.gx * (a - c * x2 * (a + z.n)) - rho * gu * (x2 + T(2) * rho * xu + c * x2 * (T(1) + a) * rho2);
        T const opposite = z.p2 * (a + b * (T(1) - a)) * back.gx - back.gp * (z.p2 - a * a * rho2);
        T const c_bar = (nearly_opposite ? opposite : general) / d2 - eta * tanhc_decay(w.theta) * rho * rho2;
        T const turn = w.length > T(0) ? rho / w.length : T(0);
        rejection const across{w_cotangent<decltype(back)>{back}, u};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = back.to_x(i), to_u = turn * across(i);
            dx(i) = to_x;
            du(i) = to_u;
        }
        dt = eta * w.complement / T(2);
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// The point at the distance t, a length a point, from x along the geodesic that leaves x in the direction of u (any
/// length, only its direction counts; x for u = 0), in the Poincaré ball: out = x ⊕ tanh(st/2) u/(s‖u‖), s = √c;
/// t may be negative. Any strides; out may be x or u. Error ≤ 16 eps, norm-wise, for x inside the ball. Ganea et al.
/// 2018, Lemma 2.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_geodesic_unit> geodesic_unit{};

/// Vector-Jacobian product: writes dt, dx and du (at right angles to u; dt = 0 and du = 0 for u = 0), returns the
/// cotangent of c. dt may be t, dx may be x, du may be u.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_geodesic_unit> geodesic_unit_vjp{};

}  // namespace poincare
}  // namespace hyspn
