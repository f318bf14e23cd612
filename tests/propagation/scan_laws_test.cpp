// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// What scans promise whatever the gates are.

#include <hyspn/propagation/presets/gspn.hpp>
#include <hyspn/propagation/scan.hpp>
#include <hyspn/testing/dual.hpp>

#include "propagation/scan_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using number = testing::dual<double>;
using testing::on_policies;

namespace {

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 13}, {1, 2, 17, 1}, {1, 1, 2, 2}, {2, 3, 11, 19}};

/// The image turned: rows become columns.
template <class T>
tensor<T, 4> transposed(tensor<T, 4> const& a)
{
    auto const e = a.extents();
    tensor<T, 4> b(e[0], e[1], e[3], e[2]);
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t c = 0; c < e[1]; ++c)
            for (index_t y = 0; y < e[2]; ++y)
                for (index_t x = 0; x < e[3]; ++x) b(n, c, x, y) = a(n, c, y, x);
    return b;
}

/// The image with left and right exchanged.
template <class T>
tensor<T, 4> mirrored(tensor<T, 4> const& a)
{
    auto const e = a.extents();
    tensor<T, 4> b(e);
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t c = 0; c < e[1]; ++c)
            for (index_t y = 0; y < e[2]; ++y)
                for (index_t x = 0; x < e[3]; ++x) b(n, c, y, x) = a(n, c, y, e[3] - 1 - x);
    return b;
}

/// G1 and G3 exchanged.
tensor<double, 4> sides_exchanged(tensor<double, 4> const& gates, index_t maps)
{
    tensor<double, 4> b(gates);
    if (gates.extent(1) == maps) return b;
    for (index_t n = 0; n < gates.extent(0); ++n)
        for (index_t l = 0; l < maps; ++l) {
            copy(as_const(gates)[n][l], as_view(b)[n][2 * maps + l]);
            copy(as_const(gates)[n][2 * maps + l], as_view(b)[n][l]);
        }
    return b;
}

double inner(tensor<double, 4> const& a, tensor<double, 4> const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
    return sum;
}

tensor<number, 4> along(tensor<double, 4> const& values, tensor<double, 4> const& directions)
{
    tensor<number, 4> made(values.extents());
    for (index_t i = 0; i < values.size(); ++i) made.data()[i] = {values.data()[i], directions.data()[i]};
    return made;
}

double inner_derivative(tensor<double, 4> const& a, tensor<number, 4> const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i].derivative;
    return sum;
}

tensor<double, 4> normal(dims<4> const& e, std::uint64_t seed, double spread = 1)
{
    tensor<double, 4> x(e);
    random_stream stream(seed);
    testing::fill_normal(x, stream, spread);
    return x;
}

}  // namespace

TEST_CASE("scan: backward is the adjoint of forward")
{
    std::uint64_t seed = 0;
    testing::for_each_scan([&](scan const& net) {
        for (auto const& e : sizes) {
            auto const at = testing::random_scan(e, net.way, ++seed), v = testing::random_scan(e, net.way, seed + 500);
            testing::scan_arrays<number> moving(e, net.way);
            moving.x = along(at.x, v.x);
            for (std::size_t d = 0; d < 4; ++d) moving.gates[d] = along(at.gates[d], v.gates[d]);
            // |g| has no derivative at 0, where ours is 0: no gate moves away from it.
            if (net.normalisation != scan_normalisation::sigmoid_share)
                for (std::size_t d = 0; d < 4; ++d)
                    for (auto& g : moving.gates[d])
                        if (g.value == 0) g.derivative = 0;
            auto const dout = normal(e, seed + 1000);
            double const forward = inner_derivative(dout, net.forward(exec::seq{}, moving.views()));
            testing::scan_run<double> const run(exec::seq{}, net, at.views(), dout);
            double backward = inner(run.d.x, v.x), scale = std::abs(forward) + std::abs(backward);
            for (std::size_t d = 0; d < 4; ++d)
                for (index_t i = 0; i < v.gates[d].size(); ++i) {
                    double const term = run.d.gates[d].data()[i] * moving.gates[d].data()[i].derivative;
                    backward += term;
                    scale += std::abs(term);
                }
            INFO(testing::describe(net) << " on " << to_string(e));
            CHECK(std::abs(forward - backward) <= 1e-13 * scale);
            CHECK(scale > 0);
        }
    });
}

TEST_CASE("scan: gspn: backward is the adjoint of forward, in every direction and with chunks")
{
    std::uint64_t seed = 2000;
    for (auto direction : {scan_direction::right, scan_direction::left, scan_direction::down, scan_direction::up})
        for (index_t chunk : {0, 1, 3, 8})
            for (auto const& e : sizes) {
                presets::gspn const net{.direction = direction, .chunk = chunk};
                dims<4> const three{e[0], 3 * e[1], e[2], e[3]};
                auto const x = normal(e, ++seed), b = normal(e, seed + 1);
                auto g = normal(three, seed + 2, 2);
                // So far below 0 that some sums of sigmoids are below their least divisor.
                if (chunk == 3)
                    for (double& v : g) v -= 16;
                auto const vx = normal(e, seed + 3), vb = normal(e, seed + 4), vg = normal(three, seed + 5);
                auto const dout = normal(e, seed + 6);
                auto const mx = along(x, vx), mb = along(b, vb), mg = along(g, vg);
                gspn_inputs<number> const moving{.x = mx, .factor = mb, .gates = mg};
                double const forward = inner_derivative(dout, net.forward(exec::seq{}, moving));
                gspn_inputs<double> const in{.x = x, .factor = b, .gates = g};
                tensor<double, 4> out(e), dx(e), db(e), dg(three);
                gspn_saved<double> kept;
                net.forward(exec::seq{}, in, out, kept);
                net.backward(exec::seq{}, in, kept, dout, gspn_gradients<double>{.x = dx, .factor = db, .gates = dg});
                double const terms[] = {inner(dx, vx), inner(db, vb), inner(dg, vg)};
                double backward = 0, scale = std::abs(forward);
                for (double t : terms) backward += t, scale += std::abs(t);
                INFO(static_cast<int>(direction) << " chunk " << chunk << " on " << to_string(e));
                CHECK(std::abs(forward - backward) <= 1e-13 * scale);
            }
}

TEST_CASE("scan: constants stay, whatever the gates")
{
    testing::for_each_scan([&](scan const& net) {
        for (auto const& e : sizes)
            on_policies([&](auto const& exec) {
                auto at = testing::random_scan(e, net.way, 3);
                for (double& x : at.x) x = 2.5;
                INFO(testing::describe(net) << " on " << to_string(e));
                for (double x : net.forward(exec, at.views())) CHECK(std::abs(x - 2.5) <= 1e-12);
            });
    });
}

TEST_CASE("scan: positive gates keep within the range of the map, all gates 0 return it")
{
    testing::for_each_scan([&](scan const& net) {
        for (auto const& e : sizes)
            on_policies([&](auto const& exec) {
                auto at = testing::random_scan(e, net.way, 4);
                for (auto& gates : at.gates)
                    for (double& g : gates) g = std::abs(g);
                double const low = *std::min_element(at.x.begin(), at.x.end());
                double const high = *std::max_element(at.x.begin(), at.x.end());
                for (double x : net.forward(exec, at.views())) {
                    CHECK(x >= low - 1e-14);
                    CHECK(x <= high + 1e-14);
                }
                if (net.normalisation == scan_normalisation::sigmoid_share) return;
                for (auto& gates : at.gates) std::fill(gates.begin(), gates.end(), 0.0);
                testing::scan_run<double> const run(exec, net, at.views(), at.x);
                CHECK(testing::relative_error(run.out, at.x) == 0);
                CHECK(testing::relative_error(run.d.x, at.x) == 0);
            });
    });
}

TEST_CASE("scan: three ways with gates of 0 at the sides are one way")
{
    for (auto normalisation : {scan_normalisation::always, scan_normalisation::if_above_one})
        for (auto const& e : sizes)
            on_policies([&](auto const& exec) {
                auto const narrow = testing::random_scan(e, 1, 5);
                testing::scan_arrays<double> wide(e, 3);
                wide.x = narrow.x;
                for (std::size_t d = 0; d < 4; ++d)
                    for (index_t n = 0; n < e[0]; ++n)
                        for (index_t l = 0; l < e[1]; ++l)
                            copy(as_const(narrow.gates[d])[n][l], as_view(wide.gates[d])[n][e[1] + l]);
                auto const one = scan{.way = 1, .normalisation = normalisation}.forward(exec, narrow.views());
                auto const three = scan{.way = 3, .normalisation = normalisation}.forward(exec, wide.views());
                CHECK(testing::relative_error(three, one) <= 1e-14);
            });
}

TEST_CASE("scan: turning or mirroring the image exchanges directions")
{
    testing::for_each_scan([&](scan const& net) {
        for (auto const& e : sizes)
            on_policies([&](auto const& exec) {
                auto const at = testing::random_scan(e, net.way, 6);
                auto const out = net.forward(exec, at.views());
                testing::scan_arrays<double> turned(e, net.way), mirror(e, net.way);
                turned.x = transposed(at.x);
                mirror.x = mirrored(at.x);
                for (std::size_t d = 0; d < 4; ++d) {
                    turned.gates[d] = transposed(at.gates[(d + 2) % 4]);
                    // Left and right scans change places; in vertical ones the neighbours' sides do.
                    mirror.gates[d] = d < 2 ? mirrored(at.gates[1 - d]) : sides_exchanged(mirrored(at.gates[d]), e[1]);
                }
                INFO(testing::describe(net) << " on " << to_string(e));
                CHECK(testing::relative_error(net.forward(exec, turned.views()), transposed(out)) <= 1e-13);
                CHECK(testing::relative_error(net.forward(exec, mirror.views()), mirrored(out)) <= 1e-13);
            });
    });
}

TEST_CASE("scan: chunks of a gspn scan are scans of their own")
{
    dims<4> const e{1, 2, 5, 11};
    index_t const chunk = 4;
    auto const x = normal(e, 31), b = normal(e, 32), g = normal({1, 6, 5, 11}, 33, 2);
    on_policies([&](auto const& exec) {
        auto const whole =
            presets::gspn{.chunk = chunk}.forward(exec, gspn_inputs<double>{.x = x, .factor = b, .gates = g});
        for (index_t first = 0; first < e[3]; first += chunk) {
            index_t const width = std::min(chunk, e[3] - first);
            auto const part = [&](tensor<double, 4> const& a) {
                tensor<double, 4> p(a.extent(0), a.extent(1), a.extent(2), width);
                for (index_t c = 0; c < a.extent(1); ++c)
                    for (index_t y = 0; y < e[2]; ++y)
                        for (index_t i = 0; i < width; ++i) p(0, c, y, i) = a(0, c, y, first + i);
                return p;
            };
            auto const px = part(x), pb = part(b), pg = part(g);
            auto const alone = presets::gspn{}.forward(exec, gspn_inputs<double>{.x = px, .factor = pb, .gates = pg});
            CHECK(testing::relative_error(alone, part(whole)) <= 1e-14);
        }
    });
}

TEST_CASE("scan: of equal directions the first has the gradient")
{
    dims<4> const e{1, 2, 6, 7};
    on_policies([&](auto const& exec) {
        // Gates of 0 propagate nothing, so all four scans are the map itself; but below 1 they have a gradient.
        testing::scan_arrays<double> at(e, 3);
        at.x = normal(e, 41);
        testing::scan_run<double> const run(exec, presets::spn_if_above_one, at.views(), normal(e, 42));
        auto const all_zero = [](tensor<double, 4> const& g) {
            return std::all_of(g.begin(), g.end(), [](double v) { return v == 0; });
        };
        CHECK_FALSE(all_zero(run.d.gates[0]));
        for (std::size_t d = 1; d < 4; ++d) CHECK(all_zero(run.d.gates[d]));
    });
}

TEST_CASE("scan: an infinite value does not become NaN beside the image")
{
    dims<4> const e{1, 1, 5, 5};
    for (auto direction : {scan_direction::right, scan_direction::left, scan_direction::down, scan_direction::up})
        for (index_t corner : {0, 4, 20, 24})
            on_policies([&](auto const& exec) {
                presets::gspn const net{.direction = direction};
                tensor<double, 4> x(e), b(e), gates(1, 3, 5, 5), out(e), dx(e);
                for (double& v : x) v = 1;
                for (double& v : b) v = 1;
                x.data()[corner] = std::numeric_limits<double>::infinity();
                gspn_inputs<double> const in{.x = x, .factor = b, .gates = gates};
                gspn_saved<double> kept;
                net.forward(exec, in, out, kept);
                for (double v : out) CHECK_FALSE(std::isnan(v));
                net.backward(exec, in, kept, x, gspn_gradients<double>{.x = dx});
                for (double v : dx) CHECK_FALSE(std::isnan(v));
            });
}
