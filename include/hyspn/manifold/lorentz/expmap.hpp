// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_tangent.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// Y = cosh θ X + Φ V, Φ = sinh θ/θ, θ² = c n², n² = ⟨V,V⟩_L. With ρ = Φ⟨g,X⟩/2 + Φ′⟨g,V⟩ and V♭ of lorentz_tangent:
///     X̄ = cosh θ g − 2ρc (V₀/X₀) V♭,   V̄ = Φ g + 2ρc V♭,   c̄ = ρ‖V♭‖².
struct lorentz_expmap {
    static constexpr char const* name = "lorentz::expmap";
    static constexpr argument inputs[] = {point("X"), tangent("V")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        using std::cosh;
        using std::sqrt;
        T const theta = k.sqrt_c() * sqrt(lorentz_tangent{k, x, v}.squared_length());
        T const stay = cosh(theta), go = sinhc(theta);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = stay * x(i) + go * v(i);
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        using std::cosh;
        using std::sqrt;
        lorentz_tangent const t{k, x, v};
        T const theta = k.sqrt_c() * sqrt(t.squared_length()), stay = cosh(theta), go = sinhc(theta);
        T const rho = go * cdot(g, x) / T(2) + sinhc_slope(theta) * cdot(g, v);
        T const c_bar = rho * t.squared_flat(), on_flat = T(2) * rho * k.c(), tau = t.v0 / t.x0;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const flat = on_flat * t.flat(i), g_i = g(i);
            dx(i) = stay * g_i - tau * flat;
            dv(i) = go * g_i + flat;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace lorentz {

/// Exponential map of the hyperboloid at the point X: the space part cosh(s‖V‖_L) X + sinh(s‖V‖_L) V/(s‖V‖_L) of the
/// point reached along the tangent vector with space part V; X itself for V = 0. Any strides; out may be X or V. Error
/// ≤ 16 eps of the larger term, norm-wise. Nickel and Kiela 2018, eq. 9.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_expmap> expmap{};

/// Vector-Jacobian product: writes dX and dV for the cotangent g of the output, which may be X and V, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_expmap> expmap_vjp{};

}  // namespace lorentz
}  // namespace hyspn
