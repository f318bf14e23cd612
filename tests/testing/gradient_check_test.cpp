// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <support/catch.hpp>

#include <hyspn/testing/gradient_check.hpp>

namespace hyspn::testing {
namespace {

/// y = (x₀ exp x₁, 1/(x₂² + 1), x₀ x₂): smooth, with a known derivative.
struct smooth_map {
    template <class S>
    std::vector<S> operator()(std::vector<S> const& x) const
    {
        using std::exp;
        return {x[0] * exp(x[1]), S(1) / (x[2] * x[2] + S(1)), x[0] * x[2]};
    }
};

std::vector<double> true_backward(std::vector<double> const& x, std::vector<double> const& dy)
{
    double const e = std::exp(x[1]), q = 1 / (x[2] * x[2] + 1);
    return {dy[0] * e + dy[2] * x[2], dy[0] * x[0] * e, -dy[1] * 2 * x[2] * q * q + dy[2] * x[0]};
}

std::vector<double> const point = {0.7, -1.3, 0.4};

}  // namespace

TEST_CASE("The gradient checker accepts a right gradient")
{
    auto const adjoint = check_adjoint(smooth_map{}, true_backward, point);
    INFO(adjoint.log);
    CHECK(adjoint.within(1e-15));
    CHECK(adjoint.checked == 3);
    CHECK(adjoint.log.empty());

    auto const differences = check_differences(smooth_map{}, true_backward, point);
    INFO(differences.log);
    CHECK(differences.within(1e-9));
    CHECK(differences.checked == 3);
}

TEST_CASE("The gradient checker rejects wrong gradients")
{
    auto const rejected = [](auto const& backward, std::size_t where) {
        auto const adjoint = check_adjoint(smooth_map{}, backward, point);
        CHECK(!adjoint.within(1e-6));
        CHECK(adjoint.worst_at == where);
        CHECK(adjoint.log.find("coordinate " + std::to_string(where)) != std::string::npos);
        auto const differences = check_differences(smooth_map{}, backward, point);
        CHECK(!differences.within(1e-6));
        CHECK(differences.worst_at == where);
    };
    for (std::size_t j = 0; j < 3; ++j) {
        INFO("coordinate " << j);
        rejected(
            [j](auto const& x, auto const& dy) {
                auto dx = true_backward(x, dy);
                dx[j] *= 1 + 1e-5;
                return dx;
            },
            j);
        rejected(
            [j](auto const& x, auto const& dy) {
                auto dx = true_backward(x, dy);
                dx[j] = -dx[j];
                return dx;
            },
            j);
        rejected(
            [j](auto const& x, auto const& dy) {
                auto dx = true_backward(x, dy);
                dx[j] = std::numeric_limits<double>::quiet_NaN();
                return dx;
            },
            j);
    }
}

TEST_CASE("A gradient where nothing depends on the input must be zero")
{
    auto const constant = [](auto const& x) {
        auto y = x;
        y[0] *= 0;
        return y;
    };
    auto const zero = [](auto const& x, auto const&) { return std::vector<double>(x.size(), 0.0); };
    auto const tiny = [](auto const& x, auto const&) { return std::vector<double>(x.size(), 1e-300); };
    CHECK(check_adjoint(constant, zero, {2.0}).within(0));
    CHECK(!check_adjoint(constant, tiny, {2.0}).within(1));
}

TEST_CASE("A check that compares nothing does not pass")
{
    auto const nothing = [](auto const& x) { return x; };
    auto const none = [](auto const&, auto const& dy) { return dy; };
    CHECK(!check_adjoint(nothing, none, {}).within(1));
    CHECK(!check_differences(nothing, none, {}).within(1));
}

}  // namespace hyspn::testing
