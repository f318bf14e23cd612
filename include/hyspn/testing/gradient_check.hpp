// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <hyspn/testing/dual.hpp>

/// \file
/// Is a hand-written backward pass the transpose of the derivative of its forward pass? Two answers: dual numbers
/// (exact up to rounding) and central differences (which also see derivatives that dual numbers of the same text could
/// share a mistake with). Neither needs a test framework.
///
/// The operation is given as two callables on flat arrays, all inputs packed into one:
///     std::vector<S> forward(std::vector<S> const& x)             for S = double, and dual<double> for check_adjoint
///     std::vector<double> backward(std::vector<double> const& x, std::vector<double> const& dy)

namespace hyspn::testing {

/// What a check found. Errors are relative to the sum of the magnitudes that make up the derivative, so that a small
/// derivative next to large ones is checked as strictly.
struct gradient_report {
    double worst = 0;                                                ///< largest relative error; infinite for NaN
    std::size_t worst_at = std::numeric_limits<std::size_t>::max();  ///< coordinate of x where it occurred
    std::size_t checked = 0;                                         ///< number of comparisons
    std::string log;                                                 ///< one line for each error above log_above

    /// True when something was compared and nothing is off by more than `tolerance`.
    bool within(double tolerance) const { return checked > 0 && worst <= tolerance; }
};

struct gradient_options {
    double log_above = 1e-6;  ///< errors worth a line of the log
    double step = 1e-5;       ///< check_differences: step as a fraction of the coordinate's scale
    double scale = 0;         ///< typical size of a coordinate; 0: the largest |x_j|
    double floor = 0;         ///< derivatives made of terms below this are compared as if they were this large
    unsigned seed = 1;        ///< of the random cotangent
};

namespace detail {

inline std::vector<double> random_cotangent(std::size_t n, unsigned seed)
{
    // Away from zero, so that no output escapes the check; std::mt19937's own numbers are the same everywhere.
    std::mt19937 generator(seed);
    std::vector<double> dy(n);
    for (double& g : dy) {
        double const magnitude = 0.5 + static_cast<double>(generator()) * 0x1p-32;
        g = generator() % 2 == 0 ? magnitude : -magnitude;
    }
    return dy;
}

inline std::string text(double x)
{
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.9g", x);
    return buffer;
}

/// Compares ⟨dy, J e_j⟩, given J e_j, with coordinate j of Jᵀdy.
inline void compare(gradient_report& report, gradient_options const& options, std::size_t j,
                    std::vector<double> const& column, std::vector<double> const& dy, double claimed)
{
    double wanted = 0, size = 0;
    for (std::size_t i = 0; i < dy.size(); ++i) {
        wanted += dy[i] * column[i];
        size += std::fabs(dy[i] * column[i]);
    }
    double error = claimed == wanted ? 0 : std::fabs(claimed - wanted) / std::max(size, options.floor);
    if (std::isnan(error)) error = std::numeric_limits<double>::infinity();
    ++report.checked;
    if (error > options.log_above)
        report.log += "coordinate " + std::to_string(j) + ": backward says " + text(claimed) + ", forward " +
                      text(wanted) + ", relative error " + text(error) + "\n";
    if (report.worst_at == std::numeric_limits<std::size_t>::max() || error > report.worst) {
        report.worst = error;
        report.worst_at = j;
    }
}

}  // namespace detail

/// Adjoint identity ⟨dy, J v⟩ = ⟨Jᵀdy, v⟩ for a random dy and every unit vector v, J v by dual numbers.
template <class Forward, class Backward>
gradient_report check_adjoint(Forward const& forward, Backward const& backward, std::vector<double> const& x,
                              gradient_options const& options = {})
{
    gradient_report report;
    std::vector<dual<double>> point(x.begin(), x.end());
    std::size_t const outputs = forward(point).size();
    auto const dy = detail::random_cotangent(outputs, options.seed);
    auto const claimed = backward(x, dy);
    std::vector<double> column(outputs);
    for (std::size_t j = 0; j < x.size(); ++j) {
        point[j].derivative = 1;
        auto const y = forward(point);
        point[j].derivative = 0;
        for (std::size_t i = 0; i < outputs; ++i) column[i] = y[i].derivative;
        detail::compare(report, options, j, column, dy, claimed.at(j));
    }
    return report;
}

/// The same against central differences; expect errors of about 1e-9 for well-scaled smooth functions.
template <class Forward, class Backward>
gradient_report check_differences(Forward const& forward, Backward const& backward, std::vector<double> const& x,
                                  gradient_options const& options = {})
{
    gradient_report report;
    std::size_t const outputs = forward(x).size();
    auto const dy = detail::random_cotangent(outputs, options.seed);
    auto const claimed = backward(x, dy);
    double scale = options.scale;
    if (scale == 0)
        for (double a : x) scale = std::max(scale, std::fabs(a));
    std::vector<double> point = x, column(outputs);
    for (std::size_t j = 0; j < x.size(); ++j) {
        double const h = options.step * (scale > 0 ? scale : 1);
        point[j] = x[j] + h;
        double const right = point[j];
        auto const above = forward(point);
        point[j] = x[j] - h;
        double const left = point[j];
        auto const below = forward(point);
        point[j] = x[j];
        for (std::size_t i = 0; i < outputs; ++i) column[i] = (above[i] - below[i]) / (right - left);
        detail::compare(report, options, j, column, dy, claimed.at(j));
    }
    return report;
}

}  // namespace hyspn::testing
