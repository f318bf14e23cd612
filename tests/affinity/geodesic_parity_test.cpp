// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The geodesic affinity's tiles against the reference.
#include "affinity/support.hpp"

using namespace hyspn;
using affinity::weighting;

namespace {

/// Everything a training step gives.
template <class T>
struct results {
    tensor<T, 4> y, dx;
    affinity::geodesic::params<T> dp{T(0), T(0)};
    double dy_norm = 0;

    template <class Exec>
    results(Exec const& exec, affinity::geodesic const& a, affinity::geodesic::params<T> const& p,
            tensor<T, 4> const& x)
        : y(x.extent(0), a.kernel * a.kernel - 1, x.extent(2), x.extent(3)), dx(x.extents())
    {
        affinity::geodesic::saved<T> saved;
        a.forward(exec, p, x, y, saved);
        auto const dy = testing::random_tensor<T>(y.extents(), 1, 7);
        a.backward(exec, p, x, saved, dy, dx, dp);
        for (T v : dy) dy_norm = std::hypot(dy_norm, static_cast<double>(v));
    }
};

template <class T>
void check(affinity::geodesic const& a, dims<4> const& e, double spread, bool with_zeros = false)
{
    auto x = testing::random_tensor<T>(e, spread, 3);
    if (with_zeros)
        for (index_t c = 0; c < e[1]; ++c) x(0, c, e[2] / 2, e[3] / 2) = T(0);
    affinity::geodesic::params<T> const p{T(0.75), T(1.25)};
    results<T> const got(exec::omp{.threads = 2}, a, p, x);
    auto const wide = cast<double>(x);
    results<double> const want(exec::seq{}, a, {0.75, 1.25}, wide);
    INFO("kernel " << a.kernel << ", dilation " << a.dilation << ", " << to_string(e) << ", spread " << spread);
    CHECK(testing::normwise_error(got.y, want.y) <= 256);
    CHECK(testing::normwise_error(got.dx, want.dx) <= 1024);
    // One number each, in which a whole image cancels: what is summed is as large as the cotangents.
    double const sum = want.dy_norm * testing::unit_roundoff<T> * 1024;
    CHECK(std::abs(static_cast<double>(got.dp.c) - want.dp.c) <= sum);
    CHECK(std::abs(static_cast<double>(got.dp.tau) - want.dp.tau) <= sum);
}

}  // namespace

TEST_CASE("geodesic affinity on all cores is the reference's, for every weighting and neighbourhood")
{
    for (auto weight : {weighting::softmax, weighting::linear, weighting::inverse, weighting::uniform})
        for (index_t kernel : {3, 5})
            for (index_t dilation : {1, 3}) {
                affinity::geodesic const a{.kernel = kernel, .dilation = dilation, .weight = weight};
                check<double>(a, {2, 5, 29, 41}, 0.6);
                check<float>(a, {1, 8, 26, 330}, 0.6, true);
            }
}

TEST_CASE("geodesic affinity on all cores at every size and radius")
{
    affinity::geodesic const a{};
    for (dims<4> const& e : {dims<4>{1, 1, 1, 1}, {1, 3, 1, 17}, {2, 2, 31, 1}, {1, 4, 25, 7}}) {
        check<double>(a, e, 0.5);
        check<double>(a, e, 1e-3, true);
        check<double>(a, e, 8);
    }
}

TEST_CASE("geodesic affinity: the same bits for 1, 2 and 3 threads")
{
    affinity::geodesic const a{};
    auto const x = testing::random_tensor<float>(dims<4>{1, 10, 60, 350}, 0.6, 5);
    affinity::geodesic::params<float> const p{0.5F, 0.8F};
    results<float> const one(exec::omp{.threads = 1}, a, p, x);
    for (int threads : {2, 3}) {
        results<float> const more(exec::omp{.threads = threads}, a, p, x);
        CHECK(std::equal(one.y.begin(), one.y.end(), more.y.begin()));
        CHECK(std::equal(one.dx.begin(), one.dx.end(), more.dx.begin()));
        CHECK(one.dp.c == more.dp.c);
        CHECK(one.dp.tau == more.dp.tau);
    }
}
