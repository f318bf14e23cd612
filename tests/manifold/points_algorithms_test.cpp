// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <manifold/sets_reference.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/manifold/poincare/cdist.hpp>
#include <hyspn/manifold/poincare/dist0.hpp>
#include <hyspn/manifold/poincare/expmap0.hpp>
#include <hyspn/manifold/poincare/frechet_variance.hpp>
#include <hyspn/manifold/points/delta_hyperbolicity.hpp>
#include <hyspn/manifold/points/farthest_points.hpp>
#include <hyspn/manifold/points/k_means.hpp>
#include <hyspn/manifold/points/nearest_neighbours.hpp>

namespace hyspn::testing {
namespace {

curvature<double> const space = curvature<double>::from_c(0.6);

tensor<double, 2> cloud(index_t n, index_t d, unsigned seed, double spread = 3)
{
    return random_set<double>(n, d, 0.6, 0.3, spread, seed).points;
}

double between(tensor<double, 2> const& x, index_t i, index_t j)
{
    return poincare::dist(space, x[i], x[j]);
}

/// A distance that has no special way of doing pairs: the general path.
struct plain_distance {
    static constexpr char const* name = "plain";
    template <class T, class X, class Y>
    HYSPN_HD static T value(curvature<T> const& k, X x, Y y)
    {
        return hyspn::detail::poincare_dist::value(k, x, y);
    }
};
struct plain_dist_t {
    using formula = plain_distance;
};

}  // namespace

TEST_CASE("Nearest neighbours are those of a full sort")
{
    auto const x = cloud(60, 3, 2), q = cloud(17, 3, 3);
    for (index_t k : {1, 5, 60}) {
        tensor<double, 2> d(17, k), d3(17, k), general(17, k);
        tensor<index_t, 2> at(17, k), at3(17, k);
        points::nearest_neighbours(exec::seq{}, poincare::dist, space, q, x, d, at);
        points::nearest_neighbours(exec::omp{.threads = 3}, poincare::dist, space, q, x, d3, at3);
        for (index_t i = 0; i < 17; ++i) {
            std::vector<std::pair<double, index_t>> all;
            for (index_t j = 0; j < 60; ++j) all.emplace_back(poincare::dist(space, q[i], x[j]), j);
            std::sort(all.begin(), all.end());
            for (index_t r = 0; r < k; ++r) {
                CHECK(at(i, r) == all[static_cast<std::size_t>(r)].second);
                CHECK(at3(i, r) == at(i, r));
                CHECK(d(i, r) == Approx(all[static_cast<std::size_t>(r)].first).epsilon(1e-14));
            }
        }
        points::nearest_neighbours(exec::seq{}, plain_dist_t{}, space, q, x, general, at3);
        for (index_t i = 0; i < at.size(); ++i) CHECK(at3.data()[i] == at.data()[i]);
    }
}

TEST_CASE("Nearest neighbours: ties keep their order, points outside count as infinitely far")
{
    tensor<double, 2> x(4, 1), q(1, 1), d(1, 4);
    tensor<index_t, 2> at(1, 4);
    x(0, 0) = 5;  // outside: its distance is NaN
    x(1, 0) = 0.5;
    x(2, 0) = -0.5;
    x(3, 0) = 0.1;
    points::nearest_neighbours(exec::seq{}, poincare::dist, space, q, x, d, at);
    for (index_t r = 0; r < 4; ++r) CHECK(at(0, r) == std::vector<index_t>{3, 1, 2, 0}[static_cast<std::size_t>(r)]);
    tensor<double, 2> too_many(1, 5);
    tensor<index_t, 2> too_many_at(1, 5);
    CHECK(thrown<value_error>([&] {
              points::nearest_neighbours(exec::seq{}, poincare::dist, space, q, x, too_many, too_many_at);
          }) == "nearest_neighbours: k must be between 1 and the number of points, got 5");
}

TEST_CASE("Farthest-point sampling is greedy, covers, and does not depend on threads")
{
    auto const x = cloud(50, 2, 4);
    auto const got = points::farthest_points(exec::seq{}, poincare::dist, space, x, 12, 7);
    auto const threaded = points::farthest_points(exec::omp{.threads = 3}, poincare::dist, space, x, 12, 7);
    std::vector<index_t> chosen{7};
    for (index_t k = 0; k < 12; ++k) {
        CHECK(got.indices(k) == chosen.back());
        CHECK(threaded.indices(k) == got.indices(k));
        double radius = -1;
        index_t at = -1;
        for (index_t i = 0; i < 50; ++i) {
            double nearest = std::numeric_limits<double>::infinity();
            for (index_t j : chosen) nearest = std::min(nearest, between(x, i, j));
            if (nearest > radius) radius = nearest, at = i;
        }
        CHECK(got.radii(k) == Approx(radius).epsilon(1e-13));
        chosen.push_back(at);
    }
    // All of them, duplicates too: every point once.
    tensor<double, 2> twice(6, 2);
    for (index_t i = 0; i < 6; ++i) copy(x[i / 2], as_view(twice)[i]);
    auto const all = points::farthest_points(exec::seq{}, poincare::dist, space, twice, 6);
    std::vector<index_t> sorted(all.indices.begin(), all.indices.end());
    std::sort(sorted.begin(), sorted.end());
    CHECK(sorted == std::vector<index_t>{0, 1, 2, 3, 4, 5});
    CHECK(all.radii(5) == 0);
    CHECK(thrown<value_error>([&] { points::farthest_points(exec::seq{}, poincare::dist, space, x, 51); }) ==
          "farthest_points: count must be between 1 and the number of points, got 51");
}

TEST_CASE("k-means finds clusters that are far apart, whatever the seed")
{
    // Four tight clusters of 20 near the boundary and one at the origin.
    tensor<double, 2> x(100, 2);
    point_source source(6);
    for (index_t i = 0; i < 100; ++i) {
        index_t const k = i % 5;
        tensor<double, 1> v(2);
        v(0) = (k == 0 ? 3.0 : k == 1 ? -3.0 : 0.0) + 0.01 * source.number();
        v(1) = (k == 2 ? 3.0 : k == 3 ? -3.0 : 0.0) + 0.01 * source.number();
        poincare::expmap0(space, as_view(v), as_view(x)[i]);
    }
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        auto const got = points::k_means(exec::seq{}, space, x, {.clusters = 5, .seed = seed});
        CHECK(got.converged);
        for (index_t i = 0; i < 100; ++i) CHECK(got.labels(i) == got.labels(i % 5));
        for (index_t a = 0; a < 5; ++a)
            for (index_t b = 0; b < a; ++b) CHECK(got.labels(a) != got.labels(b));
        double inertia = 0;
        for (index_t i = 0; i < 100; ++i) {
            double const d = poincare::dist(space, x[i], as_const(as_view(got.centers))[got.labels(i)]);
            inertia += d * d;
        }
        CHECK(got.inertia == Approx(inertia).epsilon(1e-12));
        auto const threaded = points::k_means(exec::omp{.threads = 3}, space, x, {.clusters = 5, .seed = seed});
        for (index_t i = 0; i < 10; ++i) CHECK(threaded.centers.data()[i] == Approx(got.centers.data()[i]));
    }
}

TEST_CASE("k-means ends at a fixed point: labels of the nearest centre, centres the means of their members")
{
    auto const x = cloud(80, 3, 9);
    auto const got = points::k_means(exec::omp{.threads = 2}, space, x, {.clusters = 6, .seed = 3});
    CHECK(got.converged);
    tensor<double, 2> d(80, 1);
    tensor<index_t, 2> at(80, 1);
    points::nearest_neighbours(exec::seq{}, poincare::dist, space, x, got.centers, d, at);
    for (index_t k = 0; k < 6; ++k) {
        tensor<double, 1> w(80), mean(3);
        for (index_t i = 0; i < 80; ++i) {
            CHECK(at(i, 0) == got.labels(i));
            w(i) = got.labels(i) == k ? 1 : 0;
        }
        poincare::frechet_mean(space, w, x, mean);
        CHECK(poincare::dist(space, as_view(mean), as_const(as_view(got.centers))[k]) < 1e-13);
    }
    // As many clusters as points, and identical points: nothing fails.
    CHECK(points::k_means(exec::seq{}, space, x, {.clusters = 80}).inertia == Approx(0).margin(1e-25));
    tensor<double, 2> same(7, 3);
    auto const one_place = points::k_means(exec::seq{}, space, same, {.clusters = 3});
    CHECK(one_place.inertia == 0);
    CHECK(thrown<value_error>([&] { points::k_means(exec::seq{}, space, same, {.clusters = 8}); }) ==
          "k_means: options.clusters must be between 1 and the number of points, got 8");
}

TEST_CASE("Hyperbolicity: 0 for trees, 1 for the unit square's corners, log 2/s at most for the hyperbolic plane")
{
    // A tree: a root, 3 children, 9 grandchildren.
    tensor<double, 2> tree(13, 13);
    auto const parent = [](index_t i) { return i < 4 ? 0 : (i - 1) / 3; };
    for (index_t i = 0; i < 13; ++i)
        for (index_t j = 0; j < 13; ++j)
            for (index_t a = i, b = j; a != b; tree(i, j) += 1) (a > b ? a : b) = parent(a > b ? a : b);
    auto const of_tree = points::delta_hyperbolicity(exec::seq{}, tree);
    CHECK(of_tree.delta == 0);
    CHECK(of_tree.diameter == 4);
    // A cycle of four with edges of length 1: sums 4, 2, 2.
    tensor<float, 2> cycle(4, 4);
    for (index_t i = 0; i < 4; ++i)
        for (index_t j = 0; j < 4; ++j) cycle(i, j) = static_cast<float>(std::min((i - j + 4) % 4, (j - i + 4) % 4));
    CHECK(points::delta_hyperbolicity(exec::seq{}, cycle).delta == 1);
    CHECK(points::delta_hyperbolicity(exec::omp{.threads = 3}, cycle).relative() == 1);

    double const limit = std::log(2.0) / space.sqrt_c();
    auto const x = cloud(40, 2, 12, 9);
    tensor<double, 2> d(40, 40);
    poincare::cdist(exec::seq{}, space, x, x, d);
    auto const exact = points::delta_hyperbolicity(exec::omp{.threads = 2}, d);
    CHECK(exact.delta <= limit * (1 + 1e-12));
    CHECK(exact.delta > limit / 3);
    double slowest = 0;
    for (index_t i = 0; i < 40; ++i)
        for (index_t j = 0; j < 40; ++j) slowest = std::max(slowest, d(i, j));
    CHECK(exact.diameter == slowest);
    // The ideal square reaches the limit.
    tensor<double, 2> square(4, 2), sides(4, 4);
    for (index_t i = 0; i < 4; ++i) square(i, i % 2) = (i < 2 ? 1 : -1) / space.sqrt_c() * (1 - 1e-9);
    poincare::cdist(exec::seq{}, space, square, square, sides);
    CHECK(points::delta_hyperbolicity(exec::seq{}, sides).delta == Approx(limit).epsilon(1e-7));

    for (index_t base : {0, 17}) {
        auto const based = points::delta_hyperbolicity_at(exec::omp{.threads = 2}, d, base);
        CHECK(based.delta <= exact.delta * (1 + 1e-12));
        CHECK(2 * based.delta >= exact.delta);
        CHECK(based.diameter == exact.diameter);
    }
    auto const sampled = points::sampled_delta_hyperbolicity(exec::seq{}, poincare::dist, space, x, 200000, 5);
    CHECK(sampled.delta <= exact.delta * (1 + 1e-12));
    CHECK(sampled.delta > 0.5 * exact.delta);
    CHECK(sampled.diameter == Approx(exact.diameter));
    auto const again =
        points::sampled_delta_hyperbolicity(exec::omp{.threads = 3}, poincare::dist, space, x, 200000, 5);
    CHECK(again.delta == Approx(sampled.delta));
    tensor<double, 2> uneven(3, 4);
    CHECK(thrown<shape_error>([&] { points::delta_hyperbolicity(exec::seq{}, uneven); }) ==
          "delta_hyperbolicity: distances must be a square matrix = [3, 3], got [3, 4]");
}

}  // namespace hyspn::testing
