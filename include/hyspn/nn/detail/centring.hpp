// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/affinity/detail/tangent_distance.hpp>
#include <hyspn/core/compensated.hpp>
#include <hyspn/core/math.hpp>
#include <hyspn/core/view.hpp>

/// \file
/// The translation that takes a point m to the origin, in tangent coordinates at the origin: from v the w with
/// expmap0(w) = (−expmap0(m)) ⊕ expmap0(v). Translation by b is centring at −b.
///
/// On the hyperboloid it is the boost along m̂ by −α. With ρ = 2s‖v‖, α = 2s‖m‖, e = v̂ − m̂, h = 1 − cos θ = ‖e‖²/2 and
/// Δ = ρ − α it takes sinh ρ·v̂ to
///     Y = (sinh Δ − cosh α sinh ρ·h) m̂ + sinh ρ (e + h m̂),     w = asinh‖Y‖/(2s) · Y/‖Y‖:
/// nothing cancels for v near m, since e and Δ come from the difference v − m.

namespace hyspn::detail {

/// One centring, for its value and its derivatives. X, C are vectors (extent(0), (i)).
template <class T, class X, class C>
struct centring {
    X v;
    C m;
    T s;
    T r, rm;  ///< ‖v‖, ‖m‖
    T rho, alpha, delta, h;
    T along_m;           ///< Y's part along m̂
    T sinh_rho, length;  ///< ‖Y‖

    HYSPN_HD centring(T sqrt_c, X const& point, C const& centre)
        : v(point), m(centre), s(sqrt_c), r(norm(point)), rm(norm(centre))
    {
        using std::cosh;
        using std::sinh;
        rho = T(2) * s * r;
        alpha = T(2) * s * rm;
        auto const g = geometry_of(v, m, r, rm);
        delta = T(2) * s * g.radial;
        h = r > T(0) && rm > T(0) ? g.chord / T(2) : T(1);
        sinh_rho = sinh(rho);
        along_m = sinh(delta) - cosh(alpha) * sinh_rho * h;
        length = norm(image{*this});
    }

    HYSPN_HD bool is_identity() const { return !(rm > T(0)); }
    HYSPN_HD T m_hat(index_t i) const { return rm > T(0) ? m(i) / rm : T(0); }
    HYSPN_HD T v_hat(index_t i) const { return r > T(0) ? v(i) / r : T(0); }
    /// e = v̂ − m̂.
    HYSPN_HD T difference(index_t i) const
    {
        bool const both = r > T(0) && rm > T(0);
        if (!both) return v_hat(i) - m_hat(i);
        return make_unit_combination(v, m, T(-1), r, rm, delta / (T(2) * s))(i);
    }
    /// e + h m̂: v̂ without its part along m̂.
    HYSPN_HD T across(index_t i) const { return difference(i) + h * m_hat(i); }
    HYSPN_HD T y(index_t i) const { return along_m * m_hat(i) + sinh_rho * across(i); }

    /// The vector Y.
    struct image {
        centring const& of;
        HYSPN_HD index_t extent(std::size_t) const { return of.v.extent(0); }
        HYSPN_HD T operator()(index_t i) const { return of.y(i); }
    };

    /// Writes w; out may be v.
    template <class W>
    HYSPN_HD void forward(W const& out) const
    {
        T const scale = asinhc(length) / (T(2) * s);
        for (index_t i = 0; i < v.extent(0); ++i) out(i) = is_identity() ? T(v(i)) : scale * y(i);
    }

    /// Writes the cotangents of v and m for that of w, which may be dv; returns 2c·c̄.
    ///
    /// With n = Y/‖Y‖, ω = asinh‖Y‖: ȳ = (1/2s)[(ω/‖Y‖)(g − ⟨g,n⟩n) + ⟨g,n⟩n/cosh ω]. Let G = ⟨ȳ, m̂⟩, E = ⟨ȳ, e⟩:
    ///     ρ̄ = cosh Δ·G + cosh ρ (E − (cosh α − 1) G h),   v̄ = 2sρ̄ v̂ + (sinh ρ/‖v‖)(ȳ⊥v̂ − (cosh α − 1) G (e − h v̂)),
    ///     ᾱ = −(cosh Δ + sinh α sinh ρ h) G,
    ///     m̄ = 2sᾱ m̂ + (1/‖m‖)[(−2 cosh(ρ − α/2) sinh(α/2) − (cosh α − 1) sinh ρ h) ȳ⊥m̂ + (cosh α − 1) G sinh ρ (e + h
    ///     m̂)], 2c·c̄ = ρ̄ρ + ᾱα − ⟨g, w⟩ (Euler), for small radii summed with the parts of first order left out.
    template <class G, class DV, class DM>
    HYSPN_HD T vjp(G const& g, DV const& dv, DM const& dm) const
    {
        using std::asinh;
        using std::cosh;
        using std::hypot;
        using std::sinh;
        index_t const size = v.extent(0);
        if (is_identity()) {
            // w = v, and −2s cosh ρ·m moves Y.
            T const omega = rho, ratio = asinhc(sinh_rho), slope = T(1) / cosh(omega);
            T along(0);
            for (index_t i = 0; i < size; ++i) along += g(i) * v_hat(i);
            for (index_t i = 0; i < size; ++i) {
                T const gi = g(i), across_i = gi - along * v_hat(i);
                dm(i) = -cosh(rho) * (ratio * across_i + slope * along * v_hat(i));
                dv(i) = gi;
            }
            return T(0);
        }
        T const omega = asinh(length), ratio = asinhc(length), flat = T(1) / hypot(T(1), length);
        T along(0);
        for (index_t i = 0; i < size; ++i) along += g(i) * n(i);
        T const half_s = T(1) / (T(2) * s);
        auto const y_bar = [&](T gi, T ni) { return half_s * (ratio * (gi - along * ni) + flat * along * ni); };
        T of_m(0), of_e(0);
        for (index_t i = 0; i < size; ++i) {
            T const bar = y_bar(g(i), n(i));
            of_m += bar * m_hat(i);
            of_e += bar * difference(i);
        }
        T const half_sinh = sinh(alpha / T(2)), excess = T(2) * half_sinh * half_sinh, cosh_rho = cosh(rho);
        T const rho_bar = cosh(delta) * of_m + cosh_rho * (of_e - excess * of_m * h);
        T const alpha_bar = -(cosh(delta) + sinh(alpha) * sinh_rho * h) * of_m;
        T const turn = -T(2) * cosh(rho - alpha / T(2)) * half_sinh - excess * sinh_rho * h;
        T const of_v = of_m + of_e, stretch = r > T(0) ? sinh_rho / r : T(2) * s;
        T const value = half_s * omega * along;
        for (index_t i = 0; i < size; ++i) {
            T const bar = y_bar(g(i), n(i)), e = difference(i), mi = m_hat(i), vi = v_hat(i);
            dm(i) =
                T(2) * s * alpha_bar * mi + (turn * (bar - of_m * mi) + excess * of_m * sinh_rho * (e + h * mi)) / rm;
            dv(i) = r > T(0) ? T(2) * s * rho_bar * vi + stretch * (bar - of_v * vi - excess * of_m * (e - h * vi))
                             : stretch * (bar + excess * of_m * mi);
        }
        if (rho + alpha > T(1)) return rho_bar * rho + alpha_bar * alpha - value;
        T const cosine = T(1) - h, lift = sinh_rho * tcoth_minus_1(rho);
        return lift * (r > T(0) ? of_v : T(0)) -
               of_m * (rho * sinh(alpha) * sinh_rho - excess * cosine * lift +
                       sinh(alpha) * (cosh_rho * tcoth_minus_1(alpha) - alpha * sinh_rho * cosine)) -
               tcoth_minus_1(omega) * half_s * along * length * flat;
    }

private:
    HYSPN_HD T n(index_t i) const { return length > T(0) ? y(i) / length : T(0); }
};

}  // namespace hyspn::detail
