// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Where propagation starts, and the arrays of the two tasks, by hand.
#include <cmath>
#include <limits>

#include <hyspn/exec/omp.hpp>
#include <hyspn/guidance/features.hpp>
#include <hyspn/pipeline/depth_completion.hpp>
#include <hyspn/pipeline/label_refinement.hpp>
#include <hyspn/pipeline/start.hpp>

#include "support/catch.hpp"
#include "support/thrown.hpp"

using namespace hyspn;

namespace {

tensor<double, 4> column(std::initializer_list<double> values)
{
    tensor<double, 4> t(index_t{1}, static_cast<index_t>(values.size()), index_t{1}, index_t{1});
    std::copy(values.begin(), values.end(), t.begin());
    return t;
}

template <class Start>
double value_of(Start const& start, tensor<double, 4> const& maps, tensor<double, 4> const& channels)
{
    tensor<double, 4> h0(1, 1, 1, 1);
    detail::start_forward(exec::seq{}, start, as_const(maps), as_const(channels), as_view(h0));
    return h0(0, 0, 0, 0);
}

}  // namespace

TEST_CASE("a correction multiplies by the exponential of a bounded number", "[pipeline]")
{
    auto const x = column({3});
    CHECK(value_of(start::correction{.bound = 0.5}, x, column({0})) == 3);
    CHECK(value_of(start::correction{.bound = 0.5}, x, column({0.7})) == Approx(3 * std::exp(0.5 * std::tanh(0.7))));
    CHECK(value_of(start::correction{.bound = 0.5}, x, column({100})) == Approx(3 * std::exp(0.5)));
}

TEST_CASE("a mixture weighs candidates by prior and softmax", "[pipeline]")
{
    auto const maps = column({1, 2, 5, 0.2, 0.3, 0.5});
    start::mixture const start{.candidates = 3};
    CHECK(value_of(start, maps, column({0, 0, 0})) == Approx(0.2 * 1 + 0.3 * 2 + 0.5 * 5));
    double const w[] = {0.2 * std::exp(1.), 0.3 * std::exp(-1.), 0.5 * std::exp(0.5)};
    CHECK(value_of(start, maps, column({1, -1, 0.5})) ==
          Approx((w[0] * 1 + w[1] * 2 + w[2] * 5) / (w[0] + w[1] + w[2])));
    CHECK(value_of(start, maps, column({1000, 0, 0})) == Approx(1));  // no overflow
}

TEST_CASE("arrays of depth completion are in units of the mean measurement", "[pipeline]")
{
    index_t const height = 9, width = 11;
    tensor<float, 3> rgb(3, height, width);
    for (float& c : rgb) c = 0.75F;
    tensor<float, 2> sparse(height, width);
    sparse(2, 3) = 4;
    sparse(7, 8) = 6;
    auto const experts = guidance::plane_experts(exec::seq{}, guidance::image_features(exec::seq{}, rgb), sparse,
                                                 guidance::plane_expert_options{});
    auto const plain = make_depth_arrays(exec::seq{}, rgb, sparse, experts);
    CHECK(plain.scale == 5);
    CHECK(plain.measured(0, 0, 2, 3) == 4.0F / 5);
    CHECK(plain.mask(0, 0, 7, 8) == 1);
    CHECK(plain.mask(0, 0, 0, 0) == 0);
    CHECK(plain.image(0, 0, 4, 4) == 0.25F);
    for (index_t k = 0; k < 6; ++k) {
        CHECK(plain.maps(0, k, 5, 5) == experts.candidates(k, 5, 5) / 5);
        CHECK(plain.maps(0, 6 + k, 5, 5) == experts.weights(k, 5, 5) + 0.01F);
    }
    auto const fast = make_depth_arrays(exec::omp{.threads = 2}, rgb, sparse, experts);
    for (index_t k = 0; k < fast.image.size(); ++k)
        REQUIRE(std::abs(fast.image.data()[k] - plain.image.data()[k]) < 1e-5F);

    tensor<float, 3> small(3, 4, 4);
    CHECK_THROWS_AS(make_depth_arrays(exec::seq{}, small, sparse, experts), shape_error);
    CHECK_THROWS_AS(make_depth_arrays(exec::seq{}, rgb, tensor<float, 2>(height, width), experts), value_error);
}

TEST_CASE("arrays of label refinement are logits and how sure they are", "[pipeline]")
{
    tensor<float, 3> rgb(3, 1, 2), coarse(2, 1, 2);
    coarse(0, 0, 0) = coarse(1, 0, 0) = 0.5F;
    coarse(0, 0, 1) = 1;
    auto const arrays = make_label_arrays(exec::seq{}, rgb, coarse);
    CHECK(arrays.maps(0, 0, 0, 0) == 0);
    CHECK(arrays.maps(0, 0, 0, 1) == Approx(std::log(2.)));
    CHECK(arrays.maps(0, 1, 0, 1) == Approx(std::log(2e-4)));
    CHECK(arrays.image(0, 3, 0, 0) == 0.5F);
    CHECK(arrays.image(0, 4, 0, 0) == Approx(1));
    CHECK(arrays.image(0, 4, 0, 1) < 0.01F);
    coarse(1, 0, 1) = std::numeric_limits<float>::quiet_NaN();
    CHECK_THROWS_AS(make_label_arrays(exec::seq{}, rgb, coarse), value_error);
}
