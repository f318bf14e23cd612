// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// v = M x with M = artanh t/t, t = s‖x‖, from the complement A = 1 − t² (artanhc). With x̂ = x/‖x‖ (0 at 0):
///     x̄ = M g + (1/A − M) ⟨g,x̂⟩x̂,     c̄ = M′‖x‖²⟨g,x⟩.
struct poincare_logmap0 {
    static constexpr char const* name = "poincare::logmap0";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        T const factor = artanhc(k.sqrt_c() * norm(x), complement(k.c(), x));
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = factor * x(i);
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        T const a = complement(k.c(), x), r = norm(x), t = k.sqrt_c() * r, factor = artanhc(t, a);
        direction const x_hat{x, r};
        T const g_x = x_hat.component(g), along = (T(1) / a - factor) * g_x;
        T const c_bar = artanhc_slope(t, a) * r * r * (r * g_x);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = factor * g(i) + along * x_hat(i);
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Logarithmic map at the origin of the Poincaré ball: out = artanh(s‖x‖) x/(s‖x‖), s = √c, for a point x (any stride);
/// the identity at 0. out may be x. Error ≤ 16 eps, norm-wise, for points inside the ball, however close to the
/// boundary; not finite on it, meaningless outside. Ganea et al. 2018, Lemma 2.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_logmap0> logmap0{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, returns the cotangent of c. dx may be x or g.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_logmap0> logmap0_vjp{};

}  // namespace poincare
}  // namespace hyspn

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/poincare/logmap0.hpp>
#endif
