// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn::detail {

/// From the formula of x ∘ y that of x ∘ (−y). Negation is exact, so values, cotangents and their errors are those of
/// the sum. A formula derives from it and adds its name.
template <class Sum>
struct negated_right {
    static constexpr argument inputs[] = {Sum::inputs[0], Sum::inputs[1]};
    static constexpr bool scalar_output = false;

    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, Y y, view<T, 1, M> out)
    {
        Sum::forward(k, x, scaled{T(-1), y}, out);
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y y, G g, view<T, 1, M> dx, view<T, 1, M> dy)
    {
        T const c_bar = Sum::vjp(k, x, scaled{T(-1), y}, g, dx, dy);
        for (index_t i = 0; i < dy.extent(0); ++i) dy(i) = -dy(i);
        return c_bar;
    }
};

}  // namespace hyspn::detail
