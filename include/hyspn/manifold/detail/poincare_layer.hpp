// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/math.hpp>

/// \file
/// Poincaré fully connected layer (HNN++, Shimizu et al. 2021, section 3.2) from a tangent input t to logits
/// logmap0(y), given only i_o = ⟨t, z_o⟩ and ‖t‖:
///   u_o = s·q_o = 2‖z_o‖·asinh( sinh(2s‖t‖)·⟨t/‖t‖, ẑ_o⟩·cosh(2s r_o) − cosh(2s‖t‖)·sinh(2s r_o) ),
///   w_o = sinh(u_o)/s,  logits = asinh(s‖w‖)/(2s) · w/‖w‖.
/// All exponentials are carried relative to the largest one.

namespace hyspn::detail {

/// One output before the common norm. The argument of asinh is e^F·Y/4, F = a + b.
template <class T>
struct plane_terms {
    T a, b, alpha, beta;  ///< 2s‖t‖, 2s|r|, e^{−2a}, e^{−2b}
    T side;               ///< sign of r
    T phi;                ///< (1 − e^{−2a})/a, 2 at 0
    T y0;                 ///< 2s·i/‖z‖; 0 for a zero row
    T bias;               ///< σ(1+α)(1−β)
    T Y, R;               ///< φy₀(1+β) − bias, and hypot(4e^{−F}, Y): tanh y = Y/R
    T exponent;           ///< F
    T log_scale;          ///< Λ = log((|Y|+R)/4)
    T y;                  ///< asinh(e^F·Y/4)

    HYSPN_HD plane_terms(T s, T norm, T inner, T zeta, T r)
    {
        using std::asinh;
        using std::exp;
        using std::expm1;
        using std::fabs;
        using std::hypot;
        using std::log;
        a = T(2) * s * norm;
        b = T(2) * s * fabs(r);
        alpha = exp(T(-2) * a);
        beta = exp(T(-2) * b);
        side = r < T(0) ? T(-1) : T(1);
        phi = a > T(0) ? -expm1(T(-2) * a) / a : T(2);
        y0 = zeta > T(0) ? T(2) * s * inner / zeta : T(0);
        bias = -side * (T(1) + alpha) * expm1(T(-2) * b);
        exponent = a + b;
        Y = phi * y0 * (T(1) + beta) - bias;
        // Where e^{−F} leaves the range of the type a positive remainder keeps the quotients by R defined.
        T const tail = T(4) * exp(-exponent);
        R = hypot(tail > T(math_traits<T>::smallest) ? tail : T(math_traits<T>::smallest), Y);
        log_scale = log((fabs(Y) + R) / T(4));
        T const wide = Y > T(0) ? exponent + log_scale : Y < T(0) ? -(exponent + log_scale) : T(0) * Y;  // 0, or NaN
        y = exponent < T(40) ? asinh(exp(exponent) * Y / T(4)) : wide;
    }

    /// y − tanh y, without cancellation.
    HYSPN_HD T y_minus_tanh() const
    {
        using std::fabs;
        return fabs(y) < T(1) ? Y / R * tcoth_minus_1(y) : y - Y / R;
    }
    /// ∂y/∂i in units of 2s/‖z‖.
    HYSPN_HD T inner_slope() const { return phi * (T(1) + beta) / R; }
    /// ∂y/∂(‖t‖²/2) at fixed i, in units of 4c.
    HYSPN_HD T norm_slope() const { return phi / R * (langevinc(a) * y0 * (T(1) + beta) + side * (-T(1) + beta)); }
    /// ∂y/∂r in units of 2s.
    HYSPN_HD T bias_slope() const
    {
        using std::expm1;
        return (-side * expm1(T(-2) * b) * phi * y0 - (T(1) + alpha) * (T(1) + beta)) / R;
    }
    /// H = 2c·∂y/∂c − y.
    HYSPN_HD T curvature_slope() const
    {
        using std::exp;
        using std::expm1;
        using std::tanh;
        T const F = exponent;
        if (F < T(2))
            return (phi * y0 * (T(1) + beta) * (tcoth_minus_1(a) + b * tanh(b)) -
                    bias * (tcoth_minus_1(b) + a * tanh(a)) - Y * tcoth_minus_1(y)) /
                   R;
        T const sine = -side * expm1(T(-2) * b);
        T const small =
            T(2) * alpha * (y0 * (T(1) + beta) + a * sine) - T(2) * b * beta * (phi * y0 + side * (T(1) + alpha));
        T const e = exp(-F);
        T const size = Y < T(0) ? -Y : Y;
        T const large = log_scale + T(16) * F * e / R * e / (R + size);
        return small / R + (Y > T(0) ? -large : Y < T(0) ? large : T(0));
    }
};

/// Ω-scaled output: ω = sinh(u)/e^M.
template <class T>
HYSPN_HD T scaled_sinh(T u, T greatest)
{
    using std::exp;
    using std::expm1;
    using std::fabs;
    T const size = fabs(u);
    T const w = -exp(size - greatest) * expm1(T(-2) * size) / T(2);
    return u < T(0) ? -w : w;
}

/// The vector of ω_o, given those of u_o.
template <class U>
struct scaled_sinh_of {
    using T = scalar_of<U>;
    U u;
    T greatest;
    HYSPN_HD index_t extent(std::size_t) const { return u.extent(0); }
    HYSPN_HD T operator()(index_t o) const { return scaled_sinh(T(u(o)), greatest); }
};

template <class U>
HYSPN_HD scalar_of<U> greatest_magnitude(U const& u)
{
    using std::fabs;
    scalar_of<U> greatest(0);
    for (index_t o = 0; o < u.extent(0); ++o) greatest = fabs(u(o)) > greatest ? fabs(u(o)) : greatest;
    return greatest;
}

/// The common norm of all outputs: M = max|u_o|, Ω = ‖ω‖, Θ = asinh(e^M·Ω).
template <class T>
struct output_norm {
    T greatest, omega, theta;

    template <class U>
    HYSPN_HD explicit output_norm(U const& u) : greatest(greatest_magnitude(u))
    {
        using std::asinh;
        using std::exp;
        using std::log;
        omega = norm(scaled_sinh_of<U>{u, greatest});
        theta = greatest < T(1) ? asinh(exp(greatest) * omega) : greatest + log(omega + root());
    }
    /// hypot(Ω, e^{−M}) = cosh Θ·e^{−M}.
    HYSPN_HD T root() const
    {
        using std::exp;
        using std::hypot;
        return hypot(omega, exp(-greatest));
    }
    HYSPN_HD T direction(T u) const { return omega > T(0) ? scaled_sinh(u, greatest) / omega : T(0); }
    /// Θ/Ω.
    HYSPN_HD T stretch() const
    {
        using std::exp;
        return omega > T(0) ? theta / omega : exp(greatest);
    }
    /// L(u) − L(M) for |u| ≤ M.
    HYSPN_HD T excess(T u) const
    {
        using std::fabs;
        if (greatest <= T(1)) return tcoth_minus_1(u) - tcoth_minus_1(greatest);
        T const size = fabs(u);
        return size - greatest + bernoulli(T(2) * size) - bernoulli(T(2) * greatest);
    }
    /// L(Θ) − L(M).
    HYSPN_HD T excess_of_theta() const
    {
        using std::log;
        if (greatest <= T(1)) return tcoth_minus_1(theta) - tcoth_minus_1(greatest);
        return log(omega + root()) + bernoulli(T(2) * theta) - bernoulli(T(2) * greatest);
    }
};

/// Replaces u_o in `u` by the logits, in place.
template <class T, class U>
HYSPN_HD void logits_from_scaled_distances(T s, U const& u)
{
    output_norm<T> const n(u);
    T const scale = n.theta / (T(2) * s);
    for (index_t o = 0; o < u.extent(0); ++o) u(o) = scale * n.direction(u(o));
}

/// π_o = g_o − ⟨g,n⟩n_o, the part of g across the output's direction n. Where n_o dominates, the difference would
/// cancel and the norm amplify it.
template <class T, class U, class G>
HYSPN_HD T across_direction(output_norm<T> const& n, U const& u, G const& g, T along, index_t o)
{
    T const no = n.direction(u(o));
    if (!(no * no > T(0.5))) return g(o) - along * no;
    T sum(0);
    for (index_t j = 0; j < u.extent(0); ++j) {
        T const nj = n.direction(u(j));
        sum += nj * (g(o) * nj - g(j) * no);
    }
    return sum;
}

/// Cotangents of u_o from those of the logits, written to `du`; returns the part of 2c·c̄ that does not pass through u.
template <class T, class U, class G, class DU>
HYSPN_HD T scaled_distances_vjp(T s, U const& u, G const& g, DU const& du)
{
    using std::exp;
    using std::fabs;
    using std::tanh;
    output_norm<T> const n(u);
    T along(0);
    for (index_t o = 0; o < u.extent(0); ++o) along += g(o) * n.direction(u(o));
    T const root = n.root();
    T bent(0), spread(0);
    for (index_t o = 0; o < u.extent(0); ++o) {
        T const uo = u(o), no = n.direction(uo), across = across_direction(n, u, g, along, o);
        T const size = fabs(uo), cosine = exp(size - n.greatest) * (T(1) + exp(T(-2) * size)) / T(2);
        du(o) = cosine * (n.stretch() * across + along * no / root) / (T(2) * s);
        bent += no * n.excess(uo) * across;
        spread += no * no * n.excess(uo);
    }
    return (n.theta * bent + tanh(n.theta) * along * (spread - n.excess_of_theta())) / (T(2) * s);
}

/// What backward passes of a layer return besides their arrays.
template <class T>
struct layer_cotangents {
    T norm;  ///< of ‖t‖²/2: the factor of t in its part of t̄
    T c;     ///< this point's share of c̄
};

/// u_o = s·q_o, q_o being 2‖z_o‖ times the signed distance to hyperplane o.
template <class T, class I, class V, class U>
HYSPN_HD void scaled_plane_distances(T s, T length, I const& inner, V const& zeta, V const& r, U const& u)
{
    for (index_t o = 0; o < u.extent(0); ++o)
        u(o) = T(2) * zeta(o) * plane_terms<T>(s, length, inner(o), zeta(o), r(o)).y;
}

/// From the cotangents of u_o, which inner_bar holds, to those of i_o, in their place, of r_o, and to the factor of z_o
/// in z̄_o. `curvature` is what 2c·c̄ has already received.
template <class T, class I, class V, class G>
HYSPN_HD layer_cotangents<T> plane_distances_vjp(T s, T c, T length, I const& inner, V const& zeta, V const& r,
                                                 T curvature, G const& inner_bar, G const& bias_bar,
                                                 G const& radial_bar)
{
    T stretch(0);
    for (index_t o = 0; o < inner_bar.extent(0); ++o) {
        plane_terms<T> const p(s, length, inner(o), zeta(o), r(o));
        T const u_bar = inner_bar(o), y_bar = zeta(o) * u_bar;
        stretch += T(8) * c * y_bar * p.norm_slope();
        curvature += T(2) * y_bar * p.curvature_slope();
        radial_bar(o) = zeta(o) > T(0) ? T(2) * u_bar / zeta(o) * (p.y_minus_tanh() - p.bias / p.R) : T(0);
        bias_bar(o) = T(4) * s * y_bar * p.bias_slope();
        inner_bar(o) = T(4) * s * u_bar * p.inner_slope();
    }
    return {stretch, curvature / (T(2) * c)};
}

/// The fully connected layer at one point: logits y from i_o, which may be y itself, and ‖t‖.
template <class T, class I, class V, class Y>
HYSPN_HD void poincare_layer_forward(T s, T length, I const& inner, V const& zeta, V const& r, Y const& y)
{
    scaled_plane_distances(s, length, inner, zeta, r, y);
    logits_from_scaled_distances(s, y);
}

/// Its vector-Jacobian product; bias_bar is scratch first.
template <class T, class I, class V, class Y, class G>
HYSPN_HD layer_cotangents<T> poincare_layer_vjp(T s, T c, T length, I const& inner, V const& zeta, V const& r,
                                                Y const& g, G const& inner_bar, G const& bias_bar, G const& radial_bar)
{
    scaled_plane_distances(s, length, inner, zeta, r, bias_bar);
    T const curvature = scaled_distances_vjp(s, bias_bar, g, inner_bar);
    return plane_distances_vjp(s, c, length, inner, zeta, r, curvature, inner_bar, bias_bar, radial_bar);
}

}  // namespace hyspn::detail
