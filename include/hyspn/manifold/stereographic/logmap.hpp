// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/logmap.hpp>
#include <hyspn/manifold/stereographic/detail/by_sign.hpp>
#include <hyspn/manifold/stereographic/dist.hpp>

namespace hyspn {

namespace detail {

/// v = (A d/2) û, in the notation of stereographic::dist: f u with f = AM/D. With h = g − ⟨g,û⟩û and û′ = û(y,x):
///     x̄ = −f (A′h + (2κ/A)⟨h,x⟩u) − ⟨g,û⟩(û − κd x),     ȳ = f (Ah + 2κ⟨h,x⟩δ) − (A/B)⟨g,û⟩û′,
///     κ̄ = ⟨g,û⟩ ∂(Ad)/∂κ/2 + f⟨h,u_κ⟩,     u_κ = ‖x‖²y − (2⟨x,y⟩ − ‖y‖²)x.
/// For close points κ̄ is small of second order and these parts of it are of first. Then, with χ² = AB/D, b = atan t,
/// V = (1/M + χ²)/2, W = χ²(1 + Mℓ(b))/2 where ℓ(b) = (1 − b cot b)/b², N = 1/A + 1/B − 1:
///     κ̄ = −f (⟨g,δ⟩ (⟨δ,x+y⟩ − ‖δ‖²WN) − ‖δ‖²⟨g,x⟩ (1 − B(1−V)N))/B.
struct spherical_logmap {
    template <class T, class X, class Y>
    HYSPN_HD static T factor(spherical_pair<T, X, Y> const& pair)
    {
        return pair.a * atanc(pair.t) / pair.d;
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(sectional_curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        spherical_pair const pair{k, x, y};
        auto const chord = pair.from_x();
        T const f = factor(pair);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = f * chord(i);
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        spherical_pair const pair{k, x, y};
        auto const from_x = pair.from_x();
        auto const from_y = pair.from_y();
        T const kappa = pair.kappa, a = pair.a, f = factor(pair);
        direction const u_hat{from_x, norm(from_x)};
        direction const back{from_y, norm(from_y)};
        T const along = cdot(g, u_hat), distance = pair.distance(k);
        combination const h{T(1), g, -along, u_hat};
        T const h_x = cdot(h, x);
        // ⟨h,u_κ⟩, where u = κu_κ + δ has none.
        T const turn = a > T(2) ? -cdot(h, difference{y, x}) / kappa
                                : cdot(h, combination{pair.x2, y, pair.y2 - T(2) * pair.xy, x});
        T const kappa_bar = pair.close ? slope_if_close(pair, f, cdot(g, x), cdot(g, difference{y, x}))
                                       : along * pair.scaled_distance_slope() / T(2) + f * turn;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const across = h(i), delta = y(i) - x(i);
            T const to_x = -f * (from_x.on_x * across + T(2) * kappa * h_x / a * from_x(i)) -
                           along * (u_hat(i) - kappa * distance * x(i));
            T const to_y = f * (a * across + T(2) * kappa * h_x * delta) - a / pair.b * along * back(i);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return kappa_bar;
    }

private:
    /// κ̄ for close points, from f, ⟨g,x⟩ and ⟨g,δ⟩.
    template <class T, class X, class Y>
    HYSPN_HD static T slope_if_close(spherical_pair<T, X, Y> const& pair, T f, T g_x, T g_delta)
    {
        T const m = atanc(pair.t), chi2 = pair.a * (pair.b / pair.d), delta2 = pair.length * pair.length;
        T const residue = cotangent_residue(arc<T>{pair.t.root * m, pair.t.square * m * m});
        T const w = chi2 * (T(1) + m * residue) / T(2), zw = -pair.kappa * delta2 / pair.a / pair.b * w;
        T const n = T(1) / pair.a + T(1) / pair.b - T(1);
        difference const delta{pair.y, pair.x};
        return -f *
               (g_delta * (cdot(delta, sum{pair.x, pair.y}) - delta2 * w * n) -
                delta2 * g_x * (T(1) - pair.b * zw * n)) /
               pair.b;
    }
};

struct stereographic_logmap : by_sign<poincare_logmap, spherical_logmap> {
    static constexpr char const* name = "stereographic::logmap";
};

}  // namespace detail

namespace stereographic {

/// Logarithmic map at the point x: the tangent vector at x whose expmap is the point y,
/// out = (2/λ_x) tan_κ⁻¹(‖u‖) u/‖u‖ with u = −x ⊕ y; y − x for κ = 0, 0 for y = x. Any strides; out may be x or y. For
/// κ > 0 not defined for antipodes. Bachmann et al. 2020, eq. 6.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_logmap> logmap{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, returns the cotangent of κ.
/// dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_logmap> logmap_vjp{};

}  // namespace stereographic
}  // namespace hyspn
