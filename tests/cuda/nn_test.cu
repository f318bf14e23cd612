// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cuda/on_device.hpp>
#include <support/catch.hpp>

#include <hyspn/nn/beta_concatenation.hpp>
#include <hyspn/nn/lorentz_linear.hpp>
#include <hyspn/nn/lorentz_mlr.hpp>
#include <hyspn/nn/poincare_avg_pool2d.hpp>
#include <hyspn/nn/poincare_batch_norm.hpp>
#include <hyspn/nn/poincare_conv2d.hpp>
#include <hyspn/nn/poincare_linear.hpp>
#include <hyspn/nn/poincare_mlr.hpp>
#include <hyspn/nn/tangent_activation.hpp>

// Layers on the device, stage by stage, against exec::seq.
namespace hyspn::testing {
namespace {

constexpr double parity_bar = 1024;  // eps of the largest element: gradients sum over all pixels

template <class T, class M, std::size_t Rank>
void set(tensor<T, Rank, M>& leaf, auto const& there, double spread, unsigned seed)
{
    leaf = there(normal_values<T>(leaf.extents(), spread, seed));
}

template <class Params>
void fill(Params& p, auto const& there)
{
    if constexpr (requires { p.z; }) set(p.z, there, 0.3, 1);
    if constexpr (requires { p.w; }) set(p.w, there, 0.3, 1);
    if constexpr (requires { p.r; }) set(p.r, there, 0.3, 2);
    if constexpr (requires { p.a; }) set(p.a, there, 0.3, 2);
    if constexpr (requires { p.b; }) set(p.b, there, 0.3, 2);
    if constexpr (requires { p.mean; }) set(p.mean, there, 0.3, 2);
    p.c = 0.75f;
}

/// Value and gradients, one array after another.
template <class T, class Layer, execution_policy P>
auto train(Layer const& net, P const& exec, dims<4> const& e, dims<4> const& ye, auto const& there, auto const& back)
{
    using M = typename P::memory_space;
    auto p = net.template make_params<T, M>(e[1]);
    fill(p, there);
    auto const x = there(normal_values<T>(e, 0.5, 3));
    auto const dy = there(normal_values<T>(ye, 1, 4));
    tensor<T, 4, M> y(ye), dx(e);
    typename Layer::template saved<T, M> saved;
    net.forward(exec, p, x, y, saved);
    auto dp = net.zero_gradients(p);
    net.backward(exec, p, x, saved, dy, dx, dp);
    std::vector<tensor<T, 4>> out{back(y), back(dx)};
    tensor<T, 4> c(1, 1, 1, 1);
    c(0, 0, 0, 0) = dp.c;
    out.push_back(c);
    return out;
}

template <class T, class Layer>
void check_parity(Layer const& net, dims<4> const& e, dims<4> const& ye)
{
    exec::cuda const gpu;
    auto const stay = [](auto const& t) { return t; };
    auto const up = [&](auto const& t) { return to_device(gpu, t); };
    auto const down = [&](auto const& t) { return to_host(gpu, t); };
    auto const wanted = train<T>(net, exec::seq{}, e, ye, stay, stay);
    auto const got = train<T>(net, gpu, e, ye, up, down);
    for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(error_in_eps(got[i], wanted[i]) <= parity_bar);
}

}  // namespace

TEMPLATE_TEST_CASE("cuda: layers with weights as exec::seq computes them", "", float, double)
{
    using T = TestType;
    dims<4> const e{{2, 6, 7, 9}}, y{{2, 3, 7, 9}};
    check_parity<T>(nn::poincare_linear{.outputs = 3}, e, y);
    check_parity<T>(nn::poincare_mlr{.outputs = 3}, e, y);
    check_parity<T>(nn::lorentz_linear{.outputs = 3}, e, y);
    check_parity<T>(nn::lorentz_mlr{.outputs = 3}, e, y);
    nn::poincare_conv2d const conv{
        .kernel = {{2, 3}}, .stride = {{2, 1}}, .padding = {{1, 2}}, .groups = 3, .outputs = 6};
    check_parity<T>(conv, e, conv.output_extents(e));
    dims<4> const wide{{2, 24, 7, 9}};
    check_parity<T>(nn::poincare_linear{.outputs = 5}, wide, {{2, 5, 7, 9}});
    nn::poincare_conv2d const many{.kernel = {{3, 3}}, .padding = {{1, 1}}, .outputs = 6};
    check_parity<T>(many, wide, many.output_extents(wide));
}

TEMPLATE_TEST_CASE("cuda: pooling and batch normalisation as exec::seq computes them", "", float, double)
{
    using T = TestType;
    dims<4> const e{{2, 6, 7, 9}};
    check_parity<T>(nn::poincare_batch_norm{}, e, e);
    nn::poincare_avg_pool2d const pool{.kernel = {{3, 2}}, .padding = {{1, 0}}};
    check_parity<T>(pool, e, pool.output_extents(e));
}

TEST_CASE("cuda: activations and β-concatenation as exec::seq computes them")
{
    exec::cuda const gpu;
    dims<4> const e{{2, 6, 7, 9}};
    auto const x = normal_values<float>(e, 0.5, 3);
    auto const there = to_device(gpu, x);
    tensor<float, 4> y(e);
    tensor<float, 4, memory::device> dy(e);
    for (auto kind : {nn::activation::relu, nn::activation::gelu}) {
        nn::tangent_activation{.kind = kind}.forward(exec::seq{}, x, y);
        nn::tangent_activation{.kind = kind}.forward(gpu, there, dy);
        CHECK(error_in_eps(to_host(gpu, dy), y) <= 8);
    }
    tensor<float, 4, memory::device> both(2, 12, 7, 9);
    tensor<float, 4> wanted(2, 12, 7, 9);
    using device_view = view<float const, 4, memory::device>;
    using host_view = view<float const, 4>;
    auto const c = curvature<float>::from_c(0.01f);
    poincare::beta_concatenate(gpu, c, std::vector<device_view>{there, there}, as_view(both));
    poincare::beta_concatenate(exec::seq{}, c, std::vector<host_view>{x, x}, as_view(wanted));
    CHECK(error_in_eps(to_host(gpu, both), wanted) <= 64);
}

}  // namespace hyspn::testing
