// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The stability report of learned offsets says what the steps do.

#include <hyspn/propagation/sampled/stability.hpp>

#include "propagation/offsets_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using hyspn::detail::channels_of;

namespace {

using matrix = std::vector<std::vector<double>>;

/// The network without measurements.
sampled without_injection(sampled net)
{
    net.injection = injection_time::none;
    if (net.confidence == confidence_role::injection) net.confidence = confidence_role::none;
    return net;
}

/// What step t makes of each map that is 1 at one pixel: C, column by column.
matrix matrix_of(sampled const& net, testing::sampled_arrays<double> const& at, index_t t)
{
    sampled one = net;
    one.steps = 1;
    index_t const K = net.count(), H = at.initial.extent(2), W = at.initial.extent(3);
    auto in = at.inputs();
    if (net.gates_per_step) in.gates = channels_of(in.gates, t * K, K);
    if (net.offsets_per_step) in.offsets = channels_of(in.offsets, 2 * t * K, 2 * K);
    matrix rows(static_cast<std::size_t>(H * W), std::vector<double>(static_cast<std::size_t>(H * W)));
    for (std::size_t q = 0; q < rows.size(); ++q) {
        tensor<double, 4> unit(1, 1, H, W);
        unit.data()[q] = 1;
        in.initial = as_const(unit);
        auto const column = one.forward(exec::seq{}, in);
        for (std::size_t p = 0; p < rows.size(); ++p) rows[p][q] = column.data()[p];
    }
    return rows;
}

/// The report from whole matrices.
stability_report wanted_of(sampled const& net, testing::sampled_arrays<double> const& at)
{
    bool const own_sets = net.gates_per_step || net.offsets_per_step;
    stability_report r;
    std::vector<double> bound(static_cast<std::size_t>(at.initial.size()), 1.0);
    for (index_t t = 0; t < net.steps; ++t) {
        matrix const c = matrix_of(net, at, own_sets ? t : 0);
        std::vector<double> columns(c.size()), next(c.size());
        for (std::size_t p = 0; p < c.size(); ++p) {
            double row = 0, negative = 0, sum = 0;
            for (std::size_t q = 0; q < c.size(); ++q) {
                double const v = c[p][q];
                row += std::abs(v), negative += std::max(0.0, -v), sum += v;
                columns[q] += std::abs(v), next[p] += std::abs(v) * bound[q];
            }
            r.max_row_sum = std::max(r.max_row_sum, row);
            r.negative_mass = std::max(r.negative_mass, negative);
            r.constant_error = std::max(r.constant_error, std::abs(sum - 1));
        }
        r.max_column_sum = std::max(r.max_column_sum, *std::max_element(columns.begin(), columns.end()));
        bound = next;
    }
    r.growth = *std::max_element(bound.begin(), bound.end());
    return r;
}

template <class X>
void fill(X& x, double value)
{
    for (auto& element : x) element = value;
}

/// Offsets that draw every sample into the image.
void draw_inwards(sampled const& net, tensor<double, 4>& offsets)
{
    auto const places = hyspn::detail::places_of(net);
    index_t const H = offsets.extent(2), W = offsets.extent(3);
    for (index_t c = 0; c < offsets.extent(1); ++c)
        for (index_t y = 0; y < H; ++y)
            for (index_t x = 0; x < W; ++x) {
                auto const [dy, dx] = places[c / 2 % net.count()];
                double const at = c % 2 == 0 ? double(y + dy) : double(x + dx), end = double((c % 2 == 0 ? H : W) - 1);
                offsets(0, c, y, x) = std::clamp(at + offsets(0, c, y, x), 0.0, end) - at;
            }
}

}  // namespace

TEST_CASE("stability of offsets: sums, growth and constants are those of the matrices of the steps")
{
    testing::for_each_sampled([&](sampled const& network) {
        sampled const net = without_injection(network);
        for (double spread : {0.4, 2.5}) {
            auto const at = testing::random_arrays(net, {1, 1, 5, 6}, 21, spread);
            auto const wanted = wanted_of(net, at);
            auto const check = [&](auto const& exec) {
                auto const got = stability(exec, net, at.inputs());
                INFO(testing::describe(net));
                CHECK(got.max_row_sum == Approx(wanted.max_row_sum).epsilon(1e-12));
                CHECK(got.max_column_sum == Approx(wanted.max_column_sum).epsilon(1e-12));
                CHECK(got.negative_mass == Approx(wanted.negative_mass).epsilon(1e-12).margin(1e-14));
                CHECK(got.growth == Approx(wanted.growth).epsilon(1e-12));
                CHECK(got.constant_error == Approx(wanted.constant_error).epsilon(1e-12).margin(1e-14));
            };
            check(exec::seq{});
            check(exec::omp{.threads = 3});
        }
    });
}

TEST_CASE("stability of offsets: NLSPN can grow threefold a step, and the report says it will")
{
    // Offsets lead all eight samples to columns of the other sign, at fractions of rows: with w = -1/8 the samples add
    // x and the centre's 1 - Σw gives 2 x. On the grid two of the eight keep the sign, and it is 2.5.
    sampled const net = presets::nlspn{
        .affinity = presets::nlspn_affinity::TC, .confidence = confidence_role::none, .preserve_input = false};
    dims<4> const e{1, 1, 61, 60};
    auto at = testing::zero_arrays<double>(net, e);
    fill(at.gates, -50);
    for (index_t y = 0; y < e[2]; ++y)
        for (index_t x = 0; x < e[3]; ++x) {
            at.initial(0, 0, y, x) = x % 2 == 0 ? 1 : -1;
            for (index_t k = 0; k < 8; ++k) at.offsets(0, 2 * k, y, x) = 0.375;
            for (index_t k : {1, 6}) at.offsets(0, 2 * k + 1, y, x) = x % 4 < 2 ? 1 : -1;
        }
    auto const out = net.forward(exec::seq{}, at.inputs());
    auto const report = stability(exec::seq{}, net, at.inputs());
    CHECK(std::abs(out(0, 0, 26, 30)) == Approx(std::pow(3, 18)).epsilon(1e-12));
    CHECK(report.max_row_sum == Approx(3));
    CHECK(report.negative_mass == Approx(1));
    CHECK(report.growth == Approx(std::pow(3, 18)).epsilon(1e-12));

    fill(at.offsets, 0);
    auto const slower = net.forward(exec::seq{}, at.inputs());
    CHECK(std::abs(slower(0, 0, 26, 30)) == Approx(std::pow(2.5, 18)).epsilon(1e-12));
}

TEST_CASE("stability of offsets: weights of one pixel cancel before their magnitudes are taken")
{
    // Two samples at the pixel itself with weights -1/2 and 1/2, the others 0: nothing moves.
    sampled const net{.steps = 4, .normaliser = gate_normaliser::none};
    auto at = testing::zero_arrays<double>(net, {1, 1, 6, 7});
    for (index_t y = 0; y < 6; ++y)
        for (index_t x = 0; x < 7; ++x) {
            at.gates(0, 3, y, x) = -0.5, at.gates(0, 4, y, x) = 0.5;
            at.offsets(0, 7, y, x) = 1, at.offsets(0, 9, y, x) = -1;
        }
    auto const report = stability(exec::seq{}, net, at.inputs());
    CHECK(report.max_row_sum == 1);
    CHECK(report.max_column_sum == 1);
    CHECK(report.negative_mass == 0);
    CHECK(report.growth == 1);
    CHECK(report.preserves_constants);
}

TEST_CASE("stability of offsets: constants stay where no sample reaches over the border, also in float")
{
    for (sampled const& network : {sampled(presets::nlspn{.steps = 3}), sampled(presets::dyspn_softmax{.steps = 3}),
                                   sampled(presets::lrru{.updates = 3}), sampled(presets::completionformer{})}) {
        sampled const net = without_injection(network);
        auto at = testing::random_arrays(net, {1, 1, 9, 11}, 22);
        INFO(testing::describe(net));
        CHECK(!stability(exec::seq{}, net, at.inputs()).preserves_constants);
        draw_inwards(net, at.offsets);
        CHECK(stability(exec::seq{}, net, at.inputs()).preserves_constants);
        auto const single = testing::cast_arrays<float>(at);
        CHECK(stability(exec::omp{.threads = 2}, net, single.inputs()).constant_error < 1e-5);
    }
}

TEST_CASE("stability of offsets: weights that are no numbers promise nothing, offsets that are none read nothing")
{
    sampled const net{.steps = 3, .normaliser = gate_normaliser::none, .centre = centre_term::none};
    auto at = testing::random_arrays(net, {1, 1, 5, 6}, 23);
    at.offsets(0, 4, 2, 2) = std::nan("");
    CHECK(std::isfinite(stability(exec::seq{}, net, at.inputs()).growth));
    at.gates(0, 2, 2, 2) = std::nan("");  // the forward pass gives NaN too, though the sample reads nothing
    auto const report = stability(exec::seq{}, net, at.inputs());
    CHECK(report.growth == testing::infinity);
    CHECK(report.max_row_sum == testing::infinity);
    CHECK(report.max_column_sum == testing::infinity);
    CHECK(report.negative_mass == testing::infinity);
    CHECK(report.constant_error == testing::infinity);
    CHECK(!report.preserves_constants);
}

TEST_CASE("stability of offsets: no steps change nothing, and what does not fit is refused")
{
    sampled net = presets::nlspn{.steps = 0, .confidence = confidence_role::none, .preserve_input = false};
    auto const at = testing::random_arrays(net, {1, 2, 4, 5}, 24);
    auto const report = stability(exec::seq{}, net, at.inputs());
    CHECK(report.growth == 1);
    CHECK(report.max_row_sum > 0);
    auto in = at.inputs();
    in.offsets = in.gates;
    CHECK_THROWS_WITH(stability(exec::seq{}, net, in),
                      "stability: offsets must be [N, 2K, H, W] = [1, 16, 4, 5], got [1, 8, 4, 5]");
    net.epsilon = -1;
    CHECK_THROWS_WITH(stability(exec::seq{}, net, at.inputs()),
                      "stability: epsilon must be finite and at least 0, got -1");
}
