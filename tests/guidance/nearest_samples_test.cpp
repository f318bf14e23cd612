// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/guidance/nearest_samples.hpp>

#include "support/catch.hpp"

using namespace hyspn;

namespace {

struct scene {
    tensor<float, 3> features;
    guidance::sample_list<float> samples;
};

/// Blocks of equal features with noise, so that paths bend, and random samples.
scene make_scene(index_t height, index_t width, index_t samples, std::uint64_t seed)
{
    random_stream random(seed);
    tensor<float, 3> features(2, height, width);
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j) {
            features(0, i, j) = static_cast<float>((i / 5 + j / 7) % 2) * 0.3F;
            features(1, i, j) = static_cast<float>(random.uniform()) * 0.05F;
        }
    tensor<float, 2> dense(height, width);
    std::fill(dense.begin(), dense.end(), 1.0F);
    return {std::move(features), guidance::collect_samples(guidance::draw_samples(dense, samples, seed))};
}

/// Distances from one pixel to all others by relaxing every edge until nothing changes (Bellman and Ford).
tensor<double, 2> distances_from(scene const& s, index_t y, index_t x, guidance::path_options const& o)
{
    index_t const height = s.features.extent(1), width = s.features.extent(2);
    tensor<double, 2> d(height, width);
    std::fill(d.begin(), d.end(), 1e30);
    d(y, x) = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (index_t i = 0; i < height; ++i)
            for (index_t j = 0; j < width; ++j)
                for (index_t k = 0; k < 9; ++k) {
                    index_t const u = i + k / 3 - 1, v = j + k % 3 - 1;
                    if (u < 0 || v < 0 || u >= height || v >= width) continue;
                    double squared = 0;
                    for (index_t c = 0; c < s.features.extent(0); ++c)
                        squared += std::pow(double(s.features(c, i, j)) - double(s.features(c, u, v)), 2);
                    double const length = std::hypot(double(u - i), double(v - j) * o.horizontal_step);
                    double const cost = std::round(256 * (length + 2 * o.contrast * std::sqrt(squared))) / 256;
                    if (d(u, v) + cost < d(i, j)) {
                        d(i, j) = d(u, v) + cost;
                        changed = true;
                    }
                }
    }
    return d;
}

template <class T>
bool same_bits(guidance::nearest_samples<T> const& a, guidance::nearest_samples<T> const& b)
{
    return std::equal(a.index.begin(), a.index.end(), b.index.begin(), b.index.end()) &&
           std::equal(a.distance.begin(), a.distance.end(), b.distance.begin(), b.distance.end());
}

}  // namespace

TEST_CASE("find_nearest_samples: the K least of all path lengths, in order")
{
    auto const o = GENERATE(guidance::path_options{.contrast = 0}, guidance::path_options{.contrast = 20},
                            guidance::path_options{.contrast = 300, .horizontal_step = 3.5});
    scene const s = make_scene(13, 17, 9, 3);
    index_t const count = 4;
    auto const near = guidance::find_nearest_samples(exec::seq{}, s.features, s.samples, count, o);
    std::vector<tensor<double, 2>> all;
    for (index_t n = 0; n < s.samples.size(); ++n) all.push_back(distances_from(s, s.samples.y(n), s.samples.x(n), o));
    for (index_t i = 0; i < 13; ++i)
        for (index_t j = 0; j < 17; ++j) {
            std::vector<double> d;
            for (auto const& map : all) d.push_back(map(i, j));
            std::sort(d.begin(), d.end());
            for (index_t k = 0; k < count; ++k) {
                // A cost is rounded from float here and from double there: one unit of 1/256 per step at most.
                double const tolerance = 13.0 / 256;
                INFO("pixel " << i << ", " << j << " place " << k);
                CHECK(double(near.distance(i, j, k)) == Approx(d[static_cast<std::size_t>(k)]).margin(tolerance));
                auto const chosen = static_cast<std::size_t>(near.index(i, j, k));
                CHECK(double(near.distance(i, j, k)) == Approx(all[chosen](i, j)).margin(tolerance));
                if (k > 0) CHECK(near.distance(i, j, k) >= near.distance(i, j, k - 1));
            }
        }
}

TEST_CASE("find_nearest_samples: identical bits from seq and any number of threads")
{
    // Several bands of rows, and walls that send paths back and forth over their borders.
    scene const s = make_scene(150, 41, 60, 5);
    guidance::path_options const o{.contrast = 100, .horizontal_step = 0.5};
    auto const reference = guidance::find_nearest_samples(exec::seq{}, s.features, s.samples, 6, o);
    for (int threads : {1, 2, 3, 8})
        CHECK(same_bits(reference, guidance::find_nearest_samples(exec::omp{threads}, s.features, s.samples, 6, o)));
}

TEST_CASE("find_nearest_samples: leaving detours out changes nothing, where rounding could favour them they stay in")
{
    // Steps of nearly no length across make a detour by way of another row as short as the direct step.
    for (double step : {1e-4, 0.03, 0.25, 1.0, 4.0, 50.0})
        for (double contrast : {0.0, 3.0, 2000.0}) {
            scene const s = make_scene(67, 23, 40, 11);
            guidance::path_options const o{.contrast = contrast, .horizontal_step = step};
            auto const reference = guidance::find_nearest_samples(exec::seq{}, s.features, s.samples, 5, o);
            INFO("step " << step << " contrast " << contrast);
            CHECK(same_bits(reference, guidance::find_nearest_samples(exec::omp{2}, s.features, s.samples, 5, o)));
        }
    CHECK(detail::steps_are_direct<float>(256 * 300, 10, 1));
    CHECK(detail::steps_are_direct<float>(256 * 300, 10, 0.25));
    CHECK_FALSE(detail::steps_are_direct<float>(256, 10, 1e-3));     // costs are whole
    CHECK_FALSE(detail::steps_are_direct<float>(1 << 24, 1000, 1));  // and features rounded
    CHECK(detail::steps_are_direct<double>(1 << 24, 1000, 1));
}

TEST_CASE("find_nearest_samples: fewer samples than places leave -1")
{
    scene const s = make_scene(6, 5, 2, 1);
    auto const near = guidance::find_nearest_samples(exec::omp{2}, s.features, s.samples, 3);
    for (index_t i = 0; i < 6; ++i)
        for (index_t j = 0; j < 5; ++j) {
            CHECK(near.index(i, j, 1) >= 0);
            CHECK(near.index(i, j, 2) == -1);
        }
}

TEST_CASE("find_nearest_samples: exact ties go to the sample that comes first")
{
    scene s = make_scene(1, 5, 1, 1);
    std::fill(s.features.begin(), s.features.end(), 0.0F);
    tensor<float, 2> map(1, 5);
    map(0, 0) = map(0, 4) = 1;
    auto const samples = guidance::collect_samples(map);
    auto const near = guidance::find_nearest_samples(exec::seq{}, s.features, samples, 2);
    CHECK((near.index(0, 2, 0) == 0 && near.index(0, 2, 1) == 1));
    CHECK(near.distance(0, 2, 0) == 2.0F);
    CHECK(near.distance(0, 2, 1) == 2.0F);
}

TEST_CASE("find_nearest_samples: bad arguments are refused")
{
    scene s = make_scene(6, 5, 2, 1);
    auto const find = [&](index_t count, guidance::path_options const& o) {
        return guidance::find_nearest_samples(exec::seq{}, s.features, s.samples, count, o);
    };
    CHECK_THROWS_AS(find(0, {}), value_error);
    CHECK_THROWS_AS(find(2, {.contrast = -1}), value_error);
    CHECK_THROWS_AS(find(2, {.horizontal_step = 0}), value_error);
    CHECK_THROWS_AS(find(2, {.contrast = 1e12}), value_error);
    s.features(0, 2, 2) = std::nanf("");
    CHECK_THROWS_AS(find(2, {}), value_error);
    s.features(0, 2, 2) = 0;
    s.samples.y(1) = 6;
    CHECK_THROWS_AS(find(2, {}), value_error);
    s.samples = {};
    CHECK_THROWS_AS(find(2, {}), value_error);
}
