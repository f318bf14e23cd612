// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/pair_distance.hpp>

namespace hyspn {

namespace detail {

/// The larger of two keys and where it is, as a sum; of equal keys the lower index. `next` is the index + 1, 0 for
/// none.
template <class T>
struct farthest_of {
    T key;
    index_t next;

    HYSPN_HD farthest_of& operator+=(farthest_of const& other)
    {
        bool const larger = other.key > key || (other.key == key && other.next < next);
        if (other.next > 0 && (next == 0 || larger)) *this = other;
        return *this;
    }
};

/// Takes point `last` into the set: the key of each point to the set, and which is the farthest now. A point that is in
/// the set has the key −1.
template <class Pairs, class T, class M>
struct farthest_points_op {
    Pairs pairs;
    index_t last;
    bool first;
    view<T, 1, M> keys;

    HYSPN_HD farthest_of<T> operator()(index_t i) const
    {
        T const key = pairs.key(i, last);
        if (i == last)
            keys(i) = T(-1);
        else if (first || key < keys(i))
            keys(i) = key;
        return {keys(i), i + 1};
    }
};

}  // namespace detail

namespace points {

/// Points that cover an array, and how well the first k of them do.
template <class T>
struct farthest_points_result {
    tensor<index_t, 1> indices;  ///< [count], in the order of their choice
    tensor<T, 1> radii;          ///< [count]: every point lies within radii(k) of the first k + 1 chosen
};

/// Farthest-point sampling: from `start` on, the point farthest from those chosen so far; of equally far ones the one
/// with the lower index. The radii are at most twice the best possible for their number (Gonzalez 1985). points [N, D];
/// `distance` is poincare::dist or its like. O(count·N·D). Deterministic, the same for any number of threads. Throws
/// value_error unless 1 ≤ count ≤ N and 0 ≤ start < N.
template <execution_policy P, class Distance, class T, view_of_rank<2> X>
    requires same_space<P, X> farthest_points_result<T> farthest_points(P const& exec, Distance const&,
                                                                        curvature<T> const& c, X&& points,
                                                                        index_t count, index_t start = 0)
    {
        using M = typename P::memory_space;
        char const* const name = "farthest_points";
        view<T const, 2, M> const x = as_const(points);
        index_t const n = x.extent(0);
        detail::require_value(count >= 1 && count <= n, name, "count", "between 1 and the number of points",
                              static_cast<double>(count));
        detail::require_value(start >= 0 && start < n, name, "start", "the index of a point",
                              static_cast<double>(start));
        detail::prepared_pairs<T, M, Distance, P> const ready(exec, c, x, x);
        using pairs = detail::pair_distance<detail::formula_of<Distance>, T, M>;
        tensor<T, 1, M> keys(n);
        farthest_points_result<T> result{tensor<index_t, 1>(count), tensor<T, 1>(count)};
        index_t last = start;
        for (index_t k = 0; k < count; ++k) {
            result.indices(k) = last;
            auto const farthest =
                reduce(exec, n, detail::farthest_points_op<pairs, T, M>{ready.pairs, last, k == 0, as_view(keys)});
            result.radii(k) = farthest.key > T(0) ? ready.pairs.distance(farthest.key) : T(0);
            last = farthest.next - 1;
        }
        return result;
    }

}  // namespace points
}  // namespace hyspn
