// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include <hyspn/metrics/segmentation.hpp>

/// \file
/// How well labels meet the truth at the boundaries between them, which scores of whole areas hardly see.

namespace hyspn::metrics {

/// What the scores of boundaries need to know.
struct boundary_options {
    index_t classes = 2;
    double tolerance = 2;                      ///< pixels between two boundaries that still meet, Euclidean, at least 0
    index_t ignore_index = -1;                 ///< pixels of the truth that do not count; 255 in many data sets
    absent_class absent = absent_class::skip;  ///< a class without a boundary in both
};

/// Tolerance of an image of these extents as a share of its diagonal: 0.0075 in Csurka et al., 0.008 in DAVIS.
inline double boundary_tolerance(index_t height, index_t width, double share = 0.0075)
{
    return share * std::hypot(static_cast<double>(height), static_cast<double>(width));
}

/// Of each class, and their mean over the classes that are not skipped (NaN).
struct boundary_scores {
    double f = 0;                   ///< mean of `fs`
    std::vector<double> precision;  ///< share of the predicted boundary that lies at the true one
    std::vector<double> recall;     ///< share of the true boundary that lies at the predicted one
    std::vector<double> fs;         ///< 2·precision·recall/(precision + recall)
};

namespace detail {

using boundary_marks = tensor<std::uint8_t, 2>;

/// What lies inside the image and is not ignored, and how labels differ there.
template <class A, class B>
struct boundary_op {
    view<A const, 2> labels;
    view<B const, 2> truth;
    index_t ignore_index;
    bool every_class;
    index_t one_class;
    view<std::uint8_t, 2> marks;

    dims<2> shape() const { return marks.extents(); }
    void operator()(index_t i, index_t j) const
    {
        bool const asked = counts(i, j) && (every_class || label(i, j) == one_class);
        marks(i, j) = asked && (differs(i, j, i - 1, j) || differs(i, j, i + 1, j) || differs(i, j, i, j - 1) ||
                                differs(i, j, i, j + 1));
    }

private:
    index_t label(index_t i, index_t j) const { return static_cast<index_t>(labels(i, j)); }
    bool counts(index_t i, index_t j) const { return static_cast<index_t>(truth(i, j)) != ignore_index; }
    bool differs(index_t i, index_t j, index_t y, index_t x) const
    {
        return y >= 0 && y < labels.extent(0) && x >= 0 && x < labels.extent(1) && counts(y, x) &&
               label(y, x) != label(i, j);
    }
};

/// Rows from each pixel to the nearest mark of its column, limit + 1 where that is more than limit.
struct column_distance_op {
    view<std::uint8_t const, 2> marks;
    index_t limit;
    view<index_t, 2> rows;

    dims<2> shape() const { return rows.extents(); }
    void operator()(index_t i, index_t j) const
    {
        index_t d = 0;
        while (d <= limit && !marked(i - d, j) && !marked(i + d, j)) ++d;
        rows(i, j) = d;
    }

private:
    bool marked(index_t i, index_t j) const { return i >= 0 && i < marks.extent(0) && marks(i, j) != 0; }
};

/// Whether a mark lies within the radius.
struct near_marks_op {
    view<index_t const, 2> rows;
    index_t limit;
    double square;
    view<std::uint8_t, 2> near;

    dims<2> shape() const { return near.extents(); }
    void operator()(index_t i, index_t j) const
    {
        near(i, j) = 0;
        for (index_t d = -limit; d <= limit && near(i, j) == 0; ++d) {
            index_t const x = j + d;
            if (x < 0 || x >= rows.extent(1) || rows(i, x) > limit) continue;
            near(i, j) = static_cast<double>(d * d + rows(i, x) * rows(i, x)) <= square;
        }
    }
};

/// Whole pixels within the radius, and no more than there are along a side.
inline index_t search_limit(double radius, dims<2> const& image)
{
    return std::min(static_cast<index_t>(radius), std::max(image[0], image[1]));
}

/// 1 where a mark lies within `radius`, Euclidean and exact.
template <execution_policy P>
boundary_marks near_marks(P const& exec, boundary_marks const& marks, double radius)
{
    using hyspn::detail::dispatch;
    index_t const limit = search_limit(radius, marks.extents());
    tensor<index_t, 2> rows(marks.extents());
    boundary_marks near(marks.extents());
    dispatch(exec, column_distance_op{as_view(marks), limit, as_view(rows)});
    dispatch(exec, near_marks_op{as_const(rows), limit, radius * radius, as_view(near)});
    return near;
}

template <execution_policy P, class A, class B>
boundary_marks boundary_of(P const& exec, view<A const, 2> const& labels, view<B const, 2> const& truth,
                           index_t ignore_index, bool every_class, index_t one_class)
{
    boundary_marks marks(labels.extents());
    hyspn::detail::dispatch(exec,
                            boundary_op<A, B>{labels, truth, ignore_index, every_class, one_class, as_view(marks)});
    return marks;
}

/// Marks, and those of them near others.
struct met_marks {
    index_t all = 0, met = 0;
    double share() const { return all > 0 ? static_cast<double>(met) / static_cast<double>(all) : 0; }
};

template <execution_policy P>
met_marks count_met(P const& exec, boundary_marks const& marks, boundary_marks const& others, double radius)
{
    auto const near = near_marks(exec, others, radius);
    met_marks m;
    for (index_t k = 0; k < marks.size(); ++k) {
        m.all += marks.data()[k];
        m.met += marks.data()[k] & near.data()[k];
    }
    return m;
}

inline void require_radius(char const* function, char const* argument, double radius)
{
    hyspn::detail::require_value(radius >= 0 && radius <= 1e6, function, argument, "from 0 to a million", radius);
}

}  // namespace detail

/// Boundary F-scores of `prediction` [H, W] against `truth` [H, W], labels of any integer type (Csurka, Larlus and
/// Perronnin 2013, equation 4; for two classes the F of DAVIS, Perazzi et al. 2016). A pixel is at the boundary of its
/// class when one of its four neighbours in the image has another label; pixels whose truth is ignore_index are in no
/// boundary and no neighbour. Precision is the share of the predicted boundary within `tolerance` of the true one,
/// recall the share of the true one within it of the predicted one. A class with a boundary in one of the two only
/// scores 0. (DAVIS dilates by a disk, which is the same, and marks boundaries half a pixel off.)
///
/// Distances are Euclidean and exact. O(classes·H·W·tolerance). Throws shape_error; value_error for other labels than
/// 0 … classes − 1 where the truth is not ignore_index, as confusion does.
template <execution_policy P, view_of_rank<2> X, view_of_rank<2> Y>
    requires same_space<P, X, Y> boundary_scores boundary(P const& exec, X const& prediction, Y const& truth,
                                                          boundary_options const& options)
    {
        constexpr auto function = "metrics::boundary";
        auto const p = as_const(prediction);
        auto const t = as_const(truth);
        detail::require_radius(function, "tolerance", options.tolerance);
        (void)detail::confusion_for(function, exec, p, t, options.classes, options.ignore_index);  // refuses others
        boundary_scores s;
        for (index_t c = 0; c < options.classes; ++c) {
            auto const got = detail::boundary_of(exec, p, t, options.ignore_index, false, c);
            auto const wanted = detail::boundary_of(exec, t, t, options.ignore_index, false, c);
            auto const precision = detail::count_met(exec, got, wanted, options.tolerance);
            auto const recall = detail::count_met(exec, wanted, got, options.tolerance);
            bool const absent = precision.all == 0 && recall.all == 0;
            auto const score = [&](double value) { return absent ? detail::score_of_absent(options.absent) : value; };
            double const sum = precision.share() + recall.share();
            s.precision.push_back(score(precision.share()));
            s.recall.push_back(score(recall.share()));
            s.fs.push_back(score(sum > 0 ? 2 * precision.share() * recall.share() / sum : 0));
        }
        s.f = detail::mean_of_known(s.fs);
        return s;
    }

/// The confusion matrix of the band of pixels within `tolerance` of the boundary between any two classes of the truth:
/// segmentation(…).mean_iou of it is the trimap IoU (Kohli, Ladický and Torr 2009; Krähenbühl and Koltun 2011). Throws
/// as boundary.
template <execution_policy P, view_of_rank<2> X, view_of_rank<2> Y>
    requires same_space<P, X, Y> confusion_matrix trimap_confusion(P const& exec, X const& prediction, Y const& truth,
                                                                   boundary_options const& options)
    {
        constexpr auto function = "metrics::trimap_confusion";
        auto const p = as_const(prediction);
        auto const t = as_const(truth);
        detail::require_radius(function, "tolerance", options.tolerance);
        (void)detail::confusion_for(function, exec, p, t, options.classes, options.ignore_index);  // refuses others
        auto const edge = detail::boundary_of(exec, t, t, options.ignore_index, true, 0);
        auto const band = detail::near_marks(exec, edge, options.tolerance);
        tensor<index_t, 2> inside(t.extents());
        for (index_t i = 0; i < t.extent(0); ++i)
            for (index_t j = 0; j < t.extent(1); ++j)
                inside(i, j) = band(i, j) ? static_cast<index_t>(t(i, j)) : options.ignore_index;
        return detail::confusion_for(function, exec, p, as_const(inside), options.classes, options.ignore_index);
    }

}  // namespace hyspn::metrics
