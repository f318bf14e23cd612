// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// The metric is λ²⟨,⟩ with λ = 2/A and ∇log λ = cλx, A = 1 − c‖x‖², so its connection is
///     ∇_u Z = D_u Z + cλ (⟨x,u⟩Z + ⟨x,Z⟩u − ⟨u,Z⟩x).
/// For the field Z = e/λ² (egrad2rgrad of the Euclidean gradient e) and h = D_u e, D_u Z = h/λ² − 2cλ⟨x,u⟩e/λ², hence
/// with k = A/2 = 1/λ:
///     z = k² h + ck b,     b = ⟨x,e⟩u − ⟨x,u⟩e − ⟨u,e⟩x.
/// b is linear in each of x, e, u, and k̄ = 2k⟨g,h⟩ + c⟨g,b⟩:
///     h̄ = k² g,     ē = ck (⟨g,u⟩x − ⟨x,u⟩g − ⟨g,x⟩u),     ū = ck (⟨x,e⟩g − ⟨g,e⟩x − ⟨g,x⟩e),
///     x̄ = ck (⟨g,u⟩e − ⟨g,e⟩u − ⟨u,e⟩g) − ck̄ x,     c̄ = k⟨g,b⟩ − k̄‖x‖²/2.
struct poincare_ehess2rhess {
    static constexpr char const* name = "poincare::ehess2rhess";
    static constexpr argument inputs[] = {point("x"), tangent("egrad"), tangent("ehess"), tangent("u")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class E, class H, class U, class M>
    HYSPN_HD static void forward(curvature<T> const& curv, X x, E e, H h, U u, view<T, 1, M> out)
    {
        T const k = complement(curv.c(), x) / T(2), ck = curv.c() * k;
        T const xe = cdot(x, e), xu = cdot(x, u), ue = cdot(u, e);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = k * k * h(i) + ck * (xe * u(i) - xu * e(i) - ue * x(i));
    }

    template <class T, class X, class E, class H, class U, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& curv, X x, E e, H h, U u, G g, view<T, 1, M> dx, view<T, 1, M> de,
                          view<T, 1, M> dh, view<T, 1, M> du)
    {
        T const c = curv.c(), k = complement(c, x) / T(2), ck = c * k;
        T const xe = cdot(x, e), xu = cdot(x, u), ue = cdot(u, e), gx = cdot(g, x), ge = cdot(g, e), gu = cdot(g, u);
        T const gb = xe * gu - xu * ge - ue * gx, k_bar = T(2) * k * cdot(g, h) + c * gb;
        T const c_bar = k * gb - k_bar * squared_norm(x) / T(2);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const to_x = ck * (gu * e(i) - ge * u(i) - ue * g(i)) - c * k_bar * x(i);
            T const to_e = ck * (gu * x(i) - xu * g(i) - gx * u(i));
            T const to_u = ck * (xe * g(i) - ge * x(i) - gx * e(i));
            T const to_h = k * k * g(i);
            dx(i) = to_x;
            de(i) = to_e;
            dh(i) = to_h;
            du(i) = to_u;
        }
        return c_bar;
    }
};

}  // namespace detail

namespace poincare {

/// Riemannian Hessian-vector product at the point x of the Poincaré ball, ∇_u grad f, from the Euclidean gradient egrad
/// of f, the Euclidean Hessian-vector product ehess along u, and the tangent vector u:
///     out = ehess/λ_x² + (c/λ_x) (⟨x,egrad⟩u − ⟨x,u⟩egrad − ⟨u,egrad⟩x).
/// Any strides; out may be any input. Error ≤ 16 eps of the sum of the norms of the four terms, which may cancel (at a
/// saddle, say). As euclidean_to_riemannian_hessian of pymanopt's PoincareBall, at any curvature.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_ehess2rhess> ehess2rhess{};

/// Vector-Jacobian product: writes dx, degrad, dehess and du, in the order of the inputs, returns the cotangent of c.
/// Each may be its input.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_ehess2rhess> ehess2rhess_vjp{};

}  // namespace poincare
}  // namespace hyspn
