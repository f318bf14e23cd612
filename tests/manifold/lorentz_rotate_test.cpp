// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cmath>
#include <string>

#include <manifold/model_geometry.hpp>
#include <manifold/parity_suite.hpp>
#include <support/thrown.hpp>

namespace hyspn::testing {
namespace {

template <class T>
tensor<T, 2> random_square(index_t n, unsigned seed)
{
    point_source source(seed);
    tensor<T, 2> m(n, n);
    for (T& a : m) a = static_cast<T>(source.number());
    return m;
}

/// The reflection across a vector, orthogonal.
tensor<double, 2> reflection(vector_d const& a)
{
    index_t const n = a.extent(0);
    tensor<double, 2> m(n, n);
    double const square = squared_norm(as_view(a));
    for (index_t i = 0; i < n; ++i)
        for (index_t j = 0; j < n; ++j) m(i, j) = (i == j ? 1.0 : 0.0) - 2 * a(i) * a(j) / square;
    return m;
}

vector_d rotated(curvature_d const& c, tensor<double, 2> const& r, vector_d const& x)
{
    vector_d out(x.extents());
    lorentz::rotate(c, as_view(r), as_view(x), as_view(out));
    return out;
}

/// Arrays of one call, in one storage.
template <class T, std::size_t Rank>
struct rotate_run {
    stored<T, Rank> x, g, out, dx;
    stored<T, 2> r, dr;
    curvature<T> c = curvature<T>::from_c(T(0.7));

    rotate_run(dims<Rank> const& e, storage how)
        : x(e, how), g(e, how), out(e, how), dx(e, how), r(square(e), how), dr(square(e), how)
    {
        point_source source(17);
        for_each_element(x.x, [&](T& a) { a = static_cast<T>(source.number()); });
        for_each_element(g.x, [&](T& a) { a = static_cast<T>(source.number()); });
        for_each_element(r.x, [&](T& a) { a = static_cast<T>(source.number()); });
    }
    static dims<2> square(dims<Rank> const& e)
    {
        index_t const d = e[Rank == 3 ? 0 : 1];
        return {{d, d}};
    }

    template <class Policy>
    void batched(Policy const& policy)
    {
        lorentz::rotate(policy, c, r.x, x.x, out.x);
        CHECK(lorentz::rotate_vjp(policy, c, r.x, x.x, g.x, dr.x, dx.x) == 0);
    }
    /// Sums in a wider type.
    void one_by_one()
    {
        dims<3> const grid = grid_of(x.x.extents());
        std::vector<double> sum(static_cast<std::size_t>(r.x.size()));
        tensor<T, 2> share(r.x.extents());
        for (index_t n = 0; n < grid[0]; ++n)
            for (index_t i = 0; i < grid[1]; ++i)
                for (index_t j = 0; j < grid[2]; ++j) {
                    lorentz::rotate(c, r.x, point_at(x.x, n, i, j), point_at(out.x, n, i, j));
                    lorentz::rotate_vjp(c, r.x, point_at(x.x, n, i, j), point_at(g.x, n, i, j), as_view(share),
                                        point_at(dx.x, n, i, j));
                    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += static_cast<double>(share.data()[k]);
                }
        std::size_t k = 0;
        for_each_element(dr.x, [&](T& a) { a = static_cast<T>(sum[k++]); });
    }
};

template <class T, std::size_t Rank>
void check_rotate_shape(dims<Rank> const& e, storage how)
{
    INFO("rotate " << to_string(e) << ", storage " << static_cast<int>(how));
    rotate_run<T, Rank> reference(e, how), plain(e, how), single(e, how);
    reference.one_by_one();
    plain.batched(exec::seq{});
    single.batched(exec::omp{.threads = 1});
    for (auto const* got : {&plain, &single}) {
        CHECK(error_in_eps(flat(got->out.x), flat(reference.out.x)) <= parity_bar);
        CHECK(error_in_eps(flat(got->dx.x), flat(reference.dx.x)) <= parity_bar);
        CHECK(error_in_eps(flat(got->dr.x), flat(reference.dr.x)) <= parity_bar);
        CHECK(got->out.untouched() == reference.out.untouched());
        CHECK(got->dx.untouched() == reference.dx.untouched());
        CHECK(got->dr.untouched() == reference.dr.untouched());
    }
    for (int threads : {2, 3, 8}) {
        INFO(threads << " threads");
        rotate_run<T, Rank> threaded(e, how);
        threaded.batched(exec::omp{.threads = threads});
        CHECK(flat(threaded.out.x) == flat(single.out.x));
        CHECK(flat(threaded.dx.x) == flat(single.dx.x));
        CHECK(flat(threaded.dr.x) == flat(single.dr.x));
    }
}

}  // namespace

TEST_CASE("Orthogonal matrices move the hyperboloid about its origin")
{
    constexpr double bar = 1e-13;
    for (double number : {0.25, 1.0, 3.7})
        for (index_t extent : {1, 2, 3, 17})
            for (double radius : {1e-6, 0.7, 4.0}) {
                INFO("c = " << number << ", D = " << extent << ", radius " << radius);
                auto const c = curvature_d::from_c(number);
                point_source source(5);
                auto const draw = [&] { return source.point<double>(extent, std::sinh(radius) / std::sqrt(number)); };
                auto const x = draw(), y = draw(), a = draw(), b = draw();
                auto const first = reflection(a), second = reflection(b);
                auto const rx = rotated(c, first, x), ry = rotated(c, first, y);
                double const d = lorentz::dist(c, as_view(x), as_view(y));
                CHECK(std::fabs(lorentz::dist(c, as_view(rx), as_view(ry)) - d) <= bar * (d + radius));
                CHECK(std::fabs(lorentz::dist0(c, as_view(rx)) / lorentz::dist0(c, as_view(x)) - 1) <= bar);
                CHECK(apart(mapped(lorentz::midpoint, c, rx, ry), rotated(c, first, mapped(lorentz::midpoint, c, x, y)),
                            norm(as_view(x))) <= bar);
                CHECK(apart(rotated(c, first, rx), x) <= bar);  // a reflection undoes itself
                // Two reflections, in â and in the bisector of â and b̂, are the rotation from â to b̂.
                if (extent == 1) continue;
                vector_d bisector = a;
                for (index_t i = 0; i < extent; ++i) bisector(i) = a(i) / norm(as_view(a)) + b(i) / norm(as_view(b));
                auto const turned = rotated(c, reflection(bisector), rotated(c, first, x));
                CHECK(apart(turned, mapped(lorentz::rotation, c, a, b, x)) <= 100 * bar);
            }
}

TEST_CASE("lorentz::rotate: the vector-Jacobian product is the transpose of the derivative")
{
    auto const c = curvature_d::from_c(0.7);
    for (index_t extent : {1, 2, 5, 9}) {
        point_source source(11);
        auto const x = source.point<double>(extent, 1), g = source.point<double>(extent, 1);
        auto const step = source.point<double>(extent, 1);
        auto const r = random_square<double>(extent, 3), turn = random_square<double>(extent, 4);
        vector_d dx(extent);
        tensor<double, 2> dr(extent, extent);
        CHECK(lorentz::rotate_vjp(c, as_view(r), as_view(x), as_view(g), as_view(dr), as_view(dx)) == 0);
        // out is bilinear: ⟨g, R ẋ + Ṙ x⟩ = ⟨x̄, ẋ⟩ + ⟨R̄, Ṙ⟩.
        auto const along_x = rotated(c, r, step), along_r = rotated(c, turn, x);
        double forward = 0, backward = 0;
        for (index_t i = 0; i < extent; ++i) {
            forward += g(i) * (along_x(i) + along_r(i));
            backward += dx(i) * step(i);
            for (index_t j = 0; j < extent; ++j) backward += dr(i, j) * turn(i, j);
        }
        CHECK(backward == Approx(forward).epsilon(1e-13));
    }
}

TEMPLATE_TEST_CASE("lorentz::rotate: products that cancel keep their digits", "", float, double)
{
    using T = TestType;
    index_t const half = 20, n = 2 * half;
    T const bit = math_traits<T>::unit_roundoff * T(64);
    tensor<T, 2> r(n, n);
    tensor<T, 1> x(n), out(n), g(n), dx(n);
    tensor<T, 2> dr(n, n);
    point_source source(4);
    for (index_t i = 0; i < half; ++i) {
        x(i) = x(i + half) = static_cast<T>(source.number());
        r(0, i) = static_cast<T>(source.number());
        r(0, i + half) = -r(0, i);
    }
    x(0) = x(half) = T(0.125);
    r(0, 0) = T(1), r(0, half) = T(-1) + bit;
    auto const c = curvature<T>::from_c(T(1));
    lorentz::rotate(c, as_view(r), as_view(x), as_view(out));
    CHECK(static_cast<double>(out(0)) ==
          Approx(static_cast<double>(bit) * 0.125).epsilon(4 * static_cast<double>(math_traits<T>::unit_roundoff)));
    // The same down a column.
    tensor<T, 2> turned(n, n);
    for (index_t i = 0; i < n; ++i)
        for (index_t j = 0; j < n; ++j) turned(i, j) = r(j, i);
    lorentz::rotate_vjp(c, as_view(turned), as_view(g), as_view(x), as_view(dr), as_view(dx));
    CHECK(dx(0) == out(0));
}

TEMPLATE_TEST_CASE("lorentz::rotate in every layout and policy", "", float, double)
{
    using T = TestType;
    for (auto how : {storage::dense, storage::padded, storage::channel_last}) {
        for (auto const& e : {dims<2>{{0, 3}}, dims<2>{{1, 1}}, dims<2>{{37, 5}}, dims<2>{{33, 19}}})
            check_rotate_shape<T>(e, how);
        check_rotate_shape<T>(dims<3>{{3, 0, 4}}, how);
        check_rotate_shape<T>(dims<3>{{4, 7, 33}}, how);
        check_rotate_shape<T>(dims<4>{{2, 3, 5, 6}}, how);
    }
    check_rotate_shape<T>(dims<2>{{5000, 6}}, storage::dense);
}

TEST_CASE("lorentz::rotate names the argument of wrong extents; the cotangent of the points may overwrite them")
{
    auto const c = curvature<float>::from_c(1);
    exec::seq const exec{};
    tensor<float, 2> x(4, 3), r(3, 3), wrong(4, 5), oblong(2, 3);
    auto const message = [](auto const& f) { return thrown<shape_error>(f); };
    CHECK(message([&] { lorentz::rotate(exec, c, oblong, x, x); }) ==
          "lorentz::rotate: R must be [D, D], D of X = [3, 3], got [2, 3]");
    CHECK(message([&] { lorentz::rotate(exec, c, r, x, wrong); }) ==
          "lorentz::rotate: out must be of extents [4, 3], given those of x and m, got [4, 5]");
    CHECK(message([&] { lorentz::rotate_vjp(exec, c, r, x, wrong, r, x); }) ==
          "lorentz::rotate: g must be of extents [4, 3], given those of x and m, got [4, 5]");
    CHECK(message([&] { lorentz::rotate_vjp(exec, c, r, x, x, oblong, x); }) ==
          "lorentz::rotate: dR must be [D, D] = [3, 3], got [2, 3]");

    rotate_run<float, 2> apart_run(dims<2>{{9, 3}}, storage::dense), in_place(dims<2>{{9, 3}}, storage::dense);
    exec::omp const two{.threads = 2};
    apart_run.batched(two);
    lorentz::rotate_vjp(two, in_place.c, in_place.r.x, in_place.x.x, in_place.g.x, in_place.dr.x, in_place.x.x);
    CHECK(flat(in_place.x.x) == flat(apart_run.dx.x));
    CHECK(flat(in_place.dr.x) == flat(apart_run.dr.x));
}

}  // namespace hyspn::testing
