// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/ideal_offset.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// b = E/s, E = log(N/A), N = ‖ω̂ − sx‖², A = 1 − t², t = s‖x‖, from ideal_offset with X, h = ‖x⊥‖, x⊥ = x − Xω̂. Since
/// N − A = 2 (t² − sX), E = log1p((N−A)/A), or −log1p((A−N)/N) for N < A. With cosh(s d(0,x)) − cosh E = 2ch²/(NA):
///     x̄ = (2g/A) { [sX − (A/N)(1 − sX)] ω̂ + (1 + A/N) s x⊥ },     ω̄ = −2g x⊥/(N‖ω‖),
///     c̄ = g { (sinh E − E)/(2cs) + h²/(sNA) }.
/// The first has length 2|g|/A: b changes by 1 per unit of length.
struct poincare_busemann {
    static constexpr char const* name = "poincare::busemann";
    static constexpr argument inputs[] = {point("x"), axis("w")};
    static constexpr bool scalar_output = true;

    /// t² − sX. For long x from the two small parts of 1 − t and t − sX.
    template <class T, class End>
    HYSPN_HD static T half_excess(End const& end)
    {
        return end.t > T(0.5) ? end.turn - end.t * end.gap : end.t * end.t - end.sx;
    }

    /// E.
    template <class T, class End>
    HYSPN_HD static T exponent(End const& end)
    {
        using std::log1p;
        T const excess = T(2) * half_excess<T>(end);
        return excess < T(0) ? -log1p(-excess / end.n) : log1p(excess / end.a);
    }

    template <class T, class X, class W>
    HYSPN_HD static T value(curvature<T> const& k, X x, W w)
    {
        ideal_offset<T, X, W> const end(k, x, w);
        return end.length == T(0) ? T(0) : exponent<T>(end) / k.sqrt_c();
    }

    template <class T, class X, class W, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, W w, T g, view<T, 1, M> dx, view<T, 1, M> dw)
    {
        using std::fabs;
        ideal_offset<T, X, W> const end(k, x, w);
        T const s = k.sqrt_c(), e = exponent<T>(end), b = e / s, ratio = end.a / end.n;
        T const sinh_part = fabs(e) < math_traits<T>::series_limit ? b * b * b * sinh_residue(e)
                                                                   : ((T(1) / ratio - ratio) / T(2) - e) / (s * k.c());
        T const scale = end.length == T(0) ? T(0) : g;
        T const on_axis = end.sx - ratio * (end.gap + end.turn), on_across = (T(1) + ratio) * s;
        T const factor = T(2) * scale / end.a;
        T const to_direction = end.length == T(0) ? T(0) : T(-2) * g / (end.n * end.length);
        T const c_bar = scale * (sinh_part / T(2) + end.h / end.n * (end.h / (s * end.a)));
        direction const w_hat{w, end.length};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const across = end.across(i);
            T const to_x = factor * (on_axis * w_hat(i) + on_across * across), to_w = to_direction * across;
            dx(i) = to_x;
            dw(i) = to_w;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Busemann function of the Poincaré ball, the signed distance of the point x from the horosphere through the origin
/// that touches the boundary at the ideal point ŵ/s, ŵ = w/‖w‖, s = √c:
///     (1/s) log(‖ŵ − sx‖²/(1 − c‖x‖²)) = lim d(x, p_t) − t,   p_t = geodesic_unit(t, 0, w),
/// negative towards the ideal point. w has any length; 0 for w = 0. Any strides. Error ≤ 16 eps inside the ball, also
/// for x next to the ideal point; where the value passes zero away from the origin, 16 eps of min(1, s‖x‖)/s.
/// Ghadimi Atigh et al. 2021, eq. 5, at any curvature.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_busemann> busemann{};

/// Vector-Jacobian product: writes dx and dw (at right angles to w; both 0 for w = 0) for the cotangent g of the value,
/// returns the cotangent of c. dx may be x, dw may be w.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_busemann> busemann_vjp{};

}  // namespace poincare
}  // namespace hyspn
