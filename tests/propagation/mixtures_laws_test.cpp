// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// What mixtures of windows promise.

#include <hyspn/testing/dual.hpp>

#include "propagation/mixtures_support.hpp"
#include "propagation/shift_support.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using namespace hyspn::propagation;
using number = testing::dual<double>;

namespace {

dims<4> const sizes[] = {{1, 1, 1, 1}, {2, 1, 1, 13}, {1, 2, 11, 1}, {1, 2, 7, 17}};

template <class F>
void on_policies(F const& f)
{
    f(exec::seq{});
    f(exec::omp{.threads = 3});
}

/// One window, or one snapshot, has all the weight: e^-800 is 0.
void choose(tensor<double, 4>& raw, index_t first, index_t count, index_t chosen)
{
    for (index_t n = 0; n < raw.extent(0); ++n)
        for (index_t c = first; c < first + count; ++c)
            for (index_t y = 0; y < raw.extent(2); ++y)
                for (index_t x = 0; x < raw.extent(3); ++x) raw(n, c, y, x) = c == first + chosen ? 0 : -800;
}

tensor<double, 4> channel(tensor<double, 4> const& x, index_t c)
{
    return cast<double>(hyspn::detail::channel_of(as_view(x), c));
}

/// β of one window as the networks make it.
tensor<double, 4> beta_of(testing::mixture_arrays<double> const& a, index_t q)
{
    tensor<double, 4> beta = channel(a.confidence, a.confidence.extent(1) > 1 ? q : 0);
    for (index_t i = 0; i < beta.size(); ++i) {
        bool const measured = a.mask.size() > 0 ? a.mask.data()[i] > 0 : a.measured.data()[i] > 1e-3;
        beta.data()[i] = measured ? 1 / (1 + std::exp(-beta.data()[i])) : 0;
    }
    return beta;
}

tensor<double, 4> stencil_alone(stencil const& net, testing::mixture_arrays<double> const& a, index_t q)
{
    auto const beta = beta_of(a, q);
    return net.forward(exec::seq{}, inputs<double>{.initial = a.initial,
                                                   .gates = a.gates[static_cast<std::size_t>(q)],
                                                   .measured = a.measured,
                                                   .confidence = beta});
}

tensor<double, 4> random_map(dims<4> const& e, std::uint64_t seed)
{
    return testing::random_mixture(e, 0, 1, seed).initial;
}

template <class Net>
tensor<double, 4> infer(Net const& net, testing::mixture_arrays<double> const& a)
{
    tensor<double, 4> out(a.initial.extents());
    net.forward(exec::seq{}, a.views(), out);
    return out;
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

testing::mixture_arrays<number> along(testing::mixture_arrays<double> const& a,
                                      testing::mixture_arrays<double> const& v)
{
    tensor<double, 4> const still(a.mask.extents());
    return {along(a.initial, v.initial),
            {along(a.gates[0], v.gates[0]), along(a.gates[1], v.gates[1]), along(a.gates[2], v.gates[2])},
            along(a.sigma, v.sigma),
            along(a.lambda, v.lambda),
            along(a.confidence, v.confidence),
            along(a.measured, v.measured),
            along(a.mask, still)};
}

/// ⟨dout, J v⟩, of an output of dual numbers.
double inner_derivative(tensor<double, 4> const& a, tensor<number, 4> const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i].derivative;
    return sum;
}

/// Adds the terms of ⟨Jᵀ dout, v⟩ and their magnitudes.
void collect(testing::mixture_arrays<double> const& d, testing::mixture_arrays<double> const& v, double& sum,
             double& scale)
{
    d.for_each_gradient(v, [&](char const*, tensor<double, 4> const& gradient, tensor<double, 4> const& direction) {
        double const term = inner(gradient, direction);
        sum += term;
        scale += std::abs(term);
    });
}

/// Directions, without the NaN of what was not measured.
template <class Arrays>
Arrays finite_measurements(Arrays a)
{
    for (double& x : a.measured)
        if (!std::isfinite(x)) x = 0;
    return a;
}

}  // namespace

TEST_CASE("mixtures: a window and a snapshot with all the weight are that stencil alone")
{
    for (auto const& e : sizes)
        for (index_t q = 0; q < 3; ++q)
            for (index_t j = 0; j < 4; ++j) {
                auto a = testing::random_mixture(e, 12, 3, 7);
                choose(a.sigma, 0, 3, q);
                choose(a.lambda, 4 * q, 4, j);
                stencil net = presets::penet;
                net.kernel = mixture_kernels[static_cast<std::size_t>(q)];
                net.steps = 2 * (j + 1);
                CHECK(testing::relative_error(infer(presets::cspn_pp{.steps = 8}, a), stencil_alone(net, a, q)) <=
                      1e-13);
            }
    for (auto const& e : sizes)
        for (index_t q = 0; q < 3; ++q)
            for (index_t j = 0; j < 3; ++j) {
                auto a = testing::random_mixture(e, 3, 3, 8, false);
                choose(a.sigma, 0, 3, q);
                choose(a.lambda, 0, 3, j);
                stencil net = presets::bpnet;
                net.kernel = mixture_kernels[static_cast<std::size_t>(q)];
                net.steps = 3 * j;
                CHECK(testing::relative_error(infer(presets::bpnet_post{.steps = 6}, a), stencil_alone(net, a, q)) <=
                      1e-13);
            }
}

TEST_CASE("mixtures: the dilated stage is dilation 2 with upsampled gates")
{
    dims<4> const e{1, 2, 4, 7};
    for (index_t q = 0; q < 3; ++q) {
        auto a = testing::random_dilated(e, 9);
        choose(a.half.sigma, 0, 3, q);
        choose(a.full.sigma, 0, 3, q);
        auto const up = [](tensor<double, 4> const& x) {
            tensor<double, 4> made(dims<4>{x.extent(0), x.extent(1), 2 * x.extent(2), 2 * x.extent(3)});
            for (index_t c = 0; c < x.extent(1); ++c)
                for (index_t y = 0; y < 2 * x.extent(2); ++y)
                    for (index_t u = 0; u < 2 * x.extent(3); ++u) made(0, c, y, u) = x(0, c, y / 2, u / 2);
            return made;
        };
        auto first = testing::transformed<double>(a.half, up);
        first.initial = a.initial;
        stencil net = presets::penet;
        net.kernel = mixture_kernels[static_cast<std::size_t>(q)];
        net.steps = 3;
        net.dilation = 2;
        auto second = a.full;
        second.initial = stencil_alone(net, first, q);
        net.dilation = 1;
        tensor<double, 4> out(a.initial.extents());
        presets::penet_dilated{.steps = 3}.forward(exec::seq{}, a.views(), out);
        CHECK(testing::relative_error(out, stencil_alone(net, second, q)) <= 1e-13);
    }
}

TEST_CASE("mixtures: BP-Net keeps constants away from the border")
{
    dims<4> const e{1, 1, 29, 31};
    auto a = testing::random_mixture(e, 3, 3, 11, false);
    for (double& x : a.initial) x = 2.5;
    for (double& x : a.measured) x = x > 0 ? 2.5 : 0;
    auto const out = infer(presets::bpnet_post{.steps = 4}, a);
    for (index_t y = 12; y < e[2] - 12; ++y)
        for (index_t x = 12; x < e[3] - 12; ++x) CHECK(std::abs(out(0, 0, y, x) - 2.5) <= 1e-12);
    CHECK(std::abs(out(0, 0, 0, 0) - 2.5) > 1e-6);  // outside counts as 0
}

TEST_CASE("mixtures: linear in the maps")
{
    for (auto const& e : sizes)
        testing::for_each_mixture(e, 21, [&](auto const& net, auto const& a) {
            auto b = a, both = a;
            b.initial = random_map(e, 22);
            for (double& x : b.measured) x = x > 0 ? x / 2 + 0.1 : x;  // measured where a is
            auto const join = [](tensor<double, 4>& to, tensor<double, 4> const& x, tensor<double, 4> const& y) {
                for (index_t i = 0; i < to.size(); ++i) to.data()[i] = 2 * x.data()[i] - 0.5 * y.data()[i];
            };
            join(both.initial, a.initial, b.initial);
            join(both.measured, a.measured, b.measured);
            auto const of_a = infer(net, a), of_b = infer(net, b);
            tensor<double, 4> wanted(e);
            join(wanted, of_a, of_b);
            CHECK(testing::relative_error(infer(net, both), wanted) <= 1e-12);
        });
}

TEST_CASE("mixtures: shifting everything shifts the interior of the result")
{
    auto const moved = [](testing::mixture_arrays<double> const& a, index_t times) {
        return testing::transformed<double>(a, [&](tensor<double, 4> const& x) { return testing::shifted(x, times); });
    };
    testing::for_each_mixture({1, 1, 59, 61}, 25, [&](auto const& net, auto const& a) {
        auto const b = moved(a, 1);
        on_policies([&](auto const& exec) {
            auto const of_a = net.forward(exec, a.views()), of_b = net.forward(exec, b.views());
            CHECK(testing::interior_error(of_a, of_b, 28) <= 1e-13);
            CHECK(testing::interior_error(of_a, of_a, 28) > 1e-3);  // it is not constant
        });
    });

    presets::penet_dilated const net{.steps = 2};
    auto const a = testing::random_dilated({1, 1, 31, 33}, 26);
    auto b = a;
    b.initial = testing::shifted(a.initial, 2);
    b.half = moved(a.half, 1);
    b.full = moved(a.full, 2);
    on_policies([&](auto const& exec) {
        auto const of_a = net.forward(exec, a.views()), of_b = net.forward(exec, b.views());
        CHECK(testing::interior_error(of_a, of_b, 26, 2) <= 1e-13);
        CHECK(testing::interior_error(of_a, of_a, 26, 2) > 1e-3);
    });
}

TEST_CASE("mixtures: a sure measurement is what all windows and snapshots hold")
{
    int count = 0;
    for (auto const& e : sizes) {
        auto a = testing::random_mixture(e, 12, 3, 31);
        for (double& c : a.confidence) c = 900;
        auto const out = infer(presets::cspn_pp{.steps = 4}, a);
        for (index_t i = 0; i < a.mask.size() && e[1] == 1; ++i)
            if (a.mask.data()[i] == 1) {
                CHECK(std::abs(out.data()[i] - a.measured.data()[i]) <= 1e-15 * 8);
                ++count;
            }
    }
    CHECK(count > 5);
}

TEST_CASE("mixtures: backward is the adjoint of forward")
{
    std::uint64_t seed = 100;
    for (auto const& e : sizes)
        testing::for_each_mixture(e, ++seed, [&](auto const& net, auto const& at) {
            auto a = finite_measurements(at);
            auto v = finite_measurements(testing::random_mixture(e, a.lambda.extent(1), 3, seed + 50));
            auto const dout = random_map(e, seed + 60);
            auto const moving = along(a, v);
            tensor<number, 4> out(e);
            net.forward(exec::seq{}, moving.views(), out);
            testing::mixture_run<double> const run(exec::omp{.threads = 2}, net, a, dout);
            double const forward = inner_derivative(dout, out);
            double backward = 0, scale = std::abs(forward);
            collect(run.d, v, backward, scale);
            CHECK(std::abs(forward - backward) <= 1e-12 * scale);
            CHECK(scale > 0);
        });
}

TEST_CASE("mixtures: the dilated network's backward is the adjoint of its forward")
{
    for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{2, 2, 3, 5}, dims<4>{1, 1, 7, 1}}) {
        auto a = testing::random_dilated(e, 41), v = testing::random_dilated(e, 42);
        for (auto* x : {&a, &v}) {
            x->half = finite_measurements(x->half);
            x->full = finite_measurements(x->full);
        }
        auto const dout = random_map(a.initial.extents(), 43);
        testing::dilated_arrays<number> const moving{along(a.initial, v.initial), along(a.half, v.half),
                                                     along(a.full, v.full)};
        presets::penet_dilated const net{.steps = 3};
        tensor<number, 4> out(a.initial.extents());
        net.forward(exec::seq{}, moving.views(), out);
        testing::dilated_run<double> const run(exec::omp{.threads = 2}, net, a, dout);
        double const forward = inner_derivative(dout, out), initial = inner(run.d.initial, v.initial);
        double backward = initial, scale = std::abs(forward) + std::abs(initial);
        collect(run.d.half, v.half, backward, scale);
        collect(run.d.full, v.full, backward, scale);
        CHECK(std::abs(forward - backward) <= 1e-12 * scale);
    }
}

TEST_CASE("mixtures: finite with gates of 0 and nothing measured but NaN")
{
    auto const finite = [](tensor<double, 4> const& x) {
        return std::all_of(x.begin(), x.end(), [](double v) { return std::isfinite(v); });
    };
    for (auto const& e : sizes)
        on_policies([&](auto const& exec) {
            testing::for_each_mixture(e, 51, [&](auto const& net, auto a) {
                for (auto& g : a.gates)
                    for (double& x : g) x = 0;
                testing::mixture_run<double> const run(exec, net, a, random_map(e, 52));
                CHECK(finite(run.out));
                run.d.for_each_gradient(run.d, [&](char const* name, auto const& d, auto const&) {
                    INFO(name);
                    CHECK(finite(d));
                });
            });
        });
}

TEST_CASE("mixtures: the closest measurement of each cell")
{
    tensor<float, 4> measured(1, 1, 2, 4), mask(1, 1, 2, 4), closest(1, 1, 1, 2), found(1, 1, 1, 2);
    float const values[] = {3, 2, 9, 9, 1, 5, 9, 9}, there[] = {1, 1, 0, 0, 0, 1, 0, 0};
    std::copy(values, values + 8, measured.data());
    std::copy(there, there + 8, mask.data());
    measured(0, 0, 1, 0) = std::numeric_limits<float>::quiet_NaN();
    on_policies([&](auto const& exec) {
        closest_of_cells(exec, measured, mask, closest, found);
        CHECK(closest(0, 0, 0, 0) == 2);
        CHECK(found(0, 0, 0, 0) == 1);
        CHECK(closest(0, 0, 0, 1) == 0);
        CHECK(found(0, 0, 0, 1) == 0);
    });
}
