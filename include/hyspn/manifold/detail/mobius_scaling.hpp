// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/math.hpp>
#include <hyspn/manifold/curvature.hpp>

namespace hyspn::detail {

/// The cotangent τ(g − ⟨g,ŷ⟩ŷ) + σ⟨g,ŷ⟩ŷ of a vector y whose direction is kept and whose length is mapped, element by
/// element.
template <class T, class Y, class G>
struct radial_cotangent {
    T tangential, radial, along;  ///< τ, σ, ⟨g,ŷ⟩
    direction<T, Y> y_hat;
    G g;

    HYSPN_HD radial_cotangent(T tangential_, T radial_, Y y, T y_norm, G g_)
        : tangential(tangential_), radial(radial_), y_hat{y, y_norm}, g(g_)
    {
        along = dot(g, y_hat);
    }
    HYSPN_HD index_t extent(std::size_t) const { return g.extent(0); }
    HYSPN_HD T operator()(index_t i) const
    {
        T const on_ray = along * y_hat(i);
        return tangential * (g(i) - on_ray) + radial * on_ray;
    }
};

/// ρ = ‖y‖/‖x‖, and 0 for x = 0, where y is 0 too.
template <class T>
HYSPN_HD T length_ratio(T y_norm, T x_norm)
{
    return select(x_norm > T(0), y_norm / x_norm, T(0));
}

/// What Möbius multiplications share: z = expmap0(My), where M = artanhc t, t = s‖x‖, so that logmap0(x) = Mx, and
/// y is the image of x under a linear map, ρ = ‖y‖/‖x‖. With A = 1 − t², m = Mt, w = ρm, T = tanhc w, S = sech² w:
///     z = MT y,
///     ȳ = MT (g − ⟨g,ŷ⟩ŷ) + MS ⟨g,ŷ⟩ŷ,     and through M alone  x̄ = c (1/A − M²ℓ(m)) S⟨g,y⟩ x,
///     c̄ = ⟨g,y⟩ (S/A − MT)/(2c), since t moves with c and ρ does not.
/// S/A − MT vanishes for ρ = 1 and, as t², for small t. With u = 2m, ε = ρ − 1, L = u coth u − 1, R₃ = sinh_residue:
///     S/A − MT = MS u² (R₃(u) − ρ²R₃(ρu))                                    ρ ≤ ½
///              = −(S/(Aρ)) [ εL + 2 sinh²(εu/2) + ε(1+L)(εu)²R₃(εu) ]        else, for |εu| ≤ 1;
/// elsewhere the difference itself cancels by a factor of eight at most.
template <class T>
struct mobius_scaling {
    T c, t, a, quotient, angle;  ///< c, t, A, M, m
    T ratio, excess;             ///< ρ, ε
    T factor, radial;            ///< MT, S

    /// From ‖x‖, A, ρ and ε = ρ − 1.
    HYSPN_HD mobius_scaling(curvature<T> const& k, T x_norm, T x_complement, T ratio_, T excess_)
        : c(k.c()),
          t(k.sqrt_c() * x_norm),
          a(x_complement),
          quotient(artanhc(t, a)),
          angle(quotient * t),
          ratio(ratio_),
          excess(excess_),
          factor(quotient * tanhc(ratio * angle)),
          radial(sech2(ratio * angle))
    {
    }

    /// S/A − MT.
    HYSPN_HD T change() const
    {
        using std::fabs;
        using std::sinh;
        T const u = T(2) * angle, lapse = excess * u;
        auto const expanded = [&] {
            T const l = tcoth_minus_1(u), half = sinh(lapse / T(2));
            T const bracket =
                excess * l + T(2) * half * half + excess * (T(1) + l) * lapse * lapse * sinh_residue(lapse);
            return -radial / (a * ratio) * bracket;
        };
        auto const by_residues = [&] {
            return quotient * radial * u * u * (sinh_residue(u) - ratio * ratio * sinh_residue(ratio * u));
        };
        return branch(
            fabs(lapse) > T(1), [&] { return radial / a - factor; },
            [&] { return branch(ratio <= T(0.5), by_residues, expanded); });
    }

    /// ȳ.
    template <class Y, class G>
    HYSPN_HD radial_cotangent<T, Y, G> to_y(Y y, T y_norm, G g) const
    {
        return {factor, quotient * radial, y, y_norm, g};
    }

    /// c̄ for ⟨g,y⟩.
    HYSPN_HD T to_c(T gy) const { return gy * change() / (T(2) * c); }

    /// The coefficient of x in x̄ through M, for ⟨g,y⟩.
    HYSPN_HD T through_quotient(T gy) const { return T(2) * c * artanhc_slope(t, a) * radial * gy; }
};

}  // namespace hyspn::detail
