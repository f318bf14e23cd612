// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// x = T v with T = tanh t/t, t = s‖v‖ (tanhc). With v̂ = v/‖v‖ (0 at 0):
///     v̄ = T (g − ⟨g,v̂⟩v̂) + sech²t ⟨g,v̂⟩v̂,     c̄ = T′‖v‖²⟨g,v⟩ = −tanhc_decay(t) ‖x‖² ⟨g,x⟩.
/// In this form of v̄ the first part vanishes exactly for one-dimensional points.
struct poincare_expmap0 {
    static constexpr char const* name = "poincare::expmap0";
    static constexpr argument inputs[] = {tangent("v")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, V v, view<T, 1, M> out)
    {
        // For v so long that T might be less than the smallest normal number, or ‖v‖ overflow, both are taken scaled.
        direction const v_hat{v, norm(v)};
        T const r = v_hat.length / v_hat.scale;
        auto const is_long = r > T(math_traits<T>::rescaling);
        T const factor = select(is_long, point_norm(k, r) / v_hat.length, tanhc(k.sqrt_c() * r));
        T const scale = select(is_long, v_hat.scale, T(1));
        for (index_t i = 0; i < v.extent(0); ++i) out(i) = factor * (scale * v(i));
    }

    template <class T, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, V v, G g, view<T, 1, M> dv)
    {
        T const r = norm(v), t = k.sqrt_c() * r, factor = tanhc(t), radial = sech2(t);
        direction const v_hat{v, r};
        T const along = dot(g, v_hat), x_norm = point_norm(k, r);
        T const c_bar = -tanhc_decay(t) * x_norm * x_norm * (x_norm * v_hat.component(g));
        for (index_t i = 0; i < v.extent(0); ++i)
            dv(i) = factor * (g(i) - along * v_hat(i)) + radial * along * v_hat(i);
        return c_bar;
    }

private:
    /// ‖x‖ = tanh(sr)/s, r = ‖v‖.
    template <class T>
    HYSPN_HD static T point_norm(curvature<T> const& k, T r)
    {
        using std::tanh;
        T const t = k.sqrt_c() * r;
        return select(t < T(math_traits<T>::series_limit), tanhc(t) * r, tanh(t) / k.sqrt_c());
    }
};

}  // namespace detail

namespace poincare {

/// Exponential map at the origin of the Poincaré ball: out = tanh(s‖v‖) v/(s‖v‖), s = √c, for a tangent vector v of any
/// length and stride; the identity at 0. out may be v. Error ≤ 16 eps, norm-wise. Ganea et al. 2018, Lemma 2.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_expmap0> expmap0{};

/// Vector-Jacobian product: writes dv for the cotangent g of the output, returns the cotangent of c. dv may be v or g.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_expmap0> expmap0_vjp{};

}  // namespace poincare
}  // namespace hyspn

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/poincare/expmap0.hpp>
#endif
