// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Mixtures of windows: exec::omp against exec::seq, the same bits for any number of threads, padded rows, refusals.

#include "propagation/mixtures_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using testing::same_bits;

namespace {

template <class T>
inline constexpr double parity_tolerance = std::is_same_v<T, double> ? 1e-12 : 1e-4;

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 19}, {1, 2, 23, 1}, {1, 2, 13, 41}, {0, 1, 4, 4}, {1, 1, 0, 4}};

template <class T>
void check_close(testing::mixture_arrays<T> const& a, testing::mixture_arrays<T> const& b)
{
    a.for_each_gradient(b, [](char const* name, tensor<T, 4> const& x, tensor<T, 4> const& y) {
        INFO(name);
        CHECK(testing::relative_error(x, y) <= parity_tolerance<T>);
    });
}

template <class T>
void check_same(testing::mixture_arrays<T> const& a, testing::mixture_arrays<T> const& b)
{
    a.for_each_gradient(b, [](char const* name, tensor<T, 4> const& x, tensor<T, 4> const& y) {
        INFO(name);
        CHECK(same_bits(x, y));
    });
}

template <class T, class Net>
void compare(Net const& net, testing::mixture_arrays<double> const& drawn)
{
    auto const a = testing::cast_all<T>(drawn);
    auto const dout = cast<T>(testing::random_mixture(drawn.initial.extents(), 0, 1, 5).initial);
    testing::mixture_run<T> const seq(exec::seq{}, net, a, dout), one(exec::omp{.threads = 1}, net, a, dout);
    CHECK(testing::relative_error(one.out, seq.out) <= parity_tolerance<T>);
    CHECK(testing::relative_error(one.inferred, seq.inferred) <= parity_tolerance<T>);
    check_close(one.d, seq.d);
    for (int threads : {2, 3}) {
        testing::mixture_run<T> const many(exec::omp{.threads = threads}, net, a, dout);
        CHECK(same_bits(many.out, one.out));
        CHECK(same_bits(many.inferred, one.inferred));
        check_same(many.d, one.d);
    }
}

template <class T>
void compare_dilated(dims<4> const& e)
{
    presets::penet_dilated const net{.steps = 3};
    auto const a = testing::cast_all<T>(testing::random_dilated(e, 6));
    auto const dout = cast<T>(testing::random_dilated(e, 7).initial);
    testing::dilated_run<T> const seq(exec::seq{}, net, a, dout), one(exec::omp{.threads = 1}, net, a, dout);
    CHECK(testing::relative_error(one.out, seq.out) <= parity_tolerance<T>);
    CHECK(testing::relative_error(one.inferred, seq.inferred) <= parity_tolerance<T>);
    CHECK(testing::relative_error(one.d.initial, seq.d.initial) <= parity_tolerance<T>);
    check_close(one.d.half, seq.d.half);
    check_close(one.d.full, seq.d.full);
    for (int threads : {2, 3}) {
        testing::dilated_run<T> const many(exec::omp{.threads = threads}, net, a, dout);
        CHECK(same_bits(many.out, one.out));
        CHECK(same_bits(many.d.initial, one.d.initial));
        check_same(many.d.half, one.d.half);
        check_same(many.d.full, one.d.full);
    }
}

/// Rows, or elements, with room between them.
struct spread {
    tensor<double, 4> storage;
    index_t step;

    spread(tensor<double, 4> const& values, index_t column_step)
        : storage(dims<4>{values.extent(0), values.extent(1), values.extent(2), column_step * values.extent(3) + 5}),
          step(column_step),
          extents_(values.extents())
    {
        hyspn::copy(as_view(values), view<double, 4>(*this));
    }
    operator view<double, 4>()
    {
        if (extents_ == dims<4>{}) return {};
        dims<4> strides = row_major_strides(storage.extents());
        strides[3] = step;
        return {storage.data(), extents_, strides};
    }

private:
    dims<4> extents_;
};

template <class Net>
void check_strided(Net const& net, testing::mixture_arrays<double> const& a, index_t step)
{
    auto const dout = testing::random_mixture(a.initial.extents(), 0, 1, 9).initial;
    testing::mixture_run<double> const dense(exec::seq{}, net, a, dout);
    auto const zeros = testing::same_shapes(a);
    auto const spread_all = [&](testing::mixture_arrays<double> const& x) {
        std::vector<spread> s;
        for (auto const* t : {&x.initial, &x.gates[0], &x.gates[1], &x.gates[2], &x.sigma, &x.lambda, &x.confidence,
                              &x.measured, &x.mask})
            s.emplace_back(*t, step);
        return s;
    };
    auto in = spread_all(a), d = spread_all(zeros);
    spread out(dout, step), lambda(dout, step);
    auto const v = [](spread& s) { return view<double, 4>(s); };
    mixture_inputs<double> const inputs{
        v(in[0]), {v(in[1]), v(in[2]), v(in[3])}, v(in[4]), v(in[5]), v(in[6]), v(in[7]), v(in[8])};
    mixture_gradients<double> const gradients{v(d[0]), {v(d[1]), v(d[2]), v(d[3])}, v(d[4]), v(d[5]), v(d[6]), v(d[7])};
    mixture_saved<double> kept;
    exec::omp const exec{.threads = 3};
    net.forward(exec, inputs, v(out), kept);
    net.backward(exec, inputs, kept, v(lambda), gradients);
    auto const dense_of = [&](spread& s) { return cast<double>(v(s)); };
    CHECK(testing::relative_error(dense_of(out), dense.out) <= 1e-12);
    check_close<double>({dense_of(d[0]),
                         {dense_of(d[1]), dense_of(d[2]), dense_of(d[3])},
                         dense_of(d[4]),
                         dense_of(d[5]),
                         dense_of(d[6]),
                         dense_of(d[7])},
                        dense.d);
}

}  // namespace

TEST_CASE("mixtures: alike on every policy, the same bits for any number of threads")
{
    for (auto const& e : sizes)
        testing::for_each_mixture(e, 1, [&](auto const& net, auto const& a) {
            INFO(to_string(e));
            compare<double>(net, a);
            compare<float>(net, a);
        });
    for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{2, 2, 5, 17}, dims<4>{1, 1, 13, 1}}) {
        compare_dilated<double>(e);
        compare_dilated<float>(e);
    }
}

TEST_CASE("mixtures: padded rows and strided arrays give the values of dense ones")
{
    for (index_t step : {1, 2})
        testing::for_each_mixture({2, 2, 7, 21}, 3,
                                  [&](auto const& net, auto const& a) { check_strided(net, a, step); });
}

TEST_CASE("mixtures: a gradient that is not wanted changes nothing about the others")
{
    testing::for_each_mixture({1, 1, 6, 7}, 4, [&](auto const& net, auto const& a) {
        auto const dout = testing::random_mixture(a.initial.extents(), 0, 1, 9).initial;
        testing::mixture_run<double> const all(exec::seq{}, net, a, dout);
        tensor<double, 4> gates5(a.gates[1].extents()), sigma(a.sigma.extents());
        mixture_gradients<double> only{.sigma = sigma};
        only.gates[1] = gates5;
        net.backward(exec::seq{}, a.views(), all.kept, dout, only);
        CHECK(same_bits(gates5, all.d.gates[1]));
        CHECK(same_bits(sigma, all.d.sigma));
    });
}

TEST_CASE("mixtures: refusals, word by word")
{
    auto const a = testing::random_mixture({1, 1, 4, 6}, 12, 3, 1), b = testing::random_mixture({1, 1, 4, 6}, 3, 3, 1);
    tensor<double, 4> out(1, 1, 4, 6), small(1, 1, 4, 4);
    mixture_saved<double> kept;
    auto const run = [&](auto const& net, mixture_inputs<double> const& in) { net.forward(exec::seq{}, in, out); };
    CHECK_THROWS_WITH(run(presets::cspn_pp{.steps = 6}, a.views()),
                      "cspn_pp::forward: steps must be a positive multiple of 4, got 6");
    CHECK_THROWS_WITH(run(presets::bpnet_post{.steps = 3}, b.views()),
                      "bpnet_post::forward: steps must be positive and even, got 3");
    CHECK_THROWS_WITH(run(presets::bpnet_post{}, b.views()), "bpnet_post::forward: mask must be absent, got an array");
    auto in = a.views();
    in.sigma = a.lambda;
    CHECK_THROWS_WITH(run(presets::cspn_pp{}, in),
                      "cspn_pp::forward: sigma must be [N, 3, H, W] = [1, 3, 4, 6], got [1, 12, 4, 6]");
    in = a.views();
    in.lambda = a.sigma;
    CHECK_THROWS_WITH(run(presets::cspn_pp{}, in),
                      "cspn_pp::forward: lambda must be [N, 12, H, W] = [1, 12, 4, 6], got "
                      "[1, 3, 4, 6]");
    in = a.views();
    in.mask = {};
    CHECK_THROWS_WITH(run(presets::cspn_pp{}, in),
                      "cspn_pp::forward: mask must be [N, 1, H, W] = [1, 1, 4, 6], got [0, 0, 0, 0]");
    in = a.views();
    in.gates[2] = a.gates[1];
    CHECK_THROWS_WITH(run(presets::cspn_pp{}, in),
                      "cspn_pp::forward: gates[2] must be [N, 48, H, W] = [1, 48, 4, 6], got [1, 24, 4, 6]");
    CHECK_THROWS_WITH(presets::cspn_pp{}.backward(exec::seq{}, a.views(), kept, out, mixture_gradients<double>{}),
                      "cspn_pp::backward: kept.snapshots must be [3 S, N, L, H, W] = [12, 1, 1, 4, 6], got "
                      "[0, 0, 0, 0, 0]");
    CHECK_THROWS_WITH(
        presets::cspn_pp{}.backward(exec::seq{}, a.views(), kept, out, mixture_gradients<double>{.sigma = small}),
        "cspn_pp::backward: the gradient of sigma must be the shape of its input = [1, 3, 4, 6], got [1, 1, 4, 4]");

    auto const d = testing::random_dilated({1, 1, 2, 3}, 1);
    auto dilated = d.views();
    dilated.initial = dilated.half.measured;
    tensor<double, 4> odd(1, 1, 2, 3);
    CHECK_THROWS_WITH(presets::penet_dilated{}.forward(exec::seq{}, dilated, odd),
                      "penet_dilated::forward: the width must be even, got 3");
    CHECK_THROWS_WITH(presets::penet_dilated{.steps = 0}.forward(exec::seq{}, d.views(), out),
                      "penet_dilated::forward: steps must be at least 1, got 0");
    CHECK_THROWS_WITH(closest_of_cells(exec::seq{}, small, small, odd, odd),
                      "closest_of_cells: measured must be [N, 1, 2h, 2w] = [1, 1, 4, 6], got [1, 1, 4, 4]");
}
