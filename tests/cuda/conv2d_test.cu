// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <thread>
#include <vector>

#include <cuda/on_device.hpp>
#include <support/catch.hpp>

#include <hyspn/nn/conv2d.hpp>

// Plain convolution on the device against exec::seq.
namespace hyspn::testing {
namespace {

constexpr double parity_bar = 1024;  // eps of the largest element: gradients sum over all pixels

/// Output and gradients of x, weights and, where there are any, biases.
template <class T, execution_policy P>
std::vector<tensor<T, 4>> train(nn::conv2d const& conv, P const& exec, dims<4> const& e, auto const& there,
                                auto const& back)
{
    using M = typename P::memory_space;
    auto host = conv.template make_params<T>(e[1]);
    random_stream stream(1);
    conv.init(host, stream);
    for (T& b : host.bias) b = static_cast<T>(stream.normal());
    nn::conv2d::params<T, M> p = conv.template make_params<T, M>(e[1]);
    p.weight = there(host.weight);
    if (conv.bias) p.bias = there(host.bias);
    auto const x = there(normal_values<T>(e, 0.5, 3));
    auto const y = conv.forward(exec, p, x);
    auto const dy = there(normal_values<T>(y.extents(), 1, 4));
    tensor<T, 4, M> dx(e);
    auto dp = conv.zero_gradients(p);
    conv.backward(exec, p, x, nn::conv2d::saved<T, M>{}, dy, dx, dp);
    std::vector<tensor<T, 4>> out;
    out.push_back(back(y));
    out.push_back(back(dx));
    out.push_back(back(dp.weight));
    if (conv.bias) {
        auto const bias = back(dp.bias);
        tensor<T, 4> maps(bias.size(), 1, 1, 1);
        std::copy(bias.begin(), bias.end(), maps.begin());
        out.push_back(maps);
    }
    return out;
}

}  // namespace

TEMPLATE_TEST_CASE("cuda: conv2d as exec::seq computes it", "", float, double)
{
    using T = TestType;
    exec::cuda const gpu;
    nn::conv2d const layers[] = {
        {.padding = {{1, 1}}, .outputs = 9},
        {.kernel = {{2, 3}}, .stride = {{2, 1}}, .padding = {{1, 2}}, .groups = 2, .outputs = 12, .bias = false},
        {.kernel = {{3, 3}}, .stride = {{2, 2}}, .padding = {{2, 2}}, .dilation = {{2, 2}}, .outputs = 6},
        {.kernel = {{3, 2}},
         .stride = {{2, 3}},
         .padding = {{1, 0}},
         .dilation = {{1, 2}},
         .groups = 24,
         .outputs = 24},
        {.kernel = {{1, 1}}, .outputs = 3},
        {.kernel = {{1, 1}}, .stride = {{2, 2}}, .padding = {{1, 1}}, .outputs = 5, .bias = false},
    };
    auto const stay = [](auto const& t) { return t; };
    auto const up = [&](auto const& t) { return to_device(gpu, t); };
    auto const down = [&](auto const& t) { return to_host(gpu, t); };
    for (auto const& conv : layers)
        for (dims<4> const& e : {dims<4>{{2, 24, 7, 9}}, dims<4>{{1, 24, 1, 1}}, dims<4>{{3, 24, 33, 65}}}) {
            if (conv.output_extents(e)[2] < 1 || conv.output_extents(e)[3] < 1) continue;
            auto const wanted = train<T>(conv, exec::seq{}, e, stay, stay);
            auto const got = train<T>(conv, gpu, e, up, down);
            for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(error_in_eps(got[i], wanted[i]) <= parity_bar);
        }
}

TEST_CASE("cuda: conv2d of images whose windows do not fit at once")
{
    exec::cuda const gpu;
    auto const stay = [](auto const& t) { return t; };
    auto const up = [&](auto const& t) { return to_device(gpu, t); };
    auto const down = [&](auto const& t) { return to_host(gpu, t); };
    nn::conv2d const conv{.padding = {{1, 1}}, .outputs = 16};
    for (dims<4> const& e : {dims<4>{{2, 64, 130, 140}}, dims<4>{{7, 64, 50, 90}}}) {
        REQUIRE(e[0] * e[1] * 9 * e[2] * e[3] > detail::unfolded_room);
        auto const wanted = train<float>(conv, exec::seq{}, e, stay, stay);
        auto const got = train<float>(conv, gpu, e, up, down);
        for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(error_in_eps(got[i], wanted[i]) <= parity_bar);
    }
}

TEST_CASE("cuda: conv2d of views whose channels lie in any order")
{
    exec::cuda const gpu;
    nn::conv2d const point{.kernel = {{1, 1}}, .outputs = 8}, wide{.padding = {{1, 1}}, .outputs = 8};
    for (auto const& conv : {point, wide})
        for (dims<4> const& strides : {dims<4>{{0, 0, 9, 1}}, dims<4>{{0, 63, 9, 1}}, dims<4>{{1, 2, 24, 170}}}) {
            auto const numbers = normal_values<float>(dims<1>{{12 * 24 * 9}}, 1, 3);
            auto const there = to_device(gpu, numbers);
            dims<4> const e{{2, 12, 7, 9}};
            auto host = conv.make_params<float>(e[1]);
            random_stream stream(1);
            conv.init(host, stream);
            nn::conv2d::params<float, memory::device> const p{to_device(gpu, host.weight), to_device(gpu, host.bias)};
            auto const wanted = conv.forward(exec::seq{}, host, view<float const, 4>(numbers.data(), e, strides));
            auto const got = conv.forward(gpu, p, view<float const, 4, memory::device>(there.data(), e, strides));
            CHECK(error_in_eps(to_host(gpu, got), wanted) <= parity_bar);
        }
}

TEST_CASE("cuda: conv2d of rows of points, and of images that leave nothing")
{
    exec::cuda const gpu;
    auto const stay = [](auto const& t) { return t; };
    auto const up = [&](auto const& t) { return to_device(gpu, t); };
    auto const down = [&](auto const& t) { return to_host(gpu, t); };
    nn::conv2d const point{.kernel = {{1, 1}}, .outputs = 16}, wide{.outputs = 8};
    auto const check = [&](nn::conv2d const& conv, dims<4> const& e) {
        auto const wanted = train<float>(conv, exec::seq{}, e, stay, stay);
        auto const got = train<float>(conv, gpu, e, up, down);
        for (std::size_t i = 0; i < wanted.size(); ++i) CHECK(error_in_eps(got[i], wanted[i]) <= parity_bar);
    };
    check(point, {{3000, 24, 1, 1}});
    check(wide, {{1, 24, 2, 2}});
    check(wide, {{0, 24, 5, 5}});
}

TEST_CASE("cuda: conv2d from several threads, each on a stream of its own")
{
    constexpr int threads = 4;
    nn::conv2d const conv{.padding = {{1, 1}}, .outputs = 24};
    dims<4> const e{{2, 24, 33, 65}};
    auto const stay = [](auto const& t) { return t; };
    auto const wanted = train<float>(conv, exec::seq{}, e, stay, stay);
    double worst[threads] = {};
    std::vector<std::thread> all;
    for (int i = 0; i < threads; ++i)
        all.emplace_back([&, i] {
            cudaStream_t stream = nullptr;
            detail::check_cuda(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
            exec::cuda const gpu{.stream = stream};
            auto const up = [&](auto const& t) { return to_device(gpu, t); };
            auto const down = [&](auto const& t) { return to_host(gpu, t); };
            for (int again = 0; again < 20; ++again) {
                auto const got = train<float>(conv, gpu, e, up, down);
                for (std::size_t k = 0; k < wanted.size(); ++k)
                    worst[i] = std::max(worst[i], error_in_eps(got[k], wanted[k]));
            }
            (void)cudaStreamDestroy(stream);
        });
    for (auto& thread : all) thread.join();
    for (double const error : worst) CHECK(error <= parity_bar);
}

}  // namespace hyspn::testing
