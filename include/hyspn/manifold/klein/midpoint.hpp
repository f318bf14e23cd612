// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// m = (bx + ay)/(a+b), a = √(1−c‖x‖²), b = √(1−c‖y‖²): Lorentz factors 1/a and 1/b as weights. With δ = y − x and
/// η = ⟨g,δ⟩/(a+b)²:
///     x̄ = (b/(a+b)) g − c(b/a)η x,   ȳ = (a/(a+b)) g + c(a/b)η y,   c̄ = η⟨δ,x+y⟩/(2ab).
struct klein_midpoint {
    static constexpr char const* name = "klein::midpoint";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        using std::sqrt;
        T const a = sqrt(complement(k.c(), x)), b = sqrt(complement(k.c(), y));
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = (b * x(i) + a * y(i)) / (a + b);
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        using std::sqrt;
        T const c = k.c(), a = sqrt(complement(c, x)), b = sqrt(complement(c, y)), total = a + b;
        difference const delta{y, x};
        T const eta = cdot(g, delta) / total / total;
        T const c_bar = eta * cdot(delta, sum{x, y}) / (T(2) * a * b);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const g_i = g(i) / total;
            dx(i) = b * g_i - c * (b / a) * eta * x(i);
            dy(i) = a * g_i + c * (a / b) * eta * y(i);
        }
        return c_bar;
    }
};

}  // namespace detail

namespace klein {

/// Einstein midpoint of two points of the Klein model: their mean with the Lorentz factors 1/√(1−c‖·‖²) as weights,
/// which is the midpoint of their geodesic. Any strides; out may be x or y. Error ≤ 16 eps of
/// the longer point, inside the ball.
/// Ungar 2008, §6.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_midpoint> midpoint{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, which may be x and y, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_midpoint> midpoint_vjp{};

}  // namespace klein
}  // namespace hyspn
