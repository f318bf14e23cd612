// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Learned offsets: pixels that take no part are, to the others, outside the image.

#include <hyspn/propagation/sampled/stability.hpp>

#include "propagation/active_support.hpp"
#include "propagation/offsets_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using namespace hyspn::testing;

namespace {

columns const inner{3, 12};
dims<4> const extents{2, 2, 6, 15};

/// Arrays without whole offsets, at which derivatives inside the image and beyond its border differ.
sampled_arrays<double> arrays_for(sampled const& net, std::uint64_t seed)
{
    auto at = random_arrays(net, extents, seed);
    for (double& x : at.offsets)
        if (x == std::floor(x)) x += 0.25;
    return at;
}

sampled_arrays<double> cropped(sampled_arrays<double> const& a)
{
    return {inner.of(a.initial),    inner.of(a.gates),    inner.of(a.offsets), a.gamma,
            inner.of(a.confidence), inner.of(a.measured), inner.of(a.mask)};
}

/// Output and gradients with pixels that take no part.
struct masked_run {
    tensor<double, 4> out{extents};
    sampled_arrays<double> d;

    template <execution_policy P>
    masked_run(P const& exec, sampled const& net, sampled_arrays<double> const& at, tensor<double, 4> const& active,
               tensor<double, 4> const& dout)
        : d(at)  // what was there does not count
    {
        auto in = at.inputs();
        in.active = as_const(active);
        sampled_saved<double> kept;
        net.forward(exec, in, out, kept);
        net.backward(exec, in, kept, dout, d.gradients());
    }
};

/// Whether an array is `wanted` at all pixels that take no part; 0 without.
bool rests(tensor<double, 4> const& array, tensor<double, 4> const& wanted)
{
    for (index_t n = 0; n < array.extent(0); ++n)
        for (index_t c = 0; c < array.extent(1); ++c)
            for (index_t y = 0; y < array.extent(2); ++y)
                for (index_t x = 0; x < array.extent(3); ++x)
                    if (!inner.hold(x) && array(n, c, y, x) != (wanted.size() > 0 ? wanted(n, c, y, x) : 0))
                        return false;
    return true;
}

template <class P>
void check_as_if_outside(P const& exec, sampled const& net, bool spoilt)
{
    auto at = arrays_for(net, 51);
    auto const mask = mask_of(inner, extents);
    auto const dout = random_arrays(net, extents, 52).initial;
    sampled_run<double> const part(exec, net, cropped(at), inner.of(dout));
    if (spoilt)
        for (auto* unread : {&at.gates, &at.offsets, &at.confidence, &at.measured, &at.mask}) spoil(*unread, inner);
    masked_run const whole(exec, net, at, mask, dout);

    INFO(describe(net));
    CHECK(worst(whole.out, inner, part.out) <= 1e-14);
    CHECK(worst(whole.d.initial, inner, part.d.initial) <= 1e-13);
    CHECK(worst(whole.d.gates, inner, part.d.gates) <= 1e-12);
    CHECK(worst(whole.d.offsets, inner, part.d.offsets) <= 1e-12);
    CHECK(worst(whole.d.confidence, inner, part.d.confidence) <= 1e-12);
    CHECK(worst(whole.d.measured, inner, part.d.measured) <= 1e-13);
    CHECK(worst(whole.d.mask, inner, part.d.mask) <= 1e-12);
    if (net.learned_divisor)
        CHECK(std::abs(whole.d.gamma(0) - part.d.gamma(0)) <= 1e-12 * (1 + std::abs(part.d.gamma(0))));
    CHECK(rests(whole.out, at.initial));
    CHECK(rests(whole.d.initial, dout));
    for (auto* none : {&whole.d.gates, &whole.d.offsets, &whole.d.confidence, &whole.d.measured, &whole.d.mask})
        CHECK(rests(*none, {}));
}

}  // namespace

TEST_CASE("offsets: pixels that take no part are as if outside the image, in value and gradient")
{
    for_each_sampled([&](sampled net) {
        for (bool spoilt : {false, true}) {
            net.keep = history::every_step;
            check_as_if_outside(exec::seq{}, net, spoilt);
            check_as_if_outside(exec::omp{.threads = 3}, net, spoilt);
            net.keep = history::checkpoints;
            check_as_if_outside(exec::omp{.threads = 3}, net, spoilt);
        }
    });
}

TEST_CASE("offsets: without steps all pixels keep what they have")
{
    sampled const net = presets::nlspn{.steps = 0};
    auto const at = arrays_for(net, 55);
    auto const dout = random_arrays(net, extents, 56).initial;
    masked_run const run(exec::seq{}, net, at, mask_of(inner, extents), dout);
    CHECK(relative_error(run.out, at.initial) == 0);
    CHECK(relative_error(run.d.initial, dout) == 0);
}

TEST_CASE("offsets: a mask of ones changes no bit")
{
    for_each_sampled([&](sampled const& net) {
        auto const at = random_arrays(net, extents, 53);
        auto const dout = random_arrays(net, extents, 54).initial;
        sampled_run<double> const plain(exec::omp{.threads = 2}, net, at, dout);
        masked_run run(exec::omp{.threads = 2}, net, at, mask_of({0, 15}, extents), dout);
        INFO(describe(net));
        CHECK(std::equal(run.out.begin(), run.out.end(), plain.out.begin()));
        run.d.with(plain.d,
                   [](auto const& a, auto const& b) { CHECK(std::equal(a.begin(), a.end(), b.begin(), b.end())); });
    });
}

TEST_CASE("offsets: early stop and the stability report among the pixels that take part")
{
    sampled const net{.steps = 60, .function = gate_function::sigmoid};
    auto const at = arrays_for(net, 57), inside = cropped(at);
    auto const mask = mask_of(inner, extents);
    auto in = at.inputs();
    in.active = as_const(mask);
    tensor<double, 4> out(extents), out_inside(inside.initial.extents());
    auto const report = net.forward_until(exec::seq{}, in, out, 1e-3);
    auto const wanted = net.forward_until(exec::seq{}, inside.inputs(), out_inside, 1e-3);
    CHECK(report.steps == wanted.steps);
    CHECK(report.change == Approx(wanted.change));
    CHECK(worst(out, inner, out_inside) <= 1e-14);
    CHECK(rests(out, at.initial));

    for_each_sampled([&](sampled const& other) {
        auto const arrays = arrays_for(other, 58), arrays_inside = cropped(arrays);
        auto masked = arrays.inputs();
        masked.active = as_const(mask);
        auto const got = stability(exec::omp{.threads = 3}, other, masked);
        auto const expected = stability(exec::seq{}, other, arrays_inside.inputs());
        INFO(describe(other));
        // A pixel that keeps its value has a row and a column of 1.
        CHECK(got.max_row_sum == Approx(std::max(1.0, expected.max_row_sum)));
        CHECK(got.max_column_sum == Approx(std::max(1.0, expected.max_column_sum)));
        CHECK(got.negative_mass == Approx(expected.negative_mass).margin(1e-14));
        CHECK(got.growth == Approx(std::max(1.0, expected.growth)));
        CHECK(got.constant_error == Approx(expected.constant_error));
    });
}

TEST_CASE("offsets: the mask of pixels that take part has one channel")
{
    sampled const net{};
    auto const at = random_arrays(net, {1, 2, 3, 4}, 59);
    auto in = at.inputs();
    in.active = at.initial;
    CHECK_THROWS_WITH(net.forward(exec::seq{}, in),
                      "sampled::forward: active must be [N, 1, H, W] = [1, 1, 3, 4], got [1, 2, 3, 4]");
}
