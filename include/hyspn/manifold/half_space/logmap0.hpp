// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/half_space/logmap.hpp>

namespace hyspn {

namespace detail {

/// logmap at (0, R), R = 1/√c, with ξ_D = (c‖x‖²−1)/(2s x_D), which needs no rounded R; c̄ is the share of R.
struct half_space_logmap0 {
    static constexpr char const* name = "half_space::logmap0";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = false;

    template <class T, class X>
    HYSPN_HD static T rise(curvature<T> const& k, X x)
    {
        return -complement(k.c(), x) / (T(2) * k.sqrt_c() * height(x));
    }

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        half_space_logmap::write(half_space_logmap::on_axis<T>{x.extent(0), k.radius()}, x, rise(k, x), out);
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        half_space_logmap::on_axis<T> const base{x.extent(0), k.radius()};
        return radius_to_c(k, half_space_logmap::pull_back<T>(base, x, rise(k, x), g, dx));
    }
};

}  // namespace detail

namespace half_space {

/// Logarithmic map of the upper half-space at its base point (0, …, 0, R), R = 1/√c: the inverse of
/// half_space::expmap0. out may be x. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_logmap0> logmap0{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_logmap0> logmap0_vjp{};

}  // namespace half_space
}  // namespace hyspn
