// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <hyspn/data/coarse_labels.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::data;

namespace {

/// Class 2 in a rectangle on class 1; class 0 nowhere.
tensor<std::int32_t, 2> rectangle(index_t height, index_t width)
{
    tensor<std::int32_t, 2> labels(height, width);
    for (index_t i = 0; i < height; ++i)
        for (index_t j = 0; j < width; ++j)
            labels(i, j) = 3 * i > height && 3 * i < 2 * height && 3 * j > width && 3 * j < 2 * width ? 2 : 1;
    return labels;
}

coarse_label_options nothing()
{
    return {.factor = 1, .shift = 0, .confusion = 0, .blur = 0, .floor = 0};
}

/// Share of the pixels whose most likely class is the true one.
double right(tensor<float, 3> const& p, tensor<std::int32_t, 2> const& labels)
{
    double n = 0;
    for (index_t i = 0; i < labels.extent(0); ++i)
        for (index_t j = 0; j < labels.extent(1); ++j) {
            index_t best = 0;
            for (index_t l = 1; l < p.extent(0); ++l)
                if (p(l, i, j) > p(best, i, j)) best = l;
            n += best == labels(i, j) ? 1 : 0;
        }
    return n / static_cast<double>(labels.size());
}

}  // namespace

TEST_CASE("coarse_labels: without any fault the labels themselves")
{
    auto const labels = rectangle(30, 41);
    auto const p = coarse_labels(labels, 4, nothing());
    for (index_t l = 0; l < 4; ++l)
        for (index_t i = 0; i < 30; ++i)
            for (index_t j = 0; j < 41; ++j) CHECK(p(l, i, j) == (labels(i, j) == l ? 1.0F : 0.0F));
}

TEST_CASE("coarse_labels: probabilities, whatever the options")
{
    for (auto const& size : {dims<2>{1, 1}, dims<2>{1, 23}, dims<2>{37, 41}}) {
        auto const labels = rectangle(size[0], size[1]);
        auto const p = coarse_labels(labels, 5, {.factor = 4, .confusion = 0.3, .seed = 2});
        for (index_t i = 0; i < size[0]; ++i)
            for (index_t j = 0; j < size[1]; ++j) {
                float sum = 0;
                for (index_t l = 0; l < 5; ++l) {
                    CHECK(p(l, i, j) >= 0.0039F);  // 0.02/5
                    sum += p(l, i, j);
                }
                CHECK(sum == Approx(1).epsilon(1e-5));
            }
    }
}

TEST_CASE("coarse_labels: each fault costs some pixels, the same ones for the same seed")
{
    auto const labels = rectangle(96, 96);
    auto shifted = nothing(), coarse = nothing(), confused = nothing();
    shifted.shift = 4;
    coarse.factor = 16;
    confused.factor = 8;
    confused.confusion = 0.3;
    for (auto const& o : {shifted, coarse, confused}) {
        double const share = right(coarse_labels(labels, 3, o), labels);
        CHECK(share < 0.995);
        CHECK(share > 0.8);
    }
    auto const a = coarse_labels(labels, 3, confused), b = coarse_labels(labels, 3, confused);
    CHECK(std::equal(a.begin(), a.end(), b.begin()));
    confused.seed = 1;
    auto const c = coarse_labels(labels, 3, confused);
    CHECK_FALSE(std::equal(a.begin(), a.end(), c.begin()));
}

TEST_CASE("coarse_labels: a shift moves no boundary farther than asked for")
{
    tensor<std::int32_t, 2> labels(60, 60);
    for (index_t i = 0; i < 60; ++i)
        for (index_t j = 0; j < 60; ++j) labels(i, j) = j < 30 ? 0 : 1;
    auto options = nothing();
    options.shift = 4;
    auto const p = coarse_labels(labels, 2, options);
    index_t moved = 0;
    for (index_t i = 0; i < 60; ++i)
        for (index_t j = 0; j < 60; ++j) {
            bool const wrong = p(labels(i, j), i, j) < 0.5F;
            if (wrong) CHECK((j >= 26 && j < 34));
            moved += wrong ? 1 : 0;
        }
    CHECK(moved > 10);
}

TEST_CASE("coarse_labels: cells are centred on their pixels")
{
    tensor<std::int32_t, 2> labels(24, 40);
    for (index_t i = 0; i < 24; ++i)
        for (index_t j = 0; j < 40; ++j) labels(i, j) = (i < 12 ? 0 : 1) + (j < 20 ? 0 : 2);
    auto options = nothing();
    options.factor = 4;  // boundaries fall between cells
    auto const p = coarse_labels(labels, 4, options);
    CHECK(right(p, labels) == 1);
    for (index_t i = 0; i < 24; ++i)
        for (index_t j = 0; j < 40; ++j) CHECK(p(0, i, j) == Approx(p(3, 23 - i, 39 - j)).margin(1e-6));
    CHECK(p(0, 1, 19) == Approx(0.625));  // an eighth of a cell beside the boundary
}

TEST_CASE("coarse_labels: errors")
{
    using testing::thrown;
    auto labels = rectangle(6, 6);
    CHECK(thrown<value_error>([&] { coarse_labels(labels, 2, nothing()); }) ==
          "coarse_labels: every label must be in 0 ... 1, got 2");
    CHECK(thrown<value_error>([&] { coarse_labels(labels, 3, {.factor = 0}); }) ==
          "coarse_labels: factor must be at least 1, got 0");
    for (double shift : {-1.0, 2e6, std::nan("")})
        CHECK(thrown<value_error>([&] {
                  coarse_labels(labels, 3, {.shift = shift});
              }).starts_with("coarse_labels: shift must be in [0, 1e6] pixels, got "));
    CHECK(thrown<value_error>([&] { coarse_labels(labels, 3, {.confusion = -0.5}); }) ==
          "coarse_labels: confusion must be in [0, 1], got -0.5");
    CHECK(thrown<value_error>([&] { coarse_labels(labels, 3, {.confusion = 1.5}); }) ==
          "coarse_labels: confusion must be in [0, 1], got 1.5");
    CHECK(thrown<value_error>([&] { coarse_labels(labels, 3, {.blur = 20}); }) ==
          "coarse_labels: blur must be in [0, 10] pixels, got 20");
    CHECK(thrown<value_error>([&] { coarse_labels(labels, 3, {.floor = 2}); }) ==
          "coarse_labels: floor must be in [0, 1], got 2");
    CHECK(thrown<value_error>([&] { coarse_labels(labels, 0); }) == "coarse_labels: classes must be at least 1, got 0");
}
