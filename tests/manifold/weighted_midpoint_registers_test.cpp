// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>
#include <cmath>
#include <cstdio>

#include <manifold/parity_suite.hpp>
#include <manifold/sets_reference.hpp>
#include <support/catch.hpp>

#include <hyspn/manifold/poincare/weighted_midpoint.hpp>

// exec::omp takes sets of long contiguous points by registers: as accurate as the text, and the same for any layout and
// number of threads.
namespace hyspn::testing {
namespace {

/// The midpoint and the cotangents of one set, on a policy.
template <class T>
struct on_policy {
    tensor<T, 2> out, dw;
    tensor<T, 3> dx;
    T dc = T(0);

    template <class P>
    on_policy(P const& exec, random_set<T> const& set, tensor<T, 1> const& g)
        : out(1, set.points.extent(1)), dw(1, set.points.extent(0)), dx(1, set.points.extent(0), set.points.extent(1))
    {
        auto const w = with_batch(as_view(set.weights));
        auto const x = with_batch(as_view(set.points));
        poincare::weighted_midpoint(exec, set.k(), w, x, out);
        dc = poincare::weighted_midpoint_vjp(exec, set.k(), w, x, with_batch(as_view(g)), dw, dx);
    }
    quad_point points() const
    {
        quad_point all;
        for (T a : dx) all.push_back(static_cast<quad>(a));
        return all;
    }
};

/// A batch in arrays of some storage.
template <class T>
struct padded_batch {
    stored<T, 3> points, dpoints;
    stored<T, 2> weights, dweights, out, g;
    curvature<T> c = curvature<T>::from_c(T(0.7));
    T dc = T(0);

    padded_batch(dims<3> const& e, storage how)
        : points(e, how),
          dpoints(e, how),
          weights({{e[0], e[1]}}, how),
          dweights({{e[0], e[1]}}, how),
          out({{e[0], e[2]}}, how),
          g({{e[0], e[2]}}, how)
    {
        point_source source(11);
        for (index_t n = 0; n < e[0]; ++n) {
            random_set<T> const set(e[1], e[2], 0.7, 0.3, 1.5, static_cast<unsigned>(20 + n), n % 2 == 1);
            copy(as_view(set.weights), weights.x[n]);
            copy(as_view(set.points), points.x[n]);
        }
        if (e[0] > 2)  // one set without weight
            for (index_t k = 0; k < e[1]; ++k) weights.x(2, k) = 0;
        for_each_element(g.x, [&](T& a) { a = static_cast<T>(source.number()); });
    }

    template <class P>
    void run(P const& exec)
    {
        poincare::weighted_midpoint(exec, c, weights.x, points.x, out.x);
        dc = poincare::weighted_midpoint_vjp(exec, c, weights.x, points.x, g.x, dweights.x, dpoints.x);
    }
};

}  // namespace

TEMPLATE_TEST_CASE("Midpoints by registers are as accurate as their coordinates can say", "", float, double)
{
    using T = TestType;
    bool const narrow = sizeof(T) == 4;
    double worst = 0;
    for (double c : {0.25, 3.7})
        for (index_t d : {16, 21, 32})
            for (double edge : {1.0, 0.3, 1e-2, narrow ? 1e-4 : 1e-6})
                for (double spread : {1e-3, 1.0, 3.0, narrow ? 7.0 : 14.0})
                    for (bool is_signed : {false, true}) {
                        double const farthest = std::log(2 / edge) + spread;
                        if (farthest > (narrow ? 15 : 33)) continue;
                        random_set<T> const set(9, d, c, 1 - edge, spread, 5, is_signed);
                        auto const exact = set.exact();
                        auto const wanted = exact.midpoint();
                        tensor<T, 2> out(1, d);
                        poincare::weighted_midpoint(exec::omp{.threads = 1}, set.k(), with_batch(as_view(set.weights)),
                                                    with_batch(as_view(set.points)), out);
                        quad const reach = is_signed ? quad(farthest) : quad(spread);
                        double const error =
                            error_over_floor<T>(exact, as_const(as_view(out))[0], wanted, reach / root(exact.c));
                        INFO("c = " << c << ", D = " << d << ", 1-r = " << edge << ", spread " << spread << ", signed "
                                    << is_signed);
                        CHECK(error <= 4);
                        worst = std::max(worst, error);
                    }
    std::printf("weighted_midpoint by registers, %s: hyperbolic error / rounding floor %.2f\n",
                narrow ? "float " : "double", worst);
}

TEMPLATE_TEST_CASE("Cotangents of midpoints by registers against 113 bits", "", float, double)
{
    using T = TestType;
    bool const narrow = sizeof(T) == 4;
    double worst[3] = {};
    for (double edge : {1.0, 0.3, narrow ? 1e-3 : 1e-5})
        for (double spread : {1e-3, 0.3, 3.0})
            for (bool is_signed : {false, true}) {
                index_t const k = 3, d = 17;
                random_set<T> const set(k, d, 0.7, 1 - edge, spread, 6, is_signed);
                auto const g = point_source(8).point<T>(d, 1);
                on_policy<T> const got(exec::omp{.threads = 1}, set, g);
                auto const cotangents = [&](quad_set const& s) {
                    return differences(s, exactly(g), [](quad_set const& q) { return q.midpoint(); });
                };
                auto const wanted = cotangents(set.exact());
                auto const cond = set.condition(wanted, cotangents);
                double const errors[] = {error_in_eps<T>(exactly(as_const(as_view(got.dw))[0]), wanted.weights),
                                         error_in_eps<T>(got.points(), wanted.points),
                                         error_in_eps<T>({static_cast<quad>(got.dc)}, {wanted.c})};
                INFO("1-r = " << edge << ", spread " << spread << ", signed " << is_signed);
                for (std::size_t n = 0; n < 3; ++n) {
                    INFO("weights, points, c: " << n << ", condition " << cond[n]);
                    bool const excused = n == 2 || edge < 0.1;
                    CHECK(errors[n] <= (excused ? std::max(128.0, 4 * cond[n]) : 128.0));
                    if (errors[n] <= 128) worst[n] = std::max(worst[n], errors[n]);
                }
            }
    std::printf("weighted_midpoint by registers, %s: cotangents of weights %.1f, points %.1f, c %.1f eps\n",
                narrow ? "float " : "double", worst[0], worst[1], worst[2]);
}

TEMPLATE_TEST_CASE("Midpoints by registers: every layout, any number of threads, as the text", "", float, double)
{
    using T = TestType;
    for (auto how : {storage::dense, storage::padded, storage::channel_last})
        for (auto const& e : {dims<3>{{0, 3, 16}}, dims<3>{{1, 1, 64}}, dims<3>{{5, 9, 37}}, dims<3>{{70, 4, 16}}}) {
            INFO("[N, K, D] = " << to_string(e) << ", storage " << static_cast<int>(how));
            padded_batch<T> plain(e, how), first(e, how);
            plain.run(exec::seq{});
            first.run(exec::omp{.threads = 1});
            auto const compare = [&](padded_batch<T> const& got, padded_batch<T> const& wanted, double bar) {
                CHECK(error_in_eps(flat(got.out.x), flat(wanted.out.x)) <= bar);
                CHECK(error_in_eps(flat(got.dweights.x), flat(wanted.dweights.x)) <= bar);
                CHECK(error_in_eps(flat(got.dpoints.x), flat(wanted.dpoints.x)) <= bar);
                CHECK(std::fabs(static_cast<double>(got.dc - wanted.dc)) <=
                      bar * static_cast<double>(math_traits<T>::unit_roundoff) * 4 * static_cast<double>(e[0]));
                CHECK(got.out.untouched() == wanted.out.untouched());
                CHECK(got.dpoints.untouched() == wanted.dpoints.untouched());
                CHECK(got.dweights.untouched() == wanted.dweights.untouched());
            };
            compare(first, plain, 64);
            for (int threads : {2, 3, 8}) {
                INFO(threads << " threads");
                padded_batch<T> threaded(e, how);
                threaded.run(exec::omp{.threads = threads});
                compare(threaded, first, 0);
            }
            // Over the inputs.
            padded_batch<T> in_place(e, how);
            CHECK(poincare::weighted_midpoint_vjp(exec::omp{.threads = 2}, in_place.c, in_place.weights.x,
                                                  in_place.points.x, in_place.g.x, in_place.weights.x,
                                                  in_place.points.x) == first.dc);
            CHECK(flat(in_place.weights.x) == flat(first.dweights.x));
            CHECK(flat(in_place.points.x) == flat(first.dpoints.x));
        }
}

TEMPLATE_TEST_CASE("Midpoints by registers: equal points give themselves, lengths scale exactly", "", float, double)
{
    using T = TestType;
    exec::omp const exec{.threads = 1};
    for (double length : {0.0, 1e-30, 0.3, 0.9999999}) {
        random_set<T> set(4, 19, 1.7, 0.5, 1, 3);
        auto const x = point_source(4).point<T>(19, length / std::sqrt(1.7));
        for (index_t n = 0; n < 4; ++n) copy(as_const(as_view(x)), as_view(set.points)[n]);
        on_policy<T> const got(exec, set, x);
        CHECK(std::equal(got.out.begin(), got.out.end(), x.begin()));
        for (T a : got.dw) CHECK(a == 0);
        CHECK(got.dc == 0);
    }
    for (int power : {-9, 6})
        for (double radius : {1e-5, 0.3, 0.97}) {
            random_set<T> const set(5, 20, 0.8, radius, 0.5, 4);
            auto scaled = set;
            T const unit = std::ldexp(T(1), power);
            for (T& a : scaled.points) a /= unit;
            for (T& w : scaled.weights) w *= 4;
            scaled.c *= unit * unit;
            auto const g = point_source(8).point<T>(20, 1);
            on_policy<T> const a(exec, set, g), b(exec, scaled, g);
            INFO("2^" << power << ", radius " << radius);
            for (index_t i = 0; i < 20; ++i) CHECK(b.out(0, i) * unit == a.out(0, i));
            for (index_t n = 0; n < 5; ++n) CHECK(b.dw(0, n) * 4 * unit == a.dw(0, n));
            CHECK(std::equal(b.dx.begin(), b.dx.end(), a.dx.begin()));
            CHECK(b.dc * unit * unit * unit == a.dc);
        }
}

}  // namespace hyspn::testing
