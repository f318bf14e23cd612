// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <manifold/models.hpp>
#include <manifold/operations.hpp>
#include <manifold/points.hpp>
#include <support/catch.hpp>

/// \file
/// The batched operations against the one-vector functions, on every policy, in every layout: rows, planar maps,
/// padded, strided, empty, one by one.

namespace hyspn::testing {

// Units of round-off, norm-wise a point: the same text may be contracted and vectorised differently from one loop to
// the next, and specialised kernels add in another order.
inline constexpr double parity_bar = 32;

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

/// Extents of an array of numbers, one a point, or of points.
template <bool IsNumber, std::size_t Rank>
auto array_extents(dims<Rank> const& e)
{
    if constexpr (!IsNumber)
        return e;
    else if constexpr (Rank == 2)
        return dims<1>{{e[0]}};
    else if constexpr (Rank == 3)
        return dims<2>{{e[1], e[2]}};
    else
        return dims<3>{{e[0], e[2], e[3]}};
}

/// The point, or the number, at a place.
template <bool IsNumber, class View>
decltype(auto) element_at(View const& x, index_t n, index_t i, index_t j)
{
    if constexpr (IsNumber)
        return number_at(x, n, i, j);
    else
        return point_at(x, n, i, j);
}

template <class Op, class T, std::size_t Rank, class Indices = std::make_index_sequence<Op::input_count>>
struct run;

/// Runs Op forward and backward on one set of arrays.
template <class Op, class T, std::size_t Rank, std::size_t... K>
struct run<Op, T, Rank, std::index_sequence<K...>> {
    static constexpr std::size_t inputs = Op::input_count;
    template <bool IsNumber>
    using array = stored<T, IsNumber ? Rank - 1 : Rank>;
    std::tuple<array<Op::inputs[K].is_number()>...> in, grad;
    array<Op::scalar_output> g, out;
    typename hyspn::detail::curvature_for<typename Op::formula, T>::type c = curvature_of<Op>(T(0.7));
    T c_bar = 0;

    run(dims<Rank> const& e, storage how)
        : in{array<Op::inputs[K].is_number()>(array_extents<Op::inputs[K].is_number()>(e), how)...},
          grad{array<Op::inputs[K].is_number()>(array_extents<Op::inputs[K].is_number()>(e), how)...},
          g(array_extents<Op::scalar_output>(e), how),
          out(array_extents<Op::scalar_output>(e), how)
    {
        point_source source(17);
        (source.fill_inside(std::get<K>(in).x, 0.7, Rank == 2 ? e[1] : e[Rank - 3]), ...);
        (settle_all<Op>(Op::inputs[K], std::get<K>(in).x), ...);
        for_each_element(g.x, [&](T& a) { a = static_cast<T>(source.number()); });
    }

    template <class Policy>
    void batched(Policy const& policy)
    {
        Op::forward(policy, c, std::get<K>(in).x..., out.x);
        c_bar = Op::vjp(policy, c, std::get<K>(in).x..., g.x, std::get<K>(grad).x...);
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
        if constexpr (Op::scalar_output)
            number_at(out.x, n, i, j) =
                Op::forward(c, element_at<Op::inputs[K].is_number()>(std::get<K>(in).x, n, i, j)...);
        else
            Op::forward(c, element_at<Op::inputs[K].is_number()>(std::get<K>(in).x, n, i, j)...,
                        point_at(out.x, n, i, j));
        return Op::vjp(c, element_at<Op::inputs[K].is_number()>(std::get<K>(in).x, n, i, j)...,
                       element_at<Op::scalar_output>(g.x, n, i, j),
                       element_at<Op::inputs[K].is_number()>(std::get<K>(grad).x, n, i, j)...);
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
        auto const compare_grad = [&](auto const& mine, auto const& theirs) {
            CHECK(error_in_eps(flat(mine.x), flat(theirs.x)) <= parity_bar);
            CHECK(mine.untouched() == theirs.untouched());
        };
        with_inputs<Op>([&]<std::size_t... K>(std::index_sequence<K...>) {
            (compare_grad(std::get<K>(got.grad), std::get<K>(reference.grad)), ...);
        });
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
        with_inputs<Op>([&]<std::size_t... K>(std::index_sequence<K...>) {
            CHECK((... && (flat(std::get<K>(threaded.back().grad).x) == flat(std::get<K>(threaded.front().grad).x))));
        });
    }
}

template <class Op, class T>
void check_layouts()
{
    for (auto how : {storage::dense, storage::padded, storage::channel_last}) {
        for (auto const& e : {dims<2>{{0, 3}}, dims<2>{{1, 1}}, dims<2>{{37, 5}}, dims<2>{{37, 35}}}) check_shape<Op, T>(e, how);
        for (auto const& e : {dims<3>{{3, 0, 4}}, dims<3>{{1, 1, 1}}, dims<3>{{4, 7, 33}}}) check_shape<Op, T>(e, how);
        check_shape<Op, T>(dims<4>{{2, 3, 5, 6}}, how);
    }
    check_shape<Op, T>(dims<3>{{3, 67, 65}}, storage::dense);  // more places than a chunk of the sum
}

/// Outputs and cotangents written over inputs.
template <class Op>
void check_in_place()
{
    dims<3> const e{{3, 5, 4}};
    run<Op, float, 3> apart(e, storage::dense), in_place(e, storage::dense);
    auto const& c = apart.c;
    exec::omp const exec{.threads = 2};
    apart.batched(exec);
    constexpr std::size_t vector = hyspn::detail::first_vector<typename Op::formula>();
    with_inputs<Op>([&]<std::size_t... K>(std::index_sequence<K...>) {
        if constexpr (!Op::scalar_output) {
            auto& first = std::get<vector>(in_place.in);
            Op::forward(exec, c, std::get<K>(in_place.in).x..., first.x);
            CHECK(flat(first.x) == flat(apart.out.x));
            copy(std::get<vector>(apart.in).x, first.x);
        }
        Op::vjp(exec, c, std::get<K>(in_place.in).x..., in_place.g.x, std::get<K>(in_place.in).x...);
        CHECK((... && (flat(std::get<K>(in_place.in).x) == flat(std::get<K>(apart.grad).x))));
    });
}

}  // namespace hyspn::testing
