// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include <hyspn/core/compensated.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/manifold/curvature.hpp>

/// \file
/// What operations on weighted sets of points of the Poincaré ball share: batches of sets, a point held to twice the
/// working precision, and scratch memory. A set is K weights and K points; a batch is weights [N, K], points [N, K, D].

namespace hyspn::detail {

/// A point high + low of the ball. Points of a set may lie closer to their mean than the coordinates of the mean can
/// say; what is computed from differences to the mean needs its digits beyond the rounding.
template <class T, class M>
struct fine_point {
    view<T, 1, M> high, low;

    HYSPN_HD index_t extent(std::size_t) const { return high.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return high(i) + low(i); }

    template <class X>
    HYSPN_HD void set(X const& x) const
    {
        for (index_t i = 0; i < extent(0); ++i) {
            high(i) = x(i);
            low(i) = T(0);
        }
    }

    /// 1 − c‖·‖².
    HYSPN_HD T complement(T c) const { return hyspn::complement(c, high) - T(2) * c * dot(high, low); }

    /// this ⊕ r for a vector r of complement b = 1 − c‖r‖², given this one's complement a, in the form of an increment,
    /// m + a (r + c‖r‖²m)/(ab + c‖m+r‖²): what is added is known to its own last digit.
    template <class R>
    HYSPN_HD void advance(T c, T a, R const& r, T b) const
    {
        T const square = c * squared_norm(r), d = a * b + c * squared_norm(sum<view<T, 1, M>, R>{high, r});
        for (index_t i = 0; i < extent(0); ++i) {
            T const step = low(i) + a * (r(i) + square * high(i)) / d;
            auto const s = two_sum(high(i), step);
            high(i) = s.high;
            low(i) = s.low;
        }
    }
};

/// sign·y − m, element by element, to the last digit of the difference.
template <class T, class Y, class M>
struct fine_difference {
    T sign;
    Y y;
    fine_point<T, M> m;
    HYSPN_HD index_t extent(std::size_t) const { return m.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return (sign * y(i) - m.high(i)) - m.low(i); }
};

/// Running sums of vectors, compensated: the error does not grow with the number of points.
template <class T, class M>
struct vector_sum {
    view<T, 1, M> high, low;

    HYSPN_HD index_t extent(std::size_t) const { return high.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return high(i) + low(i); }
    HYSPN_HD void clear() const
    {
        for (index_t i = 0; i < extent(0); ++i) high(i) = low(i) = T(0);
    }
    HYSPN_HD void add(index_t i, T a) const
    {
        auto const s = two_sum(high(i), a);
        high(i) = s.high;
        low(i) += s.low;
    }
};

/// Memory of one set, cut into vectors one after the other.
template <class T, class M>
struct scratch_cursor {
    T* next;
    HYSPN_HD view<T, 1, M> take(index_t n)
    {
        view<T, 1, M> const v(next, dims<1>{{n}});
        next += n;
        return v;
    }
};

/// One set: sign·a of each weight, a ≤ 1 relative to the heaviest, and the points. A negative weight counts as its
/// absolute value at the opposite point (HNN++'s rule: |w| in the denominator).
template <class T, class M>
struct signed_set {
    view<T const, 1, M> weights;  ///< [K]
    view<T const, 2, M> points;   ///< [K, D]
    index_t heaviest;
    T unit;  ///< |w| of the heaviest; 0 when all are

    HYSPN_HD signed_set(view<T const, 1, M> w, view<T const, 2, M> x) : weights(w), points(x), heaviest(0), unit(0)
    {
        using std::fabs;
        for (index_t k = 0; k < size(); ++k) {
            T const a = fabs(weights(k));
            if (unit >= a) continue;  // also takes up NaN, so that it is seen
            unit = a;
            heaviest = k;
        }
    }
    HYSPN_HD index_t size() const { return weights.extent(0); }
    HYSPN_HD bool empty() const { return unit == T(0); }
    HYSPN_HD T sign(index_t k) const { return weights(k) < T(0) ? T(-1) : T(1); }
    HYSPN_HD T mass(index_t k) const { return sign(k) * weights(k) / unit; }
    HYSPN_HD scaled<T, view<T const, 1, M>> point(index_t k) const { return {sign(k), points[k]}; }
    HYSPN_HD fine_difference<T, view<T const, 1, M>, M> from(fine_point<T, M> const& m, index_t k) const
    {
        return {sign(k), points[k], m};
    }
};

/// A set in the ball, with the complements of its points.
template <class T, class M>
struct weighted_set : signed_set<T, M> {
    view<T, 1, M> complements;  ///< [K], 1 − c‖x_k‖²

    HYSPN_HD weighted_set(T c, view<T const, 1, M> w, view<T const, 2, M> x, view<T, 1, M> complements_)
        : signed_set<T, M>(w, x), complements(complements_)
    {
        for (index_t k = 0; k < x.extent(0); ++k) complements(k) = complement(c, x[k]);
    }
};

/// A batch of sets.
template <class T, class M>
struct set_batch {
    view<T const, 2, M> weights;  ///< [N, K]
    view<T const, 3, M> points;   ///< [N, K, D]

    index_t count() const { return points.extent(0); }
    HYSPN_HD index_t size() const { return points.extent(1); }
    HYSPN_HD index_t extent() const { return points.extent(2); }
    /// One row a set on every driver: sets are few and heavy.
    dims<2> shape() const { return {{count(), 1}}; }
};

/// A batch whose weights fit its points. Throws shape_error.
template <class T, class M>
set_batch<T, M> checked_sets(char const* function, view<T const, 2, M> weights, view<T const, 3, M> points)
{
    dims<3> const e = points.extents();
    require_shape(function, "weights", "[N, K] of points", weights.extents(), dims<2>{{e[0], e[1]}});
    return {weights, points};
}

/// How many sets need scratch memory of their own: all, but where a policy brings memory for each of its threads.
template <class P, class T, class M>
index_t sets_with_scratch(P const&, set_batch<T, M> const& sets)
{
    return sets.count();
}

/// Reads values that were left one a set.
template <class T, class M>
struct read_number {
    view<T const, 1, M> x;
    HYSPN_HD T operator()(index_t i) const { return x(i); }
};

}  // namespace hyspn::detail
