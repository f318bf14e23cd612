// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>

#include <hyspn/core/leaf.hpp>
#include <hyspn/core/tensor.hpp>

/// \file
/// Learned points that say on which manifold they lie.

namespace hyspn {

/// The Poincaré ball of curvature −c as the home of learned points: rows of [N, D], or channel vectors of [C, H, W] and
/// [N, C, H, W]. c > 0 is checked by whoever computes with it.
template <class T>
struct poincare_ball {
    T c = T(1);
};

/// An array of learned points of a manifold. It starts at zero: for the ball, the origin.
///
///     manifold_points<poincare_ball, float, 2> points{tensor<float, 2>(n, 2), {.c = 0.5F}};
///
/// Alone it is a parameter aggregate of one leaf, "points"; in a larger one its leaf is manifold_leaf(values, space).
/// A curvature that is learned itself moves the ball under its points: when it grows, points near the boundary end up
/// outside. Rescale them with it, or learn tangent coordinates at the origin instead, which are plain numbers.
template <template <class> class Space, class T, std::size_t Rank, class M = memory::host>
struct manifold_points {
    tensor<T, Rank, M> values;
    Space<T> space{};

    friend auto as_view(manifold_points& p) { return as_view(p.values); }
    friend auto as_view(manifold_points const& p) { return as_view(p.values); }

    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, manifold_points>
    friend void for_each_leaf(Self& p, F&& f) { f("points", manifold_leaf(p.values, p.space)); }
};

/// The leaf of an array of points of `space`.
template <view_like X, class Space>
auto manifold_leaf(X& x, Space const& space)
{
    return leaf_view<Space, typename view_of<X>::element_type, rank_of<X>, memory_of<X>>(as_view(x), space);
}

}  // namespace hyspn
