// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/expmap0.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>

namespace hyspn {

namespace detail {

/// x = T v with T = tan t/t, t = √κ‖v‖. With v̂ = v/‖v‖ (0 at 0) and T′ the slope in t²:
///     v̄ = T (g − ⟨g,v̂⟩v̂) + sec²t ⟨g,v̂⟩v̂,     κ̄ = T′‖v‖²⟨g,v⟩.
struct spherical_expmap0 {
    template <class T, class V, class M>
    HYSPN_HD static void forward(sectional_curvature<T> const& k, V v, view<T, 1, M> out)
    {
        T const factor = tanc(arc_of(k, norm(v)));
        for (index_t i = 0; i < v.extent(0); ++i) out(i) = factor * v(i);
    }

    template <class T, class V, class G, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, V v, G g, view<T, 1, M> dv)
    {
        T const r = norm(v);
        auto const t = arc_of(k, r);
        T const factor = tanc(t), radial = sec2(t);
        direction const v_hat{v, r};
        T const along = dot(g, v_hat);
        T const kappa_bar = tanc_slope(t) * r * r * cdot(g, v);
        for (index_t i = 0; i < v.extent(0); ++i)
            dv(i) = factor * (g(i) - along * v_hat(i)) + radial * along * v_hat(i);
        return kappa_bar;
    }
};

struct stereographic_expmap0 : by_sign<poincare_expmap0, spherical_expmap0> {
    static constexpr char const* name = "stereographic::expmap0";
};

}  // namespace detail

namespace stereographic {

/// Exponential map at the origin: out = tan_κ(‖v‖) v/‖v‖, where tan_κ(r) is tanh(√−κ r)/√−κ, r, tan(√κ r)/√κ for
/// κ < 0, = 0, > 0. v has any stride; out may be v. For κ > 0 it is injective for ‖v‖ < π/(2√κ), where the point moves
/// to infinity: the image is the antipode of the origin. Bachmann et al. 2020, §2.2.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_expmap0> expmap0{};

/// Vector-Jacobian product: writes dv for the cotangent g of the output, returns the cotangent of κ. dv may be v or g.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_expmap0> expmap0_vjp{};

}  // namespace stereographic
}  // namespace hyspn
