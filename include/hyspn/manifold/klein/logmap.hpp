// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/klein/dist.hpp>

namespace hyspn {

namespace detail {

/// v = f δ, δ = y − x, f = S √(A/B), S = b/sinh b, b = s d, in the notation of klein::dist. With ℓ = (b coth b − 1)/b²,
/// k = cSℓ/√P and μ = f⟨g,δ⟩:
///     x̄ = −f g + μ (kδ − (c/A)(1 − km) x),     ȳ = f g − μ (kδ − (c/B)(1 − kn) y),
///     c̄ = (μ/2) ((m + n)/P − (Sℓ/√P) (n/B − m/A)),
/// where n/B − m/A = (M + cmn)/P, which cancels only where the other does not: m and n of one sign.
struct klein_logmap {
    static constexpr char const* name = "klein::logmap";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class Y>
    struct arrow {
        klein_dist::terms<T, X, Y> at;
        T root_p, root_zeta, s, factor;  ///< √P, sinh b, S, f

        HYSPN_HD arrow(curvature<T> const& k, X x, Y y) : at(k, x, y)
        {
            using std::sqrt;
            root_p = sqrt(at.a * at.b);
            root_zeta = k.sqrt_c() * sqrt(at.big_m) / root_p;
            s = asinhc(root_zeta);
            factor = s * (sqrt(at.a) / sqrt(at.b));
        }
    };

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        T const factor = arrow<T, X, Y>(k, x, y).factor;
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = factor * (y(i) - x(i));
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        arrow<T, X, Y> const v(k, x, y);
        auto const& at = v.at;
        T const c = k.c(), f = v.factor, mu = f * cdot(g, difference{y, x});
        T const bend = v.s * langevinc(v.s * v.root_zeta) / v.root_p, on_delta = c * bend;
        T const on_x = c / at.a * (T(1) - on_delta * at.m), on_y = c / at.b * (T(1) - on_delta * at.n);
        bool const one_side = (at.m < T(0)) == (at.n < T(0));
        T const slope = one_side ? (at.big_m / at.a + c * at.m * (at.n / at.a)) / at.b : at.n / at.b - at.m / at.a;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const x_i = x(i), y_i = y(i), share = f * g(i), pull = on_delta * (y_i - x_i);
            dx(i) = mu * (pull - on_x * x_i) - share;
            dy(i) = share - mu * (pull - on_y * y_i);
        }
        return mu / T(2) * ((at.m + at.n) / at.a / at.b - bend * slope);
    }
};

}  // namespace detail

namespace klein {

/// Logarithmic map of the Klein model at the point x: the tangent vector at x whose expmap is the point y, a multiple
/// of y − x; 0 for y = x. Any strides; out may be x or y. Error ≤ 16 eps, norm-wise, inside the ball. Cannon et
/// al. 1997, §7.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_logmap> logmap{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, which may be x and y, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_logmap> logmap_vjp{};

}  // namespace klein
}  // namespace hyspn
