// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/on_device.hpp>
#include <support/catch.hpp>

#include <hyspn/affinity/geodesic.hpp>
#include <hyspn/affinity/hyperbolic.hpp>
#include <hyspn/affinity/naive.hpp>

// The hyperbolic affinities on the device, stage by stage, against exec::seq.
namespace hyspn::testing {
namespace {

constexpr double parity_bar = 1024;  // eps of the largest element: gradients sum over all pixels

template <class T, class Params>
T& tau_of(Params& p, T& none)
{
    if constexpr (requires { p.tau; })
        return p.tau;
    else
        return none;
}

/// Logits and gradients on one policy; `there` and `back` carry arrays to its memory and back.
template <class Affinity, class T, execution_policy P, class There, class Back>
auto train(Affinity const& net, P const& exec, index_t channels, dims<3> const& grid, There const& there,
           Back const& back)
{
    using M = typename P::memory_space;
    dims<4> const e{{grid[0], channels, grid[1], grid[2]}}, ye{{grid[0], net.outputs, grid[1], grid[2]}};
    auto p = net.template make_params<T, M>(channels);
    p.z = there(normal_values<T>(p.z.extents(), 0.3, 1));
    p.r = there(normal_values<T>(p.r.extents(), 0.3, 2));
    p.c = T(0.75);
    T none{};
    tau_of(p, none) = T(1.25);
    auto const x = there(normal_values<T>(e, 0.5, 3));
    auto const dy = there(normal_values<T>(ye, 1, 4));
    tensor<T, 4, M> y(ye), dx(e);
    typename Affinity::template saved<T, M> saved;
    net.forward(exec, p, x, y, saved);
    auto dp = net.zero_gradients(p);
    net.backward(exec, p, x, saved, dy, dx, dp);

    struct result {
        tensor<T, 4> y, inference, dx;
        tensor<T, 3> dz;
        tensor<T, 1> dr, scalars;
    } r{back(y), back(net.forward(exec, p, x)), back(dx), back(dp.z), back(dp.r), tensor<T, 1>(2)};
    r.scalars(0) = dp.c;
    r.scalars(1) = tau_of(dp, none);
    return r;
}

template <class T, class Affinity>
void check_parity(Affinity const& net, index_t channels, dims<3> const& grid)
{
    INFO("kernel " << net.kernel << ", " << channels << " channels, grid " << to_string(grid));
    exec::cuda const gpu;
    auto const stay = [](auto const& t) { return t; };
    auto const up = [&](auto const& t) { return to_device(gpu, t); };
    auto const down = [&](auto const& t) { return to_host(gpu, t); };
    auto const wanted = train<Affinity, T>(net, exec::seq{}, channels, grid, stay, stay);
    auto const got = train<Affinity, T>(net, gpu, channels, grid, up, down);
    CHECK(error_in_eps(got.y, wanted.y) <= parity_bar);
    CHECK(error_in_eps(got.inference, wanted.y) <= parity_bar);
    CHECK(error_in_eps(got.dx, wanted.dx) <= parity_bar);
    CHECK(error_in_eps(got.dz, wanted.dz) <= parity_bar);
    CHECK(error_in_eps(got.dr, wanted.dr) <= parity_bar);
    CHECK(error_in_eps(got.scalars, wanted.scalars) <= parity_bar);
}

}  // namespace

TEMPLATE_TEST_CASE("cuda: the hyperbolic affinity as exec::seq computes it", "", float, double)
{
    using affinity::weighting;
    check_parity<TestType>(affinity::hyperbolic{.outputs = 8}, 16, {{2, 19, 23}});
    check_parity<TestType>(affinity::hyperbolic{.outputs = 11}, 7, {{2, 5, 6}});
    check_parity<TestType>(affinity::hyperbolic{.outputs = 3}, 5, {{1, 1, 1}});
    check_parity<TestType>(affinity::hyperbolic{.outputs = 8}, 16, {{1, 1, 1}});
    check_parity<TestType>(affinity::hyperbolic{.outputs = 3}, 5, {{2, 19, 23}});
    check_parity<TestType>(affinity::hyperbolic{.outputs = 3}, 5, {{1, 0, 4}});
    for (auto weight : {weighting::linear, weighting::inverse, weighting::uniform})
        for (bool beta : {true, false})
            check_parity<TestType>(
                affinity::hyperbolic{.kernel = 5, .dilation = 2, .outputs = 2, .beta_priority = beta, .weight = weight},
                beta ? 33 : 3, {{1, 12, 9}});
}

TEST_CASE("cuda: gradients of distances between vectors close to 0")
{
    exec::cuda const gpu;
    affinity::geodesic const net;
    dims<4> const e{{1, 8, 4, 5}};
    affinity::geodesic::params<float> const p{};
    affinity::geodesic::params<float, memory::device> const q{};
    auto const x = normal_values<float>(e, 1e-37, 3);
    tensor<float, 4> y(net.forward(exec::seq{}, p, x)), dx(e);
    auto const dy = normal_values<float>(y.extents(), 1e3, 4);
    affinity::geodesic::saved<float> saved;
    net.forward(exec::seq{}, p, x, y, saved);
    auto dp = net.zero_gradients(p);
    net.backward(exec::seq{}, p, x, saved, dy, dx, dp);

    auto const x_there = to_device(gpu, x), dy_there = to_device(gpu, dy);
    tensor<float, 4, memory::device> y_there(y.extents()), dx_there(e);
    affinity::geodesic::saved<float, memory::device> saved_there;
    net.forward(gpu, q, x_there, y_there, saved_there);
    auto dq = net.zero_gradients(q);
    net.backward(gpu, q, x_there, saved_there, dy_there, dx_there, dq);
    CHECK(error_in_eps(to_host(gpu, dx_there), dx) <= parity_bar);
}

TEST_CASE("cuda: the naive affinity as exec::seq computes it")
{
    check_parity<float>(affinity::naive{.outputs = 8}, 16, {{2, 19, 23}});
}

}  // namespace hyspn::testing
