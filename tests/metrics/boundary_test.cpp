// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include <metrics/label_images.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/metrics/boundary.hpp>

namespace hyspn::testing {
namespace {

using metrics::absent_class;
using points = std::vector<std::pair<index_t, index_t>>;
constexpr exec::seq seq{};

/// Boundary pixels of a class (of every class when it is −1), by the definition.
points boundary_points(label_image const& labels, label_image const& truth, int of)
{
    points list;
    index_t const h = labels.extent(0), w = labels.extent(1);
    for (index_t i = 0; i < h; ++i)
        for (index_t j = 0; j < w; ++j) {
            if (truth(i, j) < 0 || (of >= 0 && labels(i, j) != of)) continue;
            bool other = false;
            for (auto const& [dy, dx] : {std::pair{-1, 0}, {1, 0}, {0, -1}, {0, 1}}) {
                index_t const y = i + dy, x = j + dx;
                if (y < 0 || y >= h || x < 0 || x >= w || truth(y, x) < 0) continue;
                other = other || labels(y, x) != labels(i, j);
            }
            if (other) list.emplace_back(i, j);
        }
    return list;
}

bool near(points const& list, index_t i, index_t j, double radius)
{
    return std::any_of(list.begin(), list.end(), [&](auto const& p) {
        return std::hypot(static_cast<double>(p.first - i), static_cast<double>(p.second - j)) <= radius;
    });
}

double share_met(points const& of, points const& by, double radius)
{
    auto const met =
        std::count_if(of.begin(), of.end(), [&](auto const& p) { return near(by, p.first, p.second, radius); });
    return of.empty() ? 0 : static_cast<double>(met) / static_cast<double>(of.size());
}

}  // namespace

TEST_CASE("Boundary scores are what their definition says")
{
    for (auto const& [h, w] : {std::pair{1, 1}, {1, 31}, {29, 1}, {17, 23}})
        for (double const tolerance : {0., 1., 1.5, 2.9, 5.}) {
            auto const truth = random_label_image(h, w, 3, true, 3), prediction = random_label_image(h, w, 3, false, 4);
            auto const s = metrics::boundary(seq, prediction, truth, {.classes = 3, .tolerance = tolerance});
            double sum = 0, n = 0;
            for (int c = 0; c < 3; ++c) {
                auto const got = boundary_points(prediction, truth, c), wanted = boundary_points(truth, truth, c);
                auto const k = static_cast<std::size_t>(c);
                if (got.empty() && wanted.empty()) {
                    CHECK(std::isnan(s.fs[k]));
                    continue;
                }
                double const p = share_met(got, wanted, tolerance), r = share_met(wanted, got, tolerance);
                CHECK(s.precision[k] == p);
                CHECK(s.recall[k] == r);
                double const f = p + r > 0 ? 2 * p * r / (p + r) : 0;
                CHECK(s.fs[k] == f);
                sum += f;
                ++n;
            }
            if (n > 0) CHECK(s.f == Approx(sum / n).epsilon(1e-15));
        }
}

TEST_CASE("A boundary that is off by two pixels meets within two and not within one")
{
    auto const truth = label_image_of({"000011111", "000011111"}), shifted = label_image_of({"000000111", "000000111"});
    auto const f = [&](double tolerance) { return metrics::boundary(seq, shifted, truth, {.tolerance = tolerance}).f; };
    CHECK(f(2) == 1);
    CHECK(f(1.99) == 0);
    CHECK(metrics::boundary(seq, truth, truth, {.tolerance = 0}).f == 1);
}

TEST_CASE("Classes without a boundary are skipped, or count 1 or 0")
{
    auto const truth = label_image_of({"0011", "0011"});
    auto const f = [&](absent_class rule) {
        return metrics::boundary(seq, truth, truth, {.classes = 3, .absent = rule}).f;
    };
    CHECK(f(absent_class::skip) == 1);
    CHECK(f(absent_class::one) == 1);
    CHECK(f(absent_class::zero) == Approx(2. / 3));
    auto const flat = label_image_of({"0000", "0000"});
    auto const missed = metrics::boundary(seq, flat, truth, {});
    CHECK(missed.f == 0);
    CHECK(std::isnan(metrics::boundary(seq, flat, flat, {}).f));
}

TEST_CASE("The band of a trimap is the pixels near true boundaries")
{
    for (double const tolerance : {0., 1.2, 3.}) {
        auto const truth = random_label_image(13, 19, 3, true, 5), prediction = random_label_image(13, 19, 3, false, 6);
        auto const edges = boundary_points(truth, truth, -1);
        tensor<index_t, 2> expected(3, 3);
        for (index_t i = 0; i < 13; ++i)
            for (index_t j = 0; j < 19; ++j)
                if (truth(i, j) >= 0 && near(edges, i, j, tolerance)) ++expected(truth(i, j), prediction(i, j));
        for (int threads : {1, 3}) {
            auto const m = metrics::trimap_confusion(exec::omp{.threads = threads}, prediction, truth,
                                                     {.classes = 3, .tolerance = tolerance});
            CHECK(std::equal(expected.begin(), expected.end(), m.counts.begin()));
        }
    }
}

TEST_CASE("Boundary scores are the same on every policy and any number of threads")
{
    auto const truth = random_label_image(47, 61, 4, true, 7), prediction = random_label_image(47, 61, 4, false, 8);
    auto const expected = metrics::boundary(seq, prediction, truth, {.classes = 4});
    for (int threads : {1, 2, 3}) {
        auto const s = metrics::boundary(exec::omp{.threads = threads}, prediction, truth, {.classes = 4});
        CHECK(s.f == expected.f);
        CHECK(s.fs == expected.fs);
    }
}

TEST_CASE("A tolerance beyond the image is one of the whole image, and searches no farther")
{
    for (auto const& [h, w] : {std::pair{1, 9}, {9, 1}, {5, 7}}) {
        label_image truth(h, w), prediction(h, w);  // each boundary in another corner
        for (auto& l : prediction) l = 1;
        truth(h - 1, w - 1) = 1;
        prediction(0, 0) = 0;
        auto const f = [&](double tolerance) {
            return metrics::boundary(seq, prediction, truth, {.tolerance = tolerance}).f;
        };
        CHECK(f(0) == 0);
        CHECK(f(20) == 1);
        CHECK(f(1e6) == 1);
        CHECK(metrics::detail::search_limit(1e6, truth.extents()) == std::max(h, w));
    }
    CHECK(metrics::detail::search_limit(2.9, {{5, 7}}) == 2);
}

TEST_CASE("Boundary scores refuse wrong shapes and tolerances")
{
    label_image const a(2, 3), b(3, 2);
    CHECK(thrown<shape_error>([&] { metrics::boundary(seq, a, b, {}); }) ==
          "metrics::boundary: prediction must be [H, W] of truth = [3, 2], got [2, 3]");
    CHECK(thrown<value_error>([&] { metrics::boundary(seq, a, a, {.tolerance = -1}); }) ==
          "metrics::boundary: tolerance must be from 0 to a million, got -1");
    CHECK(thrown<value_error>([&] { metrics::trimap_confusion(seq, a, a, {.tolerance = -1}); }) ==
          "metrics::trimap_confusion: tolerance must be from 0 to a million, got -1");
    CHECK(metrics::boundary_tolerance(300, 400) == Approx(3.75));

    auto strange = a;
    strange(1, 1) = 2;
    strange(1, 2) = -3;
    auto const labels = [&](auto const& run, char const* name) {
        CHECK(thrown<value_error>([&] { run(strange, a, 2); }) ==
              std::string(name) + ": labels must be from 0 to 1, got 2 pixels with others");
        CHECK(thrown<value_error>([&] { run(a, strange, 2); }) ==
              std::string(name) + ": labels must be from 0 to 1, got 2 pixels with others");
        CHECK(thrown<value_error>([&] { run(a, a, 0); }) == std::string(name) + ": classes must be at least 1, got 0");
        label_image nowhere(2, 3);
        for (auto& l : nowhere) l = -1;
        run(strange, nowhere, 2);  // ignored, whatever is predicted
    };
    labels([](auto const& p, auto const& t,
              index_t classes) { metrics::boundary(seq, p, t, {.classes = classes, .tolerance = 0}); },
           "metrics::boundary");
    labels([](auto const& p, auto const& t,
              index_t classes) { metrics::trimap_confusion(seq, p, t, {.classes = classes, .tolerance = 0}); },
           "metrics::trimap_confusion");
}

}  // namespace hyspn::testing
