// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Batch and group normalisation of plain features.
#include <hyspn/nn/batch_norm2d.hpp>
#include <hyspn/nn/group_norm.hpp>

#include "nn/support.hpp"
#include "support/thrown.hpp"

using namespace hyspn;
using namespace hyspn::testing;
using tolerance = nn_tolerances;
using vec = std::vector<double>;

namespace {

exec::omp const two{.threads = 2};

/// The training form of a normalisation as a function of x, weight and bias.
template <class Norm>
struct packed_norm {
    Norm norm;
    dims<4> shape;

    template <class T>
    std::pair<tensor<T, 4>, typename Norm::template params<T>> unpack(std::vector<T> const& flat) const
    {
        tensor<T, 4> x(shape);
        auto p = norm.template zero_params<T>(shape[1]);
        auto next = flat.begin();
        for (T& v : x) v = *next++;
        for_each_leaf(p, [&](char const*, auto leaf) { for_each_element(leaf, [&](T& v) { v = *next++; }); });
        REQUIRE(next == flat.end());
        return {std::move(x), std::move(p)};
    }
    template <class T, class Exec = exec::seq>
    std::vector<T> forward(std::vector<T> const& flat, Exec const& exec = {}) const
    {
        auto const [x, p] = unpack(flat);
        tensor<T, 4> y(shape);
        typename Norm::template saved<T> s;
        norm.forward(exec, p, x, y, s);
        return numbers_in(y);
    }
    template <class T, class Exec = exec::seq>
    std::vector<T> backward(std::vector<T> const& flat, std::vector<T> const& g, Exec const& exec = {}) const
    {
        auto const [x, p] = unpack(flat);
        tensor<T, 4> y(shape), dx(shape);
        std::copy(g.begin(), g.end(), dx.begin());
        typename Norm::template saved<T> s;
        norm.forward(exec, p, x, y, s);
        auto dp = norm.zero_gradients(p);
        norm.backward(exec, p, x, s, dx, dx, dp);  // dx may be dy
        std::vector<T> bar = numbers_in(dx);
        for_each_leaf(dp, [&](char const*, auto leaf) { for_each_element(leaf, [&](T v) { bar.push_back(v); }); });
        return bar;
    }
    /// Features of the given offset and spread, weights about 1, biases about 0.
    vec point(double offset, double spread, std::uint64_t seed) const
    {
        noise next(seed);
        vec flat;
        index_t const pixels = shape[0] * shape[1] * shape[2] * shape[3];
        for (index_t i = 0; i < pixels; ++i) flat.push_back(static_cast<float>(offset + next(spread)));
        for (index_t c = 0; c < shape[1]; ++c) flat.push_back(1 + next(0.3));
        for (index_t c = 0; c < shape[1]; ++c) flat.push_back(next(0.3));
        return flat;
    }
};

template <class Norm>
packed_norm<Norm> pack_norm(Norm const& norm, dims<4> const& shape)
{
    return {norm, shape};
}

/// The definition, in long double. groups 0: the batch, channel by channel.
std::vector<long double> by_definition(vec const& flat, dims<4> const& e, index_t groups, double epsilon, bool relu)
{
    index_t const N = e[0], C = e[1], P = e[2] * e[3];
    auto const at = [&](index_t n, index_t c, index_t p) {
        return static_cast<long double>(flat[static_cast<std::size_t>((n * C + c) * P + p)]);
    };
    auto const learned = [&](index_t k) {
        return static_cast<long double>(flat[static_cast<std::size_t>(N * C * P + k)]);
    };
    std::vector<long double> y;
    for (index_t n = 0; n < N; ++n)
        for (index_t c = 0; c < C; ++c) {
            auto const over_set = [&](auto const& f) {
                long double sum = 0;
                for (index_t m = 0; m < N; ++m)
                    for (index_t k = 0; k < C; ++k)
                        if (groups ? m == n && k / (C / groups) == c / (C / groups) : k == c)
                            for (index_t p = 0; p < P; ++p) sum += f(at(m, k, p));
                return sum;
            };
            long double const count = over_set([](long double) { return 1.0L; });
            long double const mean = over_set([](long double v) { return v; }) / count;
            long double const variance = over_set([&](long double v) { return (v - mean) * (v - mean); }) / count;
            for (index_t p = 0; p < P; ++p) {
                long double const v =
                    learned(c) * (at(n, c, p) - mean) / std::sqrt(variance + epsilon) + learned(C + c);
                y.push_back(relu ? std::max(v, 0.0L) : v);
            }
        }
    return y;
}

template <class F>
void check_gradients(F const& f, vec const& point)
{
    auto const forward = [&](auto const& flat) { return f.forward(flat); };
    auto const backward = [&](vec const& flat, vec const& g) { return f.backward(flat, g); };
    auto const adjoint = check_adjoint(forward, backward, point, {.log_above = 1e-11, .floor = 1e-3});
    INFO(adjoint.log);
    CHECK(adjoint.within(tolerance::adjoint));
    auto const differences =
        check_differences(forward, backward, point, {.log_above = 1e-7, .scale = 1, .floor = 1e-3});
    INFO(differences.log);
    CHECK(differences.within(tolerance::differences));
}

}  // namespace

TEMPLATE_TEST_CASE("normalisations by their definition", "", float, double)
{
    using T = TestType;
    dims<4> const shapes[] = {{2, 6, 5, 7}, {1, 6, 1, 1}, {3, 2, 1, 131}, {1, 2, 130, 67}};
    for (dims<4> const& e : shapes)
        for (double offset : {0., 3., 300.})
            for (bool relu : {false, true}) {
                if (e[2] * e[3] == 1 && offset > 3) continue;
                CAPTURE(e[2], e[3], offset, relu);
                auto const check = [&](auto const& f, index_t groups) {
                    auto const point = f.point(offset, 1, 7);
                    auto const want = by_definition(point, e, groups, f.norm.epsilon, relu);
                    double const bar = tolerance::value * std::max(1., offset);
                    CHECK(error_in_eps(f.forward(to<T>(point)), want) <= bar);
                    CHECK(error_in_eps(f.forward(to<T>(point), exec::omp{.threads = 2}), want) <= bar);
                };
                if (e[0] * e[2] * e[3] > 1) check(pack_norm(nn::batch_norm2d{.relu = relu}, e), 0);
                for (index_t groups : {1, 2})
                    check(pack_norm(nn::group_norm{.groups = groups, .relu = relu}, e), groups);
            }
}

TEMPLATE_TEST_CASE("gradients of normalisations to the digits stated", "", float, double)
{
    using T = TestType;
    for (double offset : {0., 3., 30.}) {
        CAPTURE(offset);
        auto const check = [&](auto const& f) {
            auto const point = f.point(offset, 1, 7);
            auto const g = random_tensor<double>(f.shape, 1, 8);
            auto const want = f.backward(to<long double>(point), to<long double>(numbers_in(g)));
            auto const near = [&](std::vector<T> const& got) {
                std::size_t from = 0;
                for (index_t part : {g.size(), f.shape[1], f.shape[1]}) {  // x, weight, bias
                    std::size_t const end = from + static_cast<std::size_t>(part);
                    auto const at = [](std::size_t k) { return static_cast<std::ptrdiff_t>(k); };
                    std::vector<T> const a(got.begin() + at(from), got.begin() + at(end));
                    std::vector<long double> const b(want.begin() + at(from), want.begin() + at(end));
                    CHECK(error_in_eps(a, b) <= tolerance::gradient * std::max(1., offset));
                    from = end;
                }
            };
            near(f.backward(to<T>(point), to<T>(numbers_in(g))));
            near(f.backward(to<T>(point), to<T>(numbers_in(g)), two));
        };
        check(pack_norm(nn::batch_norm2d{}, {2, 4, 19, 23}));
        check(pack_norm(nn::group_norm{.groups = 2}, {2, 4, 19, 23}));
    }
}

TEST_CASE("gradients of normalisations")
{
    for (bool relu : {false, true})
        for (double offset : {0., 3.}) {
            CAPTURE(relu, offset);
            for (dims<4> const& e : {dims<4>{2, 4, 3, 5}, dims<4>{3, 2, 1, 1}}) {
                auto const batch = pack_norm(nn::batch_norm2d{.epsilon = 1e-2, .relu = relu}, e);
                check_gradients(batch, batch.point(offset, 1, 3));
                auto const group = pack_norm(nn::group_norm{.groups = 2, .epsilon = 1e-2, .relu = relu}, e);
                check_gradients(group, group.point(offset, 1, 3));
            }
        }
}

TEMPLATE_TEST_CASE("normalisations: same bits on any number of threads, near those of seq", "", float, double)
{
    using T = TestType;
    dims<4> const e{2, 6, 97, 61};
    auto const check = [&](auto const& f) {
        auto const point = to<T>(f.point(0.5, 1, 3));
        auto const g = numbers_in(random_tensor<T>(e, 1, 4));
        auto const run = [&](auto const& exec) {
            auto all = f.forward(point, exec);
            auto const bar = f.backward(point, g, exec);
            all.insert(all.end(), bar.begin(), bar.end());
            return all;
        };
        auto const one = run(exec::omp{.threads = 1});
        for (int threads : {2, 3}) CHECK(run(exec::omp{.threads = threads}) == one);
        CHECK(error_in_eps(run(exec::seq{}), one) <= 16);
    };
    check(pack_norm(nn::batch_norm2d{}, e));
    check(pack_norm(nn::group_norm{.groups = 3}, e));
    check(pack_norm(nn::batch_norm2d{.relu = true}, e));
}

TEMPLATE_TEST_CASE("normalisations: padded rows and columns apart give the values of dense arrays", "", float, double)
{
    using T = TestType;
    dims<4> const e{2, 4, 5, 7};
    auto const x = random_tensor<T>(e, 1, 3), g = random_tensor<T>(e, 1, 4);
    for (bool rows : {true, false}) {
        dims<4> const strides = rows ? dims<4>{240, 60, 12, 1} : dims<4>{480, 120, 24, 3};
        tensor<T, 1> room(960), room_of_g(960), room_of_y(960);
        view<T, 4> const px(room.data(), e, strides), pg(room_of_g.data(), e, strides),
            py(room_of_y.data(), e, strides);
        copy(as_const(x), px);
        copy(as_const(g), pg);
        auto const check = [&](auto const& norm) {
            auto const p = norm.template make_params<T>(4);
            auto dp = norm.zero_gradients(p), dq = dp;
            tensor<T, 4> y(e), dx(e);
            typename std::remove_cvref_t<decltype(norm)>::template saved<T> s;
            norm.forward(two, p, x, y, s);
            norm.backward(two, p, x, s, g, dx, dp);
            norm.forward(two, p, px, py, s);
            CHECK(error_in_eps(numbers_in(as_const(py)), numbers_in(y)) <= 4);
            norm.backward(two, p, px, s, pg, py, dq);
            CHECK(error_in_eps(numbers_in(as_const(py)), numbers_in(dx)) <= 16);
            CHECK(error_in_eps(numbers_in(dq.weight), numbers_in(dp.weight)) <= 16);
            CHECK(error_in_eps(numbers_in(dq.bias), numbers_in(dp.bias)) <= 16);
        };
        check(nn::batch_norm2d{});
        check(nn::group_norm{.groups = 2});
    }
}

TEST_CASE("running averages: what update makes of them, and inference by them")
{
    nn::batch_norm2d const norm{.momentum = 0.25};
    auto p = norm.make_params<double>(3);
    p.weight(1) = 0.7;
    p.bias(2) = -0.4;
    auto const x = random_tensor<double>(dims<4>{2, 3, 4, 5}, 2, 3);
    tensor<double, 4> y(x.extents()), z(x.extents());
    nn::batch_norm2d::saved<double> s;
    norm.forward(two, p, x, y, s);
    norm.update(two, s, p);
    for (index_t c = 0; c < 3; ++c) {
        CHECK(std::fabs(p.running_mean(c) - 0.25 * s.mean(c)) <= 1e-15);
        CHECK(std::fabs(p.running_variance(c) - (0.75 + 0.25 * s.variance(c) * 40 / 39)) <= 1e-15);
    }
    // With the batch's statistics both forms are one.
    p.running_mean = s.mean;
    p.running_variance = s.variance;
    norm.forward(two, p, x, z);
    CHECK(error_in_eps(numbers_in(z), numbers_in(y)) <= 4);
    auto in_place = x;
    norm.forward(exec::seq{}, p, in_place, in_place);
    CHECK(error_in_eps(numbers_in(in_place), numbers_in(y)) <= 4);

    // Buffers are no leaves.
    std::string names;
    for_each_leaf(p, [&](std::string const& name, auto) { names += name + " "; });
    for_each_buffer(p, [&](std::string const& name, auto) { names += name + " "; });
    CHECK(names == "weight bias running_mean running_var ");
}

TEST_CASE("normalisations: empty arrays, a constant channel and messages")
{
    nn::batch_norm2d const batch;
    nn::group_norm const group{.groups = 2};
    auto p = batch.make_params<double>(4);
    auto const q = group.make_params<double>(4);
    tensor<double, 4> none(0, 4, 3, 3), flat(2, 4, 3, 3), dx(2, 4, 3, 3), other(2, 4, 3, 2);
    for (double& v : flat) v = 5;
    nn::batch_norm2d::saved<double> s;
    batch.forward(two, p, none, none, s);
    batch.update(two, s, p);
    CHECK(p.running_variance(0) == 1);
    group.forward(two, q, none, none);
    batch.forward(two, p, flat, dx, s);
    for (double v : dx) CHECK(v == 0);

    auto dp = batch.zero_gradients(p);
    exec::seq const seq;
    CHECK(thrown<shape_error>([&] { batch.forward(seq, p, flat, other); }) ==
          "batch_norm2d::forward: y must be [N, C, H, W] = [2, 4, 3, 3], got [2, 4, 3, 2]");
    CHECK(thrown<shape_error>([&] { batch.backward(seq, p, flat, s, other, dx, dp); }) ==
          "batch_norm2d::backward: dy must be [N, C, H, W] = [2, 4, 3, 3], got [2, 4, 3, 2]");
    nn::batch_norm2d::saved<double> never;
    CHECK(thrown<shape_error>([&] { batch.backward(seq, p, flat, never, flat, dx, dp); }) ==
          "batch_norm2d::backward: saved.mean must be as forward left it = [4], got [0]");
    CHECK(thrown<value_error>([&] { nn::batch_norm2d{.epsilon = 0}.forward(seq, p, flat, dx); }) ==
          "batch_norm2d::forward: epsilon must be greater than 0, got 0");
    CHECK(thrown<value_error>([&] { nn::batch_norm2d{.momentum = 2}.update(seq, s, p); }) ==
          "batch_norm2d::update: momentum must be from 0 to 1, got 2");
    CHECK(thrown<value_error>([&] { nn::group_norm{.groups = 3}.forward(seq, q, flat, dx); }) ==
          "group_norm::forward: the number of channels must be at least 1 and a multiple of groups = 3, got 4");
    auto const wrong = group.make_params<double>(6);
    CHECK(thrown<shape_error>([&] { group.forward(seq, wrong, flat, dx); }) ==
          "group_norm::forward: weight must be [C] = [4], got [6]");
}
