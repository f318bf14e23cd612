// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#include <hyspn/core/math.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// Errors of a depth map at depth edges, where propagation bleeds from one surface into the other, and away from them.

namespace hyspn::metrics {

/// What a depth edge is, and how far around it is looked.
struct depth_edge_options {
    /// Two neighbouring pixels with depths a < b are an edge where b − a > jump·a.
    double jump = 0.1;
    bool diagonal = true;  ///< eight neighbours, else four
    double radius = 3;     ///< pixels from an edge that are near it, Euclidean, at least 0
    /// Depths between the two sides' count as bleeding when they keep this share of the gap from either; from 0 to 0.5.
    double margin = 0.1;
};

/// Depths in metres. Errors over no pixels are NaN.
struct depth_edge_errors {
    double near_rmse = 0;  ///< root mean square error near edges
    double near_mae = 0;   ///< mean absolute error near edges
    double far_rmse = 0;   ///< the same elsewhere
    double far_mae = 0;    ///< the same elsewhere
    double bleeding = 0;   ///< share of n_sided whose prediction lies between the two sides
    index_t n_near = 0;    ///< pixels counted near edges
    index_t n_far = 0;     ///< pixels counted elsewhere
    index_t n_sided = 0;   ///< pixels near edges whose true depth is not itself between the two sides
};

namespace detail {

/// The two depths of an edge; none where back is 0.
struct edge_sides {
    double front = 0, back = 0;

    /// Whether a depth lies between them, the margin away from either.
    bool encloses(double depth, double margin) const
    {
        double const gap = back - front;
        return depth > multiply_add(margin, gap, front) && depth < multiply_add(-margin, gap, back);
    }
};

/// Of each pixel the sides of the edge to that of its neighbours from which the jump is greatest.
template <class T>
struct edge_sides_op {
    view<T const, 2> truth;
    double jump;
    bool diagonal;
    view<edge_sides, 2> sides;

    dims<2> shape() const { return sides.extents(); }
    void operator()(index_t i, index_t j) const
    {
        edge_sides best;
        for (index_t dy = -1; dy <= 1; ++dy)
            for (index_t dx = -1; dx <= 1; ++dx) {
                if (!diagonal && dy != 0 && dx != 0) continue;
                auto const s = edge(depth(i, j), depth(i + dy, j + dx));
                if (s.back - s.front > best.back - best.front) best = s;
            }
        sides(i, j) = best;
    }

private:
    double depth(index_t i, index_t j) const
    {
        bool const inside = i >= 0 && i < truth.extent(0) && j >= 0 && j < truth.extent(1);
        return inside ? static_cast<double>(truth(i, j)) : 0;
    }
    edge_sides edge(double a, double b) const
    {
        if (!(a > 0 && b > 0)) return {};
        edge_sides const s{a < b ? a : b, a < b ? b : a};
        return s.back - s.front > jump * s.front ? s : edge_sides{};
    }
};

/// The sides of the edge pixel nearest to (i, j) within the radius, of equals the first in raster order; none if none
/// is.
inline edge_sides nearest_edge(view<edge_sides const, 2> const& sides, double radius, index_t i, index_t j)
{
    auto const r = static_cast<index_t>(radius);
    auto const bottom = i + r < sides.extent(0) ? i + r : sides.extent(0) - 1;
    auto const right = j + r < sides.extent(1) ? j + r : sides.extent(1) - 1;
    edge_sides nearest;
    double least = std::nextafter(radius * radius, HUGE_VAL);
    for (index_t y = i > r ? i - r : 0; y <= bottom; ++y)
        for (index_t x = j > r ? j - r : 0; x <= right; ++x) {
            auto const square = static_cast<double>((y - i) * (y - i) + (x - j) * (x - j));
            if (square < least && sides(y, x).back > 0) {
                least = square;
                nearest = sides(y, x);
            }
        }
    return nearest;
}

struct depth_edge_sums {
    double near_square = 0, near_absolute = 0, near = 0, far_square = 0, far_absolute = 0, far = 0;
    double between = 0, sided = 0;

    depth_edge_sums& operator+=(depth_edge_sums const& o)
    {
        near_square += o.near_square;
        near_absolute += o.near_absolute;
        near += o.near;
        far_square += o.far_square;
        far_absolute += o.far_absolute;
        far += o.far;
        between += o.between;
        sided += o.sided;
        return *this;
    }
};

template <class T>
struct depth_edge_op {
    view<T const, 2> prediction, truth, given;
    view<edge_sides const, 2> sides;
    double radius, margin;

    depth_edge_sums operator()(index_t pixel) const
    {
        index_t const i = pixel / truth.extent(1), j = pixel % truth.extent(1);
        auto const t = static_cast<double>(truth(i, j)), p = static_cast<double>(prediction(i, j));
        if (!(t > 0) || (given.size() > 0 && given(i, j) > T(0))) return {};
        double const e = p - t, square = unfused(e * e);
        auto const s = nearest_edge(sides, radius, i, j);
        depth_edge_sums sums;
        if (!(s.back > 0)) {
            sums.far_square = square;
            sums.far_absolute = std::fabs(e);
            sums.far = 1;
            return sums;
        }
        sums.near_square = square;
        sums.near_absolute = std::fabs(e);
        sums.near = 1;
        if (s.encloses(t, margin)) return sums;
        sums.sided = 1;
        sums.between = s.encloses(p, margin) ? 1 : 0;
        return sums;
    }
};

/// 1 where an edge pixel lies within the radius.
struct near_edge_op {
    view<edge_sides const, 2> sides;
    double radius;
    view<std::uint8_t, 2> near;

    dims<2> shape() const { return near.extents(); }
    void operator()(index_t i, index_t j) const { near(i, j) = nearest_edge(sides, radius, i, j).back > 0 ? 1 : 0; }
};

inline void require_edge_options(char const* function, depth_edge_options const& o)
{
    using hyspn::detail::require_value;
    require_value(o.jump > 0 && std::isfinite(o.jump), function, "jump", "positive and finite", o.jump);
    require_value(o.radius >= 0 && o.radius <= 1e6, function, "radius", "from 0 to a million", o.radius);
    require_value(o.margin >= 0 && o.margin < 0.5, function, "margin", "at least 0 and below 0.5", o.margin);
}

template <execution_policy P, class T>
tensor<edge_sides, 2> sides_of(P const& exec, view<T const, 2> const& truth, depth_edge_options const& o)
{
    tensor<edge_sides, 2> sides(truth.extents());
    hyspn::detail::dispatch(exec, edge_sides_op<T>{truth, o.jump, o.diagonal, as_view(sides)});
    return sides;
}

}  // namespace detail

/// Errors of `prediction` [H, W] near the edges of `truth` [H, W] and away from them, over the pixels that
/// metrics::depth counts: truth positive and, if `given` [H, W] is not empty, `given` not.
///
/// Both pixels of an edge are edge pixels, with the two depths as its sides (of several edges, those with the widest
/// gap). A pixel is near where an edge pixel lies within `radius`, and has the sides of the nearest. The prediction
/// bleeds where it lies between the two depths while the truth does not: a depth that belongs to no surface. Edges are
/// sought in the whole truth, whether counted or not.
///
/// Sums run in double in a fixed order: the same bits on every host policy and any number of threads. O(H·W·radius²).
/// Throws shape_error, value_error.
template <execution_policy P, view_of_rank<2> X, view_of_rank<2> Y, view_of_rank<2> Z>
    requires same_space<P, X, Y, Z> depth_edge_errors depth_edges(P const& exec, X const& prediction, Y const& truth,
                                                                  Z const& given,
                                                                  depth_edge_options const& options = {})
    {
        constexpr auto function = "metrics::depth_edges";
        using T = value_type_of<X const>;
        auto const p = as_const(prediction), t = as_const(truth), g = as_const(given);
        hyspn::detail::require_shape(function, "prediction", "[H, W] of truth", p.extents(), t.extents());
        if (g.size() > 0) hyspn::detail::require_shape(function, "given", "[H, W] of truth", g.extents(), t.extents());
        detail::require_edge_options(function, options);
        auto const sides = detail::sides_of(exec, t, options);
        auto const s =
            reduce(exec, t.size(), detail::depth_edge_op<T>{p, t, g, as_const(sides), options.radius, options.margin});
        return {std::sqrt(s.near_square / s.near),
                s.near_absolute / s.near,
                std::sqrt(s.far_square / s.far),
                s.far_absolute / s.far,
                s.between / s.sided,
                static_cast<index_t>(s.near),
                static_cast<index_t>(s.far),
                static_cast<index_t>(s.sided)};
    }

/// The same over every pixel with truth.
template <execution_policy P, view_of_rank<2> X, view_of_rank<2> Y>
    requires same_space<P, X, Y> depth_edge_errors depth_edges(P const& exec, X const& prediction, Y const& truth,
                                                               depth_edge_options const& options = {})
    {
        return depth_edges(exec, prediction, truth, view<value_type_of<Y const> const, 2>{}, options);
    }

/// Where depth_edges counts pixels as near an edge of `truth` [H, W], metres: 1 there, else 0. Throws value_error.
template <execution_policy P, view_of_rank<2> Y>
    requires same_space<P, Y> tensor<std::uint8_t, 2> near_depth_edges(P const& exec, Y const& truth,
                                                                       depth_edge_options const& options = {})
    {
        detail::require_edge_options("metrics::near_depth_edges", options);
        auto const sides = detail::sides_of(exec, as_const(truth), options);
        tensor<std::uint8_t, 2> near(sides.extents());
        hyspn::detail::dispatch(exec, detail::near_edge_op{as_const(sides), options.radius, as_view(near)});
        return near;
    }

}  // namespace hyspn::metrics
