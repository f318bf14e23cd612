// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/log_terms.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// v = κ (Aδ − Qx) with δ = y − x, Q = c‖δ‖², P = AB, A = 1 − c‖x‖², B = 1 − c‖y‖², κ = AS/√(P(P+Q)), S = asinhc(√z),
/// z = Q/P: the direction of −x ⊕ y times d(x, y)/λ_x, without the division by its length.
///
/// With b = asinh √z = S√z, χ² = 1/(1+z), tanhc b = χ/S, V = (tanhc b + χ²)/2, W = (1 − V)/z = (Sχℓ(b) + χ²)/2, γ = κg,
/// m = ⟨γ, Aδ−Qx⟩ and k = ⟨γ,x⟩ + mW/P:
///     ȳ = Aγ − 2ckδ + 2c(mV/B) y,     x̄ = −(A+Q)γ + 2ckδ − 2c(⟨γ,δ⟩ + mWz/A) x.
/// With N = 1/A + 1/B − 1, and the second line, free of the cancellation for zW → 1, where zW > 1/2:
///     c̄ = (⟨γ,δ⟩ (⟨δ,x+y⟩ − ‖δ‖²WN) − ‖δ‖²⟨γ,x⟩ (1 − BzWN))/B
///       = ⟨γ,δ⟩ (AVN − (2−A))/c − ‖δ‖²⟨γ,x⟩ (VN − c‖x‖²/A).
struct poincare_logmap {
    static constexpr char const* name = "poincare::logmap";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    /// The scalars of the formula, and the chord Aδ − Qx, which is −x ⊕ y but for a positive factor.
    template <class T, class X, class Y>
    struct terms {
        difference<Y, X> delta;
        T a, b, p, q, root_z, z, root, s, kappa;
        combination<T, difference<Y, X>, X> chord;

        HYSPN_HD terms(curvature<T> const& k, X x, Y y) : delta{y, x}
        {
            using std::sqrt;
            a = complement(k.c(), x);
            b = complement(k.c(), y);
            p = a * b;
            T const length = norm(delta);
            q = k.c() * length * length;
            root_z = k.sqrt_c() * length / sqrt(p);
            z = root_z * root_z;
            root = sqrt(T(1) + z);
            s = asinhc(root_z);
            kappa = a * s / (p * root);
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
        T const gamma_x = t.kappa * cdot(g, x), gamma_delta = t.kappa * cdot(g, t.delta);
        log_adjoint<T> const back(k.c(), t.a, t.b, t, squared_norm(t.delta), squared_norm(x), cdot(t.delta, sum{x, y}),
                                  gamma_x, gamma_delta, t.kappa * cdot(g, t.chord));
        T const q = t.q, a = t.a;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const gamma = t.kappa * g(i), delta = t.delta(i);
            T const to_x = -(a + q) * gamma + back.on_delta * delta - back.on_m * x(i);
            T const to_y = a * gamma - back.on_delta * delta + back.on_y * y(i);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return back.on_c;
    }
};

}  // namespace detail

namespace poincare {

/// Logarithmic map of the Poincaré ball at the point x: the tangent vector at x whose expmap is the point y,
/// out = (2/(sλ_x)) artanh(s‖u‖) u/‖u‖ with u = −x ⊕ y, s = √c; 0 for y = x. Any strides; out may be x or y.
/// Error ≤ 16 eps, norm-wise, inside the ball, for close points and points near the boundary alike.
/// Ganea et al. 2018, Lemma 2.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_logmap> logmap{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, returns the cotangent of c.
/// dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_logmap> logmap_vjp{};

}  // namespace poincare
}  // namespace hyspn

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/poincare/logmap.hpp>
#endif
