// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/half_space_point.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/detail/split_along.hpp>

namespace hyspn {

namespace detail {

/// From (p, a) to (q, b), δ = (q−p, b−a): v = aSξ with ξ = ((q−p)/b, (‖q−p‖² + (b−a)(b+a))/(2ab)), S = asinh r/r,
/// r = ‖ξ‖: the space part of the other point on the hyperboloid whose origin is this one. With ξ̄ = a (S g⊥ + χ g∥),
/// χ = 1/√(1+r²), along and across ξ, and the heights ξ_D, ξ̄_D of both:
///     q̄ = −p̄ = (ξ̄′ + (ξ̄_D/a) (q−p))/b,
///     b̄ = ξ̄_D/a − ⟨ξ̄,ξ⟩/b,   ā = S⟨g,ξ⟩ − ξ̄_D (1/b + ξ_D/a),   c̄ = 0.
struct half_space_logmap {
    static constexpr char const* name = "half_space::logmap";
    static constexpr argument inputs[] = {point("x"), point("y")};
    static constexpr bool scalar_output = false;

    /// ξ, element by element.
    template <class T, class X, class Y>
    struct arrow {
        X x;
        Y y;
        T b, last;
        HYSPN_HD arrow(X x_, Y y_, T last_) : x(x_), y(y_), b(height(y)), last(last_) {}
        HYSPN_HD index_t extent(std::size_t) const { return y.extent(0); }
        HYSPN_HD T operator()(index_t i) const { return i + 1 < y.extent(0) ? (y(i) - x(i)) / b : last; }
    };

    /// The last element of ξ.
    template <class T, class X, class Y>
    HYSPN_HD static T rise(X x, Y y)
    {
        T const a = height(x), b = height(y), across = norm(horizontal{difference{y, x}});
        return (across * (across / b) + (b - a) * ((b + a) / b)) / (T(2) * a);
    }

    /// Zero but for the last element, for the base point.
    template <class T>
    struct on_axis {
        index_t size;
        T last;
        HYSPN_HD index_t extent(std::size_t) const { return size; }
        HYSPN_HD T operator()(index_t i) const { return i + 1 < size ? T(0) : last; }
    };

    template <class T, class X, class Y, class M>
    HYSPN_HD static void write(X x, Y y, T xi_last, view<T, 1, M> out)
    {
        T const a = height(x);
        arrow<T, X, Y> const xi(x, y, xi_last);
        T const factor = a * asinhc(norm(xi));
        for (index_t i = 0; i < y.extent(0); ++i) out(i) = factor * xi(i);
    }

    /// Writes dy; returns what dx has at its height.
    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T pull_back(X x, Y y, T xi_last, G g, view<T, 1, M> dy)
    {
        using std::sqrt;
        T const a = height(x), b = height(y);
        arrow<T, X, Y> const xi(x, y, xi_last);
        T const r = norm(xi), s = asinhc(r), radial = T(1) / sqrt(T(1) + r * r);
        split_along const across{g, xi, r};
        index_t const last = y.extent(0) - 1;
        T const bar_last = a * (s * across(last) + radial * across.parallel(last));
        T const at_a = s * cdot(g, xi) - bar_last * (T(1) / b + xi_last / a);
        T const at_b = bar_last / a - a * radial * across.along * r / b;
        for (index_t i = 0; i < last; ++i) {
            T const bar = a * (s * across(i) + radial * across.parallel(i));
            dy(i) = (bar + bar_last / a * (b * xi(i))) / b;
        }
        dy(last) = at_b;
        return at_a;
    }

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const&, X x, Y y, view<T, 1, M> out)
    {
        write(x, y, rise<T>(x, y), out);
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const&, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        T const vertical = pull_back<T>(x, y, rise<T>(x, y), g, dy);
        index_t const last = y.extent(0) - 1;
        for (index_t i = 0; i < last; ++i) dx(i) = -dy(i);
        dx(last) = vertical;
        return T(0);
    }
};

}  // namespace detail

namespace half_space {

/// Logarithmic map of the upper half-space at the point x: the tangent vector at x whose expmap is the point y; 0 for y
/// = x. Any strides; out may be x or y. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_logmap> logmap{};

/// Vector-Jacobian product: writes dx and dy for the cotangent g of the output, which may be x and y, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_logmap> logmap_vjp{};

}  // namespace half_space
}  // namespace hyspn
