// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/core/random.hpp>
#include <hyspn/metrics/depth.hpp>
#include <hyspn/metrics/edges.hpp>

namespace hyspn::testing {
namespace {

constexpr exec::seq seq{};
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

tensor<double, 2> map_of(std::vector<std::vector<double>> const& rows)
{
    tensor<double, 2> map(rows.size(), rows.at(0).size());
    double* to = map.begin();
    for (auto const& row : rows) to = std::copy(row.begin(), row.end(), to);
    return map;
}

/// Surfaces at several depths with holes.
tensor<double, 2> random_scene(index_t h, index_t w, std::uint64_t seed)
{
    tensor<double, 2> map(h, w);
    random_stream random(seed);
    double const depths[] = {2, 2.1, 3, 7, 0};
    double level[64];
    for (double& l : level) l = depths[random.below(5)];
    for (index_t i = 0; i < h; ++i)
        for (index_t j = 0; j < w; ++j) map(i, j) = level[(i / 6 * 8 + j / 6) % 64] * (1 + 0.02 * random.uniform());
    return map;
}

/// The pixels near an edge, by the definition.
tensor<int, 2> near_edges(tensor<double, 2> const& truth, metrics::depth_edge_options const& o)
{
    index_t const h = truth.extent(0), w = truth.extent(1);
    tensor<int, 2> edge(h, w), near(h, w);
    auto const jumps = [&](index_t i, index_t j, index_t y, index_t x) {
        double const a = std::min(truth(i, j), truth(y, x)), b = std::max(truth(i, j), truth(y, x));
        return a > 0 && b - a > o.jump * a;
    };
    for (index_t i = 0; i < h; ++i)
        for (index_t j = 0; j < w; ++j)
            for (index_t y = std::max<index_t>(i - 1, 0); y <= std::min(i + 1, h - 1); ++y)
                for (index_t x = std::max<index_t>(j - 1, 0); x <= std::min(j + 1, w - 1); ++x)
                    if ((o.diagonal || y == i || x == j) && jumps(i, j, y, x)) edge(i, j) = 1;
    for (index_t i = 0; i < h; ++i)
        for (index_t j = 0; j < w; ++j)
            for (index_t y = 0; y < h; ++y)
                for (index_t x = 0; x < w; ++x)
                    if (edge(y, x) && std::hypot(double(y - i), double(x - j)) <= o.radius) near(i, j) = 1;
    return near;
}

}  // namespace

TEST_CASE("Errors at a step, worked out by hand")
{
    // The edge is between columns 3 and 4: with radius 1 columns 2 to 5 are near.
    auto const truth = map_of({{2, 2, 2, 2, 4, 4, 4, 4}});
    auto const prediction = map_of({{3, 2, 2, 3, 3, 4.5, 4, 4}});
    auto const e = metrics::depth_edges(seq, prediction, truth, {.radius = 1});
    CHECK(e.n_near == 4);
    CHECK(e.n_far == 4);
    CHECK(e.n_sided == 4);
    CHECK(e.near_mae == Approx(2.5 / 4));
    CHECK(e.near_rmse == Approx(std::sqrt(2.25 / 4)));
    CHECK(e.far_mae == Approx(1. / 4));
    CHECK(e.far_rmse == Approx(0.5));
    CHECK(e.bleeding == 0.5);
    auto const wide = metrics::depth_edges(seq, prediction, truth, {.radius = 3});
    CHECK(wide.n_near == 8);
    CHECK(wide.bleeding == Approx(3. / 8));
    CHECK(std::isnan(wide.far_rmse));
}

TEST_CASE("Bleeding keeps its margin from both sides, and leaves out depths that are truly between")
{
    auto const truth = map_of({{2, 2, 3, 4, 4}});
    auto const at = [&](double depth, double margin) {
        auto prediction = truth;
        prediction(0, 1) = depth;
        return metrics::depth_edges(seq, prediction, map_of({{2, 2, 4, 4, 4}}), {.radius = 1, .margin = margin});
    };
    CHECK(at(2.21, 0.1).bleeding == 0.5);  // with the 3 of the prediction
    CHECK(at(2.19, 0.1).bleeding == 0.25);
    CHECK(at(3.79, 0.1).bleeding == 0.5);
    CHECK(at(3.81, 0.1).bleeding == 0.25);
    CHECK(at(2.001, 0).bleeding == 0.5);
    CHECK(at(2, 0).bleeding == 0.25);
    // A surface of its own at an edge is one of its sides.
    auto const own = metrics::depth_edges(seq, truth, truth, {.radius = 1});
    CHECK(own.n_near == 5);
    CHECK(own.n_sided == 5);
    CHECK(own.bleeding == 0);
    // 2.8 is no edge to 2, and between the sides of the edge next to it.
    auto const slope = map_of({{4, 2, 2.8, 2.8}});
    auto const between = metrics::depth_edges(seq, slope, slope, {.jump = 0.5, .radius = 1});
    CHECK(between.n_near == 3);
    CHECK(between.n_sided == 2);
    CHECK(between.bleeding == 0);
}

TEST_CASE("Pixels near edges are what the definition says")
{
    for (auto const& [h, w] : {std::pair<index_t, index_t>{1, 1}, {1, 29}, {23, 1}, {19, 31}})
        for (bool const diagonal : {false, true})
            for (double const radius : {0., 1., 1.5, 4.}) {
                auto const truth = random_scene(h, w, 1), prediction = random_scene(h, w, 2);
                metrics::depth_edge_options const o{.jump = 0.12, .diagonal = diagonal, .radius = radius};
                auto const near = near_edges(truth, o);
                tensor<double, 2> nearby = truth, elsewhere = truth;
                for (index_t k = 0; k < truth.size(); ++k) (near.data()[k] ? elsewhere : nearby).data()[k] = 0;
                auto const e = metrics::depth_edges(seq, prediction, truth, o);
                auto const a = metrics::depth(seq, prediction, nearby), b = metrics::depth(seq, prediction, elsewhere);
                CHECK(e.n_near == a.n);
                CHECK(e.n_far == b.n);
                if (a.n > 0) CHECK(e.near_rmse == Approx(a.rmse).epsilon(1e-13));
                if (a.n > 0) CHECK(e.near_mae == Approx(a.mae).epsilon(1e-13));
                if (b.n > 0) CHECK(e.far_rmse == Approx(b.rmse).epsilon(1e-13));
                if (b.n > 0) CHECK(e.far_mae == Approx(b.mae).epsilon(1e-13));
            }
}

TEST_CASE("The mask of pixels near edges is what the definition says, on every policy")
{
    auto const truth = random_scene(41, 37, 3);
    for (double const radius : {0., 1., 3., 4.5})
        for (bool const diagonal : {true, false}) {
            metrics::depth_edge_options const options{.diagonal = diagonal, .radius = radius};
            auto const expected = near_edges(truth, options);
            auto const same = [&](auto const& near) { return std::equal(near.begin(), near.end(), expected.begin()); };
            CHECK(same(metrics::near_depth_edges(seq, truth, options)));
            CHECK(same(metrics::near_depth_edges(exec::omp{.threads = 2}, truth, options)));
        }
    CHECK(thrown<value_error>([&] { metrics::near_depth_edges(seq, truth, {.radius = -1}); }) ==
          "metrics::near_depth_edges: radius must be from 0 to a million, got -1");
}

TEST_CASE("Given pixels do not count, yet their edges do; holes make none")
{
    auto const truth = map_of({{2, 2, 4, 4, 0, 9, 9, 9}}), given = map_of({{0, 2, 4, 0, 0, 0, 0, 0}});
    auto prediction = truth;
    prediction(0, 1) = nothing;
    auto const e = metrics::depth_edges(seq, prediction, truth, given, {.radius = 1});
    CHECK(e.n_near == 2);
    CHECK(e.n_far == 3);
    CHECK(e.near_rmse == 0);
    CHECK(e.bleeding == 0);
    CHECK(std::isnan(metrics::depth_edges(seq, map_of({{1, 1}}), map_of({{0, 1}})).near_rmse));
}

TEST_CASE("Errors at edges have the same bits on every policy and any number of threads")
{
    auto const truth = random_scene(97, 83, 3), prediction = random_scene(97, 83, 4), given = random_scene(97, 83, 5);
    auto const expected = metrics::depth_edges(seq, prediction, truth, given);
    REQUIRE(expected.n_near > 1000);
    REQUIRE(expected.n_sided > 1000);
    for (int threads : {1, 2, 3}) {
        auto const e = metrics::depth_edges(exec::omp{.threads = threads}, prediction, truth, given);
        CHECK(std::memcmp(&e, &expected, sizeof e) == 0);
    }
}

TEST_CASE("Errors at edges refuse wrong shapes and options")
{
    tensor<float, 2> const a(2, 3), b(3, 2);
    CHECK(thrown<shape_error>([&] { metrics::depth_edges(seq, a, b); }) ==
          "metrics::depth_edges: prediction must be [H, W] of truth = [3, 2], got [2, 3]");
    CHECK(thrown<shape_error>([&] { metrics::depth_edges(seq, a, a, b); }) ==
          "metrics::depth_edges: given must be [H, W] of truth = [2, 3], got [3, 2]");
    auto const refused = [&](metrics::depth_edge_options const& o) {
        return thrown<value_error>([&] { metrics::depth_edges(seq, a, a, o); });
    };
    CHECK(refused({.jump = 0}) == "metrics::depth_edges: jump must be positive and finite, got 0");
    CHECK(refused({.radius = -1}) == "metrics::depth_edges: radius must be from 0 to a million, got -1");
    CHECK(refused({.margin = 0.5}) == "metrics::depth_edges: margin must be at least 0 and below 0.5, got 0.5");
}

}  // namespace hyspn::testing
