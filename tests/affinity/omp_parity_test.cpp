// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// The specialised kernels of the hyperbolic affinity module against the reference, on the same operation.
#include "affinity/golden_replay.hpp"

using namespace hyspn;
using affinity::weighting;

namespace {

/// Everything a forward and a backward pass give.
template <class T>
struct results {
    tensor<T, 4> y, dx;
    affinity::hyperbolic::saved<T> saved;
    affinity::hyperbolic::params<T> dp;
};

template <class T>
tensor<T, 4> cotangent(dims<4> const& y)
{
    return testing::random_tensor<T>(y, 1, 11);
}

template <class T, class Exec>
results<T> run(Exec const& exec, affinity::hyperbolic const& module, affinity::hyperbolic::params<T> const& p,
               tensor<T, 4> const& x)
{
    dims<4> const e = x.extents();
    results<T> r{tensor<T, 4>(e[0], module.outputs, e[2], e[3]), tensor<T, 4>(e), {}, module.zero_gradients(p)};
    auto const dy = cotangent<T>(r.y.extents());
    module.forward(exec, p, x, r.y, r.saved);
    module.backward(exec, p, x, r.saved, dy, r.dx, r.dp);
    return r;
}

template <class T, std::size_t Rank>
double distance(tensor<T, Rank> const& got, tensor<T, Rank> const& want)
{
    return testing::normwise_error(got, cast<double>(want));
}

/// c̄ and τ̄ are sums over pixels, in which a whole image may cancel; rounding is measured by what is summed. Root mean
/// squares of both over random signs of the pixels' cotangents: the norm of the summands.
struct summand_norms {
    double c = 0, tau = 0;
};

template <class T>
summand_norms norms_of_summands(affinity::hyperbolic const& module, affinity::hyperbolic::params<T> const& p,
                                tensor<T, 4> const& x, affinity::hyperbolic::saved<T> const& saved)
{
    constexpr int draws = 8;
    testing::noise random(17);
    summand_norms norms;
    for (int draw = 0; draw < draws; ++draw) {
        auto dy = cotangent<T>({x.extent(0), module.outputs, x.extent(2), x.extent(3)});
        for (index_t n = 0; n < dy.extent(0); ++n)
            for (index_t i = 0; i < dy.extent(2); ++i)
                for (index_t j = 0; j < dy.extent(3); ++j) {
                    T const sign = random(1) < 0 ? T(-1) : T(1);
                    for (index_t o = 0; o < dy.extent(1); ++o) dy(n, o, i, j) *= sign;
                }
        auto dp = module.zero_gradients(p);
        tensor<T, 4> dx(x.extents());
        module.backward(exec::seq{}, p, x, saved, dy, dx, dp);
        norms.c = std::hypot(norms.c, static_cast<double>(dp.c) / std::sqrt(double{draws}));
        norms.tau = std::hypot(norms.tau, static_cast<double>(dp.tau) / std::sqrt(double{draws}));
    }
    return norms;
}

template <class T>
double sum_error(T got, T want, double norm_of_summands)
{
    double const size = std::max(norm_of_summands, static_cast<double>(std::numeric_limits<T>::min()));
    return std::fabs(static_cast<double>(got) - static_cast<double>(want)) / size / testing::unit_roundoff<T>;
}

/// What the comparisons of one test case covered.
struct parity_count {
    index_t pixels = 0, swapped = 0, runs = 0, gradients = 0;

    void check() const
    {
        INFO(swapped << " of " << pixels << " pixels ordered the other way, " << runs - gradients << " of " << runs
                     << " runs without gradients");
        CHECK(swapped * 1000 <= pixels);
        CHECK(gradients * 10 >= runs * 9);
    }
};

/// 1 at pixels whose neighbours the two sides put in different orders.
template <class T>
tensor<int, 3> swapped_pixels(affinity::hyperbolic const& module, tensor<T, 4> const& a, tensor<T, 4> const& b,
                              dims<4> const& x)
{
    affinity::neighbourhood const around{module.kernel, module.dilation};
    tensor<int, 3> swapped(x[0], x[2], x[3]);
    if (!module.beta_priority) return swapped;
    for (index_t n = 0; n < x[0]; ++n)
        for (index_t i = 0; i < x[2]; ++i)
            for (index_t j = 0; j < x[3]; ++j) {
                using distances = detail::pixel_distances<T, memory::host>;
                distances const first{around, as_view(a), n, i, j}, second{around, as_view(b), n, i, j};
                for (index_t k = 0; k < around.count(); ++k)
                    if (first.rank(k) != second.rank(k)) swapped(n, i, j) = 1;
            }
    return swapped;
}

/// Norm-wise differences in unit round-offs; each side may be 256 off the truth. Distances that agree within rounding
/// may be ordered the other way: such pixels must be undecidable, they are left out and counted. One of them moves the
/// gradients of all pixels around, so that gradients are then not compared.
template <class T>
void compare(parity_count& count, affinity::hyperbolic const& module, tensor<T, 4> const& x, double bound = 512)
{
    dims<4> const shape = x.extents();
    auto const p = testing::random_params<T>(module, shape[1], 3);
    auto const fast = run(exec::omp{.threads = 2}, module, p, x), plain = run(exec::seq{}, module, p, x);
    CAPTURE(module.kernel, module.dilation, module.outputs, module.beta_priority, static_cast<int>(module.weight),
            to_string(shape));
    auto const swapped = swapped_pixels(module, fast.saved.distance, plain.saved.distance, shape);
    auto const undecidable = testing::undecidable_pixels<T>(cast<double>(inspect(exec::seq{}, module, p, x).distance));
    index_t swaps = 0, wrong = 0;
    for (index_t i = 0; i < swapped.size(); ++i) {
        swaps += swapped.data()[i];
        wrong += swapped.data()[i] > undecidable.data()[i] ? 1 : 0;
    }
    CHECK(wrong == 0);
    count.pixels += swapped.size();
    count.swapped += swaps;
    ++count.runs;
    CHECK(distance(testing::outside(swapped, fast.y), testing::outside(swapped, plain.y)) <= bound);
    CHECK(distance(testing::outside(swapped, fast.saved.inner), testing::outside(swapped, plain.saved.inner)) <= bound);
    CHECK(distance(fast.saved.norm, plain.saved.norm) <= bound);
    if (swaps > 0) return;
    ++count.gradients;
    CHECK(distance(fast.dx, plain.dx) <= bound);
    CHECK(distance(fast.dp.z, plain.dp.z) <= bound);
    CHECK(distance(fast.dp.r, plain.dp.r) <= bound);
    auto const norms = norms_of_summands(module, p, x, plain.saved);
    CHECK(sum_error(fast.dp.c, plain.dp.c, norms.c) <= bound);
    CHECK(sum_error(fast.dp.tau, plain.dp.tau, norms.tau) <= bound);
}

template <class T>
void compare(parity_count& count, affinity::hyperbolic const& module, dims<4> const& shape, double spread,
             double bound = 512)
{
    CAPTURE(spread);
    compare(count, module, testing::random_tensor<T>(shape, spread, 5), bound);
}

template <class T>
bool same_bits(results<T> const& a, results<T> const& b)
{
    auto const same = [](auto const& s, auto const& t) { return std::equal(s.begin(), s.end(), t.begin()); };
    return same(a.y, b.y) && same(a.dx, b.dx) && same(a.dp.z, b.dp.z) && same(a.dp.r, b.dp.r) && a.dp.c == b.dp.c &&
           a.dp.tau == b.dp.tau && same(a.saved.radius, b.saved.radius) && same(a.saved.chord, b.saved.chord) &&
           same(a.saved.radial, b.saved.radial) && same(a.saved.distance, b.saved.distance) &&
           same(a.saved.inner, b.saved.inner) && same(a.saved.norm, b.saved.norm);
}

}  // namespace

TEMPLATE_TEST_CASE("HAM kernels agree with the reference at all shapes", "", float, double)
{
    using T = TestType;
    parity_count count;
    for (dims<4> const shape : {dims<4>{1, 3, 5, 1}, dims<4>{1, 3, 1, 7}, dims<4>{2, 1, 6, 33}, dims<4>{1, 64, 7, 65},
                                dims<4>{1, 5, 30, 17}, dims<4>{1, 2, 3, 330}})
        for (index_t const outputs : {1, 3, 8, 9}) compare<T>(count, {.outputs = outputs}, shape, 0.3);
    count.check();
}

TEMPLATE_TEST_CASE("HAM kernels agree with the reference for all options", "", float, double)
{
    using T = TestType;
    parity_count count;
    for (weighting const weight : {weighting::softmax, weighting::linear, weighting::inverse, weighting::uniform})
        for (bool const priority : {true, false})
            for (index_t const kernel : {3, 5})
                for (index_t const dilation : {1, 2})
                    compare<T>(count,
                               {.kernel = kernel,
                                .dilation = dilation,
                                .outputs = 4,
                                .beta_priority = priority,
                                .weight = weight},
                               {1, 4, 9, 21}, 0.3);
    count.check();
}

TEMPLATE_TEST_CASE("HAM kernels keep the temperature's gradient where distances are small beside it", "", float, double)
{
    using T = TestType;
    parity_count count;
    for (weighting const weight : {weighting::softmax, weighting::linear, weighting::inverse})
        for (double const spread : {1e-3, 1e-5})
            compare<T>(count, {.outputs = 3, .weight = weight}, {1, 4, 9, 21}, spread);
    count.check();
}

TEMPLATE_TEST_CASE("HAM kernels agree with the reference at all radii", "", float, double)
{
    using T = TestType;
    parity_count count;
    for (double const spread : {1e-6, 1e-2, 1., 8.}) compare<T>(count, {.outputs = 3}, {1, 3, 9, 21}, spread);
    // Logits u from tens to several hundred: where two compete, their weights e^{|u|−M} carry |u| round-offs of u.
    for (double const spread : {15., 25., 40.}) compare<T>(count, {.outputs = 3}, {1, 3, 9, 21}, spread, 1 << 13);
    compare<double>(count, {.outputs = 3}, {1, 3, 9, 21}, 1e-200);
    compare<float>(count, {.outputs = 3}, {1, 3, 9, 21}, 1e-25);
    count.check();
}

TEMPLATE_TEST_CASE("HAM kernels order neighbours at the same distance as the reference does", "", float, double)
{
    using T = TestType;
    parity_count count;
    for (index_t const dilation : {1, 2}) {
        // Three vectors in all: many neighbours coincide with each other or with the centre.
        auto const vectors = testing::random_tensor<T>(dims<2>{3, 4}, 0.3, 5);
        testing::noise random(6);
        tensor<T, 4> x(1, 4, 12, 35);
        for (index_t i = 0; i < 12; ++i)
            for (index_t j = 0; j < 35; ++j) {
                double const r = random(1);
                for (index_t c = 0; c < 4; ++c) x(0, c, i, j) = vectors(r < -0.4 ? 0 : r < 0.4 ? 1 : 2, c);
            }
        compare(count, affinity::hyperbolic{.dilation = dilation, .outputs = 4}, x);
    }
    CHECK(count.swapped == 0);
    count.check();
}

TEMPLATE_TEST_CASE("HAM kernels give the same bits on any number of threads", "", float, double)
{
    using T = TestType;
    affinity::hyperbolic const module{.outputs = 8};
    auto const p = testing::random_params<T>(module, 6, 3);
    auto const x = testing::random_tensor<T>(dims<4>{2, 6, 51, 350}, 0.3, 5);
    auto const one = run(exec::omp{.threads = 1}, module, p, x);
    for (int const threads : {2, 3, 8}) CHECK(same_bits(one, run(exec::omp{.threads = threads}, module, p, x)));
}

TEMPLATE_TEST_CASE("HAM gradients of a tile do not depend on what its thread did before", "", float, double)
{
    using T = TestType;
    // Long features from row 19 on end each strip of the first band: what they leave lies in the margins of the next.
    index_t const first_long = 19;
    for (index_t const dilation : {1, 2}) {
        affinity::hyperbolic const module{.dilation = dilation, .outputs = 4};
        auto const p = testing::random_params<T>(module, 3, 3);
        auto const x = testing::random_tensor<T>(dims<4>{1, 3, 60, 641}, 0.3, 5);
        auto other = x;
        for (index_t c = 0; c < 3; ++c)
            for (index_t i = first_long; i < 60; ++i)
                for (index_t j = 0; j < 641; ++j) other(0, c, i, j) *= T(5e3);
        auto const a = run(exec::omp{.threads = 1}, module, p, x), b = run(exec::omp{.threads = 1}, module, p, other);
        index_t different = 0;
        for (index_t c = 0; c < 3; ++c)
            for (index_t i = 0; i < first_long - 2 * dilation; ++i)
                for (index_t j = 0; j < 641; ++j) different += a.dx(0, c, i, j) == b.dx(0, c, i, j) ? 0 : 1;
        CAPTURE(dilation);
        CHECK(different == 0);
    }
}

TEMPLATE_TEST_CASE("HAM gradients do not read saved values of absent neighbours", "", float, double)
{
    using T = TestType;
    affinity::hyperbolic const module{.outputs = 4};
    auto const p = testing::random_params<T>(module, 3, 3);
    auto const x = testing::random_tensor<T>(dims<4>{1, 3, 9, 21}, 0.3, 5);
    auto const want = run(exec::seq{}, module, p, x);
    auto used = want.saved;
    for (auto* array : {&used.chord, &used.radial, &used.distance})
        std::fill(array->begin(), array->end(), std::numeric_limits<T>::quiet_NaN());
    tensor<T, 4> y(want.y.extents()), dx(x.extents());
    module.forward(exec::seq{}, p, x, y, used);  // leaves entries of absent neighbours as they are
    REQUIRE(std::isnan(used.chord(0, 0, 0, 20)));
    auto dp = module.zero_gradients(p);
    module.backward(exec::omp{.threads = 2}, p, x, used, cotangent<T>(y.extents()), dx, dp);
    CHECK(distance(dx, want.dx) <= 512);
    CHECK(distance(dp.z, want.dp.z) <= 512);
    CHECK(testing::all_finite(dp.c));
    CHECK(testing::all_finite(dp.tau));
}

TEMPLATE_TEST_CASE("HAM kernels take parts of larger arrays", "", float, double)
{
    using T = TestType;
    affinity::hyperbolic const module{.outputs = 3};
    auto const p = testing::random_params<T>(module, 4, 3);
    dims<4> const e{2, 4, 7, 33}, wide{2, 5, 9, 40};
    auto const x = testing::random_tensor<T>(e, 0.3, 5);
    auto const want = run(exec::omp{.threads = 2}, module, p, x);
    // Rows of a larger image for what is read; every second column of one for what is written.
    auto const part = [&](tensor<T, 4>& whole, index_t channels, index_t step) {
        dims<4> const strides{row_major_strides(whole.extents())};
        return view<T, 4>(&whole(0, 1, 1, 2), dims<4>{2, channels, 7, 33},
                          dims<4>{strides[0], strides[1], strides[2], step});
    };
    tensor<T, 4> x_whole(wide), dy_whole(wide), y_whole(2, 5, 9, 80), dx_whole(2, 5, 9, 80);
    for (auto* whole : {&x_whole, &dy_whole, &y_whole, &dx_whole})
        std::fill(whole->begin(), whole->end(), std::numeric_limits<T>::quiet_NaN());
    auto const xs = part(x_whole, 4, 1), dys = part(dy_whole, 3, 1), ys = part(y_whole, 3, 2),
               dxs = part(dx_whole, 4, 2);
    copy(as_view(x), xs);
    copy(as_view(cotangent<T>(want.y.extents())), dys);
    affinity::hyperbolic::saved<T> saved;
    auto dp = module.zero_gradients(p);
    module.forward(exec::omp{.threads = 2}, p, xs, ys, saved);
    module.backward(exec::omp{.threads = 2}, p, xs, saved, dys, dxs, dp);
    tensor<T, 4> y(want.y.extents()), dx(e);
    copy(ys, as_view(y));
    copy(dxs, as_view(dx));
    CHECK(same_bits(results<T>{y, dx, saved, dp}, want));
    index_t touched = 0;
    for (auto const* whole : {&y_whole, &dx_whole})
        for (T const v : *whole) touched += std::isnan(v) ? 0 : 1;
    CHECK(touched == y.size() + dx.size());
}

TEST_CASE("HAM kernels take strided features by the general way")
{
    affinity::hyperbolic const module{.outputs = 2};
    auto const p = testing::random_params<double>(module, 3, 3);
    auto const x = testing::random_tensor<double>(dims<4>{1, 3, 6, 5}, 0.3, 5);
    tensor<double, 4> transposed(1, 3, 5, 6);
    view<double, 4> const seen(transposed.data(), x.extents(), dims<4>{90, 30, 1, 6});
    copy(as_view(x), seen);
    auto const y = module.forward(exec::omp{.threads = 2}, p, seen);
    CHECK(distance(y, module.forward(exec::seq{}, p, x)) <= 64);
}

TEST_CASE("HAM kernels replay the golden file", "[golden]")
{
    testing::replay_all_ham<float>(exec::omp{.threads = 2});
    testing::replay_all_ham<double>(exec::omp{.threads = 2});
}
