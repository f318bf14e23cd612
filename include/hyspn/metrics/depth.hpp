// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/math.hpp>
#include <hyspn/exec/seq.hpp>

/// \file
/// Errors of a depth map.

namespace hyspn::metrics {

/// Errors over the n pixels that count. Depths in metres.
///
/// Convention: KITTI's for the inverse errors (in 1/km, as its table gives them), Eigen et al. 2014 for the rest. Means
/// run over all counted pixels of one image at once. With n = 0 every error is NaN.
struct depth_errors {
    double rmse = 0;    ///< root mean square error, metres
    double mae = 0;     ///< mean absolute error, metres
    double irmse = 0;   ///< root mean square error of 1/depth, 1/km
    double imae = 0;    ///< mean absolute error of 1/depth, 1/km
    double rel = 0;     ///< mean of |error| / truth
    double delta1 = 0;  ///< share of pixels with max(prediction/truth, truth/prediction) < 1.25
    double delta2 = 0;  ///< the same below 1.25²
    double delta3 = 0;  ///< the same below 1.25³
    index_t n = 0;      ///< pixels counted
};

namespace detail {

/// Sums over pixels; adding two is adding their members.
struct depth_sums {
    double square = 0, absolute = 0, inverse_square = 0, inverse_absolute = 0, relative = 0;
    double within1 = 0, within2 = 0, within3 = 0, count = 0;

    depth_sums& operator+=(depth_sums const& o)
    {
        square += o.square;
        absolute += o.absolute;
        inverse_square += o.inverse_square;
        inverse_absolute += o.inverse_absolute;
        relative += o.relative;
        within1 += o.within1;
        within2 += o.within2;
        within3 += o.within3;
        count += o.count;
        return *this;
    }
};

template <class T>
struct depth_sums_op {
    view<T const, 2> prediction, truth, given;

    depth_sums operator()(index_t pixel) const
    {
        index_t const y = pixel / truth.extent(1), x = pixel % truth.extent(1);
        auto const t = static_cast<double>(truth(y, x)), p = static_cast<double>(prediction(y, x));
        if (!(t > 0) || (given.size() > 0 && given(y, x) > T(0))) return {};
        double const error = p - t, inverse = 1000 / p - 1000 / t, ratio = p > 0 ? std::fmax(p / t, t / p) : HUGE_VAL;
        auto const below = [&](double bound) { return ratio < bound ? 1. : 0.; };
        return {unfused(error * error), std::fabs(error),          unfused(inverse * inverse),
                std::fabs(inverse),     std::fabs(error) / t,      below(1.25),
                below(1.25 * 1.25),     below(1.25 * 1.25 * 1.25), 1};
    }
};

}  // namespace detail

/// Errors of `prediction` [H, W] where `truth` [H, W] is positive and, if `given` [H, W] is not empty, where `given` is
/// not: pixels that were input do not count. A prediction of 0 makes the inverse errors infinite, NaN makes all errors
/// NaN; neither is within any δ. Sums run in double in a fixed order: the same bits on every host policy and any number
/// of threads. Throws shape_error.
template <execution_policy P, view_of_rank<2> X, view_of_rank<2> Y, view_of_rank<2> Z>
    requires same_space<P, X, Y, Z> depth_errors depth(P const& exec, X const& prediction, Y const& truth,
                                                       Z const& given)
    {
        auto const p = as_const(prediction), t = as_const(truth), g = as_const(given);
        hyspn::detail::require_shape("metrics::depth", "prediction", "[H, W] of truth", p.extents(), t.extents());
        if (g.size() > 0)
            hyspn::detail::require_shape("metrics::depth", "given", "[H, W] of truth", g.extents(), t.extents());
        auto const s = reduce(exec, t.size(), detail::depth_sums_op<value_type_of<X const>>{p, t, g});
        auto const mean = [&](double sum) { return sum / s.count; };
        return {std::sqrt(mean(s.square)), mean(s.absolute), std::sqrt(mean(s.inverse_square)),
                mean(s.inverse_absolute),  mean(s.relative), mean(s.within1),
                mean(s.within2),           mean(s.within3),  static_cast<index_t>(s.count)};
    }

/// The same over every pixel with truth.
template <execution_policy P, view_of_rank<2> X, view_of_rank<2> Y>
    requires same_space<P, X, Y> depth_errors depth(P const& exec, X const& prediction, Y const& truth)
    {
        return depth(exec, prediction, truth, view<value_type_of<Y const> const, 2>{});
    }

}  // namespace hyspn::metrics
