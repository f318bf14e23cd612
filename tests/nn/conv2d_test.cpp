// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Plain convolution: against PyTorch's numbers, its definition, dual numbers and central differences; its kernels on
// exec::omp against the plain loops.
#include <hyspn/nn/conv2d.hpp>

#include "nn/support.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::testing;
using tolerance = nn_tolerances;

namespace {

constexpr double parity_bar = 64;

nn::conv2d const small_layers[] = {
    {.outputs = 2},
    {.padding = {1, 1}, .outputs = 3},
    {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 2}, .outputs = 4, .bias = false},
    {.kernel = {2, 3}, .stride = {3, 2}, .padding = {2, 4}, .dilation = {2, 3}, .groups = 2, .outputs = 4},
    {.kernel = {1, 1}, .stride = {2, 3}, .groups = 4, .outputs = 4},
    {.kernel = {5, 3}, .padding = {2, 1}, .groups = 4, .outputs = 8},
};

/// Layers and images that take every path of the kernels: blocks of outputs and channels of all sizes, lanes of
/// outputs and of channels, tiles that end early, phases of a stride that no tap sees.
struct shaped_layer {
    nn::conv2d layer;
    dims<4> image;
};
shaped_layer const large_layers[] = {
    {{.padding = {1, 1}, .outputs = 8}, {2, 5, 37, 41}},
    {{.padding = {1, 1}, .outputs = 5}, {1, 40, 9, 50}},
    {{.padding = {1, 1}, .outputs = 19}, {1, 3, 33, 13}},
    {{.padding = {1, 1}, .outputs = 1}, {1, 17, 3, 401}},
    {{.kernel = {1, 1}, .outputs = 33}, {3, 35, 2, 29}},
    {{.kernel = {1, 7}, .padding = {0, 3}, .outputs = 3}, {1, 4, 1, 97}},
    {{.stride = {2, 2}, .padding = {1, 1}, .outputs = 18}, {2, 20, 23, 67}},
    {{.kernel = {2, 2}, .stride = {3, 3}, .outputs = 7, .bias = false}, {1, 6, 20, 61}},
    {{.kernel = {3, 2}, .stride = {1, 3}, .padding = {3, 1}, .dilation = {3, 2}, .groups = 2, .outputs = 12},
     {2, 8, 17, 71}},
    {{.kernel = {1, 1}, .stride = {2, 2}, .outputs = 16}, {1, 16, 15, 47}},
    {{.kernel = {5, 5}, .padding = {2, 2}, .groups = 6, .outputs = 6}, {2, 6, 23, 31}},
    {{.padding = {1, 1}, .groups = 3, .outputs = 12}, {1, 3, 19, 23}},
    {{.padding = {1, 1}, .outputs = 9}, {4, 10, 5, 3}},
    {{.kernel = {3, 9}, .padding = {1, 8}, .outputs = 2}, {1, 2, 1, 1}},
};

/// The definition, in long double, term by term.
template <class T>
std::vector<long double> textbook(nn::conv2d const& f, nn::conv2d::params<T> const& p, tensor<T, 4> const& x)
{
    std::vector<long double> y;
    dims<4> const e = f.output_extents(x.extents());
    index_t const I = x.extent(1) / f.groups, J = f.outputs / f.groups;
    for (index_t n = 0; n < e[0]; ++n)
        for (index_t o = 0; o < e[1]; ++o)
            for (index_t i = 0; i < e[2]; ++i)
                for (index_t j = 0; j < e[3]; ++j) {
                    long double sum = f.bias ? static_cast<long double>(p.bias(o)) : 0;
                    for (index_t c = 0; c < I; ++c)
                        for (index_t ky = 0; ky < f.kernel[0]; ++ky)
                            for (index_t kx = 0; kx < f.kernel[1]; ++kx) {
                                index_t const a = i * f.stride[0] - f.padding[0] + ky * f.dilation[0];
                                index_t const b = j * f.stride[1] - f.padding[1] + kx * f.dilation[1];
                                if (a < 0 || a >= x.extent(2) || b < 0 || b >= x.extent(3)) continue;
                                sum += static_cast<long double>(p.weight(o, c, ky, kx)) *
                                       static_cast<long double>(x(n, o / J * I + c, a, b));
                            }
                    y.push_back(sum);
                }
    return y;
}

template <class T>
tensor<T, 4> counted(dims<4> const& e, index_t period, index_t origin)
{
    tensor<T, 4> t(e);
    index_t k = 0;
    for (T& v : t) v = static_cast<T>(k++ % period - origin);
    return t;
}

template <class T>
double checksum(std::vector<T> const& x)
{
    double sum = 0;
    for (std::size_t k = 0; k < x.size(); ++k) sum += static_cast<double>(x[k]) * static_cast<double>(1 + k % 11);
    return sum;
}

/// One training step: output, then gradients of x and of the parameters.
template <class T, class Exec>
std::vector<std::vector<T>> step(shaped_layer const& s, Exec const& exec)
{
    auto const f = pack_layer(s.layer, s.image);
    auto const a = f.unpack(to<T>(f.point(0.5, 0.3, 0.3, 1, 3)));
    auto const y = s.layer.forward(exec, a.p, a.x);
    auto const dy = random_tensor<T>(y.extents(), 1, 8);
    tensor<T, 4> dx(s.image);
    for (T& v : dx) v = std::numeric_limits<T>::quiet_NaN();
    auto dp = s.layer.zero_gradients(a.p);
    s.layer.backward(exec, a.p, a.x, nn::conv2d::saved<T>{}, dy, dx, dp);
    return {numbers_in(y), numbers_in(dx), numbers_in(dp.weight), numbers_in(dp.bias)};
}

}  // namespace

TEMPLATE_TEST_CASE("conv2d computes what PyTorch 2.1 does", "", float, double)
{
    using T = TestType;
    nn::conv2d const f{
        .kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 3}, .groups = 2, .outputs = 4};
    auto const check = [&](auto const& exec) {
        auto p = f.make_params<T>(4);
        auto const x = counted<T>({2, 4, 5, 6}, 7, 3);
        p.weight = counted<T>(p.weight.extents(), 5, 2);
        T const bias[] = {1, -2, 3, T(0.5)};
        std::copy(std::begin(bias), std::end(bias), p.bias.begin());
        auto const y = f.forward(exec, p, x);
        REQUIRE(y.extents() == dims<4>{2, 4, 3, 7});
        auto const dy = counted<T>(y.extents(), 5, 1);
        auto dx = x;
        auto dp = f.zero_gradients(p);
        f.backward(exec, p, x, nn::conv2d::saved<T>{}, dy, dx, dp);
        // All are whole numbers and halves: exact.
        CHECK(numbers_in(as_const(y)[1][3][2]) ==
              std::vector<T>{T(-1.5), T(-0.5), T(-7.5), T(9.5), T(12.5), T(5.5), T(-6.5)});
        CHECK(numbers_in(as_const(dx)[1][3][4]) == std::vector<T>{4, 5, -4, -3, -2, 5});
        CHECK(numbers_in(dp.bias) == std::vector<T>{42, 39, 41, 43});
        CHECK(checksum(numbers_in(y)) == 1048);
        CHECK(checksum(numbers_in(dx)) == -715);
        CHECK(checksum(numbers_in(dp.weight)) == -365);
    };
    check(exec::seq{});
    check(exec::omp{.threads = 2});
}

TEMPLATE_TEST_CASE("conv2d meets its definition", "", float, double)
{
    using T = TestType;
    for (auto const& layer : small_layers)
        for (dims<4> const& image : {dims<4>{1, 4, 1, 1}, dims<4>{2, 4, 1, 13}, dims<4>{1, 4, 7, 5}}) {
            CAPTURE(to_string(layer.kernel), to_string(image));
            auto const f = pack_layer(layer, image);
            auto const point = to<T>(f.point(0.5, 0.3, 0.3, 1, 7));
            auto const a = f.unpack(point);
            CHECK(error_in_eps(f.forward(point), textbook(layer, a.p, a.x)) <= tolerance::value);
            CHECK(error_in_eps(f.forward(point, exec::omp{.threads = 2}), textbook(layer, a.p, a.x)) <=
                  tolerance::value);
        }
}

TEST_CASE("conv2d gradients meet the adjoint identity and agree with central differences")
{
    for (auto const& layer : small_layers) {
        CAPTURE(to_string(layer.kernel));
        auto const f = pack_layer(layer, dims<4>{2, 4, 6, 7});
        auto const point = f.point(0.6, 0.4, 0.3, 1, 11);
        auto const dual = check_adjoint(f.forward_function(), f.backward_function(), point, {.floor = 1e-3});
        CHECK(dual.within(tolerance::adjoint));
        auto const central = check_differences(f.forward_function(), f.backward_function(), point,
                                               {.step = 1e-5, .scale = 1, .floor = 1e-3});
        CHECK(central.within(tolerance::differences));
    }
}

TEMPLATE_TEST_CASE("conv2d on omp agrees with seq, with the same bits on any number of threads", "", float, double)
{
    using T = TestType;
    for (auto const& s : large_layers) {
        CAPTURE(to_string(s.layer.kernel), to_string(s.layer.stride), s.layer.outputs, to_string(s.image));
        auto const want = step<T>(s, exec::seq{}), one = step<T>(s, exec::omp{.threads = 1});
        for (std::size_t i = 0; i < want.size(); ++i) {
            CAPTURE(i);
            CHECK(error_in_eps(one[i], want[i]) <= parity_bar);
        }
        CHECK(one.back() == want.back());  // sums over pixels have one order on every policy
        for (int threads : {2, 3}) CHECK(step<T>(s, exec::omp{.threads = threads}) == one);
    }
}

TEMPLATE_TEST_CASE("conv2d takes parts of larger arrays", "", float, double)
{
    using T = TestType;
    nn::conv2d const conv{.stride = {1, 2}, .padding = {1, 1}, .groups = 2, .outputs = 4};
    auto const f = pack_layer(conv, dims<4>{2, 4, 6, 40});
    auto const a = f.unpack(to<T>(f.point(0.5, 0.3, 0.3, 1, 3)));
    auto const check = [&](auto const& exec) {
        auto const want = conv.forward(exec, a.p, a.x);
        // Rows with room at their ends, then channels last and every second column of a wider output.
        tensor<T, 4> roomy(2, 4, 6, 47), last(2, 6, 40, 4), wide(2, 4, 6, 40);
        view<T, 4> const padded(roomy.data(), {2, 4, 6, 40}, {1128, 282, 47, 1});
        view<T, 4> const x(last.data(), {2, 4, 6, 40}, {960, 1, 160, 4}),
            y(wide.data(), {2, 4, 6, 20}, {960, 240, 40, 2});
        for (T& v : roomy) v = std::numeric_limits<T>::quiet_NaN();
        copy(as_const(a.x), padded);
        copy(as_const(a.x), x);
        CHECK(numbers_in(conv.forward(exec, a.p, padded)) == numbers_in(want));
        conv.forward(exec, a.p, x, y);
        CHECK(numbers_in(as_const(y)) == numbers_in(want));
        tensor<T, 4> dx(f.shape), dlast(2, 6, 40, 4), droomy(2, 4, 6, 47);
        view<T, 4> const dx2(dlast.data(), x.extents(), x.strides());
        view<T, 4> const dx3(droomy.data(), padded.extents(), padded.strides());
        auto d1 = conv.zero_gradients(a.p), d2 = d1, d3 = d1;
        nn::conv2d::saved<T> const saved;
        conv.backward(exec, a.p, a.x, saved, want, dx, d1);
        conv.backward(exec, a.p, x, saved, y, dx2, d2);
        conv.backward(exec, a.p, padded, saved, want, dx3, d3);
        for (auto const& other : {dx2, dx3}) CHECK(numbers_in(as_const(other)) == numbers_in(dx));
        for (auto const* other : {&d2, &d3}) {
            CHECK(numbers_in(other->weight) == numbers_in(d1.weight));
            CHECK(numbers_in(other->bias) == numbers_in(d1.bias));
        }
        for (index_t k = 40; k < 47; ++k) CHECK(droomy(1, 3, 5, k) == 0);
    };
    check(exec::seq{});
    check(exec::omp{.threads = 2});
}

TEST_CASE("conv2d adds to the gradients of its parameters and writes that of its input")
{
    shaped_layer const s{{.padding = {1, 1}, .outputs = 3}, {1, 2, 5, 17}};
    auto const f = pack_layer(s.layer, s.image);
    auto const a = f.unpack(f.point(0.5, 0.3, 0.3, 1, 3));
    auto const check = [&](auto const& exec) {
        auto const dy = random_tensor<double>(s.layer.output_extents(s.image), 1, 8);
        auto dp = s.layer.zero_gradients(a.p);
        tensor<double, 4> dx(s.image);
        nn::conv2d::saved<double> const saved;
        s.layer.backward(exec, a.p, a.x, saved, dy, dx, dp);
        auto const once = dp;
        auto const dx_once = numbers_in(dx);
        auto alone = s.layer.zero_gradients(a.p);
        s.layer.backward(exec, a.p, a.x, saved, dy, view<double, 4>{}, alone);
        CHECK(numbers_in(alone.weight) == numbers_in(once.weight));
        CHECK(numbers_in(alone.bias) == numbers_in(once.bias));
        s.layer.backward(exec, a.p, a.x, saved, dy, dx, dp);
        CHECK(numbers_in(dx) == dx_once);
        for (index_t i = 0; i < dp.weight.size(); ++i) CHECK(dp.weight.data()[i] == 2 * once.weight.data()[i]);
        for (index_t i = 0; i < dp.bias.size(); ++i) CHECK(dp.bias.data()[i] == 2 * once.bias.data()[i]);
    };
    check(exec::seq{});
    check(exec::omp{.threads = 2});
}

TEST_CASE("conv2d takes images that its kernel does not fit, and no images")
{
    nn::conv2d const conv{.outputs = 3};
    auto const check = [&](auto const& exec) {
        auto p = conv.make_params<double>(2);
        for (dims<4> const& e : {dims<4>{1, 2, 2, 20}, dims<4>{0, 2, 5, 20}}) {
            tensor<double, 4> x(e), dx(e);
            for (double& v : dx) v = 1;
            auto const y = conv.forward(exec, p, x);
            CHECK(y.size() == 0);
            auto dp = conv.zero_gradients(p);
            conv.backward(exec, p, x, nn::conv2d::saved<double>{}, y, dx, dp);
            for (double v : dx) CHECK(v == 0);
            for (double v : dp.weight) CHECK(v == 0);
        }
        // Nothing but padding: the outputs are the biases.
        nn::conv2d const padded{.padding = {2, 12}, .outputs = 2};
        auto q = padded.make_params<float>(1);
        for (float& w : q.weight) w = 3;
        q.bias(1) = 5;
        auto const y = padded.forward(exec, q, tensor<float, 4>(1, 1, 0, 0));
        REQUIRE(y.extents() == dims<4>{1, 2, 2, 22});
        for (float v : numbers_in(as_const(y)[0][1])) CHECK(v == 5);
    };
    check(exec::seq{});
    check(exec::omp{.threads = 2});
}

TEST_CASE("conv2d names its leaves and starts as He et al. do")
{
    nn::conv2d const conv{.kernel = {3, 5}, .groups = 2, .outputs = 64};
    auto p = conv.make_params<float>(40);
    p.bias(3) = 1;
    random_stream stream(5);
    conv.init(p, stream);
    double mean = 0, square = 0;
    for (float const weight : p.weight) {
        auto const w = static_cast<double>(weight);
        mean += w;
        square += w * w;
    }
    double const n = static_cast<double>(p.weight.size()), variance = 2.0 / (20 * 15);
    CHECK(std::fabs(mean / n) <= 4 * std::sqrt(variance / n));
    CHECK(std::fabs(square / n - variance) <= 4 * variance * std::sqrt(2 / n));
    for (float b : p.bias) CHECK(b == 0);

    auto const names = [](auto const& params) {
        std::string all;
        for_each_leaf(params, [&](std::string const& name, auto leaf) { all += name + to_string(leaf.extents()); });
        return all;
    };
    CHECK(names(p) == "weight[64, 20, 3, 5]bias[64]");
    nn::conv2d const plain{.outputs = 2, .bias = false};
    CHECK(names(plain.make_params<float>(3)) == "weight[2, 3, 3, 3]");
}

TEST_CASE("conv2d names what does not fit")
{
    exec::seq const seq;
    nn::conv2d const conv{.groups = 2, .outputs = 4};
    auto const p = conv.make_params<float>(6);
    tensor<float, 4> x(1, 6, 5, 5), odd(1, 5, 5, 5), y(1, 4, 3, 4), dx(1, 6, 5, 4);
    nn::conv2d::saved<float> const saved;
    CHECK(thrown<shape_error>([&] { conv.forward(seq, p, x, y); }) ==
          "conv2d::forward: y must be [N, O, H', W'] = [1, 4, 3, 3], got [1, 4, 3, 4]");
    CHECK(thrown<value_error>([&] { conv.forward(seq, p, odd); }) ==
          "conv2d::forward: the number of channels must be at least 1 and a multiple of groups = 2, got 5");
    CHECK(thrown<value_error>([&] { nn::conv2d{.groups = 3, .outputs = 4}.make_params<float>(6); }) ==
          "conv2d::make_params: outputs must be a multiple of groups = 3, got 4");
    CHECK(thrown<value_error>([&] {
              nn::conv2d{.kernel = {3, 0}}.forward(seq, p, x);
          }) == "conv2d::forward: kernel must be at least 1, got 0");
    CHECK(thrown<shape_error>([&] { nn::conv2d{.outputs = 4}.forward(seq, p, x); }) ==
          "conv2d::forward: weight must be [O, C/groups, kernel rows, kernel columns] = [4, 6, 3, 3], got [4, 3, 3, "
          "3]");
    CHECK(thrown<shape_error>([&] { nn::conv2d{.groups = 2, .outputs = 4, .bias = false}.forward(seq, p, x); }) ==
          "conv2d::forward: bias must be without bias [0] = [0], got [4]");
    auto dp = conv.zero_gradients(p);
    auto const dy = conv.forward(seq, p, x);
    CHECK(thrown<shape_error>([&] { conv.backward(seq, p, x, saved, y, x, dp); }) ==
          "conv2d::backward: dy must be [N, O, H', W'] = [1, 4, 3, 3], got [1, 4, 3, 4]");
    CHECK(thrown<shape_error>([&] { conv.backward(seq, p, x, saved, dy, dx, dp); }) ==
          "conv2d::backward: dx must be [N, C, H, W] = [1, 6, 5, 5], got [1, 6, 5, 4]");
    dp.bias = tensor<float, 1>(3);
    CHECK(thrown<shape_error>([&] { conv.backward(seq, p, x, saved, dy, x, dp); }) ==
          "conv2d::backward: dp.bias must be [O] = [4], got [3]");
}
