// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/compensated.hpp>

namespace hyspn::detail {

/// The two numbers of a point y seen from m. With δ = y − m, A = 1 − c‖m‖², B = 1 − c‖y‖², Q = c‖δ‖², P = AB, z = Q/P,
/// S = asinhc(√z), θ = 2√z S = s d(m, y): the logarithm of y in an orthonormal frame at m is
///     v = (2S/√(P(P+Q))) (Aδ − Qm),
/// of length d, and the Hessian of ½d² there is v̂v̂ᵀ + θ coth θ (I − v̂v̂ᵀ) = θ coth θ I − L v̂v̂ᵀ, L = θ coth θ − 1, with
///     L v̂v̂ᵀ = L/(‖δ‖²(P+Q)) · (Aδ − Qm)(Aδ − Qm)ᵀ.
template <class T>
struct log_terms {
    T p, q, s, root_z, root, theta, length, spread;  ///< root = √(1+z), length: ‖δ‖, spread: L

    template <class D>
    HYSPN_HD log_terms(T c, T a, T b, D const& delta)
    {
        using std::sqrt;
        p = a * b;
        length = norm(delta);
        q = c * length * length;
        root_z = sqrt(c) * length / sqrt(p);
        s = asinhc(root_z);
        root = sqrt(T(1) + root_z * root_z);
        theta = T(2) * root_z * s;
        spread = tcoth_minus_1(theta);
    }
    /// v per chord Aδ − Qm.
    HYSPN_HD T push() const { return T(2) * s / (p * root); }
    /// L v̂v̂ᵀ per chord and chord.
    HYSPN_HD T bend() const { return q > T(0) ? spread / (length * length) / (p + q) : T(0); }
};

/// The adjoint of the logarithm of y at m (poincare_logmap, with x → m) for the cotangent u, given its sums with
/// γ = (A push/2) u: ⟨γ,m⟩, ⟨γ,δ⟩ and ⟨γ, Aδ − Qm⟩. The cotangents are
///     ȳ = Aγ − on_delta δ + on_y y,     m̄ = −(A+Q)γ + on_delta δ − on_m m,     c̄ = on_c.
template <class T>
struct log_adjoint {
    T on_delta, on_y, on_m, on_c;

    /// Of t (log_terms, or poincare_logmap::terms) p, root_z, root and s; delta2 = ‖δ‖², m2 = ‖m‖², delta_sum =
    /// ⟨δ, y + m⟩.
    template <class Terms>
    HYSPN_HD log_adjoint(T c, T a, T b, Terms const& t, T delta2, T m2, T delta_sum, T gamma_m, T gamma_delta, T along)
    {
        T const z = t.root_z * t.root_z, chi2 = T(1) / (T(1) + z), tanhc_b = T(1) / (t.s * t.root);
        T const v = (tanhc_b + chi2) / T(2);
        T const w = select(z > T(1), (T(1) - v) / z, (t.s / t.root * langevinc(t.s * t.root_z) + chi2) / T(2));
        T const poles = T(1) / a + T(1) / b - T(1);
        on_delta = T(2) * c * (gamma_m + along * w / t.p);
        on_y = T(2) * c * (along * v / b);
        on_m = T(2) * c * (gamma_delta + along * w * z / a);
        T const far = gamma_delta * (a * v * poles - (T(2) - a)) / c - delta2 * gamma_m * (v * poles - c * m2 / a);
        T const near =
            (gamma_delta * (delta_sum - delta2 * w * poles) - delta2 * gamma_m * (T(1) - b * z * w * poles)) / b;
        on_c = select(z * w > T(0.5), far, near);
    }
};

}  // namespace hyspn::detail
