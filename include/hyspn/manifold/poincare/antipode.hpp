// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// z = −x: x̄ = −g, c̄ = 0.
struct poincare_antipode {
    static constexpr char const* name = "poincare::antipode";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const&, X x, view<T, 1, M> out)
    {
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = -x(i);
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const&, X x, G g, view<T, 1, M> dx)
    {
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = -g(i);
        return T(0);
    }
};

}  // namespace detail

namespace poincare {

/// The point opposite to x in the Poincaré ball, out = −x (any stride): its mirror image in the origin and its inverse
/// under Möbius addition. out may be x. Exact. (A hyperbolic space has no farthest point; this is what other libraries
/// call antipode at negative curvature.)
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_antipode> antipode{};

/// Vector-Jacobian product: writes dx = −g, returns the cotangent of c, 0. dx may be x or g.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_antipode> antipode_vjp{};

}  // namespace poincare
}  // namespace hyspn
