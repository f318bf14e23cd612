// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/detail/split_along.hpp>

namespace hyspn {

namespace detail {

/// Geodesics are straight, z = x + F v. With A = 1 − c‖x‖², w = c‖v‖²/A, n = c⟨x,v⟩/A, the length of v θ/s, θ² = w +
/// n², and Φ = sinh θ/θ:
///     F = Φ/D,   D = cosh θ + Φn,   where n < 0 as D = (1 + Φ²w)/(cosh θ − Φn); all of it times e^{−θ}.
/// With H = (−T′/T²) of T = tanh θ/θ, which is (1 − 2θ/sinh 2θ)/(2θ tanh θ), ∂F/∂θ² = −HF² and ∂F/∂n = −F². The line
/// through x is a space of one dimension, where an artanh adds up; with g∥ and g⊥ along and across v, x⊥ across v,
/// P = −F²⟨g,v⟩, κ = 1 + 2nH, β = Hw + nκ:
///     v̄ = F g⊥ + g∥/D² + Pκ(c/A) x⊥,     x̄ = g⊥ + (1+2n) g∥/D² + 2Pβ(c/A) x⊥,     c̄ = Pβ/(cA).
/// For n < 0 far out κ = w/(θ(θ−n)) − (n/θ) (θ − e^{−θ} sinh θ)/sinh²θ, which has the digits that 1 + 2nH loses.
struct klein_expmap {
    static constexpr char const* name = "klein::expmap";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class V>
    struct step {
        T a, w, n, theta, f, d;  ///< A, w, n, θ, F, D

        HYSPN_HD step(curvature<T> const& k, X x, V v) : a(complement(k.c(), x))
        {
            using std::exp;
            using std::expm1;
            using std::sqrt;
            T const length = norm(v), root_a = sqrt(a), across = k.sqrt_c() * length / root_a;
            w = across * across;
            n = k.c() * cdot(x, v) / a;
            theta = sqrt(w + n * n);
            T const decay2 = exp(T(-2) * theta);  // what follows is times e^{−θ}
            T const even = (T(1) + decay2) / T(2), phi = theta > T(0) ? -expm1(T(-2) * theta) / (T(2) * theta) : T(1);
            T const lapse = n < T(0) ? (decay2 + phi * phi * w) / (even - phi * n) : even + phi * n;
            f = phi / lapse;
            d = lapse * exp(theta);
        }
        /// H.
        HYSPN_HD T bend() const { return tanhc_decay(theta) * tanhc(theta); }
        /// κ for H.
        HYSPN_HD T turn(T h) const
        {
            using std::exp;
            using std::sinh;
            if (!(n < T(0) && theta > T(1))) return T(1) + T(2) * n * h;
            T const near = w / (theta * (theta - n));
            if (theta > T(math_traits<T>::greatest_exponent)) return near;
            T const s = sinh(theta);
            return near - n / theta * ((theta - exp(-theta) * s) / s / s);
        }
    };

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        T const f = step<T, X, V>(k, x, v).f;
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = x(i) + f * v(i);
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        step<T, X, V> const to(k, x, v);
        T const length = norm(v), h = to.bend(), turn = to.turn(h), beta = h * to.w + to.n * turn;
        T const p = -to.f * to.f * cdot(g, v), on_a = p / to.a, on_ca = k.c() * on_a;
        split_along const g_across{g, v, length};
        split_along const x_across{x, v, length};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const g_i = g_across(i), along = g_across.parallel(i) / to.d / to.d, x_i = on_ca * x_across(i);
            dx(i) = g_i + (T(1) + T(2) * to.n) * along + T(2) * beta * x_i;
            dv(i) = to.f * g_i + along + turn * x_i;
        }
        return on_a * (beta / k.c());
    }
};

}  // namespace detail

namespace klein {

/// Exponential map of the Klein model at the point x: the point reached along the tangent vector v (coordinates like
/// those of points; the length of v at x is √(‖v‖²/A + c⟨x,v⟩²/A²), A = 1 − c‖x‖²), on a straight line; x itself for
/// v = 0. Any strides; out may be x or v. Any v: a point farther out than the last number of the type is rounded onto
/// the boundary. Error ≤ 16 eps of the larger term, norm-wise. Cannon et al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_expmap> expmap{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_expmap> expmap_vjp{};

}  // namespace klein
}  // namespace hyspn
