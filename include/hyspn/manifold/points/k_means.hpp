// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstdint>
#include <utility>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/manifold/poincare/frechet_mean.hpp>
#include <hyspn/manifold/points/nearest_neighbours.hpp>

namespace hyspn {

namespace points {

struct k_means_options {
    index_t clusters = 8;
    std::uint64_t seed = 0;
    index_t max_iterations = 100;
    double mean_tolerance = 0;  ///< of the Fréchet means, frechet_options::tolerance
};

template <class T>
struct k_means_result {
    tensor<T, 2> centers;       ///< [clusters, D], Fréchet means of their members
    tensor<index_t, 1> labels;  ///< [N], the nearest centre
    T inertia = T(0);           ///< Σ d²(x, its centre)
    index_t iterations = 0;
    bool converged = false;  ///< no label changed in the last iteration
};

}  // namespace points

namespace detail {

/// Lloyd's algorithm on the ball, on the host.
template <class P, class T>
class k_means_run {
public:
    k_means_run(P const& exec, curvature<T> const& c, view<T const, 2> x, points::k_means_options const& options)
        : exec_(exec), c_(c), x_(x), options_(options), nearest_(x.extent(0), 1), index_(x.extent(0), 1)
    {
        result_.centers = tensor<T, 2>(options.clusters, x.extent(1));
        result_.labels = tensor<index_t, 1>(x.extent(0));
        for (index_t& label : result_.labels) label = -1;
    }

    points::k_means_result<T> run()
    {
        seed();
        while (!result_.converged && result_.iterations < options_.max_iterations) {
            ++result_.iterations;
            result_.converged = !assign();
            if (!result_.converged) update();
        }
        if (!result_.converged) assign();
        compensated_sum<T> sum(T(0));
        for (T d : nearest_) sum.add_product(d, d);
        result_.inertia = sum.value();
        return std::move(result_);
    }

private:
    /// k-means++ (Arthur and Vassilvitskii 2007): each centre a point drawn with a chance in proportion to its squared
    /// distance from the centres before it.
    void seed()
    {
        random_stream random(options_.seed);
        index_t const n = x_.extent(0);
        index_t chosen = random.below(n);
        std::vector<double> chance(static_cast<std::size_t>(n), -1);
        for (index_t k = 0;; ++k) {
            copy(x_[chosen], as_view(result_.centers)[k]);
            if (k + 1 == options_.clusters) return;
            find_nearest(k, k + 1);
            double total = 0;
            for (index_t i = 0; i < n; ++i) {
                double const d = static_cast<double>(nearest_(i, 0));
                double& p = chance[static_cast<std::size_t>(i)];
                p = p < 0 || d * d < p ? d * d : p;
                total += p;
            }
            double left = random.uniform() * total;
            chosen = n - 1;
            for (index_t i = 0; i < n; ++i) {
                left -= chance[static_cast<std::size_t>(i)];
                if (!(left < 0)) continue;
                chosen = i;
                break;
            }
        }
    }

    /// Nearest of the centres first … last − 1.
    void find_nearest(index_t first, index_t last)
    {
        view<T const, 2> const some(&result_.centers(first, 0), dims<2>{{last - first, x_.extent(1)}});
        points::nearest_neighbours(exec_, poincare::dist, c_, x_, some, nearest_, index_);
    }

    /// True when a label has changed.
    bool assign()
    {
        find_nearest(0, options_.clusters);
        bool changed = false;
        for (index_t i = 0; i < x_.extent(0); ++i) {
            changed = changed || result_.labels(i) != index_(i, 0);
            result_.labels(i) = index_(i, 0);
        }
        return changed;
    }

    /// Centres to the means of their members; one without members to the point farthest from its centre.
    void update()
    {
        group();
        for (index_t k = 0; k < options_.clusters; ++k)
            if (size(k) == 0) {
                index_t const taken = farthest();
                copy(x_[taken], as_view(result_.centers)[k]);
                nearest_(taken, 0) = T(0);
            }
        auto const clusters = as_view(result_.centers);
        parallel_for(exec_, dims<2>{{options_.clusters, 1}}, [&](index_t k, index_t) {
            if (size(k) > 0) center_of(k, clusters[k]);
        });
    }

    void center_of(index_t k, view<T, 1> center) const
    {
        T const one(1);
        view<T const, 1> const equal(&one, dims<1>{{size(k)}}, dims<1>{{0}});
        view<T const, 2> const members(grouped_.data() + start_[static_cast<std::size_t>(k)] * x_.extent(1),
                                       dims<2>{{size(k), x_.extent(1)}});
        poincare::frechet_mean(c_, equal, members, center, {.tolerance = options_.mean_tolerance});
    }

    /// Sorts the points by cluster.
    void group()
    {
        start_.assign(static_cast<std::size_t>(options_.clusters) + 1, 0);
        for (index_t label : result_.labels) ++start_[static_cast<std::size_t>(label) + 1];
        for (std::size_t k = 1; k < start_.size(); ++k) start_[k] += start_[k - 1];
        if (grouped_.size() == 0) grouped_ = tensor<T, 2>(x_.extents());
        auto next = start_;
        for (index_t i = 0; i < x_.extent(0); ++i)
            copy(x_[i], as_view(grouped_)[next[static_cast<std::size_t>(result_.labels(i))]++]);
    }

    index_t size(index_t k) const
    {
        return start_[static_cast<std::size_t>(k) + 1] - start_[static_cast<std::size_t>(k)];
    }

    index_t farthest() const
    {
        index_t at = 0;
        for (index_t i = 1; i < x_.extent(0); ++i)
            if (nearest_(i, 0) > nearest_(at, 0)) at = i;
        return at;
    }

    P const& exec_;
    curvature<T> c_;
    view<T const, 2> x_;
    points::k_means_options options_;
    tensor<T, 2> nearest_, grouped_;
    tensor<index_t, 2> index_;
    std::vector<index_t> start_;
    points::k_means_result<T> result_;
};

}  // namespace detail

namespace points {

/// k-means on the Poincaré ball: points [N, D] into clusters about Fréchet means, from a k-means++ seeding, until no
/// label changes. Ties go to the lower cluster; a cluster that runs empty restarts at the point farthest from its
/// centre. The same seed gives the same clusters for any number of threads. On the host. Throws value_error unless 1 ≤
/// clusters ≤ N and max_iterations > 0.
template <execution_policy P, class T, view_of_rank<2> X>
    requires same_space<P, X> k_means_result<T> k_means(P const& exec, curvature<T> const& c, X&& points,
                                                        k_means_options const& options = {})
    {
        static_assert(std::same_as<typename P::memory_space, memory::host>, "on the host: exec::seq or exec::omp");
        view<T const, 2> const x = as_const(points);
        char const* const name = "k_means";
        detail::require_value(options.clusters >= 1 && options.clusters <= x.extent(0), name, "options.clusters",
                              "between 1 and the number of points", static_cast<double>(options.clusters));
        detail::require_value(options.max_iterations > 0, name, "options.max_iterations", "positive",
                              static_cast<double>(options.max_iterations));
        return detail::k_means_run<P, T>(exec, c, x, options).run();
    }

}  // namespace points
}  // namespace hyspn
