// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/half_space_point.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// At the point (p, y) along v = (u, ν), with t = ‖v‖/y, n = ν/y and Φ = sinh t/t:
///     out = (p + F u, yQ),   D = cosh t − Φn,   F = Φ/D,   Q = 1/D,
/// where n > 0 as D = (1 + Φ²‖u‖²/y²)/(cosh t + Φn), all of it times e^{−t}. With m = F⟨g′,u⟩ + yQγ for the cotangent
/// (g′, γ), ℓ = (t coth t − 1)/t² and ζ̄ = (F/2) (ℓ⟨g′,u⟩ − m (1 − ℓn)), and with cos = n/t and sin of the angle to the
/// vertical, E = e^{−2t} and λ = cos cosh t − sinh t:
///     p̄ = g′,   ū = F g′ + (2ζ̄/y²) u,   ν̄ = (F/y) (m (1−n+ℓn²) + ℓn⟨g′,u⟩),
///     ȳ = Qγ (1 − tλQ) + (F⟨g′,u⟩/y) (1 − Q/Φ),   c̄ = 0,
/// where n > 0 as 1−n+ℓn² = sin² + t cos λ/sinh t, λ = e^{t} (4E cos² − (1−E)² sin²)/(2 (cos (1+E) + 1 − E)), and for
/// small t as 1 − Q/Φ = (4t²R₃(2t) − Φ²n) Q/Φ.
struct half_space_expmap {
    static constexpr char const* name = "half_space::expmap";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
    static constexpr bool scalar_output = false;

    template <class T, class V>
    struct step {
        T t, n, f, q;
        T ratio, d;     ///< Q/Φ, De^{−t}
        T go;           ///< Φ, in moderate steps
        bool moderate;  ///< Φ and Q are in range one by one, where F may not be

        HYSPN_HD step(T y, V v)
        {
            using std::exp;
            using std::expm1;
            t = norm(v) / y;
            n = height(v) / y;
            T const decay = exp(-t), phi = t > T(0) ? -expm1(T(-2) * t) / (T(2) * t) : T(1);
            T const even = (T(1) + decay * decay) / T(2), across = phi * norm(horizontal{v}) / y;
            moderate = t < T(math_traits<T>::greatest_exponent);
            go = moderate ? phi / decay : phi;
            if (moderate) {
                q = n > T(0) ? (even + phi * n) / (decay + across * (across / decay)) : decay / (even - phi * n);
                f = q * go;
                d = decay / q;
                ratio = q / go;
            } else {
                d = n > T(0) ? (decay * decay + across * across) / (even + phi * n) : even - phi * n;
                f = phi / d;
                q = decay / d;
                ratio = decay * decay / (d * phi);
            }
        }
        /// F u, element by element.
        HYSPN_HD T moved(T u) const { return moderate ? q * (go * u) : f * u; }
    };

    /// 1 − Q/Φ.
    template <class T, class V>
    HYSPN_HD static T lift(step<T, V> const& to)
    {
        if (to.t >= math_traits<T>::series_limit) return T(1) - to.ratio;
        T const phi = sinhc(to.t), t2 = to.t * to.t;
        return (T(4) * t2 * sinh_residue(T(2) * to.t) - phi * phi * to.n) * to.ratio;
    }

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const&, X x, V v, view<T, 1, M> out)
    {
        T const y = height(x);
        step<T, V> const to(y, v);
        index_t const last = x.extent(0) - 1;
        for (index_t i = 0; i < last; ++i) out(i) = x(i) + to.moved(v(i));
        out(last) = y * to.q;
    }

    /// 1 − n + ℓn² and tλQ.
    template <class T>
    struct slopes {
        T climb = T(1), lean = T(0);

        template <class V>
        HYSPN_HD slopes(step<T, V> const& to, T y, V v)
        {
            using std::exp;
            using std::expm1;
            if (!(to.t > T(0))) return;
            T const up = to.n / to.t, out = norm(horizontal{v}) / y / to.t, out2 = out * out;
            T const decay2 = exp(T(-2) * to.t), rest = -expm1(T(-2) * to.t);
            T const even = up * (T(1) + decay2);
            T const lambda = to.n > T(0) ? (T(4) * decay2 * up * up - rest * rest * out2) / (T(2) * (even + rest))
                                         : (even - rest) / T(2);
            climb =
                to.n > T(0) ? out2 + to.t * up * lambda * T(2) / rest : T(1) - to.n * (T(1) - langevinc(to.t) * to.n);
            lean = to.t * lambda / to.d;
        }
    };

    /// Writes dv, and dx but for its vertical element, which it returns.
    template <class T, class V, class G, class M>
    HYSPN_HD static T pull_back(T y, V v, G g, view<T, 1, M> dv)
    {
        step<T, V> const to(y, v);
        T const gu = cdot(horizontal{g}, horizontal{v}), gamma = height(g), l = langevinc(to.t);
        T const m = to.f * gu + y * to.q * gamma;
        T const zeta = to.f / T(2) * (l * gu - m * (T(1) - l * to.n)), on_v = T(2) * zeta / y / y;
        slopes<T> const at(to, y, v);
        T const vertical = to.f / y * (m * at.climb + l * to.n * gu);
        index_t const last = v.extent(0) - 1;
        for (index_t i = 0; i < last; ++i) dv(i) = to.f * g(i) + on_v * v(i);
        dv(last) = vertical;
        return to.q * gamma * (T(1) - at.lean) + to.f * gu * lift(to) / y;
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const&, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        index_t const last = x.extent(0) - 1;
        T const y = height(x), vertical = pull_back(y, v, g, dv);
        for (index_t i = 0; i < last; ++i) dx(i) = g(i);
        dx(last) = vertical;
        return T(0);
    }
};

}  // namespace detail

namespace half_space {

/// Exponential map of the upper half-space at the point x along the tangent vector v (coordinates of both alike;
/// lengths at x are ‖v‖/(s x_D)); x itself for v = 0. The geodesics do not depend on c. Any strides; out may be x or v.
/// Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_expmap> expmap{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v; g must be
/// neither, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_expmap> expmap_vjp{};

}  // namespace half_space
}  // namespace hyspn
