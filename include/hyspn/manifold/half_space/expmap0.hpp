// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/half_space/expmap.hpp>

namespace hyspn {

namespace detail {

/// expmap at (0, R), R = 1/√c; c̄ is the share of R.
struct half_space_expmap0 {
    static constexpr char const* name = "half_space::expmap0";
    static constexpr argument inputs[] = {tangent("v")};
    static constexpr bool scalar_output = false;

    template <class T, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, V v, view<T, 1, M> out)
    {
        T const radius = k.radius();
        half_space_expmap::step<T, V> const to(radius, v);
        index_t const last = v.extent(0) - 1;
        for (index_t i = 0; i < last; ++i) out(i) = to.moved(v(i));
        out(last) = radius * to.q;
    }

    template <class T, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, V v, G g, view<T, 1, M> dv)
    {
        return radius_to_c(k, half_space_expmap::pull_back(k.radius(), v, g, dv));
    }
};

}  // namespace detail

namespace half_space {

/// Exponential map of the upper half-space at its base point (0, …, 0, R), R = 1/√c, the image of the origins of the
/// other models. Lengths there are Euclidean: the distance from the base point is ‖v‖. out may be v. Error ≤ 16 eps,
/// norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_expmap0> expmap0{};

/// Vector-Jacobian product: writes dv for the cotangent g of the output, dv may be v, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_expmap0> expmap0_vjp{};

}  // namespace half_space
}  // namespace hyspn
