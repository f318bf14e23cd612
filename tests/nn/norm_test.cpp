// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Centring, batch normalisation.
#include <hyspn/manifold/poincare/expmap0.hpp>
#include <hyspn/manifold/poincare/logmap0.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>
#include <hyspn/nn/poincare_avg_pool2d.hpp>
#include <hyspn/nn/poincare_batch_norm.hpp>

#include "nn/support.hpp"
#include "nn/textbook.hpp"

using namespace hyspn;
using namespace hyspn::testing;
namespace book = textbook;
using tolerance = nn_tolerances;

namespace {

/// The training form of a batch normalisation as a function of x, mean, variance, c.
struct packed_norm {
    nn::poincare_batch_norm norm;
    dims<2> shape;

    template <class T>
    std::vector<T> forward(std::vector<T> const& flat) const
    {
        auto const [x, p] = unpack(flat);
        tensor<T, 2> y(shape);
        nn::poincare_batch_norm::saved<T> s;
        norm.forward(exec::seq{}, p, x, y, s);
        return numbers_in(y);
    }
    template <class T>
    std::vector<T> backward(std::vector<T> const& flat, std::vector<T> const& g) const
    {
        auto const [x, p] = unpack(flat);
        tensor<T, 2> y(shape), dy(shape), dx(shape);
        std::copy(g.begin(), g.end(), dy.begin());
        nn::poincare_batch_norm::saved<T> s;
        norm.forward(exec::seq{}, p, x, y, s);
        auto dp = norm.zero_gradients(p);
        norm.backward(exec::seq{}, p, x, s, dy, dx, dp);
        std::vector<T> bar = numbers_in(dx);
        for_each_leaf(dp, [&](char const*, auto leaf) { for_each_element(leaf, [&](T v) { bar.push_back(v); }); });
        return bar;
    }
    template <class T>
    std::pair<tensor<T, 2>, nn::poincare_batch_norm::params<T>> unpack(std::vector<T> const& flat) const
    {
        tensor<T, 2> x(shape);
        auto p = norm.make_params<T>(shape[1]);
        auto next = flat.begin();
        for (T& v : x) v = *next++;
        for_each_leaf(p, [&](char const*, auto leaf) { for_each_element(leaf, [&](T& v) { v = *next++; }); });
        return {std::move(x), std::move(p)};
    }
    std::vector<double> point(double spread, double mean, double c, std::uint64_t seed) const
    {
        noise next(seed);
        std::vector<double> flat;
        for (index_t i = 0; i < shape[0] * shape[1]; ++i) flat.push_back(next(spread));
        for (index_t i = 0; i < shape[1]; ++i) flat.push_back(next(mean));
        flat.push_back(0.8);
        flat.push_back(c);
        return flat;
    }
};

}  // namespace

namespace {

using vec = std::vector<double>;

/// (−m) ⊕ x in tangent coordinates, by ball points.
book::vec on_the_ball(book::vec const& m, book::vec const& x, long double c)
{
    book::vec const a = book::scaled(book::expmap0(m, c), -1), b = book::expmap0(x, c);
    long double const ab = book::dot(a, b), a2 = book::dot(a, a), b2 = book::dot(b, b);
    book::vec sum(a.size());
    for (std::size_t i = 0; i < a.size(); ++i)
        sum[i] = ((1 + 2 * c * ab + c * b2) * a[i] + (1 - c * a2) * b[i]) / (1 + 2 * c * ab + c * c * a2 * b2);
    return book::logmap0(sum, c);
}

template <class T>
using centring_of = hyspn::detail::centring<T, view<T const, 1>, view<T const, 1>>;

/// x and m of D numbers and c → w; and its backward pass.
template <class T>
std::vector<T> centre(std::vector<T> const& flat)
{
    using std::sqrt;
    auto const D = static_cast<index_t>(flat.size() / 2);
    std::vector<T> out(static_cast<std::size_t>(D));
    view<T const, 1> const x(flat.data(), dims<1>{D}), m(flat.data() + D, dims<1>{D});
    centring_of<T>(sqrt(flat.back()), x, m).forward(view<T, 1>(out.data(), dims<1>{D}));
    return out;
}
template <class T>
std::vector<T> centre_vjp(std::vector<T> const& flat, std::vector<T> const& g)
{
    auto const D = static_cast<index_t>(flat.size() / 2);
    std::vector<T> bar(flat.size());
    view<T const, 1> const x(flat.data(), dims<1>{D}), m(flat.data() + D, dims<1>{D}), gv(g.data(), dims<1>{D});
    view<T, 1> const dx(bar.data(), dims<1>{D}), dm(bar.data() + D, dims<1>{D});
    bar.back() = centring_of<T>(std::sqrt(flat.back()), x, m).vjp(gv, dx, dm) / (2 * flat.back());
    return bar;
}

}  // namespace

TEMPLATE_TEST_CASE("centring: Möbius addition in tangent coordinates, to the last digits near the centre", "", float,
                   double)
{
    using T = TestType;
    double worst = 0;
    for (double c : {0.1, 0.75, 3.7})
        for (double size : {1e-3, 0.3, 0.8})
            for (double gap : {1e-3, 0.3, 2.0}) {
                noise next(4);
                std::vector<T> flat(9);
                for (std::size_t i = 0; i < 4; ++i) {
                    flat[4 + i] = T(next(size));
                    flat[i] = flat[4 + i] + T(next(gap * size));
                }
                flat[8] = T(c);
                book::vec const x(flat.begin(), flat.begin() + 4), m(flat.begin() + 4, flat.begin() + 8);
                if (std::is_same_v<T, double> && std::sqrt(c) * (book::length(x) + book::length(m)) > 2.5) continue;
                worst =
                    std::max(worst, error_in_eps(centre(flat), on_the_ball(m, x, static_cast<long double>(flat[8]))));
            }
    INFO(worst);
    CHECK(worst > 0);
    CHECK(worst <= tolerance::value);
}

TEST_CASE("centring gradients")
{
    auto const forward = [](auto const& x) { return centre(x); };
    auto const check = [&](vec const& point, double bound) {
        auto const report =
            check_adjoint(forward, centre_vjp<double>, point, {.log_above = bound, .scale = 1, .floor = 1e-6});
        INFO(report.log);
        CHECK(report.within(bound));
    };
    auto const differences = [&](vec const& point) {
        auto const report =
            check_differences(forward, centre_vjp<double>, point, {.log_above = 1e-7, .scale = 1, .floor = 1e-3});
        INFO(report.log);
        CHECK(report.within(tolerance::differences));
    };
    for (double c : {0.1, 0.75, 3.7})
        for (double size : {0.05, 0.4, 1.5}) {
            CAPTURE(c, size);
            vec point;
            noise next(5);
            for (int i = 0; i < 6; ++i) point.push_back(next(size));
            point.push_back(c);
            check(point, 1e-10);
            differences(point);
            for (std::size_t i = 0; i < 3; ++i) point[i] = point[3 + i] * (1 + 1e-3 * static_cast<double>(i + 1));
            check(point, 1e-9);
        }
    differences({0, 0, 0, 0.3, -0.2, 0.4, 0.75});
    differences({0.3, -0.2, 0.4, 0, 0, 0, 0.75});
    differences({0, 0, 0, 0, 0, 0, 0.75});
    differences({0.3, -0.2, 0.4, 0.3, -0.2, 0.4, 0.75});
    differences({0.3, -0.2, 0.4, -0.6, 0.4, -0.8, 0.75});
}

TEMPLATE_TEST_CASE("batch normalisation: centring at the midpoint, scaling, translation, by ball points", "", float,
                   double)
{
    using T = TestType;
    nn::poincare_batch_norm const norm{};
    for (long double c : {0.1L, 0.75L, 2.0L}) {
        auto const x = random_tensor<T>(dims<2>{7, 3}, 0.3, 3);
        auto p = norm.make_params<T>(3);
        p.c = T(c);
        p.variance = T(0.25);
        for (index_t k = 0; k < 3; ++k) p.mean(k) = T(0.25) - T(0.125) * T(static_cast<double>(k));
        tensor<T, 2> y(7, 3);
        nn::poincare_batch_norm::saved<T> s;
        norm.forward(exec::seq{}, p, x, y, s);
        c = static_cast<long double>(p.c);
        std::vector<book::vec> points, centred;
        for (index_t n = 0; n < 7; ++n)
            points.push_back({static_cast<long double>(x(n, 0)), static_cast<long double>(x(n, 1)),
                              static_cast<long double>(x(n, 2))});
        auto const mean = book::midpoint(points, c);
        CHECK(error_in_eps(numbers_in(s.batch.mean), mean) <= tolerance::value);
        long double variance = 0;
        for (auto const& v : points) {
            centred.push_back(on_the_ball(mean, v, c));
            variance += 4 * book::dot(centred.back(), centred.back()) / 7;
        }
        CHECK(std::fabs(static_cast<double>(static_cast<long double>(s.batch.variance) / variance - 1)) <=
              tolerance::value * unit_roundoff<T>);
        book::vec b;
        for (T v : p.mean) b.push_back(-static_cast<long double>(v));
        book::vec want;
        for (auto const& u : centred)
            for (auto v : on_the_ball(b, book::scaled(u, std::sqrt(0.25L / variance)), c)) want.push_back(v);
        CHECK(error_in_eps(numbers_in(y), want) <= tolerance::value);
        // The outputs' mean squared distance to b is γ.
        long double spread = 0;
        for (index_t n = 0; n < 7; ++n) {
            auto const u = on_the_ball(book::scaled(b, -1),
                                       {static_cast<long double>(y(n, 0)), static_cast<long double>(y(n, 1)),
                                        static_cast<long double>(y(n, 2))},
                                       c);
            spread += 4 * book::dot(u, u) / 7;
        }
        CHECK(std::fabs(static_cast<double>(spread) / 0.25 - 1) <= 64 * unit_roundoff<T>);
    }
}

TEST_CASE("batch normalisation gradients pass through the batch's statistics")
{
    packed_norm const f{{}, {6, 3}};
    auto const forward = [&](auto const& x) { return f.forward(x); };
    auto const backward = [&](vec const& x, vec const& g) { return f.backward(x, g); };
    for (double c : {0.1, 0.75, 3.7})
        for (double spread : {0.03, 0.3, 1.0}) {
            CAPTURE(c, spread);
            auto const report =
                check_adjoint(forward, backward, f.point(spread, 0.3, c, 9), {.log_above = 1e-9, .floor = 1e-3});
            INFO(report.log);
            CHECK(report.within(1e-9));
        }
    auto const differences = [&](packed_norm const& g, vec const& point) {
        auto const report = check_differences([&](auto const& x) { return g.forward(x); },
                                              [&](vec const& x, vec const& dy) { return g.backward(x, dy); }, point,
                                              {.log_above = 1e-7, .scale = 1, .floor = 1e-3});
        INFO(report.log);
        CHECK(report.within(2 * tolerance::differences));
    };
    differences(f, f.point(0.4, 0.3, 0.75, 9));
    differences(f, f.point(0.4, 0, 0.75, 9));  // b at the origin
    differences({{.epsilon = 0.1}, {6, 3}}, f.point(0.4, 0.3, 0.75, 9));
    auto zero = f.point(0.4, 0.3, 0.75, 9);
    zero[3] = zero[4] = zero[5] = 0;
    differences(f, zero);
}

TEST_CASE("batch normalisation of points that coincide puts them at b")
{
    nn::poincare_batch_norm const norm{};
    auto p = norm.make_params<double>(2);
    p.mean(0) = 0.5;
    tensor<double, 2> x(4, 2), y(4, 2), dx(4, 2), dy(4, 2);
    for (double value : {0.0, 0.5}) {
        for (double& v : x) v = value;
        for (double& v : dy) v = 1;
        nn::poincare_batch_norm::saved<double> s;
        norm.forward(exec::seq{}, p, x, y, s);
        auto dp = norm.zero_gradients(p);
        norm.backward(exec::seq{}, p, x, s, dy, dx, dp);
        // The mean is exact only to rounding; what rounding leaves of a variance may be scaled up.
        if (value == 0) {
            for (index_t n = 0; n < 4; ++n) {
                CHECK(std::fabs(y(n, 0) - 0.5) <= 1e-15);
                CHECK(y(n, 1) == 0);
            }
            for (double v : dx) CHECK(v == 0);
            CHECK(std::fabs(dp.mean(0) - 4) <= 1e-13);
        }
        CHECK(all_finite(numbers_in(y)));
        CHECK(all_finite(numbers_in(dx)));
    }
}

TEST_CASE("running statistics and the inference form")
{
    nn::poincare_batch_norm const norm{.momentum = 0.25};
    auto p = norm.make_params<double>(3);
    p.c = 0.75;
    p.mean(1) = 0.3;
    p.variance = 0.7;
    auto const x = random_tensor<double>(dims<2>{9, 3}, 0.4, 3);
    tensor<double, 2> y(9, 3), z(9, 3);
    nn::poincare_batch_norm::saved<double> s;
    norm.forward(exec::seq{}, p, x, y, s);
    // With the batch's statistics both forms are one.
    norm.forward(exec::seq{}, p, s.batch, x, z);
    CHECK(numbers_in(z) == numbers_in(y));
    auto running = norm.make_statistics<double>(3);
    norm.update(exec::seq{}, p, s, running);
    // From the origin the geodesic is a ray.
    for (index_t k = 0; k < 3; ++k) CHECK(std::fabs(running.mean(k) - 0.25 * s.batch.mean(k)) <= 1e-15);
    CHECK(std::fabs(running.variance - (0.75 + 0.25 * s.batch.variance)) <= 1e-15);
    for (int i = 0; i < 200; ++i) norm.update(exec::seq{}, p, s, running);
    CHECK(error_in_eps(numbers_in(running.mean), numbers_in(s.batch.mean)) <= 64);
    CHECK(std::fabs(running.variance / s.batch.variance - 1) <= 1e-14);

    // Its gradient, statistics constant.
    running.variance = 0.9;
    auto const forward = [&](auto const& flat) {
        using T = std::remove_cvref_t<decltype(flat[0])>;
        auto const [in, q] = packed_norm{norm, {9, 3}}.unpack(flat);
        nn::poincare_batch_norm::statistics<T> given{tensor<T, 1>(3), T(0.9)};
        for (index_t k = 0; k < 3; ++k) given.mean(k) = T(running.mean(k));
        tensor<T, 2> out(9, 3);
        norm.forward(exec::seq{}, q, given, in, out);
        return numbers_in(out);
    };
    auto const backward = [&](vec const& flat, vec const& g) {
        auto const [in, q] = packed_norm{norm, {9, 3}}.unpack(flat);
        tensor<double, 2> dy(9, 3), dx(9, 3);
        std::copy(g.begin(), g.end(), dy.begin());
        auto dp = norm.zero_gradients(q);
        norm.backward(exec::seq{}, q, running, in, dy, dx, dp);
        vec bar = numbers_in(dx);
        for_each_leaf(dp, [&](char const*, auto leaf) { for_each_element(leaf, [&](double v) { bar.push_back(v); }); });
        return bar;
    };
    auto const report = check_adjoint(forward, backward, packed_norm{norm, {9, 3}}.point(0.4, 0.3, 0.75, 2),
                                      {.log_above = 1e-10, .floor = 1e-3});
    INFO(report.log);
    CHECK(report.within(1e-10));
}

TEMPLATE_TEST_CASE("pooling and batch normalisation: same bits on any number of threads, those of seq", "", float,
                   double)
{
    using T = TestType;
    nn::poincare_batch_norm const norm{};
    nn::poincare_avg_pool2d const pool{};
    auto const x = random_tensor<T>(dims<4>{2, 5, 33, 40}, 0.3, 3), g = random_tensor<T>(dims<4>{2, 5, 33, 40}, 1, 4);
    auto const gp = random_tensor<T>(dims<4>{2, 5, 16, 20}, 1, 4);
    auto p = norm.make_params<T>(5);
    p.mean(2) = T(0.25);
    auto const run = [&](auto const& exec) {
        tensor<T, 4> y(x.extents()), dx(x.extents());
        nn::poincare_batch_norm::saved<T> s;
        norm.forward(exec, p, x, y, s);
        auto dp = norm.zero_gradients(p);
        norm.backward(exec, p, x, s, g, dx, dp);
        std::vector<T> all = numbers_in(y);
        for (auto const& part : {numbers_in(dx), numbers_in(dp.mean), std::vector<T>{dp.variance, dp.c}})
            all.insert(all.end(), part.begin(), part.end());
        auto q = pool.make_params<T>(5), dq = q;
        auto z = pool.forward(exec, q, x);
        nn::poincare_avg_pool2d::saved<T> t;
        pool.forward(exec, q, x, z, t);
        pool.backward(exec, q, x, t, gp, dx, dq);
        for (auto const& part : {numbers_in(z), numbers_in(dx), std::vector<T>{dq.c}})
            all.insert(all.end(), part.begin(), part.end());
        return all;
    };
    auto const one = run(exec::omp{.threads = 1});
    for (int threads : {2, 3}) CHECK(run(exec::omp{.threads = threads}) == one);
    CHECK(error_in_eps(run(exec::seq{}), one) <= 16);
}
