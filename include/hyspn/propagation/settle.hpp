// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <utility>

#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/exec/largest.hpp>
#include <hyspn/propagation/arrays.hpp>

/// \file
/// Steps until nothing changes any more.

namespace hyspn::detail {

/// |a - b| at one place of two dense arrays; NaN is no change that settles.
template <class T>
struct change_at {
    T const* a;
    T const* b;
    HYSPN_HD exec::largest<T> operator()(index_t i) const
    {
        using std::abs;
        T const change = abs(a[i] - b[i]);
        return {change == change ? change : T(HUGE_VAL)};
    }
};

/// Steps from `initial` into `out`, step(from, to) being one, until one changes nothing by more than the tolerance, or
/// `most` are taken.
template <execution_policy P, class T, class M, class Step>
propagation::settling iterate_until(P const& exec, index_t most, view<T const, 4, M> const& initial,
                                    view<T, 4, M> const& out, double tolerance, Step const& step)
{
    tensor<T, 4, M> from(out.extents()), to(out.extents());
    dispatch(exec, copy_op<T, 4, M>{initial, as_view(from)});
    propagation::settling report;
    bool settled = false;
    while (!settled && report.steps < most) {
        step(as_const(from), as_view(to));
        report.change = static_cast<double>(reduce(exec, to.size(), change_at<T>{to.data(), from.data()}).value);
        std::swap(from, to);
        ++report.steps;
        settled = report.change <= tolerance;
    }
    dispatch(exec, copy_op<T, 4, M>{as_const(from), out});
    return report;
}

}  // namespace hyspn::detail
