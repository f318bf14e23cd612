// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <cmath>
#include <cstdio>
#include <vector>

#include <manifold/sets_reference.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/manifold/poincare/cdist.hpp>
#include <hyspn/testing/gradient_check.hpp>

namespace hyspn::testing {
namespace {

template <class T>
tensor<T, 2> points(index_t n, index_t d, double c, double edge, unsigned seed)
{
    return random_set<T>(n, d, c, 1 - edge, edge < 0.1 ? 2 : edge < 0.5 ? 0.7 : 4, seed).points;
}

}  // namespace

TEMPLATE_TEST_CASE("All-pairs distances against 113 bits", "", float, double)
{
    using T = TestType;
    double worst = 0;
    for (double c : {0.25, 3.7})
        for (index_t d : {1, 3, 8, 67})
            for (double edge : {1.0, 0.1, 1e-3}) {
                auto const x = points<T>(7, d, c, edge, 3), y = points<T>(5, d, c, edge, 4);
                tensor<T, 2> out(7, 5);
                poincare::cdist(exec::seq{}, curvature<T>::from_c(static_cast<T>(c)), x, y, out);
                quad_set exact;
                exact.c = static_cast<quad>(static_cast<T>(c));
                for (index_t i = 0; i < 7; ++i)
                    for (index_t j = 0; j < 5; ++j) {
                        double const error =
                            error_in_eps<T>({static_cast<quad>(out(i, j))}, {exact.dist(exactly(x[i]), exactly(y[j]))});
                        INFO("c = " << c << ", D = " << d << ", 1-r = " << edge);
                        CHECK(error <= 16);
                        worst = std::max(worst, error);
                    }
            }
    std::printf("cdist %s: worst error %.1f eps\n", sizeof(T) == 4 ? "float " : "double", worst);
}

TEST_CASE("All-pairs distances: coincident, tiny and huge differences")
{
    auto const c = curvature<float>::from_c(0.5f);
    tensor<float, 2> x(3, 2), out(3, 3), dx(3, 2), dy(3, 2);
    x(1, 0) = 1e-30f;
    x(2, 1) = 0.9f;
    poincare::cdist(exec::seq{}, c, x, x, out);
    for (index_t i = 0; i < 3; ++i) CHECK(out(i, i) == 0);
    CHECK(out(0, 1) == Approx(2e-30f));
    CHECK(out(1, 0) == out(0, 1));
    tensor<float, 2> g(3, 3);
    for (float& a : g) a = 1;
    CHECK(std::isfinite(poincare::cdist_vjp(exec::seq{}, c, x, x, g, dx, dy)));
    for (float a : dx) CHECK(std::isfinite(a));
    // The two sides of a symmetric matrix with symmetric g pull alike.
    for (index_t i = 0; i < 6; ++i) CHECK(dx.data()[i] == dy.data()[i]);
}

TEST_CASE("All-pairs distances: vector-Jacobian product")
{
    index_t const n = 4, m = 3;
    for (index_t d : {1, 2, 9})
        for (double c : {0.3, 1.0, 2.5}) {
            auto const x = points<double>(n, d, c, 0.3, 5), y = points<double>(m, d, c, 0.3, 6);
            std::vector<double> in(x.begin(), x.end());
            in.insert(in.end(), y.begin(), y.end());
            in.push_back(c);
            auto const forward = [&]<class S>(std::vector<S> const& v) {
                std::vector<S> out(static_cast<std::size_t>(n * m));
                poincare::cdist(
                    exec::seq{}, curvature<S>::from_c(v.back()), view<S const, 2>(v.data(), dims<2>{{n, d}}),
                    view<S const, 2>(v.data() + n * d, dims<2>{{m, d}}), view<S, 2>(out.data(), dims<2>{{n, m}}));
                return out;
            };
            auto const backward = [&](std::vector<double> const& v, std::vector<double> const& g) {
                std::vector<double> out(v.size());
                out.back() = poincare::cdist_vjp(exec::omp{.threads = 2}, curvature<double>::from_c(v.back()),
                                                 view<double const, 2>(v.data(), dims<2>{{n, d}}),
                                                 view<double const, 2>(v.data() + n * d, dims<2>{{m, d}}),
                                                 view<double const, 2>(g.data(), dims<2>{{n, m}}),
                                                 view<double, 2>(out.data(), dims<2>{{n, d}}),
                                                 view<double, 2>(out.data() + n * d, dims<2>{{m, d}}));
                return out;
            };
            auto const adjoint = check_adjoint(forward, backward, in);
            INFO(adjoint.log);
            CHECK(adjoint.within(1e-12));
            auto const slopes = check_differences(forward, backward, in);
            INFO(slopes.log);
            CHECK(slopes.within(1e-6));
        }
}

TEMPLATE_TEST_CASE("All-pairs distances: policies, layouts, empty arrays", "", float, double)
{
    using T = TestType;
    auto const c = curvature<T>::from_c(T(1.3));
    auto const x = points<T>(37, 9, 1.3, 0.3, 5), y = points<T>(21, 9, 1.3, 0.3, 6);
    tensor<T, 2> g(37, 21), a(37, 21), b(37, 21), dx(37, 9), dy(21, 9), ex(37, 9), ey(21, 9);
    point_source source(9);
    for (T& e : g) e = static_cast<T>(source.number());
    poincare::cdist(exec::seq{}, c, x, y, a);
    T const dc = poincare::cdist_vjp(exec::seq{}, c, x, y, g, dx, dy);
    for (int threads : {1, 3}) {
        exec::omp const exec{.threads = threads};
        poincare::cdist(exec, c, x, y, b);
        CHECK(distance_in_eps<T>(view<T const, 1>(b.data(), dims<1>{{b.size()}}),
                                 view<T const, 1>(a.data(), dims<1>{{a.size()}})) <= 8);
        CHECK(poincare::cdist_vjp(exec, c, x, y, g, ex, ey) == Approx(dc));
        CHECK(distance_in_eps<T>(view<T const, 1>(ex.data(), dims<1>{{ex.size()}}),
                                 view<T const, 1>(dx.data(), dims<1>{{dx.size()}})) <= 32);
        CHECK(distance_in_eps<T>(view<T const, 1>(ey.data(), dims<1>{{ey.size()}}),
                                 view<T const, 1>(dy.data(), dims<1>{{dy.size()}})) <= 32);
    }
    // Columns as rows: element stride 37.
    tensor<T, 2> across(9, 37);
    for (index_t i = 0; i < 37; ++i)
        for (index_t e = 0; e < 9; ++e) across(e, i) = x(i, e);
    poincare::cdist(exec::seq{}, c, view<T, 2>(across.data(), dims<2>{{37, 9}}, dims<2>{{1, 37}}), y, b);
    CHECK(distance_in_eps<T>(view<T const, 1>(b.data(), dims<1>{{b.size()}}),
                             view<T const, 1>(a.data(), dims<1>{{a.size()}})) <= 8);
    tensor<T, 2> none(0, 9), nothing(0, 21);
    poincare::cdist(exec::seq{}, c, none, y, nothing);
    tensor<T, 2> few(36, 21);
    CHECK(thrown<shape_error>([&] { poincare::cdist(exec::seq{}, c, x, y, few); }) ==
          "cdist: out must be [N, M] of x and y = [37, 21], got [36, 21]");
}

}  // namespace hyspn::testing
