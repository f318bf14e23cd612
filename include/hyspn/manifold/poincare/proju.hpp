// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// z = u: ū = g, x̄ = 0, c̄ = 0.
struct poincare_proju {
    static constexpr char const* name = "poincare::proju";
    static constexpr argument inputs[] = {point("x"), tangent("u")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class U, class M>
    HYSPN_HD static void forward(curvature<T> const&, X, U u, view<T, 1, M> out)
    {
        for (index_t i = 0; i < u.extent(0); ++i) out(i) = u(i);
    }

    template <class T, class X, class U, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const&, X, U, G g, view<T, 1, M> dx, view<T, 1, M> du)
    {
        for (index_t i = 0; i < g.extent(0); ++i) {
            T const cotangent = g(i);
            dx(i) = T(0);
            du(i) = cotangent;
        }
        return T(0);
    }
};

}  // namespace detail

namespace poincare {

/// Projection of the vector u on the tangent space of the Poincaré ball at the point x (any strides). The ball is an
/// open set, so every vector is tangent and out = u: it exists for code that is written for any manifold. out may be x
/// or u. Exact.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_proju> proju{};

/// Vector-Jacobian product: writes dx = 0 and du = g, returns the cotangent of c, 0. dx may be x, du may be u or g.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_proju> proju_vjp{};

}  // namespace poincare
}  // namespace hyspn
