// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <limits>

#include <hyspn/guidance/initial_depth.hpp>
#include <hyspn/guidance/samples.hpp>

#include "support/catch.hpp"

using namespace hyspn;

TEST_CASE("collect_samples: positive pixels in raster order")
{
    tensor<float, 2> map(3, 4);
    map(0, 2) = 5;
    map(2, 1) = 7;
    auto const list = guidance::collect_samples(map);
    REQUIRE(list.size() == 2);
    CHECK((list.y(0) == 0 && list.x(0) == 2 && list.value(0) == 5.0F));
    CHECK((list.y(1) == 2 && list.x(1) == 1 && list.value(1) == 7.0F));
}

TEST_CASE("collect_samples: no samples and bad samples are refused")
{
    tensor<float, 2> map(3, 4);
    CHECK_THROWS_AS(guidance::collect_samples(map), value_error);
    map(0, 0) = 1;
    for (float bad : {-1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        map(1, 2) = bad;
        CHECK_THROWS_WITH(guidance::collect_samples(map), Catch::Contains("(1, 2)"));
    }
}

TEST_CASE("draw_samples: the count asked for, from positive pixels, the same for the same seed")
{
    tensor<float, 2> dense(20, 30);
    for (index_t k = 0; k < dense.size(); ++k) dense.data()[k] = k % 3 == 0 ? 0.0F : static_cast<float>(k);
    auto const a = guidance::draw_samples(dense, 50, 1), b = guidance::draw_samples(dense, 50, 1);
    auto const c = guidance::draw_samples(dense, 50, 2);
    CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end()));
    CHECK_FALSE(std::equal(a.begin(), a.end(), c.begin(), c.end()));
    CHECK(guidance::collect_samples(a).size() == 50);
    for (index_t k = 0; k < a.size(); ++k) CHECK((a.data()[k] == 0 || a.data()[k] == dense.data()[k]));
    CHECK(guidance::collect_samples(guidance::draw_samples(dense, 100000, 1)).size() == 400);
    CHECK_THROWS_AS(guidance::draw_samples(dense, -1, 1), value_error);
}

TEST_CASE("sampling_anisotropy: 1 for random samples, large for scan lines, 1/large when they stand upright")
{
    tensor<float, 2> dense(200, 300);
    std::fill(dense.begin(), dense.end(), 1.0F);
    double const random = guidance::sampling_anisotropy(guidance::draw_samples(dense, 300, 4));
    CHECK(random > 0.75);
    CHECK(random < 1.33);

    tensor<float, 2> lines(200, 300), upright(300, 200);
    for (index_t i = 0; i < 200; i += 12)
        for (index_t j = 0; j < 300; j += 3) lines(i, j) = upright(j, i) = 1;
    CHECK(guidance::sampling_anisotropy(lines) == Approx(4));
    CHECK(guidance::sampling_anisotropy(upright) == Approx(0.25));
}

TEST_CASE("sampling_anisotropy: 1 when there is nothing to compare")
{
    tensor<float, 2> map(10, 10);
    CHECK(guidance::sampling_anisotropy(map) == 1);
    map(3, 3) = 1;
    CHECK(guidance::sampling_anisotropy(map) == 1);
}

TEST_CASE("sampling_anisotropy: a neighbour on the diagonal counts for neither direction")
{
    tensor<float, 2> map(20, 20);
    map(10, 10) = map(10, 14) = map(16, 4) = 1;  // the third lies diagonally below the first
    CHECK(guidance::sampling_anisotropy(map) == 1);
    map(16, 5) = 1;  // one column nearer: 6 rows down, 5 across
    CHECK(guidance::sampling_anisotropy(map) > 1);
}

TEST_CASE("write_samples: over their pixels; samples outside the map are refused, and nothing is written")
{
    tensor<float, 2> sparse(4, 6), map(4, 6), narrow(4, 5);
    sparse(1, 2) = 3;
    sparse(3, 5) = 7;
    auto const samples = guidance::collect_samples(sparse);
    guidance::write_samples(samples, map);
    CHECK(std::equal(map.begin(), map.end(), sparse.begin()));
    CHECK_THROWS_AS(guidance::write_samples(samples, narrow), value_error);
    CHECK(narrow(1, 2) == 0);
}
