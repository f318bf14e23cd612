// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <support/catch.hpp>

#include "poincare_ops.hpp"
#include "points.hpp"

// The batched operations against the one-vector functions, on every policy, in every layout: rows, planar maps, padded,
// strided, empty, one by one.
namespace hyspn::testing {
namespace {

// Units of round-off, norm-wise a point: the same text may be contracted and vectorised differently from one loop to
// the next, and specialised kernels add in another order.
constexpr double parity_bar = 32;

/// How an array of points lies in memory.
enum class storage { dense, padded, channel_last };

/// A buffer and a view of it in some storage; what lies between the elements must stay untouched.
template <class T, std::size_t Rank>
struct stored {
    std::vector<T> buffer;
    view<T, Rank> x;

    stored(dims<Rank> const& e, storage how) : buffer(static_cast<std::size_t>(3 * volume(e) + 64), T(77))
    {
        dims<Rank> s = row_major_strides(e);
        if (how == storage::padded && Rank > 1) {
            index_t step = e[Rank - 1] + 3;
            s[Rank - 1] = 1;
            for (std::size_t r = Rank - 1; r-- > 0;) {
                s[r] = step;
                step *= e[r];
            }
            buffer.assign(static_cast<std::size_t>(step + 64), T(77));
        }
        if (how == storage::channel_last && Rank > 1) {  // the last index outermost, the first innermost, every 2nd
            index_t step = 2;
            for (std::size_t r = 0; r < Rank; ++r) {
                s[r] = step;
                step *= e[r];
            }
        }
        x = view<T, Rank>(buffer.data(), e, s);
    }

    static index_t volume(dims<Rank> const& e)
    {
        index_t n = 1;
        for (index_t extent : e) n *= extent > 0 ? extent : 1;
        return n;
    }

    index_t untouched() const
    {
        index_t n = 0;
        for (T a : buffer) n += a == T(77);
        return n;
    }
};

/// The point at a place of the grid of an array, as tests see it: independent of the library's own mapping.
template <class T>
view<T, 1> point_at(view<T, 2> x, index_t n, index_t, index_t)
{
    return x[n];
}
template <class T>
view<T, 1> point_at(view<T, 3> x, index_t, index_t i, index_t j)
{
    return {x.extent(0) > 0 ? &x(0, i, j) : nullptr, dims<1>{{x.extent(0)}}, dims<1>{{x.stride(0)}}};
}
template <class T>
view<T, 1> point_at(view<T, 4> x, index_t n, index_t i, index_t j)
{
    return point_at(x[n], 0, i, j);
}
template <class T>
T& number_at(view<T, 1> x, index_t n, index_t, index_t)
{
    return x(n);
}
template <class T>
T& number_at(view<T, 2> x, index_t, index_t i, index_t j)
{
    return x(i, j);
}
template <class T>
T& number_at(view<T, 3> x, index_t n, index_t i, index_t j)
{
    return x(n, i, j);
}

template <std::size_t Rank>
dims<3> grid_of(dims<Rank> const& e)
{
    if constexpr (Rank == 2) return {{e[0], 1, 1}};
    if constexpr (Rank == 3) return {{1, e[1], e[2]}};
    if constexpr (Rank == 4) return {{e[0], e[2], e[3]}};
}

template <class Op, std::size_t Rank>
auto output_extents(dims<Rank> const& e)
{
    if constexpr (!Op::scalar_output)
        return e;
    else if constexpr (Rank == 2)
        return dims<1>{{e[0]}};
    else if constexpr (Rank == 3)
        return dims<2>{{e[1], e[2]}};
    else
        return dims<3>{{e[0], e[2], e[3]}};
}

/// Runs Op forward and backward on one set of arrays.
template <class Op, class T, std::size_t Rank>
struct run {
    static constexpr std::size_t inputs = Op::inputs.size();
    static constexpr std::size_t out_rank = Op::scalar_output ? Rank - 1 : Rank;
    std::vector<stored<T, Rank>> in, grad;
    stored<T, out_rank> g, out;
    curvature<T> c = curvature<T>::from_c(T(0.7));
    T c_bar = 0;

    run(dims<Rank> const& e, storage how) : g(output_extents<Op>(e), how), out(output_extents<Op>(e), how)
    {
        point_source source(17);
        for (std::size_t k = 0; k < inputs; ++k) {
            in.emplace_back(e, how);
            grad.emplace_back(e, how);
            source.fill_inside(in.back().x, 0.7, Rank == 2 ? e[1] : e[Rank - 3]);
        }
        for_each_element(g.x, [&](T& a) { a = static_cast<T>(source.number()); });
    }

    template <class Policy>
    void batched(Policy const& policy)
    {
        [&]<std::size_t... K>(std::index_sequence<K...>)
        {
            Op::forward(policy, c, in[K].x..., out.x);
            c_bar = Op::vjp(policy, c, in[K].x..., g.x, grad[K].x...);
        }
        (std::make_index_sequence<inputs>{});
    }

    void one_by_one(dims<3> const& grid)
    {
        long double sum = 0;
        for (index_t n = 0; n < grid[0]; ++n)
            for (index_t i = 0; i < grid[1]; ++i)
                for (index_t j = 0; j < grid[2]; ++j) sum += static_cast<long double>(one(n, i, j));
        c_bar = static_cast<T>(sum);
    }

    T one(index_t n, index_t i, index_t j)
    {
        return [&]<std::size_t... K>(std::index_sequence<K...>)
        {
            if constexpr (Op::scalar_output) {
                number_at(out.x, n, i, j) = Op::forward(c, point_at(in[K].x, n, i, j)...);
                return Op::vjp(c, point_at(in[K].x, n, i, j)..., number_at(g.x, n, i, j),
                               point_at(grad[K].x, n, i, j)...);
            } else {
                Op::forward(c, point_at(in[K].x, n, i, j)..., point_at(out.x, n, i, j));
                return Op::vjp(c, point_at(in[K].x, n, i, j)..., point_at(g.x, n, i, j),
                               point_at(grad[K].x, n, i, j)...);
            }
        }
        (std::make_index_sequence<inputs>{});
    }
};

template <class T, std::size_t Rank>
std::vector<T> flat(view<T, Rank> x)
{
    std::vector<T> all;
    for_each_element(x, [&](T a) { all.push_back(a); });
    return all;
}

template <class T>
double error_in_eps(std::vector<T> const& got, std::vector<T> const& wanted)
{
    view<T const, 1> const a(got.data(), dims<1>{{static_cast<index_t>(got.size())}});
    view<T const, 1> const b(wanted.data(), dims<1>{{static_cast<index_t>(wanted.size())}});
    return distance_in_eps<T>(a, b);
}

template <class Op, class T, std::size_t Rank>
void check_shape(dims<Rank> const& e, storage how)
{
    INFO(Op::name << " on " << to_string(e) << ", storage " << static_cast<int>(how));
    using runs = run<Op, T, Rank>;
    runs reference(e, how);
    reference.one_by_one(grid_of(e));

    auto const compare = [&](runs const& got) {
        CHECK(error_in_eps(flat(got.out.x), flat(reference.out.x)) <= parity_bar);
        CHECK(got.out.untouched() == reference.out.untouched());
        for (std::size_t k = 0; k < runs::inputs; ++k) {
            CHECK(error_in_eps(flat(got.grad[k].x), flat(reference.grad[k].x)) <= parity_bar);
            CHECK(got.grad[k].untouched() == reference.grad[k].untouched());
        }
        double const n = static_cast<double>(stored<T, Rank>::volume(e));
        CHECK(std::fabs(static_cast<double>(got.c_bar - reference.c_bar)) <=
              4 * parity_bar * n * static_cast<double>(math_traits<T>::unit_roundoff));
    };

    runs plain(e, how);
    plain.batched(exec::seq{});
    compare(plain);
    std::vector<runs> threaded;
    for (int threads : {1, 3, 8}) {
        INFO(threads << " threads");
        threaded.emplace_back(e, how);
        threaded.back().batched(exec::omp{.threads = threads});
        compare(threaded.back());
        // Bit for bit the same for any number of threads.
        CHECK(threaded.back().c_bar == threaded.front().c_bar);
        CHECK(flat(threaded.back().out.x) == flat(threaded.front().out.x));
        for (std::size_t k = 0; k < runs::inputs; ++k)
            CHECK(flat(threaded.back().grad[k].x) == flat(threaded.front().grad[k].x));
    }
}

template <class Op, class T>
void check_layouts()
{
    for (auto how : {storage::dense, storage::padded, storage::channel_last}) {
        for (auto const& e : {dims<2>{{0, 3}}, dims<2>{{1, 1}}, dims<2>{{37, 5}}}) check_shape<Op, T>(e, how);
        for (auto const& e : {dims<3>{{3, 0, 4}}, dims<3>{{1, 1, 1}}, dims<3>{{4, 7, 33}}}) check_shape<Op, T>(e, how);
        check_shape<Op, T>(dims<4>{{2, 3, 5, 6}}, how);
    }
    check_shape<Op, T>(dims<3>{{3, 67, 65}}, storage::dense);  // more places than a chunk of the sum
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("Every layout and policy gives the one-vector results, float", "", poincare_ops)
{
    check_layouts<TestType, float>();
}

TEMPLATE_LIST_TEST_CASE("Every layout and policy gives the one-vector results, double", "", poincare_ops)
{
    check_layouts<TestType, double>();
}

TEMPLATE_LIST_TEST_CASE("Operations may overwrite an input", "", poincare_ops)
{
    using Op = TestType;
    dims<3> const e{{3, 5, 4}};
    run<Op, float, 3> apart(e, storage::dense), in_place(e, storage::dense);
    auto const& c = apart.c;
    apart.batched(exec::omp{.threads = 2});
    [&]<std::size_t... K>(std::index_sequence<K...>)
    {
        if constexpr (!Op::scalar_output) {
            auto& first = in_place.in[0];
            Op::forward(exec::omp{.threads = 2}, c, in_place.in[K].x..., first.x);
            CHECK(flat(first.x) == flat(apart.out.x));
            copy(apart.in[0].x, first.x);
        }
        Op::vjp(exec::omp{.threads = 2}, c, in_place.in[K].x..., in_place.g.x, in_place.in[K].x...);
        for (std::size_t k = 0; k < Op::inputs.size(); ++k) CHECK(flat(in_place.in[k].x) == flat(apart.grad[k].x));
    }
    (std::make_index_sequence<Op::inputs.size()>{});
}

TEMPLATE_TEST_CASE("Tiled kernels keep the values of the one-vector text at extreme pixels", "", float, double)
{
    using T = TestType;
    auto const c = curvature<T>::from_c(T(1));
    point_source source(29);
    T const tiny = std::sqrt(std::numeric_limits<T>::min()) / T(64);
    T const huge = std::sqrt(std::numeric_limits<T>::max());
    for (T special : {T(0), tiny, T(0.9999999), huge}) {
        INFO("length " << special);
        tensor<T, 3> v(3, 2, 700), out(3, 2, 700), logs(3, 2, 700), moved(3, 2, 700);
        tensor<T, 2> d(2, 700);
        source.fill_inside(as_view(v), 1, 3);
        tensor<T, 3> w = v;  // coincident points, except at the special pixels
        for (index_t j : {0, 511, 512, 699}) {
            for (index_t channel = 0; channel < 3; ++channel) v(channel, 1, j) = 0;
            v(1, 1, j) = special;
            for (index_t channel = 0; channel < 3; ++channel) w(channel, 1, j) = 0;
        }
        exec::omp const exec{.threads = 2};
        poincare::expmap0(exec, c, v, out);
        poincare::logmap0(exec, c, v, logs);
        poincare::dist(exec, c, v, w, d);
        poincare::mobius_add(exec, c, v, w, moved);
        for (index_t i = 0; i < 2; ++i)
            for (index_t j = 0; j < 700; ++j) {
                tensor<T, 1> wanted(3);
                auto const x = point_at(as_view(v), 0, i, j), y = point_at(as_view(w), 0, i, j);
                poincare::expmap0(c, x, as_view(wanted));
                CHECK(distance_in_eps<T>(point_at(as_view(out), 0, i, j), as_view(wanted)) <= parity_bar);
                if (special == huge && norm(x) > T(1)) continue;  // not a point of the ball
                poincare::logmap0(c, x, as_view(wanted));
                CHECK(distance_in_eps<T>(point_at(as_view(logs), 0, i, j), as_view(wanted)) <= parity_bar);
                poincare::mobius_add(c, x, y, as_view(wanted));
                CHECK(distance_in_eps<T>(point_at(as_view(moved), 0, i, j), as_view(wanted)) <= parity_bar);
                T const distance = poincare::dist(c, x, y);
                CHECK(std::fabs(static_cast<double>(d(i, j) - distance)) <=
                      parity_bar * static_cast<double>(math_traits<T>::unit_roundoff * distance));
            }
    }
}

}  // namespace hyspn::testing
