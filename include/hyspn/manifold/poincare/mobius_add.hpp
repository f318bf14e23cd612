// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// z = x ⊕ y, element by element, with A = 1 − c‖x‖², p = x + y, n = c‖p‖² and D = AB + n:
///     z = (A p + n x)/D.
/// B = 1 − c‖y‖² may be carried from where y came from. No cancellation near the boundary.
template <class T, class X, class Y>
struct mobius_sum {
    X x;
    Y y;
    T c, a, b;  ///< c, A, B
    T p2;       ///< ‖p‖²
    T n, d;     ///< n, D

    HYSPN_HD mobius_sum(T curvature, X left, Y right, T right_complement)
        : x(left), y(right), c(curvature), a(complement(c, x)), b(right_complement)
    {
        p2 = squared_norm(sum{x, y});
        n = c * p2;
        d = a * b + n;
    }
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return (a * (x(i) + y(i)) + n * x(i)) / d; }
};

/// Cotangents of x and y for the cotangent g of z = x ⊕ y. With h = ⟨g,z⟩ and E = ⟨g,e⟩, where e = y + c‖y‖²x, or p −
/// Bx when c‖y‖² > 1/4 (equal, but without its cancellation):
///     x̄ = ((A+n) g − 2cE z)/D,     ȳ = (A/D) (g − (2c/D)(E p − D h y)), a rotation of g.
/// On a line x̄ = (B/D) g, the same without its cancellation near the boundary; in more dimensions what is across the
/// line outweighs that.
template <class T, class X, class Y, class G>
struct mobius_sum_vjp {
    mobius_sum<T, X, Y> const& z;
    G g;
    T gx, gy, gp;  ///< ⟨g,x⟩, ⟨g,y⟩, ⟨g,p⟩
    T y2;          ///< ‖y‖²
    T dh, e;       ///< Dh, E

    HYSPN_HD mobius_sum_vjp(mobius_sum<T, X, Y> const& z_, G g_) : z(z_), g(g_)
    {
        gx = cdot(g, z.x);
        gy = cdot(g, z.y);
        gp = cdot(g, sum{z.x, z.y});
        y2 = squared_norm(z.y);
        dh = z.a * gp + z.n * gx;
        e = select(z.c * y2 > T(0.25), gp - z.b * gx, gy + z.c * y2 * gx);
    }
    HYSPN_HD T to_x(index_t i) const
    {
        if (z.x.extent(0) == 1) return z.b / z.d * g(i);
        return ((z.a + z.n) * g(i) - T(2) * z.c * e * z(i)) / z.d;
    }
    HYSPN_HD T to_y(index_t i) const
    {
        T const turn = T(2) * z.c / z.d;
        return z.a / z.d * (g(i) - turn * (e * (z.x(i) + z.y(i)) - dh * z.y(i)));
    }
    /// The cotangent of c at fixed x and y. With q = 1 − c²‖x‖²‖y‖² = A + B − AB,
    ///     D² c̄ = ‖y‖²⟨g,x⟩ (A − (1−A)(A+n)) − ⟨g,y⟩ (‖x‖² + 2⟨x,y⟩ + (1−A²)‖y‖²)
    ///          = ‖p‖² q ⟨g,x⟩ − ⟨g,p⟩ (‖p‖² − A²‖y‖²).
    /// The first line cancels for y ≈ −x, the second when one point is much the longer: it serves where
    /// ‖p‖² < max(‖x‖²,‖y‖²)/2.
    HYSPN_HD T to_c() const
    {
        T const a = z.a, x2 = squared_norm(z.x), p2 = z.p2;
        auto const nearly_opposite = p2 < select(x2 > y2, x2, y2) / T(2);
        T const on_opposite = p2 * (a + z.b * (T(1) - a)) * gx - gp * (p2 - a * a * y2);
        T const on_general =
            y2 * gx * (a - z.c * x2 * (a + z.n)) - gy * (x2 + T(2) * cdot(z.x, z.y) + z.c * x2 * (T(1) + a) * y2);
        return select(nearly_opposite, on_opposite, on_general) / (z.d * z.d);
    }
};

/// mobius_sum and mobius_sum_vjp.
struct poincare_mobius_add {
    static constexpr char const* name = "poincare::mobius_add";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        mobius_sum const z{k.c(), x, y, complement(k.c(), y)};
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = z(i);
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        mobius_sum const z{k.c(), x, y, complement(k.c(), y)};
        mobius_sum_vjp const back{z, g};
        T const c_bar = back.to_c();
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = back.to_x(i), to_y = back.to_y(i);
            dx(i) = to_x;
            dy(i) = to_y;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Möbius addition out = x ⊕ y in the Poincaré ball, for two points of any stride, in a form that needs no clamp:
/// ((1−c‖x‖²)(x+y) + c‖x+y‖² x)/((1−c‖x‖²)(1−c‖y‖²) + c‖x+y‖²). out may be x or y. Error ≤ 16 eps, norm-wise, inside
/// the ball. Ganea et al. 2018, eq. 4.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_mobius_add> mobius_add{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, returns the cotangent of c.
/// dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_mobius_add> mobius_add_vjp{};

}  // namespace poincare
}  // namespace hyspn

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/poincare/mobius_add.hpp>
#endif
