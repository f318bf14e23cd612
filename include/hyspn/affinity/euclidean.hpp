// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <utility>

#include <hyspn/affinity/detail/ham_call.hpp>

/// \file
/// Plain convolution with the shape of the hyperbolic affinities: their Euclidean counterpart.

namespace hyspn::detail {

/// y_o = Σ_m ⟨z_{o,m}, v_m⟩ + bias_o over the present neighbours in raster order.
template <class T, class M>
struct euclidean_forward_op {
    affinity::neighbourhood around;
    view<T const, 4, M> x;     ///< [N, C, H, W]
    view<T const, 3, M> z;     ///< [O, K, C]
    view<T const, 1, M> bias;  ///< [O]
    view<T, 4, M> y;           ///< [N, O, H, W] out
};

/// Its vector-Jacobian product.
template <class T, class M>
struct euclidean_backward_op {
    affinity::neighbourhood around;
    view<T const, 4, M> x;
    view<T const, 3, M> z;
    view<T const, 4, M> dy;
    view<T, 4, M> dx;     ///< written
    view<T, 3, M> dz;     ///< added to
    view<T, 1, M> dbias;  ///< added to
};

template <class T, class M>
struct add_bias_op {
    view<T const, 1, M> bias;
    view<T, 4, M> y;

    dims<4> shape() const { return y.extents(); }
    HYSPN_HD void operator()(index_t n, index_t o, index_t i, index_t j) const { y(n, o, i, j) += bias(o); }
};

/// All neighbours with weight 1 in raster order.
template <class T, class M>
neighbour_arrays<T, M> raster_neighbours(affinity::neighbourhood const& around)
{
    return {around, true, {}, {}, {}};
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, euclidean_forward_op<T, M> const& op)
{
    dispatch(exec, aggregation_op<T, M>{raster_neighbours<T, M>(op.around), op.x, op.z, T(1), op.y});
    dispatch(exec, add_bias_op<T, M>{op.bias, op.y});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, euclidean_backward_op<T, M> const& op)
{
    auto const neighbours = raster_neighbours<T, M>(op.around);
    dispatch(exec, aggregation_feature_vjp_op<T, M>{neighbours, op.x, op.z, T(1), op.dy, false, view<T const, 3, M>{},
                                                    op.dx});
    dispatch(exec, aggregation_row_sums_op<T, M>{neighbours, op.x, op.z, T(1), op.dy, {}, op.dz});
    sum_planes<P, T, M>(exec, op.dy, true, op.dbias);
}

}  // namespace hyspn::detail

namespace hyspn::affinity {

/// Euclidean convolution, zero padding of dilation·(kernel/2), stride 1. Shapes and calls as the hyperbolic affinities.
struct euclidean {
    index_t kernel = 3;    ///< side of the neighbourhood, odd
    index_t dilation = 1;  ///< pixels between neighbours
    index_t outputs = 8;   ///< O

    template <class T, class M = memory::host>
    struct params {
        tensor<T, 3, M> z;     ///< [O, K, C]
        tensor<T, 1, M> bias;  ///< [O]

        /// Calls f("z", …) and f("bias", …) with a view of each.
        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("z", as_view(p.z));
            f("bias", as_view(p.bias));
        }
    };

    /// Nothing: the map is linear.
    template <class T, class M = memory::host>
    struct saved {
    };

    /// Parameters for C channels, all zero.
    template <class T, class M = memory::host>
    params<T, M> make_params(index_t channels) const
    {
        require_valid("euclidean::make_params", {kernel, dilation});
        return {tensor<T, 3, M>(outputs, kernel * kernel, channels), tensor<T, 1, M>(outputs)};
    }

    /// Gradients of the same shape, all zero, for backward to add to.
    template <class T, class M>
    static params<T, M> zero_gradients(params<T, M> const& p)
    {
        return {tensor<T, 3, M>(p.z.extents()), tensor<T, 1, M>(p.bias.extents())};
    }

    /// x [N, C, H, W] → y [N, O, H, W]. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X>
        requires same_space<P, X> tensor<T, 4, M> forward(P const& exec, params<T, M> const& p, X const& x)
    const
    {
        auto const v = as_const(x);
        tensor<T, 4, M> y(v.extent(0), outputs, v.extent(2), v.extent(3));
        forward(exec, p, x, y);
        return y;
    }

    /// The same into y, which must not overlap x. No scratch, but K·O numbers per pixel on exec::cuda.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y) const
    {
        char const* const name = "euclidean::forward";
        view<T const, 4, M> const in = as_const(x);
        view<T, 4, M> const out = as_view(y);
        auto const shapes = require_shapes(name, p, in);
        detail::require_shape(name, "y", "[N, O, H, W]", out.extents(), shapes.y);
        if (out.size() > 0) dispatch(exec, forward_op<T, M>{around(), in, as_const(p.z), as_const(p.bias), out});
    }

    /// The same; there is nothing to save.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> Y>
        requires same_space<P, X, Y>
    void forward(P const& exec, params<T, M> const& p, X const& x, Y&& y, saved<T, M>&) const
    {
        forward(exec, p, x, y);
    }

    /// Vector-Jacobian product: dy → dx, written, and dp, added to. Throws shape_error, value_error.
    template <execution_policy P, class T, class M, view_of_rank<4> X, view_of_rank<4> DY, view_of_rank<4> DX>
        requires same_space<P, X, DY, DX>
    void backward(P const& exec, params<T, M> const& p, X const& x, saved<T, M> const&, DY const& dy, DX&& dx,
                  params<T, M>& dp) const
    {
        char const* const name = "euclidean::backward";
        view<T const, 4, M> const in = as_const(x), dout = as_const(dy);
        view<T, 4, M> const din = as_view(dx);
        auto const shapes = require_shapes(name, p, in);
        detail::require_shape(name, "dy", "[N, O, H, W]", dout.extents(), shapes.y);
        detail::require_shape(name, "dx", "[N, C, H, W]", din.extents(), shapes.x);
        detail::require_shape(name, "dp.z", "[O, K, C]", dp.z.extents(), shapes.z);
        detail::require_shape(name, "dp.bias", "[O]", dp.bias.extents(), shapes.r);
        if (dout.size() == 0) return;
        dispatch(exec, backward_op<T, M>{around(), in, as_const(p.z), dout, din, as_view(dp.z), as_view(dp.bias)});
    }

private:
    template <class T, class M>
    using forward_op = detail::euclidean_forward_op<T, M>;
    template <class T, class M>
    using backward_op = detail::euclidean_backward_op<T, M>;

    neighbourhood around() const { return {kernel, dilation}; }

    template <class T, class M>
    detail::affinity_shapes require_shapes(char const* function, params<T, M> const& p,
                                           view<T const, 4, M> const& x) const
    {
        return detail::require_affinity<T, M>(function, around(), outputs, x, as_const(p.z), as_const(p.bias), "bias");
    }
};

}  // namespace hyspn::affinity

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/affinity/euclidean.hpp>
#endif
