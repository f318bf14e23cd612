// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/detail/split_along.hpp>

namespace hyspn {

namespace detail {

/// With unit vectors a, b of the directions, w = ⟨a,X⟩, v = ⟨b,X⟩, κ = 1/(1+⟨a,b⟩), t = (w+v)κ: out = X − t (a+b) + 2w
/// b. Orthogonal: X̄ is the rotation of g the other way, with b and a exchanged. With p = ⟨g,a+b⟩, q = ⟨g,b⟩:
///     ā = −κp X − t g + κtp b + 2q X,   b̄ = −κp X − t g + κtp a + 2w g,   each projected across its direction and
///     divided
/// by its length.
struct lorentz_rotation {
    static constexpr char const* name = "lorentz::rotation";
    static constexpr argument inputs[] = {axis("a"), axis("b"), point("X")};
    static constexpr bool scalar_output = false;

    template <class T, class A, class B>
    struct plane {
        T a_length, b_length, kappa;
        direction<T, A> a;
        direction<T, B> b;
        HYSPN_HD plane(A a_, B b_) : a_length(norm(a_)), b_length(norm(b_)), a{a_, a_length}, b{b_, b_length}
        {
            // 1 + ⟨a,b⟩ = ‖a+b‖²/2, without cancellation for nearly opposite directions.
            kappa = T(2) / squared_norm(sum{a, b});
        }
    };

    template <class T, class A, class B, class X, class M>
    HYSPN_HD static void forward(curvature<T> const&, A a, B b, X x, view<T, 1, M> out)
    {
        plane<T, A, B> const p(a, b);
        T const w = cdot(p.a, x), t = (w + cdot(p.b, x)) * p.kappa;
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = x(i) - t * (p.a(i) + p.b(i)) + T(2) * w * p.b(i);
    }

    template <class T, class A, class B, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const&, A a, B b, X x, G g, view<T, 1, M> da, view<T, 1, M> db, view<T, 1, M> dx)
    {
        plane<T, A, B> const p(a, b);
        T const w = cdot(p.a, x), t = (w + cdot(p.b, x)) * p.kappa;
        T const g_b = cdot(g, p.b), q = p.kappa * (cdot(g, p.a) + g_b);
        split_along const x_a{x, p.a, T(1)};
        split_along const g_from_a{g, p.a, T(1)};
        split_along const b_a{p.b, p.a, T(1)};
        split_along const x_b{x, p.b, T(1)};
        split_along const g_from_b{g, p.b, T(1)};
        split_along const a_b{p.a, p.b, T(1)};
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_a = (T(2) * g_b - q) * x_a(i) - t * g_from_a(i) + q * t * b_a(i);
            T const to_b = (T(2) * w - t) * g_from_b(i) - q * x_b(i) + q * t * a_b(i);
            T const to_x = g(i) - q * (p.a(i) + p.b(i)) + T(2) * g_b * p.a(i);
            da(i) = to_a / p.a_length;
            db(i) = to_b / p.b_length;
            dx(i) = to_x;
        }
        return T(0);
    }
};

}  // namespace detail

namespace lorentz {

/// The rotation in the plane of the directions a and b that takes a to b, applied to the point X of the hyperboloid (or
/// of any model whose origin is 0, or to a tangent vector): an isometry that fixes the origin. a and b may have any
/// length but 0, and must not be opposite, where the plane is not defined. Any dimension, any strides; out may be any
/// input. Error ≤ 16 eps, norm-wise. c plays no part.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_rotation> rotation{};

/// Vector-Jacobian product: writes da, db and dX for the cotangent g of the output, which may be a, b and X, returns
/// the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_rotation> rotation_vjp{};

}  // namespace lorentz
}  // namespace hyspn
