// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/math.hpp>
#include <hyspn/core/view.hpp>

/// \file
/// The gyromidpoint of points with positive weights (Ungar; the direction of their sum on the hyperboloid), in tangent
/// coordinates at the origin. With ρ_i = 2s‖v_i‖ the sum of w_i(cosh ρ_i, sinh ρ_i v̂_i) is (S, Σ⃗); with n = Σ⃗/‖Σ⃗‖
///     δ = S − ‖Σ⃗‖ = Σ w_i (e^{−ρ_i} + sinh ρ_i·h_i),   h_i = 1 − ⟨v̂_i, n⟩ = ‖v̂_i − n‖²/2,
/// has positive terms only, and the midpoint is m = ρ_m/(2s)·n with ρ_m = ½ log(1 + 2‖Σ⃗‖/δ): nothing cancels however
/// far out the points are. Points of one place have that place as their midpoint, to rounding.

namespace hyspn::detail {

/// One point of a sum.
template <class T>
struct lifted_radius {
    T r, rho, stretch;  ///< ‖v‖, 2s‖v‖, sinh ρ/‖v‖

    HYSPN_HD lifted_radius(T s, T radius) : r(radius), rho(T(2) * s * radius) { stretch = T(2) * s * sinhc(rho); }
    HYSPN_HD T sinh_rho() const { return stretch * r; }
    /// h = 1 − ⟨v̂, n⟩; 1 where either is zero. v − r·n is rounded once an element, so that h keeps its digits.
    template <class V, class N>
    HYSPN_HD T defect(V const& v, N const& n, bool has_direction) const
    {
        if (!(r > T(0)) || !has_direction) return T(1);
        T square(0);
        for (index_t i = 0; i < v.extent(0); ++i) {
            T const e = part(v(i), n(i));
            square += e * e;
        }
        return square / T(2);
    }
    /// An element of v̂ − n.
    HYSPN_HD T part(T vi, T ni) const
    {
        using std::fma;
        return fma(-r, ni, vi) / r;
    }
    /// What a point of weight 1 adds to δ.
    HYSPN_HD T deficit(T h) const
    {
        using std::exp;
        return exp(-rho) + sinh_rho() * h;
    }
};

/// The sum of all points.
template <class T>
struct midpoint_sum {
    T s, time, space, deficit;  ///< S, ‖Σ⃗‖, δ

    HYSPN_HD bool has_direction() const { return space > T(0); }
    HYSPN_HD T rho() const
    {
        using std::log1p;
        return has_direction() ? log1p(T(2) * space / deficit) / T(2) : T(0);
    }
    /// ‖m‖.
    HYSPN_HD T radius() const { return rho() / (T(2) * s); }
    /// R² = S² − ‖Σ⃗‖².
    HYSPN_HD T square() const { return has_direction() ? deficit * (time + space) : time * time; }
    /// ρ_m/‖Σ⃗‖.
    HYSPN_HD T ratio() const { return has_direction() ? rho() / space : T(1) / time; }
};

/// Vector-Jacobian product of the midpoint at one of its points v of weight w, for the cotangent g of m with
/// along = ⟨g, n⟩. Calls add(i, part of v̄_i); returns the point's share of 2c·c̄, without the part that
/// `common_curvature` is, given once a midpoint.
///
/// Σ̄ = (1/2s)[⟨g,n⟩(S/R²) n + (ρ_m/‖Σ⃗‖) g⊥],   S̄ = −(1/2s)⟨g,n⟩‖Σ⃗‖/R²; with e = v̂ − n, γ = ⟨g⊥, e⟩:
///     ρ̄ = w(1/2s){ (⟨g,n⟩/R²)[cosh ρ·δ + ‖Σ⃗‖e^{−ρ} − S cosh ρ·h] + cosh ρ (ρ_m/‖Σ⃗‖) γ },
///     v̄ = 2sρ̄ v̂ + w(sinh ρ/‖v‖)(1/2s){ −⟨g,n⟩(S/R²)(e − h v̂) + (ρ_m/‖Σ⃗‖)(g⊥ − γ v̂) }.
template <class T, class V, class N, class G, class Add>
HYSPN_HD T midpoint_vjp(midpoint_sum<T> const& sum, T w, V const& v, N const& n, G const& g, T along, Add const& add)
{
    using std::cosh;
    using std::exp;
    lifted_radius<T> const p(sum.s, norm(v));
    bool const directed = sum.has_direction();
    T const h = p.defect(v, n, directed), half = w / (T(2) * sum.s), ratio = sum.ratio();
    T const pull = directed ? along / sum.square() : T(0);
    auto const across = [&](index_t i) { return directed ? g(i) - along * n(i) : T(g(i)); };
    if (!(p.r > T(0))) {
        for (index_t i = 0; i < v.extent(0); ++i)
            add(i, w * ((directed ? pull * sum.time * n(i) : T(0)) + ratio * across(i)));
        return T(0);
    }
    T gamma(0);
    for (index_t i = 0; i < v.extent(0); ++i) gamma += across(i) * (directed ? p.part(v(i), n(i)) : v(i) / p.r);
    T const cosh_rho = cosh(p.rho);
    T const rho_bar = half * (pull * (cosh_rho * sum.deficit + sum.space * exp(-p.rho) - sum.time * cosh_rho * h) +
                              cosh_rho * ratio * gamma);
    for (index_t i = 0; i < v.extent(0); ++i) {
        T const hat = v(i) / p.r, e = directed ? p.part(v(i), n(i)) : hat;
        add(i, T(2) * sum.s * rho_bar * hat +
                   half * p.stretch * (ratio * (across(i) - gamma * hat) - pull * sum.time * (e - h * hat)));
    }
    if (sum.rho() > T(1)) return rho_bar * p.rho;
    T const inward = -pull * sum.space, outward = pull * sum.time * (T(1) - h) + ratio * gamma;
    return half * p.sinh_rho() * (p.rho * inward + tcoth_minus_1(p.rho) * outward);
}

/// The part of 2c·c̄ that belongs to no point.
template <class T>
HYSPN_HD T midpoint_common_curvature(midpoint_sum<T> const& sum, T along)
{
    T const rho = sum.rho(), half = along / (T(2) * sum.s), u = T(2) * rho;
    if (rho > T(1)) return -half * rho;
    return half * u * u * u * sinh_residue(u) / T(2);
}

}  // namespace hyspn::detail
