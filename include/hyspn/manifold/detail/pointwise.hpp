// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <hyspn/core/compensated.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/manifold/curvature.hpp>

/// \file
/// From a formula for one point to an operation on arrays of points, forward and backward, in every layout and on every
/// policy. A formula is a stateless type:
///
///     struct some_formula {
///         static constexpr char const* name = "poincare::some";                 // for error messages
///         static constexpr char const* inputs[] = {"x", "y"};                   // likewise; their number counts
///         static constexpr bool scalar_output = false;                          // one number a point, or a vector
///         HYSPN_HD static void forward(curvature<T> c, x, y, out);              // rank-1 views of any stride
///         HYSPN_HD static T vjp(curvature<T> c, x, y, g, dx, dy);               // returns the cotangent of c
///     };
///
/// Points are rows of [N, D], or the channel vectors of planar maps [C, H, W] and [N, C, H, W]; numbers, one a point,
/// are [N], [H, W] and [N, H, W]. Both are the same thing here: a grid of strided rank-1 views.

namespace hyspn::detail {

/// A grid of at most three axes with a rank-1 view at each place.
template <class T, class M>
struct point_field {
    T* data;
    index_t extent;   ///< elements of one point
    index_t stride;   ///< between them
    dims<3> grid;     ///< places, leading axes 1 where there are fewer
    dims<3> strides;  ///< between places

    HYSPN_HD view<T, 1, M> operator()(index_t n, index_t i, index_t j) const
    {
        return {data + n * strides[0] + i * strides[1] + j * strides[2], dims<1>{{extent}}, dims<1>{{stride}}};
    }
};

/// Rows of [N, D]; the grid is [N, 1, 1], so that drivers share the rows between threads.
template <class T, class M>
point_field<T, M> points_of(view<T, 2, M> x)
{
    return {x.data_handle(), x.extent(1), x.stride(1), {{x.extent(0), 1, 1}}, {{x.stride(0), 0, 0}}};
}

/// Channel vectors of [N, C, H, W].
template <class T, class M>
point_field<T, M> points_of(view<T, 4, M> x)
{
    return {x.data_handle(),
            x.extent(1),
            x.stride(1),
            {{x.extent(0), x.extent(2), x.extent(3)}},
            {{x.stride(0), x.stride(2), x.stride(3)}}};
}

/// Channel vectors of [C, H, W].
template <class T, class M>
point_field<T, M> points_of(view<T, 3, M> x)
{
    return points_of(with_batch(x));
}

/// One number a place, as a point of one element: [N], [H, W] or [N, H, W].
template <class T, class M>
point_field<T, M> numbers_of(view<T, 1, M> x)
{
    return {x.data_handle(), 1, 1, {{x.extent(0), 1, 1}}, {{x.stride(0), 0, 0}}};
}

template <class T, class M>
point_field<T, M> numbers_of(view<T, 3, M> x)
{
    return {x.data_handle(), 1, 1, x.extents(), x.strides()};
}

template <class T, class M>
point_field<T, M> numbers_of(view<T, 2, M> x)
{
    return numbers_of(with_batch(x));
}

/// Extents of the numbers that belong to points: the point axis left out.
template <std::size_t Rank>
dims<Rank - 1> without_point_axis(dims<Rank> const& e)
{
    constexpr std::size_t axis = Rank == 4 || Rank == 2 ? 1 : 0;
    dims<Rank - 1> rest{};
    for (std::size_t r = 0, to = 0; r < Rank; ++r)
        if (r != axis) rest[to++] = e[r];
    return rest;
}

/// A formula at every place.
template <class Formula, class T, class M, std::size_t Inputs>
struct pointwise_op {
    curvature<T> c;
    point_field<T const, M> in[Inputs];
    point_field<T, M> out;

    dims<3> shape() const { return in[0].grid; }

    HYSPN_HD void operator()(index_t n, index_t i, index_t j) const
    {
        call(std::make_index_sequence<Inputs>{}, n, i, j);
    }

private:
    template <std::size_t... I>
    HYSPN_HD void call(std::index_sequence<I...>, index_t n, index_t i, index_t j) const
    {
        Formula::forward(c, in[I](n, i, j)..., out(n, i, j));
    }
};

/// The vector-Jacobian product of a formula at every place; the value at place number k (row-major) is its share of the
/// cotangent of c, so the whole backward pass is one sum.
template <class Formula, class T, class M, std::size_t Inputs>
struct pointwise_vjp_op {
    curvature<T> c;
    point_field<T const, M> in[Inputs];
    point_field<T const, M> g;
    point_field<T, M> grad[Inputs];

    dims<3> shape() const { return in[0].grid; }

    HYSPN_HD T operator()(index_t k) const
    {
        dims<3> const& grid = in[0].grid;
        index_t const j = k % grid[2], row = k / grid[2];
        return call(std::make_index_sequence<Inputs>{}, row / grid[1], row % grid[1], j);
    }

private:
    template <std::size_t... I>
    HYSPN_HD T call(std::index_sequence<I...>, index_t n, index_t i, index_t j) const
    {
        return Formula::vjp(c, in[I](n, i, j)..., g(n, i, j), grad[I](n, i, j)...);
    }
};

/// Runs an operation that returns a number a place, and adds them up in the order of exec::reduce.
template <execution_policy P, class Formula, class T, class M, std::size_t Inputs>
T dispatch_sum(P const& exec, pointwise_vjp_op<Formula, T, M, Inputs> const& op)
{
    dims<3> const grid = op.shape();
    return reduce(exec, grid[0] * grid[1] * grid[2], op);
}

/// Throws shape_error "function: argument must be of extents WANTED, like the first input, got GOT".
template <class Formula, std::size_t Rank>
void require_extents(std::string const& argument, dims<Rank> const& got, dims<Rank> const& wanted)
{
    if (got == wanted) return;
    raise<shape_error>(Formula::name, argument.c_str(),
                       "of extents " + to_string(wanted) + ", given those of " + Formula::inputs[0], to_string(got));
}

/// The inputs, or their cotangents (prefix "d"), as fields; all have the same extents.
template <class Formula, class T, std::size_t Rank, class M, std::size_t Inputs>
void checked_inputs(char const* prefix, view<T, Rank, M> const (&x)[Inputs], dims<Rank> const& wanted,
                    point_field<T, M> (&fields)[Inputs])
{
    static_assert(Rank >= 2 && Rank <= 4, "points are rows of [N, D] or channel vectors of [C, H, W] or [N, C, H, W]");
    for (std::size_t k = 0; k < Inputs; ++k) {
        require_extents<Formula>(std::string(prefix) + Formula::inputs[k], x[k].extents(), wanted);
        fields[k] = points_of(x[k]);
    }
}

/// The output, or its cotangent: points of the inputs' extents, or one number a point.
template <class Formula, class T, std::size_t Rank, class M, std::size_t InputRank>
point_field<T, M> checked_output(char const* argument, view<T, Rank, M> const& x, dims<InputRank> const& inputs)
{
    if constexpr (Formula::scalar_output) {
        static_assert(Rank + 1 == InputRank, "one number a point is [N], [H, W] or [N, H, W]");
        require_extents<Formula>(argument, x.extents(), without_point_axis(inputs));
        return numbers_of(x);
    } else {
        static_assert(Rank == InputRank, "a point for each point, in the layout of the inputs");
        require_extents<Formula>(argument, x.extents(), inputs);
        return points_of(x);
    }
}

/// out = formula(c, in...) at every place. Throws shape_error.
template <class Formula, class P, class T, std::size_t Rank, std::size_t OutRank, class M, std::size_t Inputs>
void pointwise(P const& exec, curvature<T> const& c, view<T const, Rank, M> const (&in)[Inputs],
               view<T, OutRank, M> const& out)
{
    pointwise_op<Formula, T, M, Inputs> op{c, {}, checked_output<Formula>("out", out, in[0].extents())};
    checked_inputs<Formula>("", in, in[0].extents(), op.in);
    dispatch(exec, op);
}

/// Writes grad[k] = the cotangent of in[k] for the cotangent g of the output, and returns the cotangent of c, summed
/// over the places. Throws shape_error.
template <class Formula, class P, class T, std::size_t Rank, std::size_t OutRank, class M, std::size_t Inputs>
T pointwise_vjp(P const& exec, curvature<T> const& c, view<T const, Rank, M> const (&in)[Inputs],
                view<T const, OutRank, M> const& g, view<T, Rank, M> const (&grad)[Inputs])
{
    pointwise_vjp_op<Formula, T, M, Inputs> op{c, {}, checked_output<Formula>("g", g, in[0].extents()), {}};
    checked_inputs<Formula>("", in, in[0].extents(), op.in);
    checked_inputs<Formula>("d", grad, in[0].extents(), op.grad);
    return dispatch_sum(exec, op);
}

}  // namespace hyspn::detail
