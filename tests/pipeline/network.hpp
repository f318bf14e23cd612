// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/nn/conv2d.hpp>
#include <hyspn/pipeline/pipeline.hpp>
#include <hyspn/testing/gradient_check.hpp>

/// \file
/// Small networks and their flat parameters, for gradient checks.

namespace pipeline_test {

using namespace hyspn;

/// A guidance of one convolution, 9·inputs weights and then a bias for each of its outputs.
struct one_layer {
    index_t inputs = 3;
    index_t outputs = 1;

    template <class T, class M = memory::host>
    using params = nn::conv2d::params<T, M>;
    template <class T, class M = memory::host>
    using saved = nn::conv2d::saved<T, M>;

    nn::conv2d layer() const { return {.padding = {1, 1}, .outputs = outputs}; }

    template <class T>
    params<T> make_params(std::uint64_t seed) const
    {
        random_stream random(seed);
        auto p = layer().make_params<T>(inputs);
        for (T& w : p.weight) w = static_cast<T>(0.3 * random.normal());
        for (T& b : p.bias) b = static_cast<T>(0.1 * random.normal());
        return p;
    }

    template <class P, class T, class X>
    tensor<T, 4> forward(P const& exec, params<T> const& p, X const& x) const
    {
        return layer().forward(exec, p, x);
    }
    template <class P, class T, class X, class Y>
    void forward(P const& exec, params<T> const& p, X const& x, Y&& y, saved<T>& s) const
    {
        layer().forward(exec, p, x, y, s);
    }
    template <class P, class T, class X, class DY, class DX>
    void backward(P const& exec, params<T> const& p, X const& x, saved<T> const& s, DY const& dy, DX&& dx,
                  params<T>& dp) const
    {
        layer().backward(exec, p, x, s, dy, dx, dp);
    }
};

/// Inputs of a network, with about a third of the pixels measured.
template <class T>
struct problem {
    tensor<T, 4> image, maps, measured, mask;
    bool has_measurements = true;

    pipeline_inputs<T> inputs() const
    {
        pipeline_inputs<T> in{.image = as_const(image), .maps = as_const(maps)};
        if (!has_measurements) return in;
        in.measured = as_const(measured);
        in.mask = as_const(mask);
        return in;
    }

    template <class U>
    problem<U> as() const
    {
        return {cast<U>(image), cast<U>(maps), cast<U>(measured), cast<U>(mask), has_measurements};
    }
};

inline problem<double> make_problem(index_t n, index_t channels, index_t maps, index_t h, index_t w, std::uint64_t seed)
{
    random_stream random(seed);
    problem<double> p{tensor<double, 4>(n, channels, h, w), tensor<double, 4>(n, maps, h, w),
                      tensor<double, 4>(n, 1, h, w), tensor<double, 4>(n, 1, h, w)};
    for (double& x : p.image) x = random.normal();
    for (double& x : p.maps) x = 0.5 + random.uniform();
    for (double& x : p.measured) x = 0.5 + random.uniform();
    for (double& x : p.mask) x = random.uniform() < 0.3 ? 1 : 0;
    return p;
}

/// All leaves one after the other.
template <class Params>
std::vector<double> flatten(Params const& p)
{
    std::vector<double> all;
    for_each_leaf(p, [&](std::string const&, auto leaf) {
        for_each_element(as_const(leaf), [&](auto x) { all.push_back(static_cast<double>(x)); });
    });
    return all;
}

template <class S, class Params>
void unflatten(std::vector<S> const& all, Params& p)
{
    std::size_t k = 0;
    for_each_leaf(
        p, [&](std::string const&, auto leaf) { for_each_element(as_view(leaf), [&](auto& x) { x = all.at(k++); }); });
}

/// The network's output as a function of its parameters, and the vector-Jacobian product, as testing::check_adjoint
/// wants them.
template <class Net, class P>
struct as_function {
    Net net;
    problem<double> data;
    P exec;

    template <class S>
    std::vector<S> forward(std::vector<S> const& x) const
    {
        auto p = net.template make_params<S>(1);
        unflatten(x, p);
        auto const d = data.template as<S>();
        tensor<S, 4> out(data.image.extent(0), net.maps(), data.image.extent(2), data.image.extent(3));
        net.forward(exec, p, d.inputs(), out);
        return {out.begin(), out.end()};
    }

    std::vector<double> backward(std::vector<double> const& x, std::vector<double> const& dy) const
    {
        auto p = net.template make_params<double>(1);
        unflatten(x, p);
        tensor<double, 4> out(data.image.extent(0), net.maps(), data.image.extent(2), data.image.extent(3));
        tensor<double, 4> dout(out.extents());
        std::copy(dy.begin(), dy.end(), dout.begin());
        typename Net::template saved<double> kept;
        net.forward(exec, p, data.inputs(), out, kept);
        auto dp = Net::zero_gradients(p);
        net.backward(exec, p, data.inputs(), kept, dout, dp);
        return flatten(dp);
    }
};

}  // namespace pipeline_test
