// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/logmap0.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>

namespace hyspn {

namespace detail {

/// ‖x‖²M′ for M = atan t/t, t = √κ‖x‖, and A = 1 + t²: beyond t = 1 without the square, so that no finite x overflows.
template <class T>
HYSPN_HD T spherical_log_slope(sectional_curvature<T> const& k, arc<T> t, T a, T r)
{
    return t.root < T(1) ? r * r * atanc_slope(t) : (T(1) / a - atanc(t)) / (T(2) * k.kappa());
}

/// v = M x with M = atan t/t, t = √κ‖x‖, A = 1 + t². With x̂ = x/‖x‖ (0 at 0) and M′ the slope in t²:
///     x̄ = M (g − ⟨g,x̂⟩x̂) + (1/A) ⟨g,x̂⟩x̂,     κ̄ = M′‖x‖²⟨g,x⟩.
struct spherical_logmap0 {
    template <class T, class X, class M>
    HYSPN_HD static void forward(sectional_curvature<T> const& k, X x, view<T, 1, M> out)
    {
        T const factor = atanc(arc_of(k, norm(x)));
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = factor * x(i);
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        T const r = norm(x), a = complement(k.c(), x);
        auto const t = arc_of(k, r);
        T const factor = atanc(t);
        direction const x_hat{x, r};
        T const along = dot(g, x_hat);
        T const kappa_bar = spherical_log_slope(k, t, a, r) * cdot(g, x);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = factor * (g(i) - along * x_hat(i)) + along / a * x_hat(i);
        return kappa_bar;
    }
};

struct stereographic_logmap0 : by_sign<poincare_logmap0, spherical_logmap0> {
    static constexpr char const* name = "stereographic::logmap0";
};

}  // namespace detail

namespace stereographic {

/// Logarithmic map at the origin: out = tan_κ⁻¹(‖x‖) x/‖x‖, the inverse of expmap0; the identity for κ = 0 and at 0.
/// x has any stride; out may be x. For κ > 0 every x has an image, of a length below π/(2√κ).
/// Bachmann et al. 2020, §2.2.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_logmap0> logmap0{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, returns the cotangent of κ. dx may be x or g.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_logmap0> logmap0_vjp{};

}  // namespace stereographic
}  // namespace hyspn
