// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Pooling, interpolation, parts and sums of plain maps.
#include <hyspn/nn/avg_pool2d.hpp>
#include <hyspn/nn/maps.hpp>
#include <hyspn/nn/max_pool2d.hpp>
#include <hyspn/nn/resize.hpp>

#include "nn/support.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::testing;
using vec = std::vector<double>;

namespace {

exec::omp const two{.threads = 2};

/// Maps of the given extents in rows with `gap` numbers between them, or columns two apart.
template <class T>
struct roomy_maps {
    tensor<T, 1> room;
    view<T, 4> maps;

    roomy_maps(dims<4> const& e, index_t gap, index_t column = 1)
        : room(e[0] * e[1] * e[2] * (e[3] * column + gap)),
          maps(room.data(), e,
               {e[1] * e[2] * (e[3] * column + gap), e[2] * (e[3] * column + gap), e[3] * column + gap, column})
    {
    }
};

/// Every linear layer here: forward and its adjoint on flat arrays, arrays dense, padded or strided.
template <class Layer>
struct linear_layer {
    Layer layer;
    dims<4> in, out;
    index_t gap = 0, column = 1;

    template <class T, class Exec = exec::seq>
    std::vector<T> forward(std::vector<T> const& flat, Exec const& exec = {}) const
    {
        roomy_maps<T> x(in, gap, column), y(out, gap, column);
        set(x, flat);
        layer.forward(exec, x.maps, y.maps);
        return numbers_in(as_const(y.maps));
    }
    template <class T, class Exec = exec::seq>
    std::vector<T> backward(std::vector<T> const& g, Exec const& exec = {}) const
    {
        roomy_maps<T> dx(in, gap, column), dy(out, gap, column);
        set(dy, g);
        for (T& v : dx.room) v = std::numeric_limits<T>::quiet_NaN();
        layer.backward(exec, dy.maps, dx.maps);
        return numbers_in(as_const(dx.maps));
    }

private:
    template <class T>
    static void set(roomy_maps<T>& a, std::vector<T> const& flat)
    {
        auto next = flat.begin();
        for_each_element(a.maps, [&](T& v) { v = *next++; });
        REQUIRE(next == flat.end());
    }
};

index_t size_of(dims<4> const& e)
{
    return e[0] * e[1] * e[2] * e[3];
}

template <class T>
std::vector<T> random_numbers(index_t n, std::uint64_t seed)
{
    return numbers_in(random_tensor<T>(dims<1>{n}, 1, seed));
}

/// The adjoint identity, and the same values from seq, omp, padded and strided arrays.
template <class T, class Layer>
void check_linear(Layer const& layer, dims<4> const& in, dims<4> const& out)
{
    CAPTURE(in[2], in[3], out[2], out[3]);
    linear_layer<Layer> const f{layer, in, out};
    auto const x = random_numbers<T>(size_of(in), 3), g = random_numbers<T>(size_of(out), 4);
    auto const y = f.forward(x), dx = f.backward(g);
    for (index_t column : {1, 2}) {
        linear_layer<Layer> const roomy{layer, in, out, 3, column};
        CHECK(error_in_eps(roomy.forward(x, two), y) <= 4);
        CHECK(error_in_eps(roomy.backward(g, two), dx) <= 8);
    }
    for (int threads : {1, 2, 3}) {
        exec::omp const some{.threads = threads};
        CHECK(f.forward(x, some) == f.forward(x, two));
        CHECK(f.backward(g, some) == f.backward(g, two));
        CHECK(error_in_eps(f.forward(x, some), y) <= 4);
        CHECK(error_in_eps(f.backward(g, some), dx) <= 8);
    }
    if (size_of(in) > 300) return;
    auto const report = check_adjoint([&](auto const& flat) { return f.forward(flat); },
                                      [&](vec const&, vec const& dy) { return f.backward(dy); },
                                      random_numbers<double>(size_of(in), 3), {.log_above = 1e-13});
    INFO(report.log);
    CHECK(report.within(1e-13));
}

}  // namespace

TEMPLATE_TEST_CASE("max pooling: values, first of equal ones, NaN, gradients", "", float, double)
{
    using T = TestType;
    nn::max_pool2d const pools[] = {{},
                                    {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}},
                                    {.kernel = {3, 3}, .stride = {1, 2}, .padding = {1, 1}, .dilation = {1, 2}},
                                    {.kernel = {2, 4}, .stride = {3, 3}, .padding = {1, 2}}};
    for (auto const& pool : pools)
        for (dims<4> const& e : {dims<4>{2, 3, 7, 11}, dims<4>{1, 1, 5, 33}}) {
            auto x = random_tensor<T>(e, 1, 3);
            for (T& v : x) v = std::round(v * 2) / 2;  // many equal ones
            x(0, 0, 2, 3) = std::numeric_limits<T>::quiet_NaN();
            dims<4> const out = pool.output_extents(e);
            auto const g = random_tensor<T>(out, 1, 4);
            tensor<T, 4> wanted(out), dwanted(e);
            for (index_t n = 0; n < e[0]; ++n)
                for (index_t c = 0; c < e[1]; ++c)
                    for (index_t i = 0; i < out[2]; ++i)
                        for (index_t j = 0; j < out[3]; ++j) {
                            T* best = nullptr;
                            T* to = nullptr;
                            for (index_t k = 0; k < pool.kernel[0]; ++k)
                                for (index_t l = 0; l < pool.kernel[1]; ++l) {
                                    index_t const a = i * pool.stride[0] - pool.padding[0] + k * pool.dilation[0];
                                    index_t const b = j * pool.stride[1] - pool.padding[1] + l * pool.dilation[1];
                                    if (a < 0 || a >= e[2] || b < 0 || b >= e[3]) continue;
                                    if (best && !(x(n, c, a, b) > *best || std::isnan(x(n, c, a, b)))) continue;
                                    best = &x(n, c, a, b);
                                    to = &dwanted(n, c, a, b);
                                }
                            REQUIRE(best);
                            wanted(n, c, i, j) = *best;
                            *to += g(n, c, i, j);
                        }
            auto const check = [&](auto const& exec, index_t gap, index_t column) {
                roomy_maps<T> in(e, gap, column), dx(e, gap, column), y(out, gap, column), plain(out, gap, column);
                copy(as_const(x), in.maps);
                nn::max_pool2d::saved<> s;
                pool.forward(exec, in.maps, y.maps, s);
                pool.forward(exec, in.maps, plain.maps);
                for (T& v : dx.room) v = std::numeric_limits<T>::quiet_NaN();
                pool.backward(exec, s, g, dx.maps);
                auto const got = numbers_in(as_const(y.maps)), again = numbers_in(as_const(plain.maps));
                for (std::size_t i = 0; i < got.size(); ++i) {
                    T const want = wanted.data()[i];
                    CHECK((got[i] == want || (std::isnan(got[i]) && std::isnan(want))));
                    CHECK((again[i] == want || (std::isnan(again[i]) && std::isnan(want))));
                }
                CHECK(error_in_eps(numbers_in(as_const(dx.maps)), numbers_in(dwanted)) <= 4);
            };
            check(exec::seq{}, 0, 1);
            check(two, 0, 1);
            check(two, 3, 1);
            check(two, 1, 2);
        }
}

TEMPLATE_TEST_CASE("average pooling: values and adjoint", "", float, double)
{
    using T = TestType;
    for (bool count : {true, false})
        for (nn::avg_pool2d pool :
             {nn::avg_pool2d{}, nn::avg_pool2d{.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}},
              nn::avg_pool2d{.kernel = {2, 5}, .stride = {1, 3}, .padding = {0, 2}}}) {
            pool.count_padding = count;
            for (dims<4> const& e : {dims<4>{2, 3, 5, 7}, dims<4>{1, 1, 2, 31}, dims<4>{1, 2, 37, 41}})
                check_linear<T>(pool, e, pool.output_extents(e));
            // A constant stays where all of the window is inside or only that counts.
            tensor<T, 4> x(1, 1, 6, 9), y(pool.output_extents({1, 1, 6, 9}));
            for (T& v : x) v = T(3);
            pool.forward(two, x, y);
            bool const padded = pool.padding[0] + pool.padding[1] > 0;
            auto const keeps = [&](T v) { return std::fabs(static_cast<double>(v) - 3) <= 8 * unit_roundoff<T>; };
            CHECK(keeps(y(0, 0, 1, 1)));
            CHECK(keeps(y(0, 0, 0, 0)) == (!padded || !count));
        }
}

TEMPLATE_TEST_CASE("pooling: a window without a pixel gives 0 and has no gradient", "", float, double)
{
    using T = TestType;
    // The taps lie above and below the one row; or there is no row at all.
    nn::max_pool2d const apart{.stride = {1, 1}, .padding = {1, 1}, .dilation = {2, 2}};
    nn::max_pool2d const dense{.padding = {1, 1}};
    auto const run = [&](auto const& exec, auto const& layer, dims<4> const& e, auto&... saved) {
        tensor<T, 4> x(e), y(layer.output_extents(e)), dx(e), dy(y.extents());
        for (T& v : x) v = T(-3);
        for (T& v : dy) v = T(1);
        for (T& v : y) v = T(7);
        for (T& v : dx) v = std::numeric_limits<T>::quiet_NaN();
        layer.forward(exec, x, y, saved...);
        layer.backward(exec, saved..., dy, dx);
        return std::pair{numbers_in(y), numbers_in(dx)};
    };
    auto const check = [&](auto const& exec) {
        nn::max_pool2d::saved<> s;
        for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, dims<4>{1, 1, 1, 3}}) {
            auto const zeros = std::vector<T>(static_cast<std::size_t>(e[3]), T(0));
            CHECK(run(exec, apart, e, s) == std::pair{zeros, zeros});
            for (auto tap : s.tap) CHECK(tap == -1);
        }
        dims<4> const none{1, 2, 0, 4};
        std::vector<T> const zeros(6, T(0));
        CHECK(run(exec, dense, none, s).first == zeros);
        for (bool count : {true, false})
            CHECK(run(exec, nn::avg_pool2d{.padding = {1, 1}, .count_padding = count}, none).first == zeros);
    };
    check(exec::seq{});
    check(two);
}

TEMPLATE_TEST_CASE("interpolation: values and adjoint", "", float, double)
{
    using T = TestType;
    dims<2> const sizes[][2] = {{{3, 4}, {6, 8}}, {{3, 4}, {5, 7}},     {{1, 1}, {2, 2}}, {{1, 1}, {1, 1}},
                                {{1, 5}, {3, 9}}, {{7, 9}, {3, 4}},     {{2, 2}, {4, 4}}, {{13, 31}, {26, 62}},
                                {{3, 5}, {3, 5}}, {{29, 38}, {57, 76}}, {{4, 1}, {8, 2}}};
    for (auto const& [from, to] : sizes)
        check_linear<T>(nn::resize_bilinear{}, {2, 3, from[0], from[1]}, {2, 3, to[0], to[1]});
    check_linear<T>(nn::upsample_nearest{}, {2, 3, 3, 5}, {2, 3, 6, 10});
    check_linear<T>(nn::upsample_nearest{.factor = 3}, {1, 2, 5, 7}, {1, 2, 15, 21});

    // A plane that rises evenly keeps its slope inside; the same extents change nothing.
    tensor<T, 4> x(1, 1, 5, 6), y(1, 1, 9, 12), same(1, 1, 5, 6);
    for (index_t i = 0; i < 5; ++i)
        for (index_t j = 0; j < 6; ++j) x(0, 0, i, j) = static_cast<T>(2 * i + 3 * j);
    for (int policy = 0; policy < 2; ++policy) {
        policy ? nn::resize_bilinear{}.forward(two, x, y) : nn::resize_bilinear{}.forward(exec::seq{}, x, y);
        for (index_t i = 1; i < 8; ++i)
            for (index_t j = 1; j < 11; ++j) {
                double const a = (static_cast<double>(i) + 0.5) * 5 / 9 - 0.5,
                             b = (static_cast<double>(j) + 0.5) / 2 - 0.5;
                CHECK(std::fabs(static_cast<double>(y(0, 0, i, j)) - 2 * a - 3 * b) <= 64 * unit_roundoff<T>);
            }
        policy ? nn::resize_bilinear{}.forward(two, x, same) : nn::resize_bilinear{}.forward(exec::seq{}, x, same);
        CHECK(numbers_in(same) == numbers_in(x));
    }
}

TEST_CASE("parts and sums of maps")
{
    auto const a = random_tensor<float>(dims<4>{2, 3, 4, 5}, 1, 1), b = random_tensor<float>(dims<4>{2, 1, 4, 5}, 1, 2);
    tensor<float, 4> both(2, 4, 4, 5), sum(2, 3, 4, 5);
    using part = view<float const, 4>;
    nn::concatenate_channels(two, std::vector<part>{a, b}, both);
    CHECK(numbers_in(as_const(nn::channel_range(both, 0, 3))) == numbers_in(a));
    CHECK(numbers_in(as_const(nn::channel_range(both, 3, 1))) == numbers_in(b));
    CHECK(nn::channel_range(as_const(both), 4, 0).size() == 0);
    nn::add_maps(two, a, nn::channel_range(both, 1, 3), sum);
    CHECK(sum(1, 2, 3, 4) == a(1, 2, 3, 4) + b(1, 0, 3, 4));
    nn::add_maps(exec::seq{}, sum, a, sum);
    CHECK(sum(1, 0, 3, 4) == a(1, 0, 3, 4) + a(1, 1, 3, 4) + a(1, 0, 3, 4));

    CHECK(thrown<shape_error>([&] { nn::channel_range(both, 2, 3); }) ==
          "channel_range: x must be of channels 2 to 5, got [2, 4, 4, 5]");
    CHECK(thrown<shape_error>([&] { nn::concatenate_channels(two, std::vector<part>{a}, both); }) ==
          "concatenate_channels: y must be [N, channels of all parts, H, W] = [2, 3, 4, 5], got [2, 4, 4, 5]");
    CHECK(thrown<shape_error>([&] { nn::add_maps(two, a, b, sum); }) ==
          "add_maps: b must be [N, C, H, W] = [2, 3, 4, 5], got [2, 1, 4, 5]");
}

TEST_CASE("pooling and interpolation: options and shapes that do not fit")
{
    tensor<double, 4> x(1, 2, 4, 6), wrong(1, 2, 3, 3), none(1, 2, 0, 6);
    exec::seq const seq;
    CHECK(thrown<shape_error>([&] { nn::max_pool2d{}.forward(seq, x, wrong); }) ==
          "max_pool2d::forward: y must be [N, C, H', W'] = [1, 2, 2, 3], got [1, 2, 3, 3]");
    CHECK(thrown<value_error>([&] {
              nn::max_pool2d{.padding = {2, 0}}.forward(seq, x, wrong);
          }) == "max_pool2d::forward: padding must be at most half the kernel, got 2");
    CHECK(thrown<shape_error>([&] { nn::avg_pool2d{}.backward(seq, wrong, x); }) ==
          "avg_pool2d::backward: dy must be [N, C, H', W'] = [1, 2, 2, 3], got [1, 2, 3, 3]");
    nn::max_pool2d::saved<> never;
    tensor<double, 4> y(1, 2, 2, 3), other(1, 3, 8, 8);
    CHECK(thrown<shape_error>([&] { nn::max_pool2d{}.backward(seq, never, y, x); }) ==
          "max_pool2d::backward: saved.tap must be as forward left it = [1, 2, 2, 3], got [0, 0, 0, 0]");
    CHECK(thrown<shape_error>([&] { nn::resize_bilinear{}.forward(seq, none, wrong); }) ==
          "resize_bilinear::forward: the input must be of at least one row and column, got [1, 2, 0, 6]");
    CHECK(thrown<shape_error>([&] { nn::resize_bilinear{}.forward(seq, x, other); }) ==
          "resize_bilinear::forward: y must be [N, C, H', W'] = [1, 2, 8, 8], got [1, 3, 8, 8]");
    CHECK(thrown<value_error>([&] { nn::upsample_nearest{.factor = 0}.forward(seq, x, y); }) ==
          "upsample_nearest::forward: factor must be at least 1, got 0");
    for (index_t stride : {0, -1}) {
        std::string const wanted = "::output_extents: stride must be at least 1, got " + std::to_string(stride);
        CHECK(thrown<value_error>([&] {
                  nn::max_pool2d{.stride = {1, stride}}.output_extents({1, 2, 4, 6});
              }) == "max_pool2d" + wanted);
        CHECK(thrown<value_error>([&] {
                  nn::avg_pool2d{.stride = {stride, 1}}.output_extents({1, 2, 4, 6});
              }) == "avg_pool2d" + wanted);
    }
    tensor<double, 4> nothing(1, 2, 0, 3);
    nn::max_pool2d{}.forward(two, none, nothing);
    nn::avg_pool2d{}.backward(two, nothing, none);
}
