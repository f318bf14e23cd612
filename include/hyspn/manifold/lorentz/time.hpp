// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/lorentz_tangent.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// X₀ = √(1/c + ‖X‖²): X̄ = (g/X₀) X, c̄ = −g/(2c²X₀).
struct lorentz_time_part {
    static constexpr char const* name = "lorentz::time";
    static constexpr argument inputs[] = {point("X")};
    static constexpr bool scalar_output = true;
    static constexpr bool on_lanes = true;

    template <class T, class X>
    HYSPN_HD static T value(curvature<T> const& k, X x)
    {
        return lorentz_time(k, norm(x));
    }

    template <class T, class X, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, T g, view<T, 1, M> dx)
    {
        T const factor = g / value(k, x);
        for (index_t i = 0; i < x.extent(0); ++i) dx(i) = factor * x(i);
        return -factor / (T(2) * k.c() * k.c());
    }
};

}  // namespace detail

namespace lorentz {

/// Time part √(1/c + ‖X‖²) of the point of the hyperboloid ⟨x,x⟩_L = −1/c whose space part is X (any stride): with it
/// the ambient coordinates, time first. Error ≤ 16 eps for every finite X whose square is finite.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_time_part> time{};

/// Vector-Jacobian product: writes dX for the cotangent g of the value, dX may be X, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_time_part> time_vjp{};

}  // namespace lorentz
}  // namespace hyspn
