// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <string>
#include <vector>

#include <cuda/on_device.hpp>
#include <support/catch.hpp>

#include <hyspn/exec/elementwise.hpp>
#include <hyspn/nn/activations.hpp>
#include <hyspn/nn/avg_pool2d.hpp>
#include <hyspn/nn/guidance_unet.hpp>
#include <hyspn/nn/max_pool2d.hpp>

// The guidance network and its layers on the device against exec::seq.
namespace hyspn::testing {
namespace {

constexpr double parity_bar = 4096;  // eps of the largest element: gradients sum over all pixels, layer after layer

/// One leaf of rank 1 or 4 as a host array of rank 4.
template <class T>
struct leaf_values {
    std::string name;
    tensor<T, 4> values;
};

template <std::size_t Rank>
dims<4> as_four(dims<Rank> const& e)
{
    if constexpr (Rank == 1)
        return {1, 1, 1, e[0]};
    else
        return e;
}

/// Sends the values of a host leaf to leaves of a device aggregate, one after another.
template <class T>
struct send_values {
    exec::cuda const& gpu;
    std::vector<leaf_values<T>> const& from;
    std::size_t next = 0;

    template <std::size_t Rank>
    void operator()(std::string const&, view<T, Rank, memory::device> leaf)
    {
        auto const there = to_device(gpu, from[next++].values);
        view<T const, Rank, memory::device> const dense(there.data(), leaf.extents());
        detail::dispatch(gpu, detail::copy_op<T, Rank, memory::device>{dense, leaf});
        gpu.wait();
    }
};

template <class T>
struct fetch_values {
    exec::cuda const& gpu;
    std::vector<leaf_values<T>>& to;

    template <std::size_t Rank>
    void operator()(std::string const& name, view<T, Rank, memory::device> leaf)
    {
        tensor<T, 4, memory::device> dense(as_four(leaf.extents()));
        view<T, Rank, memory::device> const there(dense.data(), leaf.extents());
        detail::dispatch(gpu, detail::copy_op<T, Rank, memory::device>{as_const(leaf), there});
        to.push_back({name, to_host(gpu, dense)});
    }
};

template <class T>
struct keep_values {
    std::vector<leaf_values<T>>& to;

    template <std::size_t Rank>
    void operator()(std::string const& name, view<T, Rank> leaf)
    {
        tensor<T, 4> values(as_four(leaf.extents()));
        copy(as_const(leaf), view<T, Rank>(values.data(), leaf.extents()));
        to.push_back({name, values});
    }
};

template <class T, class Net, class P, class M>
auto train(Net const& net, P const& exec, typename Net::template params<T, M>& p, tensor<T, 4, M> const& x,
           tensor<T, 4, M> const& dy, tensor<T, 4, M>& y, tensor<T, 4, M>& dx)
{
    typename Net::template saved<T, M> s;
    net.forward(exec, p, x, y, s);
    auto dp = net.zero_gradients(p);
    net.backward(exec, p, x, s, dy, dx, dp);
    net.update(exec, s, p);
    return dp;
}

template <class T>
void check_network(nn::norm_options const& norm)
{
    exec::cuda const gpu;
    nn::guidance_unet const net{.inputs = 3, .outputs = 4, .width = 4, .levels = 2, .norm = norm};
    dims<4> const e{2, 3, 9, 11}, out = net.output_extents(e);
    auto p = net.make_params<T>(5);
    for (auto& block : p.encoder)
        for (T& w : block.second.norm.weight) w = T(1);
    std::vector<leaf_values<T>> sent, buffers;
    for_each_leaf(p, keep_values<T>{sent});
    for_each_buffer(p, keep_values<T>{buffers});
    auto q = net.zero_params<T, memory::device>();
    for_each_leaf(q, send_values<T>{gpu, sent});
    for_each_buffer(q, send_values<T>{gpu, buffers});

    auto const x = normal_values<T>(e, 1, 3), dy = normal_values<T>(out, 1, 4);
    tensor<T, 4> y(out), dx(e);
    tensor<T, 4, memory::device> y_there(out), dx_there(e);
    auto const x_there = to_device(gpu, x), dy_there = to_device(gpu, dy);
    auto dp = train(net, exec::seq{}, p, x, dy, y, dx);
    auto dq = train(net, gpu, q, x_there, dy_there, y_there, dx_there);
    CHECK(error_in_eps(to_host(gpu, y_there), y) <= parity_bar);
    CHECK(error_in_eps(to_host(gpu, dx_there), dx) <= parity_bar);
    std::vector<leaf_values<T>> wanted, got;
    for_each_leaf(dp, keep_values<T>{wanted});
    for_each_buffer(p, keep_values<T>{wanted});
    for_each_leaf(dq, fetch_values<T>{gpu, got});
    for_each_buffer(q, fetch_values<T>{gpu, got});
    REQUIRE(got.size() == wanted.size());
    for (std::size_t k = 0; k < got.size(); ++k) {
        INFO(wanted[k].name);
        CHECK(got[k].name == wanted[k].name);
        CHECK(error_in_eps(got[k].values, wanted[k].values) <= parity_bar);
    }
    net.forward(exec::seq{}, p, x, y);
    net.forward(gpu, q, x_there, y_there);
    CHECK(error_in_eps(to_host(gpu, y_there), y) <= parity_bar);
}

/// forward and backward of a layer without parameters.
template <class T, class Run>
void check_layer(dims<4> const& in, dims<4> const& out, double bar, Run const& run)
{
    exec::cuda const gpu;
    auto const x = normal_values<T>(in, 1, 3), dy = normal_values<T>(out, 1, 4);
    tensor<T, 4> y(out), dx(in);
    tensor<T, 4, memory::device> y_there(out), dx_there(in);
    run(exec::seq{}, x, dy, y, dx);
    run(gpu, to_device(gpu, x), to_device(gpu, dy), y_there, dx_there);
    CHECK(error_in_eps(to_host(gpu, y_there), y) <= bar);
    CHECK(error_in_eps(to_host(gpu, dx_there), dx) <= bar);
}

template <class Layer>
struct run_activation {
    Layer f;
    template <class P, class X, class Y>
    void operator()(P const& exec, X const& x, X const& dy, Y& y, Y& dx) const
    {
        f.forward(exec, x, y);
        f.backward(exec, x, dy, dx);
    }
};

template <class Layer>
struct run_linear {
    Layer f;
    template <class P, class X, class Y>
    void operator()(P const& exec, X const& x, X const& dy, Y& y, Y& dx) const
    {
        f.forward(exec, x, y);
        f.backward(exec, dy, dx);
    }
};

struct run_max_pool {
    nn::max_pool2d f;
    template <class P, class X, class Y>
    void operator()(P const& exec, X const& x, X const& dy, Y& y, Y& dx) const
    {
        nn::max_pool2d::saved<typename P::memory_space> s;
        f.forward(exec, x, y, s);
        f.backward(exec, s, dy, dx);
    }
};

}  // namespace

TEMPLATE_TEST_CASE("cuda: the guidance network as exec::seq computes it", "", float, double)
{
    check_network<TestType>({.epsilon = 0.1});
    check_network<TestType>({.kind = nn::norm_kind::group, .groups = 2, .epsilon = 0.1});
}

TEMPLATE_TEST_CASE("cuda: plain layers as exec::seq computes them", "", float, double)
{
    using T = TestType;
    dims<4> const e{2, 3, 7, 9};
    check_layer<T>(e, e, 8, run_activation<nn::relu>{});
    check_layer<T>(e, e, 8, run_activation<nn::leaky_relu>{});
    check_layer<T>(e, e, 16, run_activation<nn::gelu>{});
    check_layer<T>(e, e, 16, run_activation<nn::sigmoid>{});
    check_layer<T>(e, e, 16, run_activation<nn::tanh>{});
    nn::avg_pool2d const mean{.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}, .count_padding = false};
    check_layer<T>(e, mean.output_extents(e), 8, run_linear<nn::avg_pool2d>{mean});
    check_layer<T>(e, {2, 3, 13, 18}, 8, run_linear<nn::resize_bilinear>{});
    check_layer<T>(e, {2, 3, 14, 18}, 8, run_linear<nn::upsample_nearest>{});
    nn::max_pool2d const largest{.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}};
    check_layer<T>(e, largest.output_extents(e), 8, run_max_pool{largest});
}

}  // namespace hyspn::testing
