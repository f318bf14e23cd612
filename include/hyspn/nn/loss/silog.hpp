// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/nn/loss/elementwise.hpp>

namespace hyspn::nn::loss {

/// Scale-invariant error of log depth (Eigen, Puhrsch and Fergus 2014, equation 4), with d = log prediction − log
/// target over the n pixels that count:
///
///     v = mean(d²) − variance_focus·mean(d)²,     loss = scale·√v, or scale·v without `root`.
///
/// The defaults are BTS's form (Lee et al. 2019, equation 3): 10·√v with variance_focus 0.85. Eigen's own is
/// {.variance_focus = 0.5, .scale = 1, .root = false}. variance_focus from 0, the plain mean square, to 1, where a
/// common factor of all depths costs nothing. Predictions and targets that count must be > 0, else the loss is NaN or
/// infinite. Where v is 0 the gradient is 0.
struct silog {
    double variance_focus = 0.85;
    double scale = 10;
    bool root = true;

    void require_valid(char const* function) const
    {
        hyspn::detail::require_value(variance_focus >= 0 && variance_focus <= 1, function, "variance_focus",
                                     "from 0 to 1", variance_focus);
    }
    template <class S>
    HYSPN_HD sums<S> terms(S prediction, S target) const
    {
        S const d = log_ratio(prediction, target);
        return {d, d * d, S(1)};
    }
    template <class S>
    HYSPN_HD S mean(sums<S> const& total) const
    {
        using std::sqrt;
        S const v = spread(total);
        return S(scale) * (root ? sqrt(v) : v);
    }
    template <class S>
    HYSPN_HD S slope(sums<S> const& total, S prediction, S target) const
    {
        using std::sqrt;
        S const v = spread(total), d = log_ratio(prediction, target), centre = total.first / total.count;
        if (root && v == S(0)) return S(0);
        S const outer = root ? S(scale) / sqrt(v) : S(2) * S(scale);
        return outer * multiply_add(S(-variance_focus), centre, d) / total.count / prediction;
    }

private:
    template <class S>
    HYSPN_HD static S log_ratio(S prediction, S target)
    {
        using std::log;
        return log(prediction) - log(target);
    }

    /// v, which rounding alone can make negative.
    template <class S>
    HYSPN_HD S spread(sums<S> const& total) const
    {
        S const centre = total.first / total.count;
        S const v = multiply_add(S(-variance_focus) * centre, centre, total.second / total.count);
        return v < S(0) ? S(0) : v;
    }
};

}  // namespace hyspn::nn::loss
