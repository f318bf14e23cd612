// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/exec/elementwise.hpp>
#include <hyspn/exec/largest.hpp>

/// \file
/// What the iterative solvers share: how they report and refuse, and the operations on their vectors.

namespace hyspn {

/// An iteration did not reach its tolerance.
struct convergence_error : error {
    using error::error;
};

}  // namespace hyspn

namespace hyspn::propagation {

/// How a solve of A x = b ended: steps of the method (BiCGSTAB applies A twice in each, conjugate gradients once) and
/// ‖b - A x‖ / ‖b‖, Euclidean norms.
struct solver_report {
    index_t iterations = 0;
    double residual = 0;
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// a·b at one place of two dense arrays.
template <class T>
struct product_at {
    T const* a;
    T const* b;
    HYSPN_HD T operator()(index_t i) const { return a[i] * b[i]; }
};

/// |a| at one place of a dense array.
template <class T>
struct magnitude_at {
    T const* a;
    HYSPN_HD exec::largest<T> operator()(index_t i) const { return {a[i] < T(0) ? -a[i] : a[i]}; }
};

/// A power of two near `largest`, so that dividing by it rounds nothing; 1 for 0, infinity and NaN.
template <class T>
T unit_of(T largest)
{
    if (!(largest > T(0)) || !std::isfinite(largest)) return T(1);
    constexpr int most = std::numeric_limits<T>::max_exponent - 2;  // of which the inverse is normal too
    return std::ldexp(T(1), std::clamp(std::ilogb(largest), -most, most));
}

/// to = a + s b + t c over dense arrays; `to` may be any of them.
template <class T>
struct linear_combination_op {
    index_t size;
    T const* a;
    T s;
    T const* b;
    T t;
    T const* c;
    T* to;

    dims<1> shape() const { return {size}; }
    HYSPN_HD void operator()(index_t i) const { to[i] = a[i] + s * b[i] + t * c[i]; }
};

/// The vectors of a solver, dense arrays of one shape, and what is done with them.
template <execution_policy P, class T, class M>
struct solver_space {
    using vector = tensor<T, 4, M>;

    P exec;

    T dot(vector const& a, vector const& b) const { return reduce(exec, a.size(), product_at<T>{a.data(), b.data()}); }

    /// to = a + s b + t c.
    void combine(vector const& a, T s, vector const& b, T t, vector const& c, vector& to) const
    {
        dispatch(exec, linear_combination_op<T>{to.size(), a.data(), s, b.data(), t, c.data(), to.data()});
    }

    void copy(view<T const, 4, M> from, view<T, 4, M> to) const { dispatch(exec, copy_op<T, 4, M>{from, to}); }

    T largest(vector const& a) const { return reduce(exec, a.size(), magnitude_at<T>{a.data()}).value; }

    /// a = factor a.
    void scale(T factor, vector& a) const { dispatch(exec, scaled_copy_op<T, 4, M>{factor, as_const(a), as_view(a)}); }

    /// Takes a system into units in which max|b| is about 1, since squares of b as it is may be 0 or infinite, and
    /// returns the unit. A start too far off for its residual's square starts from 0.
    T load(view<T const, 4, M> from, view<T const, 4, M> start, vector& b, vector& solution) const
    {
        copy(from, as_view(b));
        copy(start, as_view(solution));
        T const unit = unit_of(largest(b)), farthest = std::sqrt(std::sqrt(std::numeric_limits<T>::max()));
        scale(T(1) / unit, b);
        bool const usable = !(largest(solution) > unit * farthest);
        if (usable)
            scale(T(1) / unit, solution);
        else
            dispatch(exec, fill_op<T, 4, M>{T(0), as_view(solution)});
        return unit;
    }
};

/// The loop of a method that keeps a residual r for A x = b: while goes_on(‖r‖/‖b‖) and for max_iterations at most, one
/// advance(), which is false when the method cannot go on from here. restart() makes r = b - A x and new directions and
/// returns ‖r‖: the residual that advance() updates drifts from the true one, so the tolerance counts for that alone.
template <execution_policy P, class T, class M, class GoesOn, class Restart, class Advance>
propagation::solver_report run_solver(solver_space<P, T, M> const& space, tensor<T, 4, M> const& b,
                                      tensor<T, 4, M> const& r, tensor<T, 4, M>& solution, double tolerance,
                                      index_t max_iterations, GoesOn const& goes_on, Restart const& restart,
                                      Advance const& advance)
{
    auto const length = [&](tensor<T, 4, M> const& v) { return std::sqrt(static_cast<double>(space.dot(v, v))); };
    double const norm = length(b);
    propagation::solver_report report;
    if (norm == 0) {
        space.combine(solution, T(-1), solution, T(0), solution, solution);
        return report;
    }
    report.residual = restart() / norm;
    while (goes_on(report.residual) && report.iterations < max_iterations) {
        bool const advanced = advance();
        ++report.iterations;
        report.residual = length(r) / norm;
        if (!advanced || report.residual <= tolerance) report.residual = restart() / norm;
    }
    return report;
}

/// Throws convergence_error in the name of `function` where the residual is above the tolerance.
inline void require_converged(char const* function, propagation::solver_report const& report, double tolerance)
{
    if (report.residual <= tolerance) return;
    std::ostringstream wanted, got;
    wanted << "at most " << tolerance << " after " << report.iterations << " iterations";
    got << report.residual;
    raise<convergence_error>(function, "the residual", wanted.str(), got.str());
}

}  // namespace hyspn::detail
