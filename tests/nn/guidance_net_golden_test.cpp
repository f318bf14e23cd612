// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The network and its layers against PyTorch in double (tests/golden/guidance_net.py).
#include <hyspn/nn/activations.hpp>
#include <hyspn/nn/avg_pool2d.hpp>
#include <hyspn/nn/guidance_unet.hpp>
#include <hyspn/nn/max_pool2d.hpp>

#include "nn/support.hpp"
#include "support/golden.hpp"

using namespace hyspn;
using namespace hyspn::testing;

namespace {

template <class T>
inline constexpr double bar = sizeof(T) == 8 ? 1e-11 : 1e-4;

io::safetensors const& file()
{
    static io::safetensors const goldens = golden("guidance_net");
    return goldens;
}

template <class T>
tensor<T, 4> array(std::string const& name)
{
    return file().get<T, 4>(name);
}

/// ‖got − want‖/‖want‖.
template <class T, std::size_t Rank>
void check_near(view<T const, Rank> got, std::string const& name)
{
    auto const want = file().get<double, Rank>(name);
    REQUIRE(got.extents() == want.extents());
    double const error = error_in_eps(numbers_in(got), numbers_in(want)) * unit_roundoff<T>;
    INFO(name << ": " << error);
    CHECK(error <= bar<T>);
}

/// Reads each leaf of p from "prefix.name".
template <class Params>
void read(Params& p, std::string const& prefix)
{
    for_each_leaf(p, [&](std::string const& name, auto leaf) {
        using V = decltype(leaf);
        copy(as_const(file().get<typename V::value_type, V::rank()>(prefix + name)), as_view(leaf));
    });
}

template <class T, class Exec>
void check_network(Exec const& exec, std::string const& at, nn::norm_options const& norm)
{
    nn::guidance_unet const net{.inputs = 3, .outputs = 4, .width = 4, .levels = 2, .norm = norm};
    auto p = net.make_params<T>(1);
    read(p, at + "p.");
    auto const x = array<T>(at + "x"), dy = array<T>(at + "dy");
    tensor<T, 4> y(dy.extents()), dx(x.extents());
    nn::guidance_unet::saved<T> s;
    net.forward(exec, p, x, y, s);
    check_near(as_const(y), at + "y");
    auto dp = net.zero_gradients(p);
    net.backward(exec, p, x, s, dy, dx, dp);
    check_near(as_const(dx), at + "dx");
    for_each_leaf(dp, [&](std::string const& name, auto leaf) { check_near(as_const(leaf), at + "d." + name); });
    net.update(exec, s, p);
    for_each_buffer(p, [&](std::string const& name, auto leaf) { check_near(as_const(leaf), at + "b." + name); });
    check_near(as_const(net.forward(exec, p, x)), at + "inference");
}

/// A layer without parameters; `backward(x, dy, dx)`.
template <class T, class Forward, class Backward>
void check_layer(std::string const& name, Forward const& forward, Backward const& backward)
{
    auto const x = array<T>(name + ".x"), dy = array<T>(name + ".dy");
    tensor<T, 4> y(dy.extents()), dx(x.extents());
    forward(x, y);
    backward(x, dy, dx);
    check_near(as_const(y), name + ".y");
    check_near(as_const(dx), name + ".dx");
}

template <class T, class Exec, class Layer>
void check_activation(Exec const& exec, std::string const& name, Layer const& f)
{
    check_layer<T>(
        name, [&](auto const& x, auto& y) { f.forward(exec, x, y); },
        [&](auto const& x, auto const& dy, auto& dx) { f.backward(exec, x, dy, dx); });
}

template <class T, class Exec, class Layer>
void check_linear(Exec const& exec, std::string const& name, Layer const& f)
{
    check_layer<T>(
        name, [&](auto const& x, auto& y) { f.forward(exec, x, y); },
        [&](auto const&, auto const& dy, auto& dx) { f.backward(exec, dy, dx); });
}

template <class T, class Exec>
void check_layers(Exec const& exec)
{
    check_activation<T>(exec, "leaky_relu", nn::leaky_relu{.slope = 0.125});
    check_activation<T>(exec, "gelu", nn::gelu{});
    check_activation<T>(exec, "sigmoid", nn::sigmoid{});
    check_activation<T>(exec, "tanh", nn::tanh{});
    nn::avg_pool2d pool{.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}};
    check_linear<T>(exec, "avg_pool", pool);
    pool.count_padding = false;
    check_linear<T>(exec, "avg_pool_inside", pool);
    check_linear<T>(exec, "bilinear", nn::resize_bilinear{});
    check_linear<T>(exec, "bilinear_half", nn::resize_bilinear{});
    check_linear<T>(exec, "nearest", nn::upsample_nearest{});
    nn::max_pool2d const largest{.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}};
    nn::max_pool2d::saved<> s;
    check_layer<T>(
        "max_pool", [&](auto const& x, auto& y) { largest.forward(exec, x, y, s); },
        [&](auto const&, auto const& dy, auto& dx) { largest.backward(exec, s, dy, dx); });
}

}  // namespace

TEMPLATE_TEST_CASE("the guidance network as PyTorch computes it", "[golden]", float, double)
{
    using T = TestType;
    nn::norm_options const group{.kind = nn::norm_kind::group, .groups = 2};
    check_network<T>(exec::seq{}, "batch.", {});
    check_network<T>(exec::omp{.threads = 2}, "batch.", {});
    check_network<T>(exec::seq{}, "group.", group);
    check_network<T>(exec::omp{.threads = 2}, "group.", group);
}

TEMPLATE_TEST_CASE("plain layers as PyTorch computes them", "[golden]", float, double)
{
    check_layers<TestType>(exec::seq{});
    check_layers<TestType>(exec::omp{.threads = 2});
}
