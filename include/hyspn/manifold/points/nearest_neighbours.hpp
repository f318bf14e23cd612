// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include <hyspn/manifold/detail/pair_distance.hpp>

namespace hyspn {

namespace detail {

/// The k smallest keys of a row in ascending order, by insertion; of equal ones the lower index first.
template <class Pairs, class T, class M>
struct nearest_neighbours_op {
    static constexpr T infinity = std::numeric_limits<T>::infinity();  // device code may not call numeric_limits
    Pairs pairs;
    view<T, 2, M> distances;
    view<index_t, 2, M> indices;

    dims<2> shape() const { return {{distances.extent(0), 1}}; }
    HYSPN_HD void operator()(index_t i, index_t) const
    {
        index_t const k = distances.extent(1), n = pairs.y.extent(0);
        index_t found = 0;
        for (index_t j = 0; j < n; ++j) {
            T key = pairs.key(i, j);
            if (!(key == key)) key = infinity;
            if (found == k && !(key < distances(i, k - 1))) continue;
            index_t at = found < k ? found++ : k - 1;
            for (; at > 0 && key < distances(i, at - 1); --at) {
                distances(i, at) = distances(i, at - 1);
                indices(i, at) = indices(i, at - 1);
            }
            distances(i, at) = key;
            indices(i, at) = j;
        }
        for (index_t r = 0; r < k; ++r) distances(i, r) = pairs.distance(distances(i, r));
    }
};

}  // namespace detail

namespace points {

/// The k nearest of `points` [M, D] for each of `queries` [N, D], by distance: distances and indices, both [N, k], in
/// ascending order, of equally far points the one with the lower index first. `distance` is poincare::dist or its like
/// of another model. Exact, by comparing with every point: O(NMD). A distance that is NaN, of points outside the space,
/// counts as infinite. Deterministic. Throws shape_error, value_error unless 1 ≤ k ≤ M.
template <execution_policy P, class Distance, class T, view_of_rank<2> Q, view_of_rank<2> X, view_of_rank<2> O,
          view_of_rank<2> I>
    requires same_space<P, Q, X, O, I>
void nearest_neighbours(P const& exec, Distance const&, curvature<T> const& c, Q&& queries, X&& points, O&& distances,
                        I&& indices)
{
    using M = typename P::memory_space;
    char const* const name = "nearest_neighbours";
    view<T const, 2, M> const from = as_const(queries), to = as_const(points);
    view<T, 2, M> const d = as_view(distances);
    view<index_t, 2, M> const at = as_view(indices);
    detail::require_shape(name, "points", "[M, D] of queries", to.extents(), dims<2>{{to.extent(0), from.extent(1)}});
    detail::require_shape(name, "distances", "[N, k] of queries", d.extents(), dims<2>{{from.extent(0), d.extent(1)}});
    detail::require_shape(name, "indices", "those of distances", at.extents(), d.extents());
    detail::require_value(d.extent(1) >= 1 && d.extent(1) <= to.extent(0), name, "k",
                          "between 1 and the number of points", static_cast<double>(d.extent(1)));
    detail::prepared_pairs<T, M, Distance, P> const ready(exec, c, from, to);
    using pairs = detail::pair_distance<detail::formula_of<Distance>, T, M>;
    detail::dispatch(exec, detail::nearest_neighbours_op<pairs, T, M>{ready.pairs, d, at});
}

}  // namespace points
}  // namespace hyspn
