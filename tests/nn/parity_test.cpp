// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Layers with weights: matrices on exec::omp against plain loops on exec::seq, any number of threads, any layout.
#include <hyspn/nn/lorentz_linear.hpp>
#include <hyspn/nn/lorentz_mlr.hpp>
#include <hyspn/nn/poincare_conv2d.hpp>
#include <hyspn/nn/poincare_linear.hpp>
#include <hyspn/nn/poincare_mlr.hpp>

#include "nn/support.hpp"

using namespace hyspn;
using namespace hyspn::testing;

namespace {

constexpr double parity_bar = 64;

template <class T, class F>
struct case_of {
    F f;
    std::vector<T> point, g;

    case_of(F const& layer, double spread, double weights = 0.3)
        : f(layer), point(to<T>(f.point(spread, weights, 0.3, 0.75, 3))), g(f.forward(point).size())
    {
        noise next(8);
        for (T& v : g) v = T(next(1));
    }
    template <class Exec>
    std::vector<T> value(Exec const& exec) const
    {
        return f.forward(point, exec);
    }
    template <class Exec>
    std::vector<T> gradient(Exec const& exec) const
    {
        return f.backward(point, g, exec);
    }
};

template <class T, class F>
void check_parity(F const& f, double spread = 0.5, double weights = 0.3, double bar = parity_bar)
{
    case_of<T, F> const at(f, spread, weights);
    CAPTURE(to_string(f.shape), f.layer.outputs, spread);
    CHECK(error_in_eps(at.value(exec::omp{.threads = 2}), at.value(exec::seq{})) <= bar);
    auto const got = leaves_of(f, at.gradient(exec::omp{.threads = 2})), want = leaves_of(f, at.gradient(exec::seq{}));
    // Sums over all points may cancel, c's in particular: they are measured by the size of all gradients.
    double size = 0;
    for (auto const& leaf : want)
        for (T v : leaf) size = std::max(size, std::fabs(static_cast<double>(v)));
    for (std::size_t i = 0; i < got.size(); ++i) {
        CAPTURE(i);
        if (i + 1 < got.size())
            CHECK(error_in_eps(got[i], want[i]) <= 4 * bar);
        else
            CHECK(std::fabs(static_cast<double>(got[i][0] - want[i][0])) <= 16 * bar * unit_roundoff<T> * size);
    }
}

template <class Check>
void for_each_layer(index_t outputs, index_t channels, dims<2> const& image, Check const& check)
{
    auto const both = [&](auto const& layer) {
        check(pack_layer(layer, dims<2>{image[0] * image[1], channels}));
        check(pack_layer(layer, dims<3>{channels, image[0], image[1]}));
        check(pack_layer(layer, dims<4>{2, channels, image[0], image[1]}));
    };
    both(nn::poincare_linear{.outputs = outputs});
    both(nn::poincare_mlr{.outputs = outputs});
    both(nn::lorentz_linear{.outputs = outputs});
    both(nn::lorentz_mlr{.outputs = outputs});
}

nn::poincare_conv2d const convolutions[] = {
    {.padding = {1, 1}, .outputs = 8},
    {.kernel = {2, 3}, .stride = {2, 1}, .padding = {1, 2}, .outputs = 3},
    {.kernel = {3, 2}, .stride = {2, 3}, .padding = {2, 2}, .dilation = {2, 3}, .groups = 3, .outputs = 6},
    {.kernel = {1, 1}, .stride = {2, 2}, .outputs = 2},
    {.kernel = {5, 5}, .padding = {2, 2}, .groups = 6, .outputs = 6},
};

}  // namespace

TEMPLATE_TEST_CASE("layers with weights on omp agree with seq", "", float, double)
{
    using T = TestType;
    for (index_t outputs : {1, 9}) for_each_layer(outputs, 5, {7, 9}, [](auto const& f) { check_parity<T>(f); });
    for_each_layer(3, 40, {20, 33}, [](auto const& f) { check_parity<T>(f, 0.1); });
    for_each_layer(3, 2, {3, 5}, [](auto const& f) { check_parity<T>(f, 1e-4); });
    for (auto const& conv : convolutions) {
        check_parity<T>(pack_layer(conv, dims<4>{2, 6, 9, 11}));
        check_parity<T>(pack_layer(conv, dims<4>{1, 6, 40, 37}));
    }
}

TEMPLATE_TEST_CASE("layers with rows of zeros, and beyond the plain formulas, on omp agree with seq", "", float, double)
{
    using T = TestType;
    for_each_layer(3, 5, {5, 9}, [](auto const& f) { check_parity<T>(f, 0.5, 0); });
    // Exponents of some points are within the plain formulas, of others beyond: logits of tens compete by their
    // exponentials, which carry as many round-offs.
    for (double spread : {4., 12., 24., 60.})
        for_each_layer(3, 5, {5, 9}, [&](auto const& f) { check_parity<T>(f, spread, 0.3, 1 << 13); });
}

TEMPLATE_TEST_CASE("layers with weights give the same bits on any number of threads", "", float, double)
{
    using T = TestType;
    auto const check = [](auto const& f) {
        case_of<T, std::remove_cvref_t<decltype(f)>> const at(f, 0.5);
        auto const value = at.value(exec::omp{.threads = 1}), gradient = at.gradient(exec::omp{.threads = 1});
        for (int threads : {2, 3}) {
            CHECK(at.value(exec::omp{.threads = threads}) == value);
            CHECK(at.gradient(exec::omp{.threads = threads}) == gradient);
        }
    };
    for_each_layer(4, 6, {23, 31}, check);
    for (auto const& conv : convolutions) check(pack_layer(conv, dims<4>{2, 6, 23, 31}));
}

TEMPLATE_TEST_CASE("layers with weights take parts of larger arrays", "", float, double)
{
    using T = TestType;
    nn::poincare_conv2d const conv{.padding = {1, 1}, .groups = 2, .outputs = 4};
    auto const f = pack_layer(conv, dims<4>{1, 4, 6, 13});
    auto a = f.unpack(to<T>(f.point(0.5, 0.3, 0.3, 0.75, 3)));
    auto const check = [&](auto const& exec) {
        auto const want = conv.forward(exec, a.p, a.x);
        // Channels last, and every second column of a wider output.
        tensor<T, 4> last(1, 6, 13, 4), wide(1, 4, 6, 26);
        view<T, 4> const x(last.data(), {1, 4, 6, 13}, {312, 1, 52, 4}),
            y(wide.data(), {1, 4, 6, 13}, {624, 156, 26, 2});
        copy(as_const(a.x), x);
        conv.forward(exec, a.p, x, y);
        CHECK(error_in_eps(numbers_in(as_const(y)), numbers_in(want)) <= 4);
        nn::poincare_conv2d::saved<T> s1, s2;
        tensor<T, 4> dx(f.shape), dlast(1, 6, 13, 4), plain(want.extents());
        view<T, 4> const dx2(dlast.data(), x.extents(), x.strides());
        conv.forward(exec, a.p, a.x, plain, s1);
        conv.forward(exec, a.p, x, y, s2);
        auto d1 = conv.zero_gradients(a.p), d2 = d1;
        conv.backward(exec, a.p, a.x, s1, want, dx, d1);
        conv.backward(exec, a.p, x, s2, y, dx2, d2);
        CHECK(error_in_eps(numbers_in(as_const(dx2)), numbers_in(dx)) <= 16);
        CHECK(error_in_eps(numbers_in(d2.z), numbers_in(d1.z)) <= 16);
    };
    check(exec::seq{});
    check(exec::omp{.threads = 2});
}

TEST_CASE("layers with weights take empty arrays")
{
    nn::poincare_linear const linear{.outputs = 3};
    nn::poincare_conv2d const conv{.outputs = 3};
    auto const check = [&](auto const& exec) {
        auto p = linear.make_params<double>(4);
        tensor<double, 2> none(0, 4), dnone(0, 4);
        auto y = linear.forward(exec, p, none);
        CHECK(y.extents() == dims<2>{0, 3});
        nn::poincare_linear::saved<double> saved;
        linear.forward(exec, p, none, y, saved);
        auto dp = linear.zero_gradients(p);
        linear.backward(exec, p, none, saved, y, dnone, dp);
        // A kernel that does not fit has no outputs, and its input no gradient.
        auto q = conv.make_params<double>(2);
        tensor<double, 4> small(1, 2, 2, 5), dsmall(1, 2, 2, 5);
        for (double& v : dsmall) v = 1;
        auto out = conv.forward(exec, q, small);
        CHECK(out.size() == 0);
        nn::poincare_conv2d::saved<double> s;
        conv.forward(exec, q, small, out, s);
        auto dq = conv.zero_gradients(q);
        conv.backward(exec, q, small, s, out, dsmall, dq);
        for (double v : dsmall) CHECK(v == 0);
    };
    check(exec::seq{});
    check(exec::omp{.threads = 2});
}
