// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// exec::omp against exec::seq on the same scans, the same bits for any number of threads, strided arrays, messages.

#include <hyspn/propagation/presets/gspn.hpp>
#include <hyspn/propagation/scan.hpp>

#include "propagation/scan_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;

namespace {

using testing::same_bits;

template <class T>
inline constexpr double parity_tolerance = std::is_same_v<T, double> ? 1e-13 : 3e-5;

dims<4> const sizes[] = {{1, 1, 1, 1},   {1, 2, 1, 19}, {2, 1, 23, 1}, {1, 1, 2, 3}, {1, 3, 31, 67},
                         {2, 1, 40, 16}, {0, 1, 4, 4},  {1, 0, 4, 4},  {1, 1, 0, 4}, {1, 1, 4, 0}};

template <class T>
bool same_bits(testing::scan_run<T> const& a, testing::scan_run<T> const& b)
{
    bool same = same_bits(a.out, b.out) && same_bits(a.kept.scans, b.kept.scans) && same_bits(a.d.x, b.d.x);
    for (std::size_t d = 0; d < 4; ++d) same = same && same_bits(a.d.gates[d], b.d.gates[d]);
    return same;
}

template <class T>
void compare_policies(scan const& net, dims<4> const& e, std::uint64_t seed)
{
    INFO(testing::describe(net) << " on " << to_string(e));
    auto drawn = testing::random_scan(e, net.way, seed);
    testing::scan_arrays<T> const at(drawn);
    auto const dout = cast<T>(testing::random_scan(e, net.way, seed + 1).x);
    testing::scan_run<T> const wanted(exec::seq{}, net, at.views(), dout);
    testing::scan_run<T> const one(exec::omp{.threads = 1}, net, at.views(), dout);
    double const tolerance = parity_tolerance<T>;
    CHECK(testing::relative_error(one.out, wanted.out) <= tolerance);
    CHECK(testing::relative_error(one.kept.scans, wanted.kept.scans) <= tolerance);
    CHECK(testing::relative_error(one.d.x, wanted.d.x) <= tolerance);
    // A single gate divided by its magnitude has gradient 0, and roundings are all there is to compare.
    bool const vanishes = net.way == 1 && net.normalisation != scan_normalisation::if_above_one;
    for (std::size_t d = 0; d < 4 && !vanishes; ++d)
        CHECK(testing::relative_error(one.d.gates[d], wanted.d.gates[d]) <= tolerance);
    for (int threads : {2, 3}) {
        testing::scan_run<T> const many(exec::omp{.threads = threads}, net, at.views(), dout);
        CHECK(same_bits(many, one));
        CHECK(same_bits(net.forward(exec::omp{.threads = threads}, at.views()), one.out));
    }
}

/// An array of its own for a view with other strides: rows padded, or every second column.
template <class T>
struct spread {
    tensor<T, 4> storage;
    index_t step;

    spread(dims<4> const& e, index_t column_step)
        : storage(dims<4>{e[0], e[1], e[2], column_step * e[3] + 5}), step(column_step), extents_(e)
    {
    }
    spread(tensor<T, 4> const& values, index_t column_step) : spread(values.extents(), column_step)
    {
        copy(as_view(values), view<T, 4>(*this));
    }

    operator view<T, 4>()
    {
        dims<4> strides = row_major_strides(storage.extents());
        strides[3] = step;
        return {storage.data(), extents_, strides};
    }

private:
    dims<4> extents_;
};

}  // namespace

TEST_CASE("scan: images of every kind are scanned alike on every policy")
{
    std::uint64_t seed = 1;
    testing::for_each_scan([&](scan const& net) {
        for (auto const& e : sizes) {
            compare_policies<double>(net, e, ++seed);
            compare_policies<float>(net, e, ++seed);
        }
    });
}

TEST_CASE("scan: gspn alike on every policy")
{
    std::uint64_t seed = 1;
    for (auto direction : {scan_direction::right, scan_direction::left, scan_direction::down, scan_direction::up})
        for (index_t chunk : {0, 7})
            for (auto const& e : sizes) {
                presets::gspn const net{.direction = direction, .chunk = chunk};
                auto const drawn = testing::random_scan(e, 3, ++seed, 2), other = testing::random_scan(e, 3, ++seed);
                gspn_inputs<double> const in{.x = drawn.x, .factor = other.x, .gates = drawn.gates[0]};
                struct result {
                    tensor<double, 4> out, dx, db, dgates;
                    gspn_saved<double> kept{};
                };
                auto const run = [&](auto const& exec) {
                    result r{tensor<double, 4>(e), tensor<double, 4>(e), tensor<double, 4>(e),
                             tensor<double, 4>(drawn.gates[0].extents())};
                    net.forward(exec, in, r.out, r.kept);
                    net.backward(exec, in, r.kept, other.x,
                                 gspn_gradients<double>{.x = r.dx, .factor = r.db, .gates = r.dgates});
                    return r;
                };
                auto const wanted = run(exec::seq{}), one = run(exec::omp{.threads = 1}),
                           three = run(exec::omp{.threads = 3});
                INFO(static_cast<int>(direction) << " chunk " << chunk << " on " << to_string(e));
                CHECK(testing::relative_error(one.out, wanted.out) <= 1e-13);
                CHECK(testing::relative_error(one.dx, wanted.dx) <= 1e-13);
                CHECK(testing::relative_error(one.db, wanted.db) <= 1e-13);
                CHECK(testing::relative_error(one.dgates, wanted.dgates) <= 1e-13);
                CHECK((same_bits(one.out, three.out) && same_bits(one.dx, three.dx) && same_bits(one.db, three.db) &&
                       same_bits(one.dgates, three.dgates)));
            }
}

TEST_CASE("scan: strided arrays give the values of dense ones")
{
    dims<4> const e{2, 2, 9, 21};
    for (index_t step : {1, 2}) {
        scan const net{.stages = 2};
        auto const at = testing::random_scan(e, 3, 11);
        auto const dout = testing::random_scan(e, 3, 12).x;
        testing::scan_run<double> const dense(exec::seq{}, net, at.views(), dout);
        spread<double> x(at.x, step), lambda(dout, step), out(e, step), dx(e, step);
        std::vector<spread<double>> gates, dgates;
        for (auto const& g : at.gates) gates.emplace_back(g, step), dgates.emplace_back(g.extents(), step);
        auto const four = [](auto& a) {
            return std::array<view<double, 4>, 4>{view<double, 4>(a[0]), view<double, 4>(a[1]), view<double, 4>(a[2]),
                                                  view<double, 4>(a[3])};
        };
        auto const g = four(gates), dg = four(dgates);
        scan_inputs<double> const in{.x = view<double, 4>(x), .gates = {g[0], g[1], g[2], g[3]}};
        auto const run = [&](auto const& exec) {
            scan_saved<double> kept;
            net.forward(exec, in, view<double, 4>(out), kept);
            net.backward(exec, in, kept, view<double, 4>(lambda),
                         scan_gradients<double>{.x = dx, .gates = {dg[0], dg[1], dg[2], dg[3]}});
            CHECK(testing::relative_error(cast<double>(view<double, 4>(out)), dense.out) <= 1e-13);
            CHECK(testing::relative_error(cast<double>(view<double, 4>(dx)), dense.d.x) <= 1e-13);
            for (std::size_t d = 0; d < 4; ++d)
                CHECK(testing::relative_error(cast<double>(dg[d]), dense.d.gates[d]) <= 1e-13);
        };
        run(exec::seq{});
        run(exec::omp{.threads = 3});
    }
}

TEST_CASE("scan: a gradient that is not wanted changes nothing about the others")
{
    dims<4> const e{1, 2, 6, 7};
    scan const net{.stages = 2};
    auto const at = testing::random_scan(e, 3, 21);
    for (bool parallel : {false, true}) {
        auto const check = [&](auto const& exec) {
            testing::scan_run<double> const all(exec, net, at.views(), at.x);
            tensor<double, 4> only(at.gates[2].extents());
            net.backward(exec, at.views(), all.kept, at.x, scan_gradients<double>{.gates = {{}, {}, only, {}}});
            CHECK(testing::relative_error(only, all.d.gates[2]) == 0);
        };
        parallel ? check(exec::omp{.threads = 2}) : check(exec::seq{});
    }
}

TEST_CASE("scan: messages name what does not fit")
{
    testing::scan_arrays<float> a(dims<4>{1, 2, 4, 5}, 3);
    tensor<float, 4> out(1, 2, 4, 5), small(1, 2, 4, 4);
    auto in = a.views();
    CHECK_THROWS_WITH((scan{.way = 2}.forward(exec::seq{}, in, out)), "scan::forward: way must be 1 or 3, got 2");
    CHECK_THROWS_WITH((scan{.stages = 0}.forward(exec::seq{}, in, out)),
                      "scan::forward: stages must be at least 1, got 0");
    CHECK_THROWS_WITH((scan{.way = 1}.forward(exec::seq{}, in, out)),
                      "scan::forward: gates[0] must be [N, way L, H, W] = [1, 2, 4, 5], got [1, 6, 4, 5]");
    CHECK_THROWS_WITH(scan{}.forward(exec::seq{}, in, small),
                      "scan::forward: out must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    scan_saved<float> kept;
    CHECK_THROWS_WITH(scan{}.backward(exec::seq{}, in, kept, out, scan_gradients<float>{}),
                      "scan::backward: kept.scans must be [4 stages, N, L, H, W] = [4, 1, 2, 4, 5], got "
                      "[0, 0, 0, 0, 0]");
    scan{}.forward(exec::seq{}, in, out, kept);
    CHECK_THROWS_WITH(scan{}.backward(exec::seq{}, in, kept, small, scan_gradients<float>{}),
                      "scan::backward: dout must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    CHECK_THROWS_WITH(scan{}.backward(exec::seq{}, in, kept, out, scan_gradients<float>{.x = small}),
                      "scan::backward: the gradient of x must be the shape of its input = [1, 2, 4, 5], got "
                      "[1, 2, 4, 4]");

    gspn_inputs<float> const wrong{.x = a.x, .factor = a.x, .gates = a.x};
    CHECK_THROWS_WITH(presets::gspn{}.forward(exec::seq{}, wrong, out),
                      "gspn::forward: gates must be [N, 3 L, H, W] = [1, 6, 4, 5], got [1, 2, 4, 5]");
    CHECK_THROWS_WITH((presets::gspn{.chunk = -1}.forward(exec::seq{}, wrong, out)),
                      "gspn::forward: chunk must be at least 0, got -1");
    gspn_inputs<float> const no_factor{.x = a.x, .factor = small, .gates = a.gates[0]};
    CHECK_THROWS_WITH(presets::gspn{}.forward(exec::seq{}, no_factor, out),
                      "gspn::forward: factor must be [N, L, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
}
