// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/manifold/detail/pair_distance.hpp>

/// \file
/// How tree-like a metric is. A space is δ-hyperbolic when for any four points the two larger of the sums
/// d(x,y)+d(z,w), d(x,z)+d(y,w), d(x,w)+d(y,z) differ by at most 2δ (Gromov 1987); trees have δ = 0, the hyperbolic
/// plane of curvature −c has δ = log 2/√c. In Gromov products, (x,z)_w ≥ min((x,y)_w, (y,z)_w) − δ for all four.

namespace hyspn {

namespace points {

template <class T>
struct hyperbolicity {
    T delta = T(0);
    T diameter = T(0);
    /// 2δ over the diameter: 0 for trees, at most 1 (Borassi et al. 2015; Khrulkov et al. 2020).
    T relative() const { return diameter > T(0) ? T(2) * delta / diameter : T(0); }
};

}  // namespace points

namespace detail {

/// Largest of what is added up.
template <class T>
struct hyperbolicity_sum {
    T delta, diameter;
    HYSPN_HD hyperbolicity_sum& operator+=(hyperbolicity_sum const& other)
    {
        delta = other.delta > delta ? other.delta : delta;
        diameter = other.diameter > diameter ? other.diameter : diameter;
        return *this;
    }
};

/// Half the difference of the two larger sums.
template <class T>
HYSPN_HD T four_point_delta(T a, T b, T c)
{
    T const low = a < b ? a : b, high = a < b ? b : a;
    T const largest = high > c ? high : c, second = high > c ? (low > c ? low : c) : high;
    return (largest - second) / T(2);
}

/// Everything that has i as its largest index.
template <class T>
struct exact_hyperbolicity_op {
    view<T const, 2> d;
    view<hyperbolicity_sum<T>, 1> out;
    dims<2> shape() const { return {{d.extent(0), 1}}; }
    void operator()(index_t i, index_t) const
    {
        hyperbolicity_sum<T> worst{T(0), T(0)};
        for (index_t j = 0; j < i; ++j) {
            worst += {T(0), d(i, j)};
            for (index_t k = 0; k < j; ++k)
                for (index_t l = 0; l < k; ++l)
                    worst += {four_point_delta(d(i, j) + d(k, l), d(i, k) + d(j, l), d(i, l) + d(j, k)), T(0)};
        }
        out(i) = worst;
    }
};

/// max_z over (x, z) of max_y min((x,y)_w, (y,z)_w) − (x,z)_w for row x, w fixed.
template <class T>
struct based_hyperbolicity_op {
    view<T const, 2> d;
    index_t w;
    view<hyperbolicity_sum<T>, 1> out;
    dims<2> shape() const { return {{d.extent(0), 1}}; }
    T product(index_t x, index_t y) const { return (d(x, w) + d(y, w) - d(x, y)) / T(2); }
    void operator()(index_t x, index_t) const
    {
        hyperbolicity_sum<T> worst{T(0), T(0)};
        for (index_t z = 0; z < d.extent(0); ++z) {
            T best = product(x, z);
            for (index_t y = 0; y < d.extent(0); ++y) {
                T const a = product(x, y), b = product(y, z), least = a < b ? a : b;
                best = least > best ? least : best;
            }
            worst += {best - product(x, z), d(x, z)};
        }
        out(x) = worst;
    }
};

/// One quadruple drawn at random, with replacement, from a stream of its own.
template <class Pairs, class T>
struct sampled_hyperbolicity_op {
    Pairs pairs;
    std::uint64_t seed;
    HYSPN_HD hyperbolicity_sum<T> operator()(index_t n) const
    {
        random_stream stream(random_stream(seed ^ (static_cast<std::uint64_t>(n) * 0xd1342543de82ef95u)).bits());
        index_t const all = pairs.x.extent(0);
        index_t const x = stream.below(all), y = stream.below(all), z = stream.below(all), w = stream.below(all);
        T const d[6] = {pairs(x, y), pairs(z, w), pairs(x, z), pairs(y, w), pairs(x, w), pairs(y, z)};
        hyperbolicity_sum<T> worst{four_point_delta(d[0] + d[1], d[2] + d[3], d[4] + d[5]), T(0)};
        for (T length : d) worst += hyperbolicity_sum<T>{T(0), length};
        return worst;
    }
};

template <class P, class T>
view<T const, 2> checked_distances(char const* function, view<T const, 2> d)
{
    static_assert(std::same_as<typename P::memory_space, memory::host>, "on the host: exec::seq or exec::omp");
    require_shape(function, "distances", "a square matrix", d.extents(), dims<2>{{d.extent(0), d.extent(0)}});
    return d;
}

template <class T>
points::hyperbolicity<T> largest(std::vector<hyperbolicity_sum<T>> const& rows)
{
    hyperbolicity_sum<T> worst{T(0), T(0)};
    for (auto const& row : rows) worst += row;
    return {worst.delta, worst.diameter};
}

}  // namespace detail

namespace points {

/// δ of a matrix of distances [N, N] (symmetric; what lies above the diagonal is not read), over all quadruples:
/// O(N⁴/24), 65 million for 200 points. On the host. Throws shape_error.
template <execution_policy P, view_of_rank<2> X>
    requires same_space<P, X>
auto delta_hyperbolicity(P const& exec, X&& distances)
{
    using T = value_type_of<X>;
    auto const d = detail::checked_distances<P>("delta_hyperbolicity", as_const(distances));
    std::vector<detail::hyperbolicity_sum<T>> rows(static_cast<std::size_t>(d.extent(0)));
    detail::dispatch(exec, detail::exact_hyperbolicity_op<T>{d, {rows.data(), dims<1>{{d.extent(0)}}}});
    return detail::largest(rows);
}

/// The same with one of the four points fixed, by the (max, min) product of Gromov products at `base`: δ_w ≤ δ ≤ 2δ_w.
/// O(N³). Fournier et al. 2015.
template <execution_policy P, view_of_rank<2> X>
    requires same_space<P, X>
auto delta_hyperbolicity_at(P const& exec, X&& distances, index_t base)
{
    using T = value_type_of<X>;
    char const* const name = "delta_hyperbolicity_at";
    auto const d = detail::checked_distances<P>(name, as_const(distances));
    detail::require_value(base >= 0 && base < d.extent(0), name, "base", "the index of a point",
                          static_cast<double>(base));
    std::vector<detail::hyperbolicity_sum<T>> rows(static_cast<std::size_t>(d.extent(0)));
    detail::dispatch(exec, detail::based_hyperbolicity_op<T>{d, base, {rows.data(), dims<1>{{d.extent(0)}}}});
    return detail::largest(rows);
}

/// δ of points [N, D] over `samples` random quadruples, and the largest distance in them: lower bounds of both.
/// `distance` is poincare::dist or its like. The same for any number of threads. Throws value_error.
template <execution_policy P, class Distance, class T, view_of_rank<2> X>
    requires same_space<P, X> hyperbolicity<T> sampled_delta_hyperbolicity(P const& exec, Distance const&,
                                                                           curvature<T> const& c, X&& points,
                                                                           index_t samples, std::uint64_t seed)
    {
        using M = typename P::memory_space;
        char const* const name = "sampled_delta_hyperbolicity";
        view<T const, 2, M> const x = as_const(points);
        detail::require_value(samples >= 0, name, "samples", "at least 0", static_cast<double>(samples));
        detail::require_value(x.extent(0) > 0, name, "the number of points", "at least 1", 0);
        detail::prepared_pairs<T, M, Distance, P> const ready(exec, c, x, x);
        using pairs = detail::pair_distance<detail::formula_of<Distance>, T, M>;
        auto const worst = reduce(exec, samples, detail::sampled_hyperbolicity_op<pairs, T>{ready.pairs, seed});
        return {worst.delta, worst.diameter};
    }

}  // namespace points
}  // namespace hyspn
