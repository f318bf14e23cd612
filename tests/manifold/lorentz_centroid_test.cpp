// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include <manifold/ambient_textbook.hpp>
#include <manifold/model_geometry.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/manifold/poincare/weighted_midpoint.hpp>
#include <hyspn/testing/gradient_check.hpp>

namespace hyspn::testing {
namespace {

/// Sets of points at about `radius` from the origin and `spread` from each other, in units of 1/√c.
template <class T>
struct centroid_sets {
    tensor<T, 2> weights, dw, out, g;
    tensor<T, 3> points, dx;
    curvature<T> c;
    T dc = T(0);

    centroid_sets(index_t n, index_t k, index_t d, double c_, double radius, double spread, unsigned seed,
                  bool is_signed)
        : weights(n, k),
          dw(n, k),
          out(n, d),
          g(n, d),
          points(n, k, d),
          dx(n, k, d),
          c(curvature<T>::from_c(static_cast<T>(c_)))
    {
        point_source source(seed);
        auto const wide_c = curvature_d::from_c(c_);
        double const s = std::sqrt(c_);
        for (index_t set = 0; set < n; ++set) {
            auto const centre = source.point<double>(d, std::sinh(radius) / s);
            for (index_t m = 0; m < k; ++m) {
                auto x = source.point<double>(d, std::sinh(spread * (0.55 + 0.45 * source.number())) / s);
                lorentz::boost(wide_c, as_view(centre), as_view(x), as_view(x));
                for (index_t i = 0; i < d; ++i) points(set, m, i) = static_cast<T>(x(i));
                double const w = 1.05 + source.number();
                weights(set, m) = static_cast<T>(is_signed && m % 3 == 1 ? -w : w);
            }
            for (index_t i = 0; i < d; ++i) g(set, i) = static_cast<T>(source.number());
        }
    }

    template <class P>
    void run(P const& exec)
    {
        lorentz::centroid(exec, c, weights, points, out);
        dc = lorentz::centroid_vjp(exec, c, weights, points, g, dw, dx);
    }
};

/// The centroid by the textbook of one set: K weights, K points, c.
template <class S>
std::vector<S> textbook_centroid(std::vector<S> const& flat, std::size_t k, std::size_t d)
{
    using namespace textbook;
    S const c = flat.back();
    vec<S> total(d + 1);
    for (std::size_t n = 0; n < k; ++n) {
        auto const start = flat.begin() + static_cast<std::ptrdiff_t>(k + n * d);
        auto y = lift(model::lorentz, vec<S>(start, start + static_cast<std::ptrdiff_t>(d)), c);
        S w = flat[n];
        if (w < S(0)) {
            w = -w;
            for (std::size_t i = 1; i <= d; ++i) y[i] = -y[i];
        }
        total = combine(S(1), total, w, y);
    }
    S const length = sqrt(-c * lorentz(total, total));
    std::vector<S> out;
    for (std::size_t i = 1; i <= d; ++i) out.push_back(total[i] / length);
    return out;
}

struct exact_centroid {
    std::vector<textbook::quad> out, gradient;  // of weights, points, c

    exact_centroid(std::vector<textbook::quad> const& x, std::vector<double> const& g, std::size_t k, std::size_t d)
        : out(textbook_centroid(x, k, d)), gradient(x.size())
    {
        using textbook::quad;
        std::vector<textbook::jet<quad>> moving(x.begin(), x.end());
        for (std::size_t j = 0; j < x.size(); ++j) {
            moving[j].slope = quad(1);
            auto const y = textbook_centroid(moving, k, d);
            moving[j].slope = quad(0);
            for (std::size_t i = 0; i < d; ++i) gradient[j] = gradient[j] + quad(g[i]) * y[i].slope;
        }
    }
};

/// ‖got − wanted‖/‖wanted‖ of a part, in round-offs.
template <class T>
double part_error(std::vector<textbook::quad> const& got, std::vector<textbook::quad> const& wanted, std::size_t start,
                  std::size_t size)
{
    textbook::quad error, length;
    for (std::size_t i = start; i < start + size; ++i) {
        error = error + (got[i] - wanted[i]) * (got[i] - wanted[i]);
        length = length + wanted[i] * wanted[i];
    }
    double const e = static_cast<double>(sqrt(error));
    if (e == 0) return 0;
    return e / std::max(static_cast<double>(sqrt(length)), static_cast<double>(std::numeric_limits<T>::min())) /
           static_cast<double>(math_traits<T>::unit_roundoff);
}

}  // namespace

TEMPLATE_TEST_CASE("Lorentz centroids and their cotangents against 113 bits", "", float, double)
{
    using T = TestType;
    using textbook::quad;
    std::size_t const k = 5;
    bool const narrow = sizeof(T) == 4;
    double worst[4] = {}, share[4] = {};
    for (double c : {0.25, 1.0, 3.7})
        for (index_t d : {1, 2, 5})
            for (double radius : {0.0, 0.5, 3.0, narrow ? 8.0 : 14.0})
                for (double spread : {1e-3, 0.3, 3.0, narrow ? 6.0 : 14.0})
                    for (bool is_signed : {false, true}) {
                        if (is_signed && radius > 1) continue;  // two heaps on opposite sides: nothing new
                        INFO("c = " << c << ", D = " << d << ", radius " << radius << ", spread " << spread
                                    << ", signed " << is_signed);
                        centroid_sets<T> set(1, 5, d, c, radius, spread, 6, is_signed);
                        set.run(exec::seq{});
                        auto const size = static_cast<std::size_t>(d), n = k + k * size;
                        std::vector<quad> x;
                        for (T w : set.weights) x.push_back(static_cast<double>(w));
                        for (T a : set.points) x.push_back(static_cast<double>(a));
                        x.push_back(static_cast<double>(set.c.c()));
                        std::vector<double> const g(set.g.begin(), set.g.end());
                        exact_centroid const wanted(x, g, k, size);
                        std::vector<quad> out, gradient;
                        for (T a : set.out) out.push_back(static_cast<double>(a));
                        for (T a : set.dw) gradient.push_back(static_cast<double>(a));
                        for (T a : set.dx) gradient.push_back(static_cast<double>(a));
                        gradient.push_back(static_cast<double>(set.dc));
                        auto const errors = [&](std::vector<quad> const& y, std::vector<quad> const& dx) {
                            return std::array<double, 4>{part_error<T>(y, wanted.out, 0, size),
                                                         part_error<T>(dx, wanted.gradient, 0, k),
                                                         part_error<T>(dx, wanted.gradient, k, k * size),
                                                         part_error<T>(dx, wanted.gradient, n, 1)};
                        };
                        // How far rounding of the inputs alone moves the exact ones.
                        std::array<double, 4> cond{};
                        point_source source(5);
                        for (int trial = 0; trial < 6; ++trial) {
                            auto moved = x;
                            for (auto& a : moved)
                                a = a *
                                    quad(1 + (source.number() > 0 ? 1 : -1) * double(math_traits<T>::unit_roundoff));
                            exact_centroid const there(moved, g, k, size);
                            auto const e = errors(there.out, there.gradient);
                            for (std::size_t i = 0; i < 4; ++i) cond[i] = std::max(cond[i], e[i]);
                        }
                        auto const got = errors(out, gradient);
                        for (std::size_t i = 0; i < 4; ++i) {
                            INFO("value, weights, points, c: " << i << ", condition " << cond[i]);
                            // Inputs count as exact: for weights condition is an excuse far out only.
                            bool const excused = i != 1 || radius > 1 || spread > 1;
                            double const bar =
                                std::max(i == 0 ? 16.0 : 128.0, excused ? (i == 0 ? 8 : 4) * cond[i] : 0.0);
                            CHECK(got[i] <= bar);
                            worst[i] = std::max(worst[i], got[i] * (i == 0 ? 16 : 128) / bar);
                            share[i] = std::max(share[i], got[i] / bar);
                        }
                    }
    std::printf(
        "lorentz::centroid %s: value %.1f, weights %.1f, points %.1f, c %.1f eps; share of the bound %.2f %.2f "
        "%.2f %.2f\n",
        narrow ? "float " : "double", worst[0], worst[1], worst[2], worst[3], share[0], share[1], share[2], share[3]);
}

TEST_CASE("Lorentz centroids: dual numbers and differences")
{
    for (bool is_signed : {false, true})
        for (index_t d : {1, 2, 5})
            for (double c : {0.3, 1.0, 2.5})
                for (double radius : {0.0, 0.5, 2.0}) {
                    index_t const k = 4;
                    centroid_sets<double> const set(1, k, d, c, radius, 1, 5, is_signed);
                    std::vector<double> in(set.weights.begin(), set.weights.end());
                    in.insert(in.end(), set.points.begin(), set.points.end());
                    in.push_back(c);
                    auto const weights_of = [&](auto* data) {
                        return view<std::remove_pointer_t<decltype(data)>, 1>(data, dims<1>{{k}});
                    };
                    auto const points_of = [&](auto* data) {
                        return view<std::remove_pointer_t<decltype(data)>, 2>(data + k, dims<2>{{k, d}});
                    };
                    auto const row = [&](auto* data) {
                        return view<std::remove_pointer_t<decltype(data)>, 1>(data, dims<1>{{d}});
                    };
                    auto const forward = [&]<class S>(std::vector<S> const& v) {
                        std::vector<S> out(static_cast<std::size_t>(d));
                        lorentz::centroid(curvature<S>::from_c(v.back()), weights_of(v.data()), points_of(v.data()),
                                          row(out.data()));
                        return out;
                    };
                    auto const backward = [&](std::vector<double> const& v, std::vector<double> const& g) {
                        std::vector<double> out(v.size());
                        out.back() = lorentz::centroid_vjp(curvature<double>::from_c(v.back()), weights_of(v.data()),
                                                           points_of(v.data()), row(g.data()), weights_of(out.data()),
                                                           points_of(out.data()));
                        return out;
                    };
                    INFO("signed " << is_signed << ", D = " << d << ", c = " << c << ", radius " << radius);
                    auto const adjoint = check_adjoint(forward, backward, in);
                    INFO(adjoint.log);
                    CHECK(adjoint.within(1e-9));
                    auto const slopes = check_differences(forward, backward, in);
                    INFO(slopes.log);
                    CHECK(slopes.within(1e-6));
                }
}

TEST_CASE("The Lorentz centroid is the gyromidpoint of the ball, and moves with isometries")
{
    constexpr double bar = 1e-13;
    for (double number : {0.25, 1.0, 3.7})
        for (bool is_signed : {false, true}) {
            index_t const k = 6, d = 3;
            centroid_sets<double> set(1, k, d, number, 0.8, 1.2, 4, is_signed);
            auto const& c = set.c;
            double const s = std::sqrt(number);
            set.run(exec::seq{});
            vector_d centre(d);
            copy(as_const(as_view(set.out))[0], as_view(centre));

            tensor<double, 3> ball(1, k, d);
            tensor<double, 2> middle(1, d);
            lorentz_to_poincare(exec::seq{}, c, as_view(set.points)[0], as_view(ball)[0]);
            poincare::weighted_midpoint(exec::seq{}, c, set.weights, ball, middle);
            vector_d back(d);
            poincare_to_lorentz(c, as_view(middle)[0], as_view(back));
            CHECK(apart(centre, back) <= bar);

            point_source source(8);
            auto const a = source.point<double>(d, 1 / s), b = source.point<double>(d, 2 / s);
            auto turned = set, pushed = set;
            for (index_t n = 0; n < k; ++n) {
                lorentz::rotation(c, as_view(a), as_view(b), as_view(set.points)[0][n], as_view(turned.points)[0][n]);
                lorentz::boost(c, as_view(b), as_view(set.points)[0][n], as_view(pushed.points)[0][n]);
            }
            turned.run(exec::seq{});
            pushed.run(exec::seq{});
            vector_d there(d);
            copy(as_const(as_view(turned.out))[0], as_view(there));
            CHECK(apart(there, mapped(lorentz::rotation, c, a, b, centre)) <= bar);
            copy(as_const(as_view(pushed.out))[0], as_view(there));
            if (!is_signed) CHECK(apart(there, mapped(lorentz::boost, c, b, centre)) <= bar);
        }
}

TEST_CASE("Lorentz centroids: one point, equal points, two points, no weight, opposite signs")
{
    auto const c = curvature_d::from_c(0.7);
    for (double radius : {0.0, 1e-20, 0.3, 20.0, 300.0}) {
        INFO("radius " << radius);
        centroid_sets<double> set(1, 3, 2, 0.7, 0, 0.5, 3, false);
        auto const x = point_source(4).point<double>(2, std::sinh(radius) + 1e-300);
        for (index_t n = 0; n < 3; ++n) copy(as_const(as_view(x)), as_view(set.points)[0][n]);
        set.run(exec::seq{});
        CHECK(std::equal(set.out.begin(), set.out.end(), x.begin()));
        for (double a : set.dw) CHECK(a == 0);
        for (double a : set.dx) CHECK(std::isfinite(a));
        CHECK(set.dc == 0);

        auto const y = point_source(9).point<double>(2, std::sinh(radius) + 1e-300);
        centroid_sets<double> two(1, 2, 2, 0.7, 0, 0.5, 3, false);
        copy(as_const(as_view(x)), as_view(two.points)[0][0]);
        copy(as_const(as_view(y)), as_view(two.points)[0][1]);
        for (double& w : two.weights) w = 3;
        two.run(exec::seq{});
        vector_d middle(2), got(2);
        lorentz::midpoint(c, as_view(x), as_view(y), as_view(middle));
        copy(as_const(as_view(two.out))[0], as_view(got));
        CHECK(apart(got, middle) <= 1e-13);
        for (double a : two.dx) CHECK(std::isfinite(a));
    }
    centroid_sets<double> none(2, 4, 3, 0.7, 1, 0.5, 3, false);
    for (double& w : none.weights) w = 0;
    none.run(exec::seq{});
    for (double a : none.out) CHECK(a == 0);
    for (double a : none.dw) CHECK(a == 0);
    for (double a : none.dx) CHECK(a == 0);
    CHECK(none.dc == 0);
    // Equal and opposite: the sum of the points themselves would lie on the light cone or beyond.
    centroid_sets<double> pair(1, 2, 2, 0.7, 1, 1e-3, 3, false);
    for (double second : {-1.0, -1.000001, -5.0}) {
        pair.weights(0, 0) = 1;
        pair.weights(0, 1) = second;
        pair.run(exec::seq{});
        for (double a : pair.out) CHECK(std::isfinite(a));
        for (double a : pair.dx) CHECK(std::isfinite(a));
        for (double a : pair.dw) CHECK(std::isfinite(a));
    }
}

TEMPLATE_TEST_CASE("Lorentz centroids of points on opposite ends of the numbers are finite", "", float, double)
{
    using T = TestType;
    T const far = sizeof(T) == 4 ? T(1e15f) : T(1e140);
    centroid_sets<T> set(1, 3, 2, 1, 0, 0.5, 3, false);
    set.points(0, 0, 0) = far, set.points(0, 0, 1) = 0;
    set.points(0, 1, 0) = -far, set.points(0, 1, 1) = 0;
    set.points(0, 2, 0) = 0, set.points(0, 2, 1) = far;
    for (T& w : set.weights) w = 1;
    set.run(exec::seq{});
    // (3; 0, 1) f on the light cone: the length is √8 f.
    CHECK(static_cast<double>(set.out(0, 0)) == Approx(0).margin(1e-3));
    CHECK(static_cast<double>(set.out(0, 1)) == Approx(1 / std::sqrt(8.0)).epsilon(1e-5));
    for (T a : set.dw) CHECK(std::isfinite(a));
    for (T a : set.dx) CHECK(std::isfinite(a));
    CHECK(std::isfinite(set.dc));
}

TEST_CASE("Lorentz centroids: scaling by a power of two is exact; Euler's laws in lengths and weights")
{
    for (double radius : {1e-5, 0.5, 4.0}) {
        centroid_sets<double> a(1, 5, 3, 0.8, radius, 0.5, 4, true), b = a;
        double const unit = 64;
        for (double& x : b.points) x /= unit;
        for (double& w : b.weights) w *= 4;
        b.c = curvature_d::from_c(0.8 * unit * unit);
        a.run(exec::seq{});
        b.run(exec::seq{});
        for (index_t i = 0; i < 3; ++i) CHECK(b.out(0, i) * unit == a.out(0, i));
        for (index_t n = 0; n < 5; ++n) CHECK(b.dw(0, n) * 4 * unit == a.dw(0, n));
        for (index_t n = 0; n < a.dx.size(); ++n) CHECK(b.dx.data()[n] == a.dx.data()[n]);
        CHECK(b.dc * unit * unit * unit == a.dc);

        double sum = -2 * 0.8 * a.dc, size = std::fabs(sum), weights = 0, weights_size = 0;
        for (index_t n = 0; n < a.dx.size(); ++n) {
            sum += a.points.data()[n] * a.dx.data()[n];
            size += std::fabs(a.points.data()[n] * a.dx.data()[n]);
        }
        for (index_t i = 0; i < 3; ++i) sum -= a.out(0, i) * a.g(0, i), size += std::fabs(a.out(0, i) * a.g(0, i));
        for (index_t n = 0; n < 5; ++n) {
            weights += a.weights(0, n) * a.dw(0, n);
            weights_size += std::fabs(a.weights(0, n) * a.dw(0, n));
        }
        CHECK(std::fabs(sum) <= 1e-13 * size * std::exp(radius));
        CHECK(std::fabs(weights) <= 1e-13 * weights_size * std::exp(radius));
    }
}

TEMPLATE_TEST_CASE("Lorentz centroids: every policy, any number of threads, any strides, in place", "", float, double)
{
    using T = TestType;
    for (auto const& e : {dims<3>{{0, 3, 2}}, dims<3>{{1, 1, 1}}, dims<3>{{9, 5, 3}}, dims<3>{{130, 7, 17}}}) {
        INFO("[N, K, D] = " << to_string(e));
        auto const made = [&] { return centroid_sets<T>(e[0], e[1], e[2], 0.7, 0.8, 1, 11, true); };
        auto plain = made(), first = made();
        plain.run(exec::seq{});
        first.run(exec::omp{.threads = 1});
        auto const eps = [](auto const& a, auto const& b) {
            return distance_in_eps<T>(view<T const, 1>(a.data(), dims<1>{{a.size()}}),
                                      view<T const, 1>(b.data(), dims<1>{{b.size()}}));
        };
        auto const compare = [&](auto const& a, auto const& b, double bar) {
            CHECK(eps(a.out, b.out) <= bar);
            CHECK(eps(a.dw, b.dw) <= bar);
            CHECK(eps(a.dx, b.dx) <= bar);
            CHECK(std::fabs(static_cast<double>(a.dc - b.dc)) <=
                  bar * static_cast<double>(e[0]) * 16 * static_cast<double>(math_traits<T>::unit_roundoff));
        };
        compare(first, plain, 64);
        for (int threads : {2, 3, 8}) {
            auto threaded = made();
            threaded.run(exec::omp{.threads = threads});
            compare(threaded, first, 0);
        }
        // [N, K, D] kept as [D, K, N], and cotangents over inputs.
        tensor<T, 3> across(e[2], e[1], e[0]);
        view<T, 3> const points(across.data(), e, dims<3>{{1, e[0], e[0] * e[1]}});
        copy(as_const(as_view(plain.points)), points);
        auto other = made();
        lorentz::centroid(exec::seq{}, other.c, other.weights, points, other.out);
        CHECK(eps(other.out, plain.out) == 0);
        CHECK(lorentz::centroid_vjp(exec::seq{}, other.c, other.weights, other.points, other.g, other.weights,
                                    other.points) == plain.dc);
        CHECK(eps(other.weights, plain.dw) == 0);
        CHECK(eps(other.points, plain.dx) == 0);
    }
}

TEST_CASE("Lorentz centroids name the argument of wrong extents")
{
    centroid_sets<double> b(4, 3, 2, 0.7, 0.5, 1, 3, false);
    tensor<double, 2> few(4, 2);
    CHECK(thrown<shape_error>([&] { lorentz::centroid(exec::seq{}, b.c, few, b.points, b.out); }) ==
          "lorentz::centroid: weights must be [N, K] of points = [4, 3], got [4, 2]");
    CHECK(thrown<shape_error>([&] { lorentz::centroid(exec::seq{}, b.c, b.weights, b.points, b.weights); }) ==
          "lorentz::centroid: out must be [N, D] of points = [4, 2], got [4, 3]");
    CHECK(thrown<value_error>([&] {
              lorentz::centroid(exec::seq{}, b.c, tensor<double, 2>(4, 0), tensor<double, 3>(4, 0, 2), few);
          }) == "lorentz::centroid: the number of points must be at least 1, got 0");
    CHECK(thrown<shape_error>([&] { lorentz::centroid_vjp(exec::seq{}, b.c, b.weights, b.points, b.g, few, b.dx); }) ==
          "lorentz::centroid_vjp: dweights must be those of weights = [4, 3], got [4, 2]");
}

}  // namespace hyspn::testing
