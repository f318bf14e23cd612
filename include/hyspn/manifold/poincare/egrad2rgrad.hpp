// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// z = v/λ_x² = (A²/4) v, A = 1 − c‖x‖². With m = ⟨g,v⟩: v̄ = (A²/4) g, x̄ = −cAm x, c̄ = −A‖x‖²m/2.
struct poincare_egrad2rgrad {
    static constexpr char const* name = "poincare::egrad2rgrad";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        T const half = complement(k.c(), x) / T(2);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = half * half * v(i);
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        T const a = complement(k.c(), x), half = a / T(2), am = a * cdot(g, v);
        T const c_bar = -am * squared_norm(x) / T(2);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = -k.c() * am * x(i), to_v = half * half * g(i);
            dx(i) = to_x;
            dv(i) = to_v;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Riemannian gradient at the point x of the Poincaré ball from the Euclidean one, v: out = v/λ_x², so that
/// ⟨v, u⟩ = inner(x, out, u) for every direction u. Any strides; out may be x or v. Error ≤ 16 eps inside the ball,
/// however close to the boundary. Nickel and Kiela 2017, eq. 5.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_egrad2rgrad> egrad2rgrad{};

/// Vector-Jacobian product: writes dx and dv, returns the cotangent of c. dx may be x, dv may be v.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_egrad2rgrad> egrad2rgrad_vjp{};

}  // namespace poincare
}  // namespace hyspn
