// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_pair.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// V = κ (Y − (1+u) X) = κ (−δ − uX), u = cN²/2 = cosh b − 1, b = sd, κ = b/sinh b, dκ/du = −ℓ(b²)κ². With
/// ū = −ℓκ⟨g,V⟩ − κ⟨g,X⟩:
///     X̄ = −κ(1+u) g + ūc ½∂N²/∂X,   Ȳ = κg + ūc ½∂N²/∂Y,   c̄ = ½ū (N² + c∂N²/∂c).
struct lorentz_logmap {
    static constexpr char const* name = "lorentz::logmap";
    static constexpr argument inputs[] = {point("X"), point("Y")};
    static constexpr bool scalar_output = false;

    /// The vector, before it is written.
    template <class T, class X, class Y>
    struct arrow {
        lorentz_pair<T, X, Y> pair;
        T u, b, kappa;

        HYSPN_HD arrow(curvature<T> const& k, X x, Y y) : pair(k, x, y)
        {
            using std::asinh;
            using std::sqrt;
            u = k.c() * pair.n2 / T(2);
            b = T(2) * asinh(k.sqrt_c() * sqrt(pair.n2) / T(2));
            kappa = T(1) / sinhc(b);
        }
        HYSPN_HD index_t extent(std::size_t) const { return pair.x.extent(0); }
        HYSPN_HD T operator()(index_t i) const
        {
            using std::fma;
            return kappa * fma(-u, pair.x(i), pair.y(i) - pair.x(i));
        }
    };

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        arrow<T, X, Y> const v(k, x, y);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = v(i);
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        arrow<T, X, Y> const v(k, x, y);
        T const u_bar = -v.kappa * (langevinc(v.b) * cdot(g, v) + cdot(g, x));
        T const c_bar = u_bar * v.pair.to_c() / T(2), on_slope = u_bar * k.c();
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const share = v.kappa * g(i), to_x = v.pair.to_x(i), to_y = v.pair.to_y(i);
            dx(i) = on_slope * to_x - (T(1) + v.u) * share;
            dy(i) = share + on_slope * to_y;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace lorentz {

/// Logarithmic map of the hyperboloid at the point X: the space part of the tangent vector at X whose expmap is the
/// point Y; 0 for Y = X. Any strides; out may be X or Y. Error ≤ 16 eps, norm-wise. Nickel and Kiela 2018, eq. 10.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_logmap> logmap{};

/// Vector-Jacobian product: writes dX and dY for the cotangent g of the output, which may be X and Y, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_logmap> logmap_vjp{};

}  // namespace lorentz
}  // namespace hyspn
