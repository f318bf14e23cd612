// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/detail/rejection.hpp>

namespace hyspn {

namespace detail {

/// asinh(Y)/s with Y = 2sφ/A, φ = ⟨w,â⟩, w = δ − (Q/B)p, δ = x − p, Q = c‖δ‖², A = 1 − c‖x‖², B = 1 − c‖p‖²,
/// â = a/‖a‖ (0 at 0): w is a positive multiple of −p ⊕ x. With l = ⟨p,â⟩, ρ = 2g/(A√(1+Y²)) and b = asinh |Y|:
///     x̄ = ρ [â − 2c(l/B) δ + 2c(φ/A) x],     p̄ = ρ [−(1+Q/B) â + 2c(l/B) δ − 2cQl/B² p],
///     ā = (ρ/‖a‖)(w − φâ),
///     c̄ = ρ [φ‖x‖²/A − l‖δ‖²/B²] − g·{4(φ/A)³ asinhc(Y)² ℓ(b)/√(1+Y²), or for |Y| ≥ 1 the same as
///          (asinh Y − Y/√(1+Y²))/(2sc)}.
struct poincare_dist2plane {
    static constexpr char const* name = "poincare::dist2plane";
    static constexpr argument inputs[] = {point("x"), point("p"), axis("a")};
    static constexpr bool scalar_output = true;

    template <class T, class X, class P, class N>
    struct terms {
        T a, b, delta2, ratio, length, phi, y;  ///< A, B, ‖δ‖², Q/B, ‖a‖, φ, Y
        combination<T, difference<X, P>, P> w;

        HYSPN_HD terms(curvature<T> const& k, X x, P p, N normal)
        {
            a = complement(k.c(), x);
            b = complement(k.c(), p);
            delta2 = squared_norm(difference{x, p});
            ratio = k.c() * delta2 / b;
            length = norm(normal);
            w = {T(1), {x, p}, -ratio, p};
            phi = length > T(0) ? offset(k.c(), x, p, normal) / b / length : T(0);
            y = T(2) * k.sqrt_c() * phi / a;
        }
        /// B⟨w,a⟩ = B⟨δ,a⟩ − Q⟨p,a⟩ in pairs, since it may be small beside both.
        HYSPN_HD static T offset(T c, X x, P p, N normal)
        {
            difference<X, P> const delta{x, p};
            compensated_sum<T> along(T(0)), shift(T(0)), square(T(0)), b(T(1));
            add_exact_dot(along, delta, normal);
            add_exact_dot(shift, p, normal);
            add_exact_dot(square, delta, delta);
            add_exact_dot(b, scaled_exactly<T, P>{-c, p}, p);
            twofold<T> const q = twofold_product({c, T(0)}, square.parts());
            return twofold_difference(twofold_product(b.parts(), along.parts()), twofold_product(q, shift.parts()));
        }
    };

    template <class T, class X, class P, class N>
    HYSPN_HD static T value(curvature<T> const& k, X x, P p, N normal)
    {
        using std::asinh;
        return asinh(terms<T, X, P, N>(k, x, p, normal).y) / k.sqrt_c();
    }

    template <class T, class X, class P, class N, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, P p, N normal, T g, view<T, 1, M> dx, view<T, 1, M> dp,
                          view<T, 1, M> dn)
    {
        using std::asinh;
        using std::fabs;
        using std::sqrt;
        terms<T, X, P, N> const t(k, x, p, normal);
        T const c = k.c(), a = t.a, b = t.b, root = sqrt(T(1) + t.y * t.y), rho = T(2) * g / (a * root);
        direction const n_hat{normal, t.length};
        T const l = cdot(p, n_hat), size = fabs(t.y), depth = t.phi / a, s = asinhc(size);
        T const residue = size < T(1) ? T(4) * depth * depth * depth * s * s * langevinc(s * size) / root
                                      : (asinh(t.y) - t.y / root) / (T(2) * k.sqrt_c() * c);
        T const c_bar = rho * (depth * squared_norm(x) - l * t.delta2 / b / b) - g * residue;
        T const on_delta = T(2) * c * l / b, on_x = T(2) * c * depth, on_p = T(2) * c * t.ratio * l / b;
        T const on_n = t.length > T(0) ? rho / t.length : T(0);
        rejection const w_across{t.w, normal};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const delta = x(i) - p(i);
            T const to_x = rho * (n_hat(i) - on_delta * delta + on_x * x(i));
            T const to_p = rho * (-(T(1) + t.ratio) * n_hat(i) + on_delta * delta - on_p * p(i));
            T const to_n = on_n * w_across(i);
            dx(i) = to_x;
            dp(i) = to_p;
            dn(i) = to_n;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Signed distance of the point x of the Poincaré ball from the hyperplane through the point p at right angles to a,
/// the totally geodesic {y : ⟨−p ⊕ y, a⟩ = 0}: (1/s) asinh(2s⟨u,â⟩/(1 − c‖u‖²)), u = −p ⊕ x, s = √c; positive on the
/// side a points to. The length of a does not count; 0 for a = 0. Any strides. Error ≤ 16 eps for points inside the
/// ball. Ganea et al. 2018, Th. 5, without its factor λ_p‖a‖, and with its sign. hyperplane_dist has the planes of
/// HNN++.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_dist2plane> dist2plane{};

/// Vector-Jacobian product: writes dx, dp and da (at right angles to a; all 0 for a = 0) for the cotangent g of the
/// distance, returns the cotangent of c. dx may be x, dp may be p, da may be a.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_dist2plane> dist2plane_vjp{};

}  // namespace poincare
}  // namespace hyspn
