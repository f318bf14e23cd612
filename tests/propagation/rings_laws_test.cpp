// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// What ring propagation promises whatever the gates are.

#include <hyspn/propagation/presets/dyspn_rings.hpp>
#include <hyspn/propagation/stencil.hpp>
#include <hyspn/testing/dual.hpp>

#include "propagation/rings_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using number = testing::dual<double>;
using presets::dyspn_rings;
using testing::on_policies;

namespace {

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 13}, {1, 2, 17, 1}, {1, 1, 2, 2}, {2, 3, 11, 19}};

/// A sigmoid of this, or of its negative, is 1 or 0 to the last bit.
constexpr double certain = 1000;

tensor<number, 4> along(tensor<double, 4> const& values, tensor<double, 4> const& directions)
{
    tensor<number, 4> made(values.extents());
    for (index_t i = 0; i < values.size(); ++i) made.data()[i] = {values.data()[i], directions.data()[i]};
    return made;
}

double inner(tensor<double, 4> const& a, tensor<double, 4> const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
    return sum;
}

/// The same attention in every step and pixel: to the rings, then to the pixel itself.
void attend(tensor<double, 4>& attention, std::array<double, 4> const& raw)
{
    for (index_t n = 0; n < attention.extent(0); ++n)
        for (index_t c = 0; c < attention.extent(1); ++c)
            for (index_t y = 0; y < attention.extent(2); ++y)
                for (index_t x = 0; x < attention.extent(3); ++x)
                    attention(n, c, y, x) = raw[static_cast<std::size_t>(c % 4)];
}

/// The stencil that attends to one ring alone computes: source-owned gates over the window, anchored.
stencil window_of(index_t ring, index_t steps, double epsilon)
{
    return {.kernel = 2 * ring + 3,
            .steps = steps,
            .order = channel_order::flipped,
            .owner = gate_owner::source,
            .normaliser = gate_normaliser::abs_sum,
            .epsilon = epsilon,
            .centre = centre_term::anchor,
            .injection = injection_time::after};
}

/// Channel of the window where ring channel k belongs.
index_t window_channel(stencil const& net, index_t k)
{
    auto const d = hyspn::detail::ring_neighbours{}[k];
    auto const window = net.neighbours();
    for (index_t j = 0; j < window.count(); ++j)
        if (window[j].dy == d.dy && window[j].dx == d.dx) return j;
    return -1;
}

/// Copies the channels of rings first to last between ring gates and window gates.
template <class F>
void for_each_gate(stencil const& net, index_t first, index_t last, F const& f)
{
    for (index_t k = 0; k < 48; ++k) {
        index_t const ring = hyspn::detail::ring_neighbours::ring(k);
        if (ring >= first && ring <= last) f(k, window_channel(net, k));
    }
}

/// Rings first to last with certain attention against the window, output and every gradient.
void compare_with_window(dims<4> const& e, index_t first, index_t last, std::array<double, 4> const& raw,
                         double epsilon)
{
    index_t const steps = 3;
    auto at = testing::random_rings(e, steps, 17);
    attend(at.attention, raw);
    stencil const net = window_of(last, steps, epsilon);
    tensor<double, 4> gates(e[0], net.gates(), e[2], e[3]);
    for (index_t n = 0; n < e[0]; ++n)
        for_each_gate(net, first, last,
                      [&](index_t k, index_t j) { copy(as_const(at.gates)[n][k], as_view(gates)[n][j]); });
    auto const dout = testing::random_rings(e, steps, 18).initial;
    testing::ring_run<double> const rings(exec::seq{}, dyspn_rings{.steps = steps}, at, dout);
    inputs<double> const in{
        .initial = at.initial, .gates = gates, .measured = at.measured, .confidence = at.confidence};
    testing::training_run<double> const window(exec::seq{}, net, in, dout);
    CHECK(testing::relative_error(rings.out, window.out) <= 1e-13);
    CHECK(testing::relative_error(rings.d.initial, window.d.initial) <= 1e-12);
    CHECK(testing::relative_error(rings.d.measured, window.d.measured) <= 1e-12);
    CHECK(testing::relative_error(rings.d.confidence, window.d.confidence) <= 1e-12);
    tensor<double, 4> dgates(at.gates.extents());
    for (index_t n = 0; n < e[0]; ++n)
        for_each_gate(net, first, last,
                      [&](index_t k, index_t j) { copy(as_const(window.d.gates)[n][j], as_view(dgates)[n][k]); });
    CHECK(testing::relative_error(rings.d.gates, dgates) <= 1e-12);
}

}  // namespace

TEST_CASE("dyspn_rings: every ring runs row-major in reverse")
{
    hyspn::detail::ring_neighbours const neighbours;
    index_t k = 0;
    for (index_t r = 1; r <= 3; ++r)
        for (index_t dy = r; dy >= -r; --dy)
            for (index_t dx = r; dx >= -r; --dx) {
                if (std::max(std::abs(dy), std::abs(dx)) != r) continue;
                INFO("channel " << k);
                CHECK(neighbours[k].dy == dy);
                CHECK(neighbours[k].dx == dx);
                CHECK(hyspn::detail::ring_neighbours::ring(k) == r - 1);
                ++k;
            }
    CHECK(k == 48);
}

TEST_CASE("dyspn_rings: attention to one ring alone is a stencil whose epsilon the attention divides")
{
    double const off = -certain, on = certain;
    for (auto const& e : {dims<4>{1, 2, 9, 13}, dims<4>{2, 1, 2, 5}}) {
        compare_with_window(e, 0, 0, {on, off, off, off}, 1e-4);
        compare_with_window(e, 0, 0, {0, off, off, off}, 2e-4);  // σ(0) = 1/2
        compare_with_window(e, 1, 1, {off, on, off, off}, 1e-4);
        compare_with_window(e, 2, 2, {off, off, on, off}, 1e-4);
        compare_with_window(e, 0, 2, {on, on, on, off}, 1e-4);
    }
}

TEST_CASE("dyspn_rings: backward is the adjoint of forward")
{
    std::uint64_t seed = 0;
    for (auto const& e : sizes)
        for (index_t steps : {0, 1, 4, 15})
            for (bool injected : {false, true}) {
                bool const one_map = seed % 2 == 0;
                auto const at = testing::random_rings(e, steps, ++seed, one_map, injected, false);
                auto v = testing::random_rings(e, steps, seed + 100, one_map, injected, false);
                // |g| has no derivative at 0, where ours is 0: no gate moves away from it.
                for (index_t i = 0; i < at.gates.size(); ++i)
                    if (at.gates.data()[i] == 0) v.gates.data()[i] = 0;
                testing::ring_arrays<number> moving;
                moving.initial = along(at.initial, v.initial);
                moving.gates = along(at.gates, v.gates);
                moving.attention = along(at.attention, v.attention);
                moving.measured = along(at.measured, v.measured);
                moving.confidence = along(at.confidence, v.confidence);
                dyspn_rings const net{.steps = steps};
                auto const dout = testing::random_rings(e, steps, seed + 200).initial;
                auto const moved = net.forward(exec::seq{}, moving.views());
                double forward = 0, backward = 0;
                for (index_t i = 0; i < dout.size(); ++i) forward += dout.data()[i] * moved.data()[i].derivative;
                testing::ring_run<double> const run(exec::seq{}, net, at, dout);
                double scale = std::abs(forward);
                for (double term :
                     {inner(run.d.initial, v.initial), inner(run.d.gates, v.gates), inner(run.d.attention, v.attention),
                      inner(run.d.measured, v.measured), inner(run.d.confidence, v.confidence)})
                    backward += term, scale += std::abs(term);
                INFO(steps << " steps on " << to_string(e));
                CHECK(std::abs(forward - backward) <= 1e-13 * scale);
                CHECK(scale > 0);
            }
}

TEST_CASE("dyspn_rings: constants stay, whatever the gates")
{
    for (auto const& e : sizes)
        on_policies([&](auto const& exec) {
            auto at = testing::random_rings(e, 5, 3, false, true, false);
            for (double& x : at.initial) x = 2.5;
            for (double& x : at.measured) x = 2.5;
            for (double x : dyspn_rings{.steps = 5}.forward(exec, at.views())) CHECK(std::abs(x - 2.5) <= 1e-12);
        });
}

TEST_CASE("dyspn_rings: positive gates keep within the range of what goes in; gates of 0 return the initial map")
{
    for (auto const& e : sizes)
        on_policies([&](auto const& exec) {
            auto at = testing::random_rings(e, 4, 5, false, true, false);
            for (double& g : at.gates) g = std::abs(g);
            for (double x : dyspn_rings{.steps = 4}.forward(exec, at.views())) {
                CHECK(x >= -1e-15);
                CHECK(x <= 1 + 1e-15);
            }
            auto still = testing::random_rings(e, 4, 6, false, false);
            std::fill(still.gates.begin(), still.gates.end(), 0.0);
            testing::ring_run<double> const run(exec, dyspn_rings{.steps = 4}, still, still.initial);
            CHECK(testing::relative_error(run.out, still.initial) <= 1e-14);
            for (auto const* d : {&run.d.initial, &run.d.gates, &run.d.attention})
                for (double x : *d) CHECK(std::isfinite(x));
        });
}

TEST_CASE("dyspn_rings: linear in the maps")
{
    dims<4> const e{1, 2, 6, 9};
    auto const a = testing::random_rings(e, 3, 7, false, true, false),
               b = testing::random_rings(e, 3, 8, false, true, false);
    auto both = a, other = a;
    other.initial = b.initial;
    other.measured = b.measured;
    for (index_t i = 0; i < a.initial.size(); ++i) {
        both.initial.data()[i] = 2 * a.initial.data()[i] - 3 * b.initial.data()[i];
        both.measured.data()[i] = 2 * a.measured.data()[i] - 3 * b.measured.data()[i];
    }
    dyspn_rings const net{.steps = 3};
    auto const of_a = net.forward(exec::seq{}, a.views()), of_b = net.forward(exec::seq{}, other.views());
    tensor<double, 4> wanted(e);
    for (index_t i = 0; i < wanted.size(); ++i) wanted.data()[i] = 2 * of_a.data()[i] - 3 * of_b.data()[i];
    CHECK(testing::relative_error(net.forward(exec::seq{}, both.views()), wanted) <= 1e-13);
}

TEST_CASE("dyspn_rings: full confidence restores the measurement to the bit, missing ones have no gradient")
{
    for (auto const& e : sizes)
        on_policies([&](auto const& exec) {
            auto const at = testing::random_rings(e, 4, 9);
            testing::ring_run<double> const run(exec, dyspn_rings{.steps = 4}, at, at.initial);
            for (index_t n = 0; n < e[0]; ++n)
                for (index_t l = 0; l < e[1]; ++l)
                    for (index_t y = 0; y < e[2]; ++y)
                        for (index_t x = 0; x < e[3]; ++x) {
                            CHECK(std::isfinite(run.out(n, l, y, x)));
                            if (at.confidence(n, 0, y, x) == 1) CHECK(run.out(n, l, y, x) == at.measured(n, l, y, x));
                            if (at.confidence(n, 0, y, x) == 0) {
                                CHECK(run.d.measured(n, l, y, x) == 0);
                                CHECK(run.d.confidence(n, 0, y, x) == 0);
                            }
                        }
        });
}
