// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include <hyspn/core/compensated.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/manifold/curvature.hpp>
#include <hyspn/manifold/detail/point_field.hpp>

/// \file
/// From a formula for one point to a function, and its vector-Jacobian product, for one point and for arrays of points
/// in every layout, on every policy. A formula is a stateless type:
///
///     struct some_formula {
///         static constexpr char const* name = "poincare::some";                 // for error messages
///         static constexpr detail::argument inputs[] = {number("r"), point("x")};  // likewise
///         static constexpr bool scalar_output = false;                          // one number a point, or a vector
///         static constexpr bool on_lanes = true;                                // optional: see below
///         HYSPN_HD static void forward(c, r, x, out);                           // a vector: writes out
///         HYSPN_HD static T value(c, r, x);                                     // a number: returns it, no out
///         HYSPN_HD static T vjp(c, r, x, g, dr, dx);                            // returns the cotangent of c
///     };
///
/// c is a curvature; points are rank-1 views of any stride, numbers are T (their cotangents T&). Inputs are read-only.
/// Cotangents are written, element i of them after element i of every input has been read for the last time: dx may be
/// x. A formula that chooses by select and branch (core/math.hpp) alone says on_lanes: exec::omp then runs its text on
/// registers of points (backends/omp/manifold/lanes.hpp). The public names are objects of
/// pointwise_function<some_formula> and pointwise_vjp<some_formula>.

namespace hyspn::detail {

/// What an input of a formula is: a vector (a point, a tangent vector, a direction whose length does not matter), or
/// one number a point (a ratio, or a length measured like the points).
enum class argument_kind { point, tangent, direction, number, length };

struct argument {
    char const* name;
    argument_kind kind;
    HYSPN_HD constexpr bool is_number() const { return kind == argument_kind::number || kind == argument_kind::length; }
    /// Scales with the unit of length.
    HYSPN_HD constexpr bool is_length() const
    {
        return kind != argument_kind::number && kind != argument_kind::direction;
    }
};

constexpr argument point(char const* name)
{
    return {name, argument_kind::point};
}
constexpr argument tangent(char const* name)
{
    return {name, argument_kind::tangent};
}
constexpr argument axis(char const* name)
{
    return {name, argument_kind::direction};
}
constexpr argument number(char const* name)
{
    return {name, argument_kind::number};
}
constexpr argument length(char const* name)
{
    return {name, argument_kind::length};
}

template <class Formula>
inline constexpr std::size_t input_count = sizeof(Formula::inputs) / sizeof(argument);

/// The first input that is no number; the others have its extents.
template <class Formula>
constexpr std::size_t first_vector()
{
    std::size_t k = 0;
    while (Formula::inputs[k].is_number()) ++k;
    return k;
}

/// What a formula takes as c: curvature<T>, unless it says otherwise.
template <class Formula, class T>
struct curvature_for {
    using type = curvature<T>;
};
template <class Formula, class T>
    requires requires
    {
        typename Formula::template curvature_type<T>;
    }
struct curvature_for<Formula, T> {
    using type = typename Formula::template curvature_type<T>;
};

/// A vector as it is, a number by value or reference.
template <bool IsNumber, class T, class M>
HYSPN_HD decltype(auto) element_of(view<T, 1, M> x)
{
    if constexpr (!IsNumber)
        return view<T, 1, M>(x);
    else if constexpr (std::is_const_v<T>)
        return std::remove_const_t<T>(x(0));
    else
        return static_cast<T&>(x(0));
}

/// A formula at every place.
template <class Formula, class T, class M, std::size_t Inputs>
struct pointwise_op {
    typename curvature_for<Formula, T>::type c;
    point_field<T const, M> in[Inputs];
    point_field<T, M> out;

    dims<3> shape() const { return out.grid; }

    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        call(std::make_index_sequence<Inputs>{}, n, i, j);
    }

private:
    template <std::size_t... I>
    HYSPN_HD void call(std::index_sequence<I...>, index_t n, index_t i, index_t j) const
    {
        if constexpr (Formula::scalar_output)
            out(n, i, j)(0) = Formula::value(c, element_of<Formula::inputs[I].is_number()>(in[I](n, i, j))...);
        else
            Formula::forward(c, element_of<Formula::inputs[I].is_number()>(in[I](n, i, j))..., out(n, i, j));
    }
};

/// The vector-Jacobian product of a formula at every place; the value at place number k (row-major) is its share of the
/// cotangent of c, so the whole backward pass is one sum.
template <class Formula, class T, class M, std::size_t Inputs>
struct pointwise_vjp_op {
    typename curvature_for<Formula, T>::type c;
    point_field<T const, M> in[Inputs];
    point_field<T const, M> g;
    point_field<T, M> grad[Inputs];

    dims<3> shape() const { return g.grid; }

    HYSPN_HD T operator()(index_t k) const
    {
        dims<3> const& grid = g.grid;
        index_t const j = k % grid[2], row = k / grid[2];
        return call(std::make_index_sequence<Inputs>{}, row / grid[1], row % grid[1], j);
    }

private:
    template <std::size_t... I>
    HYSPN_HD T call(std::index_sequence<I...>, index_t n, index_t i, index_t j) const
    {
        return Formula::vjp(c, element_of<Formula::inputs[I].is_number()>(in[I](n, i, j))...,
                            element_of<Formula::scalar_output>(g(n, i, j)),
                            element_of<Formula::inputs[I].is_number()>(grad[I](n, i, j))...);
    }
};

/// Runs an operation that returns a number a place, and adds them up in the order of exec::reduce.
template <execution_policy P, class Formula, class T, class M, std::size_t Inputs>
T dispatch_sum(P const& exec, pointwise_vjp_op<Formula, T, M, Inputs> const& op)
{
    dims<3> const grid = op.shape();
    return reduce(exec, grid[0] * grid[1] * grid[2], op);
}

/// An array of points or of numbers as a field. Throws shape_error "function: argument must be of extents WANTED, given
/// those of FIRST, got GOT" unless its extents are `points`, for numbers without the point axis.
template <class Formula, bool IsNumber, std::size_t Points, class T, std::size_t Rank, class M>
point_field<T, M> checked_field(std::string const& argument, dims<Points> const& points, view<T, Rank, M> const& x)
{
    auto const require = [&](auto const& wanted) {
        if (x.extents() == wanted) return;
        raise<shape_error>(
            Formula::name, argument.c_str(),
            "of extents " + to_string(wanted) + ", given those of " + Formula::inputs[first_vector<Formula>()].name,
            to_string(x.extents()));
    };
    static_assert(Points >= 2 && Points <= 4,
                  "points are rows of [N, D] or channel vectors of [C, H, W], [N, C, H, W]");
    if constexpr (IsNumber) {
        static_assert(Rank + 1 == Points, "one number a point is [N], [H, W] or [N, H, W]");
        require(without_point_axis(points));
        return numbers_of(x);
    } else {
        static_assert(Rank == Points, "a point for each point, all arrays in one layout");
        require(points);
        return points_of(x);
    }
}

/// Argument number I of a call.
template <std::size_t I, class First, class... Rest>
HYSPN_HD constexpr auto& pick(First& first, [[maybe_unused]] Rest&... rest)
{
    if constexpr (I == 0)
        return first;
    else
        return pick<I - 1>(rest...);
}

/// An input of one point as formulas take it: a read-only view, or a number.
template <bool IsNumber, class T, class A>
HYSPN_HD auto input_of(A& a)
{
    if constexpr (IsNumber) {
        return static_cast<T>(a);
    } else {
        auto const x = as_const(as_view(a));
        static_assert(std::is_same_v<typename decltype(x)::value_type, T>, "c and the arrays have one element type");
        return x;
    }
}

/// Where a formula writes: a view, or a reference to a number.
template <bool IsNumber, class T, class A>
HYSPN_HD decltype(auto) output_of(A& a)
{
    if constexpr (IsNumber)
        return static_cast<T&>(a);
    else
        return as_view(a);
}

template <class Formula>
struct pointwise_function {
    using formula = Formula;
    static constexpr std::size_t inputs = input_count<Formula>;

    /// One point: f(c, inputs…) returns a number, or f(c, inputs…, out) writes a vector; out may be an input.
    template <curvature_like K, class... A>
        requires(sizeof...(A) == inputs + (Formula::scalar_output ? 0 : 1))
    HYSPN_HD auto operator()(K const& c, A&&... a) const
    {
        return at_point(c, std::make_index_sequence<inputs>{}, a...);
    }

    /// Every point of an array: f(exec, c, inputs…, out).
    template <execution_policy P, curvature_like K, view_like... A>
        requires(sizeof...(A) == inputs + 1)
    &&same_space<P, A...> void operator()(P const& exec, K const& c, A&&... a) const
    {
        at_points(exec, c, std::make_index_sequence<inputs>{}, a...);
    }

private:
    template <class K, std::size_t... I, class... A>
    HYSPN_HD static auto at_point(K const& c, std::index_sequence<I...>, A&... a)
    {
        using T = typename K::value_type;
        if constexpr (Formula::scalar_output)
            return Formula::value(c, input_of<Formula::inputs[I].is_number(), T>(pick<I>(a...))...);
        else
            Formula::forward(c, input_of<Formula::inputs[I].is_number(), T>(pick<I>(a...))...,
                             output_of<false, T>(pick<inputs>(a...)));
    }

    template <class P, class K, std::size_t... I, class... A>
    static void at_points(P const& exec, K const& c, std::index_sequence<I...>, A&... a)
    {
        using T = typename K::value_type;
        auto const points = as_view(pick<first_vector<Formula>()>(a...)).extents();
        dispatch(exec, pointwise_op<Formula, T, typename P::memory_space, inputs>{
                           c,
                           {checked_field<Formula, Formula::inputs[I].is_number()>(Formula::inputs[I].name, points,
                                                                                   as_const(pick<I>(a...)))...},
                           checked_field<Formula, Formula::scalar_output>("out", points, as_view(pick<inputs>(a...)))});
    }
};

template <class Formula>
struct pointwise_vjp {
    using formula = Formula;
    static constexpr std::size_t inputs = input_count<Formula>;

    /// One point: f(c, inputs…, g, cotangents of the inputs…) writes these and returns the cotangent of c.
    template <curvature_like K, class... A>
        requires(sizeof...(A) == 2 * inputs + 1)
    HYSPN_HD auto operator()(K const& c, A&&... a) const
    {
        return at_point(c, std::make_index_sequence<inputs>{}, a...);
    }

    /// Every point of an array: f(exec, c, inputs…, g, cotangents…); the cotangent of c is summed over the points.
    template <execution_policy P, curvature_like K, view_like... A>
        requires(sizeof...(A) == 2 * inputs + 1)
    &&same_space<P, A...> auto operator()(P const& exec, K const& c, A&&... a) const
    {
        return at_points(exec, c, std::make_index_sequence<inputs>{}, a...);
    }

private:
    template <class K, std::size_t... I, class... A>
    HYSPN_HD static auto at_point(K const& c, std::index_sequence<I...>, A&... a)
    {
        using T = typename K::value_type;
        return Formula::vjp(c, input_of<Formula::inputs[I].is_number(), T>(pick<I>(a...))...,
                            input_of<Formula::scalar_output, T>(pick<inputs>(a...)),
                            output_of<Formula::inputs[I].is_number(), T>(pick<inputs + 1 + I>(a...))...);
    }

    template <class P, class K, std::size_t... I, class... A>
    static auto at_points(P const& exec, K const& c, std::index_sequence<I...>, A&... a)
    {
        using T = typename K::value_type;
        auto const points = as_view(pick<first_vector<Formula>()>(a...)).extents();
        return dispatch_sum(
            exec,
            pointwise_vjp_op<Formula, T, typename P::memory_space, inputs>{
                c,
                {checked_field<Formula, Formula::inputs[I].is_number()>(Formula::inputs[I].name, points,
                                                                        as_const(pick<I>(a...)))...},
                checked_field<Formula, Formula::scalar_output>("g", points, as_const(pick<inputs>(a...))),
                {checked_field<Formula, Formula::inputs[I].is_number()>(
                    std::string("d") + Formula::inputs[I].name, points, as_view(pick<inputs + 1 + I>(a...)))...}});
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/manifold/lanes.hpp>
#endif
#if HYSPN_HAS_CUDA
#include <hyspn/backends/cuda/manifold/pointwise.cuh>
#endif
