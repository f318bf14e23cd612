// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// How well labels meet the truth, class by class.

namespace hyspn::metrics {

/// Pixels by true class (rows) and predicted class (columns), [L, L]. Those of several images add up: a data set's
/// scores are those of its sum, not the mean of its images' scores.
struct confusion_matrix {
    tensor<index_t, 2> counts;

    index_t classes() const { return counts.extent(0); }

    /// Throws shape_error for another number of classes.
    confusion_matrix& operator+=(confusion_matrix const& o)
    {
        hyspn::detail::require_shape("confusion_matrix::operator+=", "the other", "[L, L]", o.counts.extents(),
                                     counts.extents());
        for (index_t i = 0; i < counts.size(); ++i) counts.data()[i] += o.counts.data()[i];
        return *this;
    }
};

/// What a class scores that is nowhere, neither in the truth nor in the prediction. Published tables differ here:
/// most skip it; VOC's code counts it as 1 when it scores image by image; some count 0.
enum class absent_class { skip, one, zero };

/// Scores from 0 to 1. Where nothing counts they are NaN.
struct segmentation_scores {
    double pixel_accuracy = 0;          ///< share of the pixels with the right class
    double mean_accuracy = 0;           ///< mean over classes of the share of their true pixels that are found
    double mean_iou = 0;                ///< mean over classes of |truth ∩ prediction|/|truth ∪ prediction|
    double frequency_weighted_iou = 0;  ///< Σ over classes of their share of the truth times their IoU
    std::vector<double> accuracy;       ///< of each class; NaN where it is skipped
    std::vector<double> iou;            ///< of each class; NaN where it is skipped
    index_t n = 0;                      ///< pixels counted
};

namespace detail {

/// Rows of the image in parts, each with counts of its own: [parts, L·L + 1], the last the labels that are none.
template <class A, class B>
struct confusion_op {
    view<A const, 2> prediction;
    view<B const, 2> truth;
    index_t classes, ignore_index;
    view<index_t, 2> partial;

    dims<2> shape() const { return {{partial.extent(0), 1}}; }
    void operator()(index_t part, index_t) const
    {
        index_t const parts = partial.extent(0), height = truth.extent(0);
        for (index_t i = part * height / parts; i < (part + 1) * height / parts; ++i)
            for (index_t j = 0; j < truth.extent(1); ++j) count(part, i, j);
    }

private:
    void count(index_t part, index_t i, index_t j) const
    {
        auto const wanted = static_cast<index_t>(truth(i, j)), got = static_cast<index_t>(prediction(i, j));
        if (wanted == ignore_index) return;
        bool const known = wanted >= 0 && wanted < classes && got >= 0 && got < classes;
        ++partial(part, known ? wanted * classes + got : classes * classes);
    }
};

/// The mean of those that are no NaN; NaN of none.
inline double mean_of_known(std::vector<double> const& values)
{
    double sum = 0, n = 0;
    for (double const v : values)
        if (!std::isnan(v)) {
            sum += v;
            ++n;
        }
    return sum / n;
}

inline double score_of_absent(absent_class rule)
{
    return rule == absent_class::skip ? std::numeric_limits<double>::quiet_NaN() : rule == absent_class::one ? 1 : 0;
}

/// metrics::confusion in the name of `function`.
template <execution_policy P, class A, class B>
confusion_matrix confusion_for(char const* function, P const& exec, view<A const, 2> const& p,
                               view<B const, 2> const& t, index_t classes, index_t ignore_index)
{
    static_assert(std::integral<A> && std::integral<B>, "labels are whole numbers");
    hyspn::detail::require_shape(function, "prediction", "[H, W] of truth", p.extents(), t.extents());
    hyspn::detail::require_value(classes >= 1, function, "classes", "at least 1", static_cast<double>(classes));
    tensor<index_t, 2> partial(std::clamp<index_t>(t.extent(0), 1, 16), classes * classes + 1);
    hyspn::detail::dispatch(exec, confusion_op<A, B>{p, t, classes, ignore_index, as_view(partial)});
    confusion_matrix sum{tensor<index_t, 2>(classes, classes)};
    index_t strange = 0;
    for (index_t part = 0; part < partial.extent(0); ++part) {
        for (index_t k = 0; k < classes * classes; ++k) sum.counts.data()[k] += partial(part, k);
        strange += partial(part, classes * classes);
    }
    if (strange > 0)
        hyspn::detail::raise<value_error>(function, "labels", "from 0 to " + std::to_string(classes - 1),
                                          std::to_string(strange) + " pixels with others");
    return sum;
}

}  // namespace detail

/// The confusion matrix of `prediction` [H, W] and `truth` [H, W], labels of any integer type, where the truth is not
/// `ignore_index`; there the prediction may be anything. Throws shape_error; value_error for other labels than
/// 0 … classes − 1.
template <execution_policy P, view_of_rank<2> X, view_of_rank<2> Y>
    requires same_space<P, X, Y> confusion_matrix confusion(P const& exec, X const& prediction, Y const& truth,
                                                            index_t classes, index_t ignore_index = -1)
    {
        return detail::confusion_for("metrics::confusion", exec, as_const(prediction), as_const(truth), classes,
                                     ignore_index);
    }

/// Scores of a confusion matrix (Long, Shelhamer and Darrell 2015, section 5). A class without true pixels that is
/// predicted somewhere has the IoU 0; as its accuracy is 0/0, absent_class::skip leaves it out of the mean accuracy,
/// and the other two count 0.
inline segmentation_scores segmentation(confusion_matrix const& m, absent_class rule = absent_class::skip)
{
    index_t const classes = m.classes();
    std::vector<double> wanted(static_cast<std::size_t>(classes)), got(wanted), right(wanted);
    double all = 0, hits = 0;
    for (index_t t = 0; t < classes; ++t)
        for (index_t p = 0; p < classes; ++p) {
            auto const n = static_cast<double>(m.counts(t, p));
            wanted[static_cast<std::size_t>(t)] += n;
            got[static_cast<std::size_t>(p)] += n;
            all += n;
            if (t == p) hits += right[static_cast<std::size_t>(t)] = n;
        }
    segmentation_scores s;
    s.n = static_cast<index_t>(all);
    s.pixel_accuracy = hits / all;
    double const absent = detail::score_of_absent(rule);
    for (std::size_t c = 0; c < wanted.size(); ++c) {
        double const either = wanted[c] + got[c] - right[c];
        bool const only_predicted = wanted[c] == 0 && got[c] > 0;
        s.iou.push_back(either > 0 ? right[c] / either : absent);
        s.accuracy.push_back(wanted[c] > 0                                  ? right[c] / wanted[c]
                             : only_predicted && rule != absent_class::skip ? 0
                                                                            : absent);
        if (wanted[c] > 0) s.frequency_weighted_iou += wanted[c] * s.iou[c];
    }
    s.frequency_weighted_iou /= all;
    s.mean_accuracy = detail::mean_of_known(s.accuracy);
    s.mean_iou = detail::mean_of_known(s.iou);
    return s;
}

}  // namespace hyspn::metrics
