// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/parameters.hpp>
#include <hyspn/nn/loss/elementwise.hpp>

namespace hyspn::nn::loss {

/// Mean |e|, e = prediction − target. At e = 0 the gradient is 0.
struct l1 {
    template <class S>
    HYSPN_HD sums<S> terms(S prediction, S target) const
    {
        using std::fabs;
        return {fabs(prediction - target), S(0), S(1)};
    }
    template <class S>
    HYSPN_HD S mean(sums<S> const& total) const
    {
        return total.first / total.count;
    }
    template <class S>
    HYSPN_HD S slope(sums<S> const& total, S prediction, S target) const
    {
        S const e = prediction - target;
        return (e > S(0) ? S(1) : e < S(0) ? S(-1) : S(0) * e) / total.count;  // 0·e: NaN stays NaN
    }
};

/// Mean e².
struct l2 {
    template <class S>
    HYSPN_HD sums<S> terms(S prediction, S target) const
    {
        S const e = prediction - target;
        return {e * e, S(0), S(1)};
    }
    template <class S>
    HYSPN_HD S mean(sums<S> const& total) const
    {
        return total.first / total.count;
    }
    template <class S>
    HYSPN_HD S slope(sums<S> const& total, S prediction, S target) const
    {
        return S(2) * (prediction - target) / total.count;
    }
};

/// weight1·mean |e| + weight2·mean e²: what most networks of depth completion train with (NLSPN, Park et al. 2020,
/// section 3.5).
struct l1_l2 {
    double weight1 = 1;
    double weight2 = 1;

    template <class S>
    HYSPN_HD sums<S> terms(S prediction, S target) const
    {
        return {l1{}.terms(prediction, target).first, l2{}.terms(prediction, target).first, S(1)};
    }
    template <class S>
    HYSPN_HD S mean(sums<S> const& total) const
    {
        return multiply_add(S(weight1), total.first, S(weight2) * total.second) / total.count;
    }
    template <class S>
    HYSPN_HD S slope(sums<S> const& total, S prediction, S target) const
    {
        return multiply_add(S(weight1), l1{}.slope(total, prediction, target),
                            S(weight2) * l2{}.slope(total, prediction, target));
    }
};

/// Huber's loss (1964): mean of e²/2 where |e| ≤ delta and of delta·(|e| − delta/2) beyond. delta > 0, in units of the
/// prediction.
struct huber {
    double delta = 1;

    void require_valid(char const* function) const { hyspn::detail::require_positive(function, "delta", delta); }
    template <class S>
    HYSPN_HD sums<S> terms(S prediction, S target) const
    {
        using std::fabs;
        S const e = fabs(prediction - target), d(delta);
        return {e <= d ? e * e / S(2) : d * (e - d / S(2)), S(0), S(1)};
    }
    template <class S>
    HYSPN_HD S mean(sums<S> const& total) const
    {
        return total.first / total.count;
    }
    template <class S>
    HYSPN_HD S slope(sums<S> const& total, S prediction, S target) const
    {
        S const e = prediction - target, d(delta);
        return (e > d ? d : e < -d ? -d : e) / total.count;
    }
};

/// Mean |1/prediction − 1/target|, in 1/m for depths in metres: near things count more, as in KITTI's iMAE. The
/// gradient is −sign(1/prediction − 1/target)/prediction²/n: 0 is no prediction.
struct inverse_depth_l1 {
    template <class S>
    HYSPN_HD sums<S> terms(S prediction, S target) const
    {
        return l1{}.terms(S(1) / prediction, S(1) / target);
    }
    template <class S>
    HYSPN_HD S mean(sums<S> const& total) const
    {
        return total.first / total.count;
    }
    template <class S>
    HYSPN_HD S slope(sums<S> const& total, S prediction, S target) const
    {
        S const inverse = S(1) / prediction;
        return -l1{}.slope(total, inverse, S(1) / target) * inverse * inverse;
    }
};

}  // namespace hyspn::nn::loss
