// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Convolution with normalisation, residual blocks, and the network made of them.
#include <hyspn/io/safetensors.hpp>
#include <hyspn/nn/avg_pool2d.hpp>
#include <hyspn/nn/guidance_unet.hpp>
#include <hyspn/optim/adam.hpp>

#include "nn/support.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::testing;
using tolerance = nn_tolerances;
using vec = std::vector<double>;

namespace {

exec::omp const two{.threads = 2};

template <class Layer, class T>
auto zero_params_of(Layer const& layer, index_t channels)
{
    if constexpr (requires { layer.template zero_params<T>(channels); })
        return layer.template zero_params<T>(channels);
    else
        return layer.template zero_params<T>();
}

/// The training form of a layer as a function of x and its parameters.
template <class Layer>
struct trained_layer {
    Layer layer;
    dims<4> shape;

    template <class T>
    std::pair<tensor<T, 4>, typename Layer::template params<T>> unpack(std::vector<T> const& flat) const
    {
        tensor<T, 4> x(shape);
        auto p = zero_params_of<Layer, T>(layer, shape[1]);
        auto next = flat.begin();
        for (T& v : x) v = *next++;
        for_each_leaf(p, [&](std::string const&, auto leaf) { for_each_element(leaf, [&](T& v) { v = *next++; }); });
        REQUIRE(next == flat.end());
        return {std::move(x), std::move(p)};
    }
    template <class T, class Exec = exec::seq>
    std::vector<T> forward(std::vector<T> const& flat, Exec const& exec = {}) const
    {
        auto const [x, p] = unpack(flat);
        tensor<T, 4> y(layer.output_extents(shape));
        typename Layer::template saved<T> s;
        layer.forward(exec, p, x, y, s);
        return numbers_in(y);
    }
    template <class T, class Exec = exec::seq>
    std::vector<T> backward(std::vector<T> const& flat, std::vector<T> const& g, Exec const& exec = {}) const
    {
        auto const [x, p] = unpack(flat);
        tensor<T, 4> y(layer.output_extents(shape)), dy(y.extents()), dx(shape);
        std::copy(g.begin(), g.end(), dy.begin());
        for (T& v : dx) v = std::numeric_limits<T>::quiet_NaN();
        typename Layer::template saved<T> s;
        layer.forward(exec, p, x, y, s);
        auto dp = layer.zero_gradients(p);
        layer.backward(exec, p, x, s, dy, dx, dp);
        std::vector<T> bar = numbers_in(dx);
        append(bar, dp);
        return bar;
    }
    /// The gradients of the parameters where that of x is not wanted.
    template <class T>
    std::vector<T> backward_of_params(std::vector<T> const& flat, std::vector<T> const& g) const
    {
        auto const [x, p] = unpack(flat);
        tensor<T, 4> y(layer.output_extents(shape)), dy(y.extents());
        std::copy(g.begin(), g.end(), dy.begin());
        typename Layer::template saved<T> s;
        layer.forward(exec::seq{}, p, x, y, s);
        auto dp = layer.zero_gradients(p);
        layer.backward(exec::seq{}, p, x, s, dy, view<T, 4>{}, dp);
        std::vector<T> bar;
        append(bar, dp);
        return bar;
    }
    template <class T, class Params>
    static void append(std::vector<T>& bar, Params& dp)
    {
        for_each_leaf(dp,
                      [&](std::string const&, auto leaf) { for_each_element(leaf, [&](T v) { bar.push_back(v); }); });
    }
    vec point(std::uint64_t seed) const
    {
        noise next(seed);
        vec flat;
        for (index_t i = 0; i < shape[0] * shape[1] * shape[2] * shape[3]; ++i) flat.push_back(next(1));
        auto const p = zero_params_of<Layer, double>(layer, shape[1]);
        for_each_leaf(p, [&](std::string const& name, auto leaf) {
            bool const scale = name.find("norm") != std::string::npos && name.ends_with("weight");
            for_each_element(leaf, [&](double) { flat.push_back(scale ? 1 + next(0.2) : next(0.4)); });
        });
        return flat;
    }
};

template <class Layer>
trained_layer<Layer> trained(Layer const& layer, dims<4> const& shape)
{
    return {layer, shape};
}

template <class F>
void check_gradients(F const& f, std::uint64_t seed, bool differences = true)
{
    auto const forward = [&](auto const& flat) { return f.forward(flat); };
    auto const backward = [&](vec const& flat, vec const& g) { return f.backward(flat, g); };
    auto const point = f.point(seed);
    auto const adjoint = check_adjoint(forward, backward, point, {.log_above = 1e-10, .floor = 1e-3});
    INFO(adjoint.log);
    CHECK(adjoint.within(1e-10));
    if (!differences) return;
    auto const report =
        check_differences(forward, backward, point, {.log_above = 1e-6, .step = 1e-6, .scale = 1, .floor = 1e-2});
    INFO(report.log);
    CHECK(report.within(1e-6));
}

}  // namespace

TEST_CASE("gradients of convolutions with normalisation and of residual blocks")
{
    nn::norm_options const batch{.epsilon = 1e-2}, group{.kind = nn::norm_kind::group, .groups = 2, .epsilon = 1e-2};
    for (auto const& norm : {batch, group}) {
        check_gradients(trained(nn::conv_norm{.stride = {2, 1}, .outputs = 4, .norm = norm}, {2, 2, 5, 4}), 3);
        check_gradients(trained(nn::residual_block{.outputs = 4, .stride = 2, .norm = norm}, {2, 2, 5, 3}), 4);
        check_gradients(trained(nn::residual_block{.outputs = 4, .norm = norm}, {2, 4, 3, 3}), 5);
    }
}

TEST_CASE("gradients of the whole network")
{
    nn::norm_options const batch{.epsilon = 1e-1}, group{.kind = nn::norm_kind::group, .groups = 1, .epsilon = 1e-1};
    for (auto const& norm : {batch, group}) {
        nn::guidance_unet const net{.inputs = 2, .outputs = 3, .width = 2, .levels = 2, .norm = norm};
        check_gradients(trained(net, {2, 2, 5, 6}), 7, norm.kind == nn::norm_kind::batch);
    }
    check_gradients(
        trained(nn::guidance_unet{.inputs = 1, .outputs = 1, .width = 2, .levels = 0, .norm = batch}, {1, 1, 3, 4}), 8);
}

TEMPLATE_TEST_CASE("network: same bits on any number of threads, near those of seq", "", float, double)
{
    using T = TestType;
    nn::guidance_unet const net{.inputs = 3, .outputs = 5, .width = 4, .levels = 2, .norm = {.epsilon = 0.1}};
    auto const f = trained(net, {2, 3, 37, 41});
    auto const point = to<T>(f.point(3));
    auto const g = numbers_in(random_tensor<T>(net.output_extents(f.shape), 1, 4));
    auto const y = f.forward(point, exec::omp{.threads = 1}), bar = f.backward(point, g, exec::omp{.threads = 1});
    for (int threads : {2, 3}) {
        CHECK(f.forward(point, exec::omp{.threads = threads}) == y);
        CHECK(f.backward(point, g, exec::omp{.threads = threads}) == bar);
    }
    CHECK(error_in_eps(f.forward(point), y) <= 64);
    CHECK(error_in_eps(f.backward(point, g), bar) <= 4096);  // a value near a kink may fall on its other side
}

TEST_CASE("network: gradients of the parameters alone are the same")
{
    nn::guidance_unet const net{.inputs = 2, .outputs = 3, .width = 2, .levels = 2, .norm = {.epsilon = 0.1}};
    auto const f = trained(net, {2, 2, 5, 6});
    auto const point = f.point(3);
    auto const g = numbers_in(random_tensor<double>(net.output_extents(f.shape), 1, 4));
    auto const all = f.backward(point, g), alone = f.backward_of_params(point, g);
    REQUIRE(alone.size() == all.size() - 2 * 2 * 5 * 6);
    CHECK(std::equal(alone.begin(), alone.end(), all.end() - static_cast<std::ptrdiff_t>(alone.size())));
}

TEST_CASE("network: any extents, inference by running averages, and training by update")
{
    nn::guidance_unet const net{.inputs = 2, .outputs = 3, .width = 4, .levels = 3, .norm = {.momentum = 1}};
    auto p = net.make_params<double>(5);
    for (dims<4> const& e : {dims<4>{1, 2, 1, 1}, dims<4>{2, 2, 1, 9}, dims<4>{1, 2, 7, 13}, dims<4>{3, 2, 16, 8}}) {
        auto const x = random_tensor<double>(e, 1, 3);
        CHECK(net.forward(two, p, x).extents() == net.output_extents(e));
        CHECK(all_finite(numbers_in(net.forward(two, p, x))));
    }
    // The averages of one batch, with momentum 1 and the biased variance, make inference the training form.
    dims<4> const e{3, 2, 16, 8};
    auto const x = random_tensor<double>(e, 1, 3);
    tensor<double, 4> y(net.output_extents(e));
    nn::guidance_unet::saved<double> s;
    net.forward(two, p, x, y, s);
    net.update(two, s, p);
    auto const rescale = [](auto& norm, auto const& saved) {
        auto const m = static_cast<double>(saved.count);
        for (double& v : norm.running_variance) v *= (m - 1) / m;
    };
    rescale(p.stem.norm, s.stem.norm);
    for (std::size_t l = 0; l < 3; ++l) {
        rescale(p.encoder[l].first.norm, s.encoder[l].first.norm);
        rescale(p.encoder[l].second.norm, s.encoder[l].second.norm);
        rescale(p.encoder[l].shortcut.norm, s.encoder[l].shortcut.norm);
        rescale(p.decoder[l].norm, s.decoder[l].norm);
    }
    CHECK(error_in_eps(numbers_in(net.forward(two, p, x)), numbers_in(y)) <= 1e4);
}

TEST_CASE("network: names of leaves and buffers, values to start with")
{
    nn::guidance_unet const net{.inputs = 2, .outputs = 3, .width = 4, .levels = 1};
    auto const p = net.make_params<float>(5);
    std::string leaves, buffers;
    for_each_leaf(p, [&](std::string const& name, auto) { leaves += name + " "; });
    for_each_buffer(p, [&](std::string const& name, auto) { buffers += name + " "; });
    CHECK(leaves ==
          "stem.conv.weight stem.norm.weight stem.norm.bias "
          "encoder.0.conv1.weight encoder.0.norm1.weight encoder.0.norm1.bias "
          "encoder.0.conv2.weight encoder.0.norm2.weight encoder.0.norm2.bias "
          "encoder.0.shortcut.conv.weight encoder.0.shortcut.norm.weight encoder.0.shortcut.norm.bias "
          "decoder.0.conv.weight decoder.0.norm.weight decoder.0.norm.bias head.weight head.bias ");
    CHECK(buffers ==
          "stem.norm.running_mean stem.norm.running_var encoder.0.norm1.running_mean encoder.0.norm1.running_var "
          "encoder.0.norm2.running_mean encoder.0.norm2.running_var encoder.0.shortcut.norm.running_mean "
          "encoder.0.shortcut.norm.running_var decoder.0.norm.running_mean decoder.0.norm.running_var ");
    auto const group = nn::guidance_unet{.inputs = 2, .norm = {.kind = nn::norm_kind::group}}.make_params<float>(5);
    for_each_buffer(group, [&](std::string const& name, auto) { FAIL(name); });

    auto const values = [](auto const& q) {
        std::vector<float> all;
        for_each_leaf(
            q, [&](std::string const&, auto leaf) { for_each_element(leaf, [&](float v) { all.push_back(v); }); });
        return all;
    };
    CHECK(values(net.make_params<float>(5)) == values(p));
    CHECK(values(net.make_params<float>(6)) != values(p));
    CHECK(p.encoder[0].second.norm.weight(0) == 0);
    CHECK(p.encoder[0].first.norm.weight(0) == 1);
    CHECK(p.decoder[0].norm.running_variance(0) == 1);
    double square = 0;
    auto const wide = nn::guidance_unet{.inputs = 8, .width = 64, .levels = 0}.make_params<double>(1);
    for (double v : wide.stem.conv.weight) square += v * v;
    CHECK(std::fabs(square / static_cast<double>(wide.stem.conv.weight.size()) * 36 - 1) <= 0.05);
}

TEST_CASE("network: it learns, and a file keeps what it has learned")
{
    // Smoothed images: each output pixel is the mean of nine.
    nn::guidance_unet const net{.inputs = 1, .outputs = 1, .width = 4, .levels = 1, .norm = {.momentum = 0.5}};
    auto p = net.make_params<float>(5);
    dims<4> const e{4, 1, 16, 16};
    auto const x = random_tensor<float>(e, 1, 3);
    tensor<float, 4> y(e), dy(e), dx(e), wanted(e);
    nn::avg_pool2d{.kernel = {3, 3}, .stride = {1, 1}, .padding = {1, 1}}.forward(two, x, wanted);
    nn::guidance_unet::saved<float> s;
    optim::adam const optimiser{.rate = 0.01};
    optim::adam::state<float> run;
    auto const loss = [&] {
        double sum = 0;
        for (index_t i = 0; i < y.size(); ++i) {
            float const d = y.data()[i] - wanted.data()[i];
            dy.data()[i] = 2 * d / static_cast<float>(y.size());
            sum += static_cast<double>(d) * static_cast<double>(d) / static_cast<double>(y.size());
        }
        return sum;
    };
    double first = 0;
    for (int step = 0; step < 150; ++step) {
        net.forward(two, p, x, y, s);
        if (double const now = loss(); step == 0) first = now;
        auto dp = net.zero_gradients(p);
        net.backward(two, p, x, s, dy, dx, dp);
        optimiser.step(two, p, dp, run);
        net.update(two, s, p);
    }
    net.forward(two, p, x, y);
    double const last = loss();
    CAPTURE(first, last);
    CHECK(last < 0.1 * first);

    io::safetensors file;
    auto const keep = [&](std::string const& name, auto leaf) { file.set(name, leaf); };
    for_each_leaf(p, keep);
    for_each_buffer(p, keep);
    auto q = net.make_params<float>(6);
    auto const restore = [&](std::string const& name, auto leaf) {
        using V = decltype(leaf);
        copy(as_const(file.get<float, V::rank()>(name)), as_view(leaf));
    };
    for_each_leaf(q, restore);
    for_each_buffer(q, restore);
    CHECK(numbers_in(net.forward(two, q, x)) == numbers_in(y));
}

TEST_CASE("network: messages")
{
    nn::guidance_unet const net{.inputs = 2, .outputs = 3, .width = 4, .levels = 1};
    auto const p = net.make_params<double>(5);
    auto dp = net.zero_gradients(p);
    tensor<double, 4> x(1, 2, 4, 6), y(1, 3, 4, 6), other(1, 3, 4, 5), none(1, 2, 0, 6), no_output(1, 3, 0, 6);
    exec::seq const seq;
    CHECK(thrown<shape_error>([&] { net.forward(seq, p, y, y); }) ==
          "guidance_unet::forward: x must be [N, inputs, H, W] = [1, 2, 4, 6], got [1, 3, 4, 6]");
    CHECK(thrown<shape_error>([&] { net.forward(seq, p, x, other); }) ==
          "guidance_unet::forward: y must be [N, outputs, H, W] = [1, 3, 4, 6], got [1, 3, 4, 5]");
    CHECK(thrown<shape_error>([&] { net.forward(seq, p, none, no_output); }) ==
          "guidance_unet::forward: x must be of at least one row and column, got [1, 2, 0, 6]");
    auto deeper = net;
    deeper.levels = 2;
    CHECK(thrown<shape_error>([&] { deeper.forward(seq, p, x, y); }) ==
          "guidance_unet::forward: the parameters must be of 2 levels, got 1");
    nn::guidance_unet::saved<double> never;
    CHECK(thrown<shape_error>([&] { net.backward(seq, p, x, never, y, x, dp); }) ==
          "guidance_unet::backward: saved must be as forward left it, got other levels");
    nn::guidance_unet::saved<double> some;
    net.forward(seq, p, x, y, some);
    for (bool const encoder : {true, false}) {
        auto short_of = some;
        encoder ? short_of.encoder.clear() : short_of.decoder.clear();
        CHECK(thrown<shape_error>([&] { net.backward(seq, p, x, short_of, y, x, dp); }) ==
              "guidance_unet::backward: saved must be as forward left it, got other levels");
        auto moved = p;
        CHECK(thrown<shape_error>([&] { net.update(seq, short_of, moved); }) ==
              "guidance_unet::update: saved must be of 1 levels, got 0");
        auto few = p;
        encoder ? few.encoder.clear() : few.decoder.clear();
        CHECK(thrown<shape_error>([&] { net.update(seq, some, few); }) ==
              "guidance_unet::update: the parameters must be of 1 levels, got 0");
        for (auto const* q : {&moved, &few})
            CHECK(numbers_in(q->stem.norm.running_mean) == numbers_in(p.stem.norm.running_mean));
    }
    CHECK(thrown<value_error>([&] { nn::guidance_unet{.width = 0}.make_params<float>(1); }) ==
          "guidance_unet::make_params: width must be at least 1, got 0");
    CHECK(thrown<value_error>([&] { nn::guidance_unet{.levels = 17}.zero_params<float>(); }) ==
          "guidance_unet::zero_params: levels must be from 0 to 16, got 17");
    nn::conv_norm const standing{.stride = {1, 0}, .outputs = 3};
    nn::conv_norm::saved<double> kept;
    CHECK(thrown<value_error>([&] { standing.forward(seq, p.stem, x, y, kept); }) ==
          "conv2d::output_extents: stride must be at least 1, got 0");
    auto const block = nn::residual_block{.outputs = 3, .stride = 2}.zero_params<double>(2);
    tensor<double, 4> half(1, 3, 4, 6);
    CHECK(thrown<shape_error>([&] { nn::residual_block{.outputs = 3}.forward(seq, block, half, y); }) ==
          "residual_block::forward: shortcut.conv.weight must be [O, C, 1, 1], empty where x passes as it is, = "
          "[0, 0, 0, 0], got [3, 2, 1, 1]");
}
