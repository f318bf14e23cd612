// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <string>

#include <hyspn/guidance/initial_depth.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;

namespace {

struct planar {
    tensor<double, 3> features;
    guidance::sample_list<double> samples;
    guidance::nearest_samples<double> near;
};

double plane_at(index_t i, index_t j)
{
    return 3 + 0.02 * static_cast<double>(i) - 0.01 * static_cast<double>(j);
}

/// A featureless image of a plane with 40 samples, K = 8.
planar make_planar(bool logarithmic)
{
    tensor<double, 2> dense(30, 40);
    for (index_t i = 0; i < 30; ++i)
        for (index_t j = 0; j < 40; ++j) dense(i, j) = logarithmic ? std::exp(plane_at(i, j)) : plane_at(i, j);
    planar p{tensor<double, 3>(1, 30, 40), guidance::collect_samples(guidance::draw_samples(dense, 40, 9)), {}};
    p.near = guidance::find_nearest_samples(exec::seq{}, p.features, p.samples, 8);
    return p;
}

}  // namespace

TEST_CASE("fit_local_planes: a plane is reproduced wherever it stays in the range of its samples")
{
    bool const logarithmic = GENERATE(false, true);
    planar const p = make_planar(logarithmic);
    auto const space = logarithmic ? guidance::depth_space::logarithmic : guidance::depth_space::linear;
    auto const fit = guidance::fit_local_planes(exec::seq{}, p.near, p.samples,
                                                {.softness = 1, .ridge = 0, .range_weight = 0, .space = space});
    index_t exact = 0;
    for (index_t i = 0; i < 30; ++i)
        for (index_t j = 0; j < 40; ++j) {
            double least = 1e30, greatest = 0;
            for (index_t k = 0; k < 8; ++k) {
                double const z = p.samples.value(p.near.index(i, j, k));
                least = std::min(least, z);
                greatest = std::max(greatest, z);
            }
            double const truth = logarithmic ? std::exp(plane_at(i, j)) : plane_at(i, j);
            CHECK(fit(i, j) == Approx(std::clamp(truth, least, greatest)).epsilon(1e-9));
            exact += truth > least && truth < greatest ? 1 : 0;
        }
    CHECK(exact > 1000);  // of 1200: the clamp is the exception
}

TEST_CASE("fit_local_planes: a strong ridge gives the weighted mean, a single sample itself")
{
    planar const p = make_planar(false);
    auto const flat =
        guidance::fit_local_planes(exec::seq{}, p.near, p.samples, {.softness = 1e9, .ridge = 1e12, .range_weight = 0});
    double mean = 0;
    for (index_t k = 0; k < 8; ++k) mean += p.samples.value(p.near.index(15, 20, k)) / 8;
    CHECK(flat(15, 20) == Approx(mean).epsilon(1e-8));

    auto const one = guidance::find_nearest_samples(exec::seq{}, p.features, p.samples, 1);
    auto const nearest = guidance::fit_local_planes(exec::seq{}, one, p.samples, {});
    for (index_t i = 0; i < 30; ++i)
        for (index_t j = 0; j < 40; ++j) CHECK(nearest(i, j) == p.samples.value(one.index(i, j, 0)));
}

TEST_CASE("fit_local_planes: samples on one line are fitted along it and level across it")
{
    tensor<double, 2> map(21, 21);
    for (index_t j = 0; j < 21; j += 4) map(10, j) = 1 + 0.1 * static_cast<double>(j);
    tensor<double, 3> const features(1, 21, 21);
    auto const samples = guidance::collect_samples(map);
    auto const near = guidance::find_nearest_samples(exec::seq{}, features, samples, 6);
    auto const fit = guidance::fit_local_planes(exec::seq{}, near, samples, {.softness = 10, .ridge = 1e-9});
    for (index_t i : {0, 10, 20}) CHECK(fit(i, 10) == Approx(2.0).epsilon(1e-6));
}

TEST_CASE("initial_depth: identical bits from seq and any number of threads, and errors of its parts")
{
    tensor<float, 3> features(2, 70, 50);
    for (index_t k = 0; k < features.size(); ++k) features.data()[k] = static_cast<float>((k * 31) % 17) * 0.01F;
    tensor<float, 2> sparse(70, 50), none(70, 50), other(70, 51);
    for (index_t k = 7; k < sparse.size(); k += 97) sparse.data()[k] = 1 + static_cast<float>(k % 13);
    for (double anisotropy : {1.0, 5.0}) {
        auto const options = guidance::options_for_sampling(anisotropy);
        auto const reference = guidance::initial_depth(exec::seq{}, features, sparse, options);
        for (int threads : {1, 2, 3}) {
            auto const depth = guidance::initial_depth(exec::omp{threads}, features, sparse, options);
            CHECK(std::equal(reference.begin(), reference.end(), depth.begin(), depth.end()));
        }
        CHECK_THROWS_AS(guidance::initial_depth(exec::seq{}, features, none, options), value_error);
        CHECK_THROWS_AS(guidance::initial_depth(exec::seq{}, features, other, options), shape_error);
    }
}

TEST_CASE("fit_local_planes: bad options are refused")
{
    planar const p = make_planar(false);
    auto const fit = [&](guidance::local_plane_options const& o) {
        return guidance::fit_local_planes(exec::seq{}, p.near, p.samples, o);
    };
    CHECK_THROWS_AS(fit({.softness = 0}), value_error);
    CHECK_THROWS_AS(fit({.ridge = -1}), value_error);
    CHECK_THROWS_AS(fit({.range_weight = 2}), value_error);
}

TEST_CASE("fit_local_planes: lists of no sample, or of others than there are, are refused")
{
    planar const p = make_planar(false);
    auto const message = [&](guidance::nearest_samples<double> const& near) {
        return testing::thrown<error>([&] { guidance::fit_local_planes(exec::seq{}, near, p.samples); });
    };
    auto const with_index = [&](index_t k, std::int32_t sample) {
        auto near = p.near;
        near.index(3, 4, k) = sample;
        return message(near);
    };
    std::string const wanted =
        "fit_local_planes: near.index must be below the number of samples, and a list of at least one, got ";
    CHECK(with_index(0, -1) == wanted + "-1");
    CHECK(with_index(5, 40) == wanted + "40");
    CHECK(with_index(5, -1) == "");  // a shorter list
    CHECK(message({tensor<std::int32_t, 3>(30, 40, 0), tensor<double, 3>(30, 40, 0)}) ==
          "fit_local_planes: near.index must be [H, W, K] with K at least 1, got [30, 40, 0]");
    CHECK(message({p.near.index, tensor<double, 3>(30, 40, 7)}) ==
          "fit_local_planes: near.distance must be the shape of near.index = [30, 40, 8], got [30, 40, 7]");
}
