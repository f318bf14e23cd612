// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Sizes, strides and every error message.
#include "affinity/packed.hpp"

using namespace hyspn;
using namespace hyspn::testing;

namespace {

/// An array whose elements lie apart in every direction, with the values of a dense one.
struct strided {
    tensor<float, 5> memory;
    view<float, 4> v;

    explicit strided(dims<4> const& e) : memory(e[0], e[2] + 1, e[3], e[1], index_t{2})
    {
        v = view<float, 4>(memory.data(), e, dims<4>{memory.extent(1) * e[3] * e[1] * 2, 2, e[3] * e[1] * 2, e[1] * 2});
    }
};

template <class Affinity>
void check_strided(Affinity const& a)
{
    auto const x = random_tensor<float>(dims<4>{2, 3, 4, 5}, 0.5, 51);
    auto const p = random_params<float>(a, 3, 52);
    typename Affinity::template saved<float> saved;
    auto y = a.forward(exec::seq{}, p, x);
    auto const dy = random_tensor<float>(y.extents(), 1, 53);
    a.forward(exec::seq{}, p, x, y, saved);
    auto dp = a.zero_gradients(p), dq = dp;
    tensor<float, 4> dx(x.extents());
    a.backward(exec::seq{}, p, x, saved, dy, dx, dp);

    strided sx(x.extents()), sy(y.extents()), sdy(y.extents()), sdx(x.extents());
    copy(as_view(x), sx.v);
    copy(as_view(dy), sdy.v);
    a.forward(exec::seq{}, p, sx.v, sy.v, saved);
    a.backward(exec::seq{}, p, sx.v, saved, sdy.v, sdx.v, dq);
    auto const same = [](auto const& dense, auto const& apart) {
        auto const d = cast<float>(apart);
        return std::equal(dense.begin(), dense.end(), d.begin());
    };
    CHECK(same(y, sy.v));
    CHECK(same(dx, sdx.v));
    CHECK(packed<Affinity>::pack(dx, dp) == packed<Affinity>::pack(dx, dq));
}

template <class F>
std::string message_of(F const& f)
{
    try {
        f();
    } catch (error const& e) {
        return e.what();
    }
    return "nothing thrown";
}

}  // namespace

TEST_CASE("affinities read and write arrays of any stride")
{
    for_each_affinity(3, 1, 2, [](auto const& a) { check_strided(a); });
}

TEST_CASE("affinities take images of one pixel, one row, one column and odd sizes")
{
    for (dims<4> const& e : {dims<4>{1, 3, 1, 1}, dims<4>{1, 3, 1, 4}, dims<4>{1, 3, 4, 1}, dims<4>{1, 3, 5, 3}})
        for_each_affinity(5, 1, 2, [&](auto const& a) {
            packed<std::remove_cvref_t<decltype(a)>> const f{a, e};
            auto const report = check_adjoint(f.forward_function(), f.backward_function(), f.point(0.5, 54));
            INFO(to_string(e) << "\n" << report.log);
            CHECK(report.within(affinity_tolerances::adjoint));
        });
}

TEST_CASE("affinities take empty images and leave parameter gradients alone")
{
    for (dims<4> const& e : {dims<4>{0, 3, 4, 4}, dims<4>{1, 3, 0, 4}, dims<4>{1, 3, 4, 0}})
        for_each_affinity(3, 1, 2, [&](auto const& a) {
            tensor<float, 4> const x(e);
            tensor<float, 4> dx(e);
            auto const p = random_params<float>(a, 3, 55);
            auto y = a.forward(exec::seq{}, p, x);
            CHECK(y.size() == 0);
            typename std::remove_cvref_t<decltype(a)>::template saved<float> saved;
            a.forward(exec::seq{}, p, x, y, saved);
            auto dp = a.zero_gradients(p);
            a.backward(exec::seq{}, p, x, saved, y, dx, dp);
            for_each_leaf(dp, [](char const*, auto leaf) { for_each_element(leaf, [](float v) { CHECK(v == 0); }); });
        });
}

TEST_CASE("a neighbourhood of the centre alone has no gates and no gradients")
{
    affinity::geodesic const a{.kernel = 1};
    auto const x = random_tensor<float>(dims<4>{1, 3, 4, 5}, 0.5, 50);
    auto const p = a.make_params<float>();
    auto y = a.forward(exec::seq{}, p, x);
    CHECK(y.extents() == dims<4>{1, 0, 4, 5});
    affinity::geodesic::saved<float> saved;
    a.forward(exec::seq{}, p, x, y, saved);
    auto dp = a.zero_gradients(p);
    auto dx = x;
    a.backward(exec::seq{}, p, x, saved, y, dx, dp);
    CHECK(std::all_of(dx.begin(), dx.end(), [](float v) { return v == 0; }));
    CHECK((dp.c == 0 && dp.tau == 0));
}

TEST_CASE("hyperbolic affinity says what is wrong with its arguments")
{
    affinity::hyperbolic const a{.outputs = 2};
    auto const x = random_tensor<float>(dims<4>{1, 3, 4, 5}, 0.5, 56);
    auto const p = random_params<float>(a, 3, 57);
    tensor<float, 4> y(1, 2, 4, 5), dx(x.extents());
    affinity::hyperbolic::saved<float> saved;
    a.forward(exec::seq{}, p, x, y, saved);
    exec::seq const seq;

    auto const forward = [&](affinity::hyperbolic const& with, auto const& params) {
        return message_of([&] { with.forward(seq, params, x, y); });
    };
    auto with_even = a, with_gap = a, with_none = a;
    with_even.kernel = 2;
    with_gap.dilation = 0;
    with_none.outputs = 0;
    CHECK(forward(with_even, p) == "hyperbolic::forward: kernel must be odd and at least 1, got 2");
    CHECK(forward(with_gap, p) == "hyperbolic::forward: dilation must be at least 1, got 0");
    CHECK(forward(with_none, p) == "hyperbolic::forward: outputs must be at least 1, got 0");
    auto q = p;
    q.c = 0;
    CHECK(forward(a, q) == "hyperbolic::forward: c must be positive and finite, got 0");
    q = p;
    q.tau = -1;
    CHECK(forward(a, q) == "hyperbolic::forward: tau must be positive and finite, got -1");
    q = p;
    q.z = tensor<float, 3>(2, 9, 4);
    CHECK(forward(a, q) == "hyperbolic::forward: z must be [O, K, C] = [2, 9, 3], got [2, 9, 4]");
    q = p;
    q.r = tensor<float, 1>(3);
    CHECK(forward(a, q) == "hyperbolic::forward: r must be [O] = [2], got [3]");
    tensor<float, 4> small(1, 2, 4, 4);
    CHECK(message_of([&] { a.forward(seq, p, x, small); }) ==
          "hyperbolic::forward: y must be [N, O, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    tensor<float, 4> const no_channels(1, 0, 4, 5);
    CHECK(message_of([&] { a.forward(seq, p, no_channels); }) ==
          "hyperbolic::forward: x must be [N, C, H, W] with C at least 1, got [1, 0, 4, 5]");

    auto dp = a.zero_gradients(p);
    auto const backward = [&](auto const& s, auto const& dout, auto& din, auto& dparams) {
        return message_of([&] { a.backward(seq, p, x, s, dout, din, dparams); });
    };
    CHECK(backward(affinity::hyperbolic::saved<float>{}, y, dx, dp) ==
          "hyperbolic::backward: saved.radius must be as forward left it = [1, 4, 5], got [0, 0, 0]");
    CHECK(backward(saved, small, dx, dp) ==
          "hyperbolic::backward: dy must be [N, O, H, W] = [1, 2, 4, 5], got [1, 2, 4, 4]");
    CHECK(backward(saved, y, small, dp) ==
          "hyperbolic::backward: dx must be [N, C, H, W] = [1, 3, 4, 5], got [1, 2, 4, 4]");
    auto wrong = dp;
    wrong.z = tensor<float, 3>(1, 9, 3);
    CHECK(backward(saved, y, dx, wrong) == "hyperbolic::backward: dp.z must be [O, K, C] = [2, 9, 3], got [1, 9, 3]");
    wrong = dp;
    wrong.r = tensor<float, 1>(1);
    CHECK(backward(saved, y, dx, wrong) == "hyperbolic::backward: dp.r must be [O] = [2], got [1]");
    for (auto member : {&affinity::ham_saved<float>::chord, &affinity::ham_saved<float>::radial,
                        &affinity::ham_saved<float>::distance, &affinity::ham_saved<float>::inner}) {
        auto broken = saved;
        broken.*member = tensor<float, 4>(1, 1, 1, 1);
        CHECK(backward(broken, y, dx, dp).find("must be as forward left it") != std::string::npos);
    }
    auto broken = saved;
    broken.norm = tensor<float, 3>(1, 1, 1);
    CHECK(backward(broken, y, dx, dp) ==
          "hyperbolic::backward: saved.norm must be as forward left it = [1, 4, 5], got [1, 1, 1]");
}

TEST_CASE("the other affinities say what is wrong with their arguments")
{
    exec::seq const seq;
    auto const x = random_tensor<float>(dims<4>{1, 3, 4, 5}, 0.5, 58);
    affinity::naive const naive{.kernel = 4};
    CHECK(message_of([&] { naive.make_params<float>(3); }) ==
          "naive::make_params: kernel must be odd and at least 1, got 4");
    affinity::euclidean const euclidean{.outputs = 2};
    auto p = euclidean.make_params<float>(3);
    p.bias = tensor<float, 1>(4);
    CHECK(message_of([&] { euclidean.forward(seq, p, x); }) == "euclidean::forward: bias must be [O] = [2], got [4]");
    affinity::geodesic const geodesic;
    affinity::geodesic::params<float> q{.c = -1};
    CHECK(message_of([&] { geodesic.forward(seq, q, x); }) ==
          "geodesic::forward: c must be positive and finite, got -1");
    tensor<float, 4> y(1, 9, 4, 5), dx(x.extents());
    q.c = 1;
    CHECK(message_of([&] { geodesic.forward(seq, q, x, y); }) ==
          "geodesic::forward: y must be [N, K-1, H, W] = [1, 8, 4, 5], got [1, 9, 4, 5]");
    tensor<float, 4> const dy(1, 8, 4, 5);
    auto dq = geodesic.zero_gradients(q);
    CHECK(message_of([&] { geodesic.backward(seq, q, x, affinity::geodesic_saved<float>{}, dy, dx, dq); }) ==
          "geodesic::backward: saved.radius must be as forward left it = [1, 4, 5], got [0, 0, 0]");
}
