// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <string>
#include <vector>

#include <manifold/parity_suite.hpp>
#include <support/thrown.hpp>

#include <hyspn/manifold/poincare/dist0.hpp>
#include <hyspn/manifold/poincare/mobius_matvec.hpp>
#include <hyspn/manifold/poincare/mobius_pointwise_mul.hpp>

namespace hyspn::testing {

namespace {

template <class T>
tensor<T, 2> random_matrix(index_t rows, index_t columns, unsigned seed)
{
    point_source source(seed);
    tensor<T, 2> m(rows, columns);
    for (T& a : m) a = static_cast<T>(source.number());
    return m;
}

template <class T>
tensor<T, 1> times(curvature<T> const& c, tensor<T, 2> const& m, tensor<T, 1> const& x)
{
    tensor<T, 1> out(m.extent(0));
    poincare::mobius_matvec(c, as_view(m), as_view(x), as_view(out));
    return out;
}

template <class T>
double apart(tensor<T, 1> const& a, tensor<T, 1> const& b)
{
    return distance_in_eps<T>(as_view(a), as_view(b));
}

template <std::size_t Rank>
dims<Rank> with_points_of(dims<Rank> e, index_t dimension)
{
    e[Rank == 3 ? 0 : 1] = dimension;
    return e;
}

/// Arrays of one call, in one storage.
template <class T, std::size_t Rank>
struct matvec_run {
    stored<T, Rank> x, g, out, dx;
    stored<T, 2> m, dm;
    curvature<T> c = curvature<T>::from_c(T(0.7));
    T c_bar = 0;

    matvec_run(dims<Rank> const& e, index_t rows, storage how)
        : x(e, how),
          g(with_points_of(e, rows), how),
          out(with_points_of(e, rows), how),
          dx(e, how),
          m(dims<2>{{rows, e[Rank == 3 ? 0 : 1]}}, how),
          dm(dims<2>{{rows, e[Rank == 3 ? 0 : 1]}}, how)
    {
        point_source source(17);
        source.fill_inside(x.x, 0.7, e[Rank == 3 ? 0 : 1]);
        for_each_element(g.x, [&](T& a) { a = static_cast<T>(source.number()); });
        for_each_element(m.x, [&](T& a) { a = static_cast<T>(source.number()); });
    }

    template <class Policy>
    void batched(Policy const& policy)
    {
        poincare::mobius_matvec(policy, c, m.x, x.x, out.x);
        c_bar = poincare::mobius_matvec_vjp(policy, c, m.x, x.x, g.x, dm.x, dx.x);
    }

    /// Sums in a wider type.
    void one_by_one()
    {
        dims<3> const grid = grid_of(x.x.extents());
        std::vector<double> sum(static_cast<std::size_t>(m.x.size()));
        double c_sum = 0;
        tensor<T, 2> share(m.x.extents());
        for (index_t n = 0; n < grid[0]; ++n)
            for (index_t i = 0; i < grid[1]; ++i)
                for (index_t j = 0; j < grid[2]; ++j) {
                    poincare::mobius_matvec(c, m.x, point_at(x.x, n, i, j), point_at(out.x, n, i, j));
                    c_sum += static_cast<double>(poincare::mobius_matvec_vjp(c, m.x, point_at(x.x, n, i, j),
                                                                             point_at(g.x, n, i, j), as_view(share),
                                                                             point_at(dx.x, n, i, j)));
                    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += static_cast<double>(share.data()[k]);
                }
        std::size_t k = 0;
        for_each_element(dm.x, [&](T& a) { a = static_cast<T>(sum[k++]); });
        c_bar = static_cast<T>(c_sum);
    }
};

template <class T, std::size_t Rank>
void check_matvec_shape(dims<Rank> const& e, index_t rows, storage how)
{
    INFO("matvec of " << to_string(e) << " to " << rows << ", storage " << static_cast<int>(how));
    matvec_run<T, Rank> reference(e, rows, how);
    reference.one_by_one();
    auto const compare = [&](auto const& got) {
        CHECK(error_in_eps(flat(got.out.x), flat(reference.out.x)) <= parity_bar);
        CHECK(error_in_eps(flat(got.dx.x), flat(reference.dx.x)) <= parity_bar);
        CHECK(error_in_eps(flat(got.dm.x), flat(reference.dm.x)) <= parity_bar);
        CHECK(got.out.untouched() == reference.out.untouched());
        CHECK(got.dx.untouched() == reference.dx.untouched());
        CHECK(got.dm.untouched() == reference.dm.untouched());
        CHECK(std::fabs(static_cast<double>(got.c_bar - reference.c_bar)) <=
              4 * parity_bar * static_cast<double>(stored<T, Rank>::volume(e)) *
                  static_cast<double>(math_traits<T>::unit_roundoff));
    };
    matvec_run<T, Rank> plain(e, rows, how);
    plain.batched(exec::seq{});
    compare(plain);
    matvec_run<T, Rank> single(e, rows, how);
    single.batched(exec::omp{.threads = 1});
    compare(single);
    for (int threads : {3, 8}) {
        INFO(threads << " threads");
        matvec_run<T, Rank> threaded(e, rows, how);
        threaded.batched(exec::omp{.threads = threads});
        // Bit for bit the same for any number of threads.
        CHECK(flat(threaded.out.x) == flat(single.out.x));
        CHECK(flat(threaded.dm.x) == flat(single.dm.x));
        CHECK(flat(threaded.dx.x) == flat(single.dx.x));
        CHECK(threaded.c_bar == single.c_bar);
    }
}

}  // namespace

TEMPLATE_TEST_CASE("Matrices act on the ball as they do on the tangent space at the origin", "", float, double)
{
    using T = TestType;
    for (double curvature_c : {0.3, 1.0, 3.7})
        for (double length : {1e-6, 0.3, 0.9, 0.99}) {
            INFO("c = " << curvature_c << ", s|x| = " << length);
            auto const c = curvature<T>::from_c(static_cast<T>(curvature_c));
            double const bar = 64 / (1 - length * length);
            auto const x = point_source(3).point<T>(3, length / std::sqrt(curvature_c));

            tensor<T, 2> identity(3, 3), turn(3, 3), diagonal(3, 3);
            T const cosine = T(0.6), sine = T(0.8);
            tensor<T, 1> weights(3), turned(3), weighted(3);
            for (index_t i = 0; i < 3; ++i) {
                identity(i, i) = T(1);
                diagonal(i, i) = weights(i) = T(0.4) * static_cast<T>(i + 1);
            }
            turn(0, 0) = turn(1, 1) = cosine, turn(0, 1) = -sine, turn(1, 0) = sine, turn(2, 2) = T(1);
            turned(0) = cosine * x(0) - sine * x(1), turned(1) = sine * x(0) + cosine * x(1), turned(2) = x(2);
            CHECK(apart(times(c, identity, x), x) <= 16);
            CHECK(apart(times(c, turn, x), turned) <= bar);
            poincare::mobius_pointwise_mul(c, as_view(weights), as_view(x), as_view(weighted));
            CHECK(apart(times(c, diagonal, x), weighted) <= 16);

            auto const first = random_matrix<T>(4, 3, 5), second = random_matrix<T>(2, 4, 6);
            tensor<T, 2> product(2, 3);
            for (index_t o = 0; o < 2; ++o)
                for (index_t i = 0; i < 3; ++i)
                    for (index_t k = 0; k < 4; ++k) product(o, i) += second(o, k) * first(k, i);
            CHECK(apart(times(c, second, times(c, first, x)), times(c, product, x)) <= 8 * bar);
        }
}

TEST_CASE("Matrices give 0 for the origin and for what they annihilate")
{
    auto const c = curvature<double>::from_c(0.6);
    tensor<double, 2> m(2, 2);
    m(0, 0) = m(1, 0) = 1, m(0, 1) = m(1, 1) = -1;
    tensor<double, 1> x(2), g(2), dx(2);
    tensor<double, 2> dm(2, 2);
    g(0) = 0.3, g(1) = -0.7;
    for (double a : {0.0, 0.5}) {
        x(0) = x(1) = a;
        auto const out = times(c, m, x);
        CHECK(out(0) == 0);
        CHECK(out(1) == 0);
        CHECK(poincare::mobius_matvec_vjp(c, as_view(m), as_view(x), as_view(g), as_view(dm), as_view(dx)) == 0);
        double const stretch = a > 0 ? std::atanh(std::sqrt(0.6 * 0.5)) / std::sqrt(0.6 * 0.5) : 1;
        CHECK(dx(0) == Approx(stretch * (g(0) + g(1))).epsilon(1e-14));
        CHECK(dm(1, 0) == Approx(stretch * a * g(1)).epsilon(1e-14).margin(1e-300));
    }
}

TEMPLATE_TEST_CASE("Products that cancel keep their digits", "", float, double)
{
    using T = TestType;
    // Every product returns with the other sign in the second half; only a bit is left, exactly.
    index_t const half = 20, n = 2 * half;
    T const bit = math_traits<T>::unit_roundoff * T(64);
    tensor<T, 2> m(1, n);
    tensor<T, 1> x(n), out(1);
    point_source source(4);
    for (index_t i = 0; i < half; ++i) {
        x(i) = x(i + half) = static_cast<T>(0.1 * source.number());
        m(0, i) = static_cast<T>(source.number());
        m(0, i + half) = -m(0, i);
    }
    x(0) = x(half) = T(0.125);
    m(0, 0) = T(1), m(0, half) = T(-1) + bit;
    auto const c = curvature<T>::from_c(T(1));
    double const length = static_cast<double>(norm(as_view(x))), y = static_cast<double>(bit) * 0.125;
    poincare::mobius_matvec(c, as_view(m), as_view(x), as_view(out));
    auto const wanted = Approx(std::tanh(y / length * std::atanh(length)))
                            .epsilon(8 * static_cast<double>(math_traits<T>::unit_roundoff));
    CHECK(static_cast<double>(out(0)) == wanted);
    // The same row twice, a product large enough for matrices on exec::omp.
    tensor<T, 2> twice(2, n), point(1, n), both(1, 2);
    for (index_t o = 0; o < 2; ++o) copy(as_const(as_view(m))[0], as_view(twice)[o]);
    copy(as_const(as_view(x)), as_view(point)[0]);
    poincare::mobius_matvec(exec::omp{.threads = 1}, c, twice, point, both);
    auto const half_wanted = Approx(std::tanh(std::sqrt(2.0) * y / length * std::atanh(length)) / std::sqrt(2.0))
                                 .epsilon(8 * static_cast<double>(math_traits<T>::unit_roundoff));
    CHECK(static_cast<double>(both(0, 0)) == half_wanted);
    CHECK(both(0, 1) == both(0, 0));
}

TEMPLATE_TEST_CASE("Scaling lengths by a power of two is exact for matrix multiplication, and Euler's law holds", "",
                   float, double)
{
    using T = TestType;
    for (double length : {1e-3, 0.5, 0.98}) {
        T const c = T(0.7), scale = T(8);
        auto x = point_source(3).point<T>(3, length / std::sqrt(0.7));
        auto m = random_matrix<T>(4, 3, 5);
        auto g = point_source(9).point<T>(4, 1);
        tensor<T, 1> out(4), scaled_out(4), dx(3), scaled_dx(3);
        tensor<T, 2> dm(4, 3), scaled_dm(4, 3);
        auto const evaluate = [&](T curvature_c, auto const& point, auto& y, auto& to_m, auto& to_x) {
            auto const k = curvature<T>::from_c(curvature_c);
            poincare::mobius_matvec(k, as_view(m), as_view(point), as_view(y));
            return poincare::mobius_matvec_vjp(k, as_view(m), as_view(point), as_view(g), as_view(to_m), as_view(to_x));
        };
        T const c_bar = evaluate(c, x, out, dm, dx);
        auto shorter = x;
        for (T& a : shorter) a /= scale;
        T const scaled_c_bar = evaluate(c * scale * scale, shorter, scaled_out, scaled_dm, scaled_dx);
        for (index_t o = 0; o < 4; ++o) {
            CHECK(scaled_out(o) * scale == out(o));
            for (index_t i = 0; i < 3; ++i) CHECK(scaled_dm(o, i) * scale == dm(o, i));
        }
        for (index_t i = 0; i < 3; ++i) CHECK(scaled_dx(i) == dx(i));
        CHECK(scaled_c_bar * scale * scale * scale == c_bar);
        T const gap = dot(as_view(x), as_view(dx)) - T(2) * c * c_bar - dot(as_view(out), as_view(g));
        CHECK(std::fabs(static_cast<double>(gap)) <= 256 * static_cast<double>(math_traits<T>::unit_roundoff));
    }
}

TEMPLATE_TEST_CASE("Matrix multiplication in every layout and policy", "", float, double)
{
    using T = TestType;
    for (auto how : {storage::dense, storage::padded, storage::channel_last})
        for (index_t rows : {1, 4}) {
            for (auto const& e : {dims<2>{{0, 3}}, dims<2>{{1, 1}}, dims<2>{{37, 5}}})
                check_matvec_shape<T>(e, rows, how);
            check_matvec_shape<T>(dims<3>{{3, 0, 4}}, rows, how);
            check_matvec_shape<T>(dims<3>{{4, 7, 33}}, rows, how);
            check_matvec_shape<T>(dims<4>{{2, 3, 5, 6}}, rows, how);
        }
    check_matvec_shape<T>(dims<2>{{5000, 6}}, 3, storage::dense);
    for (auto how : {storage::dense, storage::padded, storage::channel_last}) {
        check_matvec_shape<T>(dims<2>{{33, 19}}, 11, how);  // wider than what is summed side by side
        check_matvec_shape<T>(dims<3>{{19, 11, 13}}, 11, how);
        check_matvec_shape<T>(dims<4>{{2, 9, 5, 7}}, 17, how);
    }
}

TEST_CASE("The cotangent of the points may overwrite them")
{
    matvec_run<float, 2> apart_run(dims<2>{{9, 3}}, 2, storage::dense), in_place(dims<2>{{9, 3}}, 2, storage::dense);
    exec::omp const exec{.threads = 2};
    apart_run.batched(exec);
    poincare::mobius_matvec_vjp(exec, in_place.c, in_place.m.x, in_place.x.x, in_place.g.x, in_place.dm.x,
                                in_place.x.x);
    CHECK(flat(in_place.x.x) == flat(apart_run.dx.x));
    CHECK(flat(in_place.dm.x) == flat(apart_run.dm.x));

    auto const& c = apart_run.c;
    matvec_run<float, 2> one(dims<2>{{1, 3}}, 2, storage::dense), over(dims<2>{{1, 3}}, 2, storage::dense);
    poincare::mobius_matvec_vjp(c, one.m.x, one.x.x[0], one.g.x[0], one.dm.x, one.dx.x[0]);
    poincare::mobius_matvec_vjp(c, over.m.x, over.x.x[0], over.g.x[0], over.dm.x, over.x.x[0]);
    CHECK(flat(over.x.x) == flat(one.dx.x));
    CHECK(flat(over.dm.x) == flat(one.dm.x));
}

TEST_CASE("Matrix multiplication names the argument of wrong extents")
{
    auto const c = curvature<float>::from_c(1);
    exec::seq const exec{};
    tensor<float, 2> x(4, 3), m(2, 3), out(4, 2), wrong(4, 5), transposed(3, 2);
    tensor<float, 3> maps(3, 5, 7), images(2, 7, 5);
    auto const message = [](auto const& f) { return thrown<shape_error>(f); };
    CHECK(message([&] { poincare::mobius_matvec(exec, c, transposed, x, out); }) ==
          "poincare::mobius_matvec: m must be [D_out, 3], given the extents of x, got [3, 2]");
    CHECK(message([&] { poincare::mobius_matvec(exec, c, m, x, wrong); }) ==
          "poincare::mobius_matvec: out must be of extents [4, 2], given those of x and m, got [4, 5]");
    CHECK(message([&] { poincare::mobius_matvec(exec, c, m, maps, images); }) ==
          "poincare::mobius_matvec: out must be of extents [2, 5, 7], given those of x and m, got [2, 7, 5]");
    CHECK(message([&] { poincare::mobius_matvec_vjp(exec, c, m, x, wrong, m, x); }) ==
          "poincare::mobius_matvec: g must be of extents [4, 2], given those of x and m, got [4, 5]");
    CHECK(message([&] { poincare::mobius_matvec_vjp(exec, c, m, x, out, transposed, x); }) ==
          "poincare::mobius_matvec: dm must be [D_out, D_in] = [2, 3], got [3, 2]");
    CHECK(message([&] { poincare::mobius_matvec_vjp(exec, c, m, x, out, m, wrong); }) ==
          "poincare::mobius_matvec: dx must be of extents [4, 3], given those of x and m, got [4, 5]");
}

}  // namespace hyspn::testing
