// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>

#include <metrics/label_images.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/metrics/segmentation.hpp>

namespace hyspn::testing {
namespace {

using metrics::absent_class;
constexpr exec::seq seq{};

}  // namespace

TEST_CASE("Scores of nine pixels, worked out by hand")
{
    auto const truth = label_image_of({"0001", "11.2"}), prediction = label_image_of({"0012", "1102"});
    auto const m = metrics::confusion(seq, prediction, truth, 4);
    CHECK(m.counts(0, 0) == 2);
    CHECK(m.counts(0, 1) == 1);
    CHECK(m.counts(1, 1) == 2);
    CHECK(m.counts(1, 2) == 1);
    CHECK(m.counts(2, 2) == 1);
    auto const s = metrics::segmentation(m);
    CHECK(s.n == 7);
    CHECK(s.pixel_accuracy == Approx(5. / 7));
    CHECK(s.mean_accuracy == Approx((2. / 3 + 2. / 3 + 1) / 3));
    CHECK(s.mean_iou == Approx((2. / 3 + 2. / 4 + 1. / 2) / 3));
    CHECK(s.frequency_weighted_iou == Approx((3 * 2. / 3 + 3 * 2. / 4 + 1 * 1. / 2) / 7));
    CHECK(std::isnan(s.iou[3]));
    CHECK(std::isnan(s.accuracy[3]));
}

TEST_CASE("Classes that are nowhere are skipped, or count 1 or 0; classes that are predicted only count 0")
{
    auto const m = metrics::confusion(seq, label_image_of({"0001"}), label_image_of({"0000"}), 3);
    auto const skip = metrics::segmentation(m, absent_class::skip), one = metrics::segmentation(m, absent_class::one),
               zero = metrics::segmentation(m, absent_class::zero);
    CHECK(skip.mean_iou == Approx(0.75 / 2));
    CHECK(one.mean_iou == Approx(1.75 / 3));
    CHECK(zero.mean_iou == Approx(0.75 / 3));
    CHECK(skip.mean_accuracy == Approx(0.75));
    CHECK(one.mean_accuracy == Approx(1.75 / 3));
    CHECK(zero.mean_accuracy == Approx(0.75 / 3));
    for (auto const& s : {skip, one, zero}) CHECK(s.frequency_weighted_iou == 0.75);
}

TEST_CASE("Nothing to count gives NaN")
{
    auto const s = metrics::segmentation(metrics::confusion(seq, label_image_of({"01"}), label_image_of({".."}), 2));
    CHECK(s.n == 0);
    for (double v : {s.pixel_accuracy, s.mean_accuracy, s.mean_iou, s.frequency_weighted_iou}) CHECK(std::isnan(v));
    CHECK(metrics::segmentation(metrics::confusion(seq, label_image(0, 3), label_image(0, 3), 2)).n == 0);
}

TEST_CASE("The confusion matrix is a count, whatever the policy, the number of threads and the layout")
{
    for (auto const& [h, w] : {std::pair{1, 1}, {1, 37}, {67, 1}, {31, 53}}) {
        auto const truth = random_label_image(h, w, 5, true, 1), prediction = random_label_image(h, w, 5, false, 2);
        tensor<index_t, 2> expected(5, 5);
        for (index_t i = 0; i < h; ++i)
            for (index_t j = 0; j < w; ++j)
                if (truth(i, j) >= 0) ++expected(truth(i, j), prediction(i, j));
        auto const check = [&](metrics::confusion_matrix const& m) {
            CHECK(std::equal(expected.begin(), expected.end(), m.counts.begin()));
        };
        check(metrics::confusion(seq, prediction, truth, 5));
        tensor<std::int32_t, 2> turned(w, h);
        view<std::int32_t, 2> const transposed(turned.data(), {{h, w}}, {{1, h}});
        copy(as_view(truth), transposed);
        for (int threads : {1, 2, 3}) {
            check(metrics::confusion(exec::omp{.threads = threads}, prediction, truth, 5));
            check(metrics::confusion(exec::omp{.threads = threads}, prediction, transposed, 5));
        }
    }
}

TEST_CASE("Matrices of images add up")
{
    auto const a = random_label_image(9, 7, 3, true, 1), b = random_label_image(9, 7, 3, false, 2);
    auto sum = metrics::confusion(seq, b, a, 3);
    auto const one = sum;
    sum += one;
    for (index_t k = 0; k < 9; ++k) CHECK(sum.counts.data()[k] == 2 * one.counts.data()[k]);
    CHECK(metrics::segmentation(sum).mean_iou == metrics::segmentation(one).mean_iou);
    CHECK(thrown<shape_error>([&] { sum += metrics::confusion(seq, a, a, 4); }) ==
          "confusion_matrix::operator+=: the other must be [L, L] = [3, 3], got [4, 4]");
}

TEST_CASE("Labels that are none are refused, except where the truth is ignored")
{
    auto const truth = label_image_of({"01.2"});
    CHECK_NOTHROW(metrics::confusion(seq, label_image_of({"0192"}), truth, 3));
    CHECK(thrown<value_error>([&] { metrics::confusion(seq, label_image_of({"01.3"}), truth, 3); }) ==
          "metrics::confusion: labels must be from 0 to 2, got 1 pixels with others");
    CHECK(thrown<value_error>([&] { metrics::confusion(seq, label_image_of({"0.00"}), truth, 2); }) ==
          "metrics::confusion: labels must be from 0 to 1, got 2 pixels with others");
    CHECK(thrown<shape_error>([&] { metrics::confusion(seq, label_image_of({"01"}), truth, 3); }) ==
          "metrics::confusion: prediction must be [H, W] of truth = [1, 4], got [1, 2]");
    CHECK(thrown<value_error>([&] { metrics::confusion(seq, truth, truth, 0); }) ==
          "metrics::confusion: classes must be at least 1, got 0");
}

}  // namespace hyspn::testing
