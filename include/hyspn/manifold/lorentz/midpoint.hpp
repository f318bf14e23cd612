// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_pair.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// M = σχ/2, σ = X + Y, χ = 1/cosh(sd/2) = 1/√(1+cN²/4). With η = cχ³⟨g,σ⟩/8:
///     X̄ = χg/2 − η ½∂N²/∂X,   Ȳ = χg/2 − η ½∂N²/∂Y,   c̄ = −(χ³⟨g,σ⟩/16) (N² + c∂N²/∂c).
struct lorentz_midpoint {
    static constexpr char const* name = "lorentz::midpoint";
    static constexpr argument inputs[] = {point("X"), point("Y")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        using std::sqrt;
        T const half_chi = sqrt(lorentz_pair{k, x, y}.chi2()) / T(2);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = half_chi * (x(i) + y(i));
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        using std::sqrt;
        lorentz_pair const p{k, x, y};
        T const chi2 = p.chi2(), chi = sqrt(chi2), on_slope = chi2 * chi * cdot(g, sum{x, y}) / T(8);
        T const c_bar = -on_slope * p.to_c() / T(2);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const share = chi / T(2) * g(i), to_x = p.to_x(i), to_y = p.to_y(i);
            dx(i) = share - k.c() * on_slope * to_x;
            dy(i) = share - k.c() * on_slope * to_y;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace lorentz {

/// Midpoint of two points of the hyperboloid, given by their space parts: (X+Y)/(2 cosh(sd/2)), the centroid of the
/// two. Any strides; out may be X or Y. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_midpoint> midpoint{};

/// Vector-Jacobian product: writes dX and dY for the cotangent g of the output, which may be X and Y, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_midpoint> midpoint_vjp{};

}  // namespace lorentz
}  // namespace hyspn
